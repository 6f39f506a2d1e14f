"""The outcome of `dialogue.decide(turn, state, access)`."""

from __future__ import annotations

from dataclasses import dataclass

from offhold.model.access import Purpose, Read
from offhold.model.message import Conversation, Instruction, Reply


@dataclass(frozen=True, slots=True)
class Decision:
    """Either `read` or `looks` is set (decide again with the rows, or with who looked; at most three rounds) or
    `replies` is final."""

    state: Conversation
    replies: tuple[Reply, ...] = ()
    read: Read | None = None
    purpose: Purpose = Purpose.requested_service
    instructions: tuple[Instruction, ...] = ()
    looks: bool = False
