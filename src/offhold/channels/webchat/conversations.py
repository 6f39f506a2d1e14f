"""The customer's side of the web chat: what they say goes into the inbox and the log in one commit."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from offhold.channels.port import Event, EventKind
from offhold.channels.webchat import log
from offhold.channels.webchat.channel import Bell
from offhold.channels.webchat.log import Message
from offhold.journal import inbox
from offhold.keys.file import Keys
from offhold.language.redact import redact
from offhold.model.message import Contact
from offhold.ops.clock import Clock
from offhold.store.port import Store

TEXT_CHARS = 2_000
SHOWN = 50
_ANSWER_WAITS_S = 3.0
_LOOK_S = 0.25
_NO_END = 1 << 60


class Conversations:
    """`wake` starts work on a lane."""

    def __init__(
        self, store: Store, keys: Keys, clock: Clock, bell: Bell, wake: Callable[[frozenset[str]], None]
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._bell = bell
        self._wake = wake

    def lane(self, contact: Contact) -> str:
        return self._keys.pseudonym("lane", contact.lane)

    async def say(self, contact: Contact, text: str, payload: str = "", name: str = "") -> int:
        """The customer writes `text`, or taps a button of that title (`payload`). `name` recognises a repeat.

        Returns the place of the message in the conversation; 0 for a repeat. Raises StoreUnavailable.
        """
        clean, _secret = redact(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:TEXT_CHARS])
        body = {"text": clean, "payload": payload} if payload else {"text": clean}
        return await self._hear(contact, EventKind.message, body, name or secrets.token_hex(8), clean)

    async def connected(self, contact: Contact) -> None:
        """The customer agreed on the consent page: the conversation begins, with the bot's greeting as a rule."""
        last = await self.before(contact)
        await self._hear(contact, EventKind.account_linking, {"status": "linked"}, secrets.token_hex(8), "")
        await self.answered(contact, last[-1].place if last else 0)

    async def answered(self, contact: Contact, place: int) -> None:
        """Wait a little for what follows `place`."""
        until = time.monotonic() + _ANSWER_WAITS_S
        while time.monotonic() < until and not await self.after(contact, place):
            await self.wait(contact, _LOOK_S)

    async def _hear(self, contact: Contact, kind: EventKind, body: dict[str, Any], name: str, said: str) -> int:
        now_ms, lane = self._clock.ms(), self.lane(contact)
        event = Event(contact, kind, f"{kind.value}|{name}", now_ms, body, opens_window=True)
        sealed = inbox.seal(self._keys, event)

        def write(connection: Connection) -> int:
            accepted = inbox.accept(connection, [sealed], now_ms)
            if not accepted.new or not said:
                return 0
            return log.add(connection, self._keys, lane, sealed.event_hash, now_ms, {"said": said})

        place = await self._store.write(write)
        self._wake(frozenset({lane}))
        self._bell.ring(lane, typing=True)
        return place

    async def after(self, contact: Contact, place: int) -> tuple[Message, ...]:
        """What followed `place`, at most a page of it."""
        lane = self.lane(contact)
        return await self._store.read(lambda connection: log.after(connection, self._keys, lane, place, SHOWN))

    async def before(self, contact: Contact, place: int = _NO_END) -> tuple[Message, ...]:
        """The page of messages in front of `place`."""
        lane = self.lane(contact)
        return await self._store.read(lambda connection: log.before(connection, self._keys, lane, place, SHOWN))

    async def unanswered_from(self, contact: Contact) -> int:
        """The place after which replies are still news: the customer's last message."""
        said = [message.place for message in await self.before(contact) if message.mine]
        return said[-1] if said else 0

    async def wait(self, contact: Contact, seconds: float) -> bool:
        """Until something happens, or the time is over. Whether an answer is being made."""
        lane = self.lane(contact)
        await self._bell.wait(lane, seconds)
        return self._bell.typing(lane)
