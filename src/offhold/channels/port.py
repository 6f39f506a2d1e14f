"""What a channel's events and sends look like to the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from offhold.model.message import Contact


class EventKind(StrEnum):
    """What a platform may tell us. Those for a lane are answered; echoes settle the outbox; a retraction erases; a
    reaction only opens the window."""

    message = "message"
    postback = "postback"
    account_linking = "account_linking"
    edit = "edit"
    unsend = "unsend"
    referral = "referral"
    reaction = "reaction"
    echo = "echo"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a contact. `key` recognises its repeats; `at_ms` is the platform's time in unix milliseconds;
    `body` holds plain JSON, secrets already redacted; `for_lane` asks for an answer; `about` is the key of the message
    that an edit or a retraction changes."""

    contact: Contact
    kind: EventKind
    key: str
    at_ms: int
    body: Mapping[str, Any]
    opens_window: bool = False
    for_lane: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one delivery, and the kinds of those that were knowingly dropped."""

    events: tuple[Event, ...]
    dropped: tuple[str, ...] = ()


class SendResult(StrEnum):
    sent = "sent"
    retry = "retry"
    """Nothing was shown; the same again soon may work."""
    wait = "wait"
    """A rate limit; `retry_after_s` when it was told."""
    unknown = "unknown"
    """The call ended without an answer after the message may have left."""
    unreachable = "unreachable"
    rejected = "rejected"
    window_closed = "window-closed"
    paused = "paused"
    """Token, permission or policy: the whole channel stops until an operator acts."""
    not_owner = "not-owner"
    """Another application or a human owns the thread."""


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """`detail` is code and subcode for the log; never the platform's text, which may quote the message."""

    result: SendResult
    retry_after_s: int | None = None
    detail: str = ""
