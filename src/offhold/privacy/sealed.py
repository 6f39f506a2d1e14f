"""Sealed asks: a question kept encrypted behind a link that opens nothing by itself. Its answer is never kept.

The link's token is random and its row is found by a keyed hash; the row holds the question, not what it was answered.
A link lives five minutes; the question is kept for a day, so that whoever proves to be the one who asked can be
answered anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select, update

from offhold.keys.file import Keys
from offhold.model.ids import new_token
from offhold.store.tables import sealed_ask

LINK_MS = 5 * 60_000
KEPT_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: its words, or the action of the button tapped; `asked` in ISO form with offset; the channel that
    carried the link; and what the conversation remembered before."""

    text: str
    choice: str
    asked: str
    channel: str
    memory: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SealedAsk:
    """A question and its link (`expires_ms` unix ms). `openings` counts: a proof for one is none for the next."""

    id: str
    lane: str
    institution: str
    expires_ms: int
    openings: int
    question: Question

    def live(self, now_ms: int) -> bool:
        """Whether the link is in time and was not used."""
        return not self.openings and now_ms < self.expires_ms


def put(connection: Connection, keys: Keys, lane: str, institution: str, question: Question, now_ms: int) -> str:
    """Keep a question; the token of its link."""
    token = new_token(256)
    name = _name(keys, token)
    connection.execute(
        insert(sealed_ask).values(
            id=name,
            lane=lane,
            institution=institution,
            expires_ms=now_ms + LINK_MS,
            openings=0,
            body_sealed=_sealed(keys, name, question),
        )
    )
    return token


def find(connection: Connection, keys: Keys, token: str) -> SealedAsk | None:
    """The question behind a link, whether the link still lives or not."""
    name = _name(keys, token)
    row = connection.execute(select(sealed_ask).where(sealed_ask.c.id == name)).first()
    if row is None:
        return None
    question = Question(**json.loads(keys.unseal(row.body_sealed, f"sealed_ask/{name}")))
    return SealedAsk(name, row.lane, row.institution, row.expires_ms, row.openings, question)


def opened(connection: Connection, ask: SealedAsk) -> bool:
    """Count an opening; False where another came first."""
    where = (sealed_ask.c.id == ask.id) & (sealed_ask.c.openings == ask.openings)
    return connection.execute(update(sealed_ask).where(where).values(openings=ask.openings + 1)).rowcount == 1


def go_on(connection: Connection, keys: Keys, ask: SealedAsk, question: Question) -> None:
    """The page's conversation went on: this is its question now."""
    sealed = _sealed(keys, ask.id, question)
    connection.execute(update(sealed_ask).where(sealed_ask.c.id == ask.id).values(body_sealed=sealed))


def sweep(connection: Connection, now_ms: int) -> None:
    """Forget questions of more than a day ago."""
    connection.execute(delete(sealed_ask).where(sealed_ask.c.expires_ms < now_ms - KEPT_MS))


def _name(keys: Keys, token: str) -> str:
    return keys.pseudonym("sealed-ask", token)


def _sealed(keys: Keys, name: str, question: Question) -> bytes:
    return keys.seal(json.dumps(asdict(question)).encode(), f"sealed_ask/{name}")
