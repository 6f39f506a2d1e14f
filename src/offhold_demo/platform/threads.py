"""What the platform knows: people, their threads with the Page, linking tokens, the wire, faults to come."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

WINDOW = timedelta(hours=24)
HUMAN_AGENT_WINDOW = timedelta(days=7)
LINKING_TOKEN_LIFE = timedelta(minutes=5)


@dataclass(slots=True)
class Bubble:
    """One thing in the chat. `message` is the Send API's, as it came; None for what the customer said."""

    number: int
    mine: bool
    text: str
    message: dict[str, Any] | None = None

    @property
    def quick_replies(self) -> list[dict[str, str]]:
        return list((self.message or {}).get("quick_replies", ()))

    @property
    def buttons(self) -> list[dict[str, str]]:
        payload = (self.message or {}).get("attachment", {}).get("payload", {})
        return list(payload.get("buttons", ()))


@dataclass(slots=True)
class Thread:
    """A person's thread. `opened` is the last action that opens the 24-hour window."""

    psid: str
    opened: datetime
    bubbles: list[Bubble] = field(default_factory=list)
    typing: bool = False

    @property
    def answers(self) -> list[Bubble]:
        """What the Page said."""
        return [bubble for bubble in self.bubbles if not bubble.mine]


class Closes(Enum):
    """When a fault cuts the connection: before anything is done, or after the message is shown."""

    before = "before"
    after = "after"


@dataclass(frozen=True, slots=True)
class Fault:
    """What the next message meets: an error envelope (`code`, `subcode`, HTTP `status`, also 200), a delay in seconds,
    headers such as X-App-Usage, a cut connection. `echoes`: whether a shown message is told back."""

    code: int = 0
    subcode: int = 0
    status: int = 400
    delay_s: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    closes: Closes | None = None
    echoes: bool = True


@dataclass(frozen=True, slots=True)
class Crossing:
    """One request on the wire and the status it got (0: none came). `inwards`: from the service to the platform.
    `body` is every byte of it; tokens travel in headers and parameters and are not shown."""

    number: int
    inwards: bool
    line: str
    body: bytes
    status: int


class Threads:
    """Everything in memory. `now` gives the platform's aware time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.people: dict[str, Thread] = {}
        self.faults: list[Fault] = []
        self.subscribed: list[str] = []
        self.wire: list[Crossing] = []
        self._linking: dict[str, tuple[str, datetime]] = {}
        self._count = 0

    def thread(self, psid: str) -> Thread:
        """The person's thread, begun now if there was none."""
        return self.people.setdefault(psid, Thread(psid, self.now()))

    def said(self, psid: str, text: str) -> Thread:
        """The person acts: a bubble, and the window opens."""
        thread = self.thread(psid)
        thread.opened = self.now()
        self._add(thread, True, text, None)
        return thread

    def shown(self, psid: str, message: dict[str, Any]) -> None:
        """The Page's message appears."""
        thread = self.thread(psid)
        thread.typing = False
        text = message.get("text") or message.get("attachment", {}).get("payload", {}).get("text", "")
        self._add(thread, False, text, message)

    def _add(self, thread: Thread, mine: bool, text: str, message: dict[str, Any] | None) -> None:
        self._count += 1
        thread.bubbles.append(Bubble(self._count, mine, text, message))

    def crossed(self, inwards: bool, line: str, body: bytes, status: int) -> None:
        """Note a request."""
        self.wire.append(Crossing(len(self.wire) + 1, inwards, line, body, status))

    def linking_token(self, psid: str) -> str:
        """A token for the account-linking browser leg, valid for five minutes."""
        token = secrets.token_urlsafe(32)
        self._linking[token] = (psid, self.now())
        return token

    def psid_of(self, token: str) -> str | None:
        """Whose token it is, while it lives."""
        psid, made = self._linking.get(token, ("", self.now()))
        return psid if psid and self.now() - made <= LINKING_TOKEN_LIFE else None
