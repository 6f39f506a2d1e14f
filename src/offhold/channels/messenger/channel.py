"""Messenger as the journal's channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from offhold.channels import payloads
from offhold.channels.messenger.graph import GraphClient
from offhold.channels.messenger.render import render
from offhold.channels.port import EventKind, SendOutcome
from offhold.journal.outbox import METADATA_PREFIX
from offhold.journal.port import Heard
from offhold.model.message import Contact, Disclosure, Reply, TurnKind
from offhold.words import say

STALE_MS = 24 * 3_600_000


class Messenger:
    """`public_url` is where our pages are; `payload_key` signs button payloads."""

    name = "messenger"

    def __init__(self, graph: GraphClient, public_url: str, payload_key: bytes) -> None:
        self._graph = graph
        self._link_url = f"{public_url}/link"
        self._answer_url = f"{public_url}/s/"
        self._key = payload_key

    def hear(self, kind: str, body: Mapping[str, Any], contact: Contact, at_ms: int, now_ms: int) -> Heard | None:
        """What an accepted event says; None where it asks for no answer."""
        match EventKind(kind):
            case EventKind.account_linking if body["status"] == "linked":
                return Heard(TurnKind.linked, code=body["code"] or "missing")
            case EventKind.account_linking:
                return Heard(TurnKind.unlinked)
            case EventKind.edit:
                return Heard(TurnKind.edited)
            case EventKind.referral:
                return Heard(TurnKind.start)
        if now_ms - at_ms > STALE_MS:
            return Heard(TurnKind.expired)
        if "payload" in body:
            return self._tapped(str(body["payload"]), contact, now_ms)
        if body.get("text"):
            return Heard(TurnKind.text, text=str(body["text"]))
        return Heard(TurnKind.media)

    def _tapped(self, payload: str, contact: Contact, now_ms: int) -> Heard:
        if payload == payloads.START:
            return Heard(TurnKind.start)
        action = payloads.read(payload, contact, now_ms // 1000, self._key)
        return Heard(TurnKind.choice, choice=action) if action else Heard(TurnKind.expired)

    def render(self, reply: Reply, contact: Contact, disclosure: Disclosure, now_ms: int) -> tuple[dict[str, Any], ...]:
        """The bodies of a reply. Nothing personal is rendered under sealed disclosure, whoever asked for it."""
        if reply.personal and disclosure is Disclosure.sealed:
            reply = Reply("sealed.line", say("sealed.line"))
        if reply.link:
            reply = replace(reply, link=self._answer_url + reply.link)
        return render(
            reply, contact, self._link_url, lambda action: payloads.sign(action, contact, now_ms // 1000, self._key)
        )

    async def send(self, body: Mapping[str, Any], contact: Contact, outbox_id: str) -> SendOutcome:
        """Send with our opaque id as metadata: the platform's echo brings it back."""
        message = {**body["message"], "metadata": METADATA_PREFIX + outbox_id}
        return await self._graph.send({**body, "message": message})

    async def typing(self, contact: Contact) -> None:
        await self._graph.typing(contact.address)

    async def unlink(self, contact: Contact) -> bool:
        return await self._graph.unlink(contact.address)
