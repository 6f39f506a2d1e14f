"""What people say and what they are told, whatever the channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from offhold.model.answer import Answer


class Disclosure(StrEnum):
    """How much may pass through the channel. Third-party channels start `sealed`."""

    sealed = "sealed"
    open = "open"


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer's address on a channel. Messenger: `page` id and page-scoped user id."""

    channel: str
    page: str
    address: str

    @property
    def lane(self) -> str:
        return f"{self.channel}:{self.page}:{self.address}"


class TurnKind(StrEnum):
    text = "text"
    choice = "choice"
    """A tapped button or quick reply whose signed payload was verified; `choice` holds its action."""
    start = "start"
    media = "media"
    """Voice note, picture, sticker, location, anything without words."""
    expired = "expired"
    """A tapped button that is too old, or not ours."""
    linked = "linked"
    unlinked = "unlinked"
    link_failed = "link-failed"
    edited = "edited"


@dataclass(frozen=True, slots=True)
class Turn:
    """One customer message as `dialogue.decide` sees it. `now` carries the customer's zone. `declined`: this person
    said no to linking not long ago."""

    turn_id: str
    kind: TurnKind
    text: str
    now: datetime
    locale: str
    institution_name: str
    linked: bool
    disclosure: Disclosure
    choice: str = ""
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A tappable reply: `title` of at most 20 characters, `action` what it means when tapped."""

    title: str
    action: str


class Button(StrEnum):
    """Special buttons that a channel knows how to draw."""

    log_in = "log-in"
    log_out = "log-out"
    open_answer = "open-answer"
    """To the page that shows what the channel may not carry; `Reply.link` is the token of its address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One outgoing message. `key` names the text (ux.md's catalogue). `answer` rides along for channels
    that show rows; `personal` says that the text holds figures or merchants: no sealed channel carries it.
    `repeatable`: saying it twice does no harm (payment texts: never)."""

    key: str
    text: str
    choices: tuple[Choice, ...] = ()
    button: Button | None = None
    link: str = ""
    answer: Answer | None = None
    personal: bool = False
    repeatable: bool = True


class Instruction(StrEnum):
    """Effects that commit together with the replies (T2)."""

    open_case = "open-case"
    unlink = "unlink"
    opt_out = "opt-out"
    opt_in = "opt-in"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a lane remembers between turns; plain JSON values only, sealed at rest.

    `memory` belongs to `dialogue` alone: the last ask, the choices on offer, misses in a row.
    """

    memory: Mapping[str, object] = field(default_factory=dict)
