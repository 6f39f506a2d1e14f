"""The web chat as the journal's channel: sending is writing to the conversation's log, once for each outbox row."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from offhold.answers.shape import parts, rendered
from offhold.channels import payloads
from offhold.channels.port import EventKind, SendOutcome, SendResult
from offhold.channels.webchat import log
from offhold.errors import StoreUnavailable
from offhold.journal.port import Heard
from offhold.keys.file import Keys
from offhold.model.message import Button, Contact, Disclosure, Reply, TurnKind
from offhold.ops.clock import Clock
from offhold.store.port import Store


@dataclass(slots=True)
class Bell:
    """Wakes the pages that watch a conversation. Pages of another process look for themselves."""

    _waiting: dict[str, set[asyncio.Event]] = field(default_factory=dict)
    _typing: set[str] = field(default_factory=set)

    def ring(self, lane: str, typing: bool = False) -> None:
        """Something happened in the conversation; `typing`: an answer is being made."""
        (self._typing.add if typing else self._typing.discard)(lane)
        for event in self._waiting.get(lane, ()):
            event.set()

    def typing(self, lane: str) -> bool:
        return lane in self._typing

    async def wait(self, lane: str, seconds: float) -> None:
        """Until it rings, or the time is over."""
        event = asyncio.Event()
        self._waiting.setdefault(lane, set()).add(event)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)
        finally:
            self._waiting[lane].discard(event)
            if not self._waiting[lane]:
                del self._waiting[lane]


class WebChat:
    """`payload_key` signs what buttons mean."""

    name = "web"

    def __init__(self, store: Store, keys: Keys, clock: Clock, bell: Bell) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._bell = bell
        self._payload_key = keys.derive("payload")

    def hear(self, kind: str, body: Mapping[str, Any], contact: Contact, at_ms: int, now_ms: int) -> Heard | None:
        """What was written or tapped; a finished login starts the conversation."""
        if EventKind(kind) is EventKind.account_linking:
            return Heard(TurnKind.linked)
        if "payload" not in body:
            return Heard(TurnKind.text, text=str(body["text"]))
        action = payloads.read(str(body["payload"]), contact, now_ms // 1000, self._payload_key)
        return Heard(TurnKind.choice, choice=action) if action else Heard(TurnKind.expired)

    def render(self, reply: Reply, contact: Contact, disclosure: Disclosure, now_ms: int) -> tuple[dict[str, Any], ...]:
        """One body, all figures in it: `answer` in the published shape, and the parts that the page draws."""
        body: dict[str, Any] = {"text": reply.text, "answer": None, "choices": []}
        if reply.answer is not None:
            body |= {"answer": {**rendered(reply.answer), "text": reply.text}, "parts": parts(reply.answer)}
        for choice in reply.choices:
            signed = payloads.sign(choice.action, contact, now_ms // 1000, self._payload_key)
            body["choices"].append([choice.title, signed])
        if reply.button is Button.log_in:
            body["sign_in"] = True
        return (body,)

    async def send(self, body: Mapping[str, Any], contact: Contact, outbox_id: str) -> SendOutcome:
        """Put it in the log; the pages that are open show it."""
        lane = self._keys.pseudonym("lane", contact.lane)
        at_ms = self._clock.ms()
        try:
            await self._store.write(lambda connection: log.add(connection, self._keys, lane, outbox_id, at_ms, body))
        except StoreUnavailable:
            return SendOutcome(SendResult.retry, detail="store")
        self._bell.ring(lane)
        return SendOutcome(SendResult.sent)

    async def typing(self, contact: Contact) -> None:
        self._bell.ring(self._keys.pseudonym("lane", contact.lane), typing=True)

    async def unlink(self, contact: Contact) -> bool:
        """There is no platform to be told."""
        return True
