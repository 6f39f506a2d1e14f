"""What the journal needs of a channel. Each channel fills it; `wiring` hands it over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from offhold.channels.port import SendOutcome
from offhold.model.message import Contact, Disclosure, Reply, TurnKind


@dataclass(frozen=True, slots=True)
class Heard:
    """What an accepted event says. `code` is the single-use code of a finished login, where it carries one."""

    kind: TurnKind
    text: str = ""
    choice: str = ""
    code: str = ""


class Channel(Protocol):
    name: str

    def hear(self, kind: str, body: Mapping[str, Any], contact: Contact, at_ms: int, now_ms: int) -> Heard | None:
        """The event as a turn; None where it asks for no answer."""
        ...

    def render(self, reply: Reply, contact: Contact, disclosure: Disclosure, now_ms: int) -> tuple[dict[str, Any], ...]:
        """One body for each message that the platform will show, in order."""
        ...

    async def send(self, body: Mapping[str, Any], contact: Contact, outbox_id: str) -> SendOutcome:
        """Give one body to the platform. Never raises for what the platform or the network does."""
        ...

    async def typing(self, contact: Contact) -> None:
        """Show that an answer is on its way; best effort."""
        ...

    async def unlink(self, contact: Contact) -> bool:
        """Tell the platform that the contact is no longer linked; False asks for another try."""
        ...
