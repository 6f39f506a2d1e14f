"""Sessions on our pages: who signed in at which institution, in this browser, and when they last proved it.

The browser holds a random secret; we keep its keyed hash and the rest sealed. A session ends 15 minutes after it was
last used and 8 hours after it began, whichever is first (OWASP ASVS 5.0, 7.3), and gets a new secret at each proof.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from offhold.keys.file import Keys
from offhold.model.ids import new_token
from offhold.ops.clock import Clock
from offhold.store.port import Store
from offhold.store.tables import session

IDLE_MS = 15 * 60_000
LIFE_MS = 8 * 3_600_000
FRESH_MS = 5 * 60_000
_TOUCH_MS = 60_000


class Level(StrEnum):
    """How somebody proved who they are: with a sign-in at the bank, or with a key kept for one chat's answers."""

    bank = "bank"
    key = "key"


@dataclass(frozen=True, slots=True)
class Session:
    """`customer` at `institution`; `proved_ms`: when they last proved who they are (unix ms), and `level` how.

    `opens`: the sealed answer that a sign-in was made for, to be shown once when the browser comes back;
    `shows`: the one that this browser has open.
    """

    customer: str
    institution: str
    proved_ms: int
    level: Level = Level.bank
    opens: str = ""
    shows: str = ""

    def fresh(self, now_ms: int) -> bool:
        """Whether the proof is new enough to show something sealed."""
        return now_ms - self.proved_ms < FRESH_MS


class Sessions:
    """Times by the business clock."""

    def __init__(self, store: Store, keys: Keys, clock: Clock) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    async def begin(self, given: Session, instead_of: str = "") -> str:
        """Start a session, in the place of one this browser had; the secret for its cookie."""
        secret, now_ms = new_token(), self._clock.ms()
        name, old = self._name(secret), self._name(instead_of)

        def write(connection: Connection) -> None:
            connection.execute(delete(session).where(session.c.id == old))
            body = self._sealed(name, given)
            connection.execute(insert(session).values(id=name, began_ms=now_ms, seen_ms=now_ms, body_sealed=body))

        await self._store.write(write)
        return secret

    async def current(self, secret: str) -> Session | None:
        """The session behind a cookie while it lasts; its use keeps it alive."""
        if not secret:
            return None
        name, now_ms = self._name(secret), self._clock.ms()
        row = await self._store.read(
            lambda connection: connection.execute(select(session).where(session.c.id == name, _alive(now_ms))).first()
        )
        if row is None:
            return None
        if now_ms - row.seen_ms >= _TOUCH_MS:
            await self._set(name, seen_ms=now_ms)
        body = json.loads(self._keys.unseal(row.body_sealed, f"session/{name}"))
        return Session(**{**body, "level": Level(body["level"])})

    async def end(self, secret: str) -> None:
        """Sign out."""
        name = self._name(secret)
        await self._store.write(lambda connection: connection.execute(delete(session).where(session.c.id == name)))

    def form_token(self, secret: str) -> str:
        """What a form of this session carries, so that no other site can post it (OWASP: HMAC-based token)."""
        return self._keys.pseudonym("form", secret)

    def sweep(self, connection: Connection, now_ms: int) -> None:
        """Forget sessions that ended."""
        connection.execute(delete(session).where(~_alive(now_ms)))

    async def _set(self, name: str, **values: Any) -> None:
        change = update(session).where(session.c.id == name).values(**values)
        await self._store.write(lambda connection: connection.execute(change))

    def _name(self, secret: str) -> str:
        return self._keys.pseudonym("session", secret)

    def _sealed(self, name: str, given: Session) -> bytes:
        return self._keys.seal(json.dumps(asdict(given)).encode(), f"session/{name}")


def _alive(now_ms: int) -> Any:
    return (session.c.seen_ms > now_ms - IDLE_MS) & (session.c.began_ms > now_ms - LIFE_MS)
