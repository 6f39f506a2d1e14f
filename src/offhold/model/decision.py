"""The outcome of `dialogue.decide(turn, state, access)`."""

from __future__ import annotations

from dataclasses import dataclass

from offhold.model.access import Purpose, Read
from offhold.model.message import Conversation, Instruction, Reply


@dataclass(frozen=True, slots=True)
class Decision:
    """Either `read` is set (decide again with what it gives; at most three rounds) or `replies` is final."""

    state: Conversation
    replies: tuple[Reply, ...] = ()
    read: Read | None = None
    purpose: Purpose = Purpose.requested_service
    instructions: tuple[Instruction, ...] = ()
