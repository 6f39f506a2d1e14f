"""Saying that a bot speaks: at the start of a conversation, and again after a day of silence.

Source: Meta, "Messenger Platform policy" (automated chats); California Business and Professions Code 17941.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from offhold.dialogue.memory import Memory
from offhold.model.decision import Decision
from offhold.model.message import Conversation, Turn
from offhold.words import say

SILENCE = timedelta(days=1)
_SAY_IT_THEMSELVES = frozenset({"start.hello", "start.linked"})


def disclosed(turn: Turn, before: Conversation, decision: Decision) -> Decision:
    """The decision with its first reply introduced, where the bot has not spoken during the last day."""
    if not decision.replies:
        return decision
    state = replace(Memory.of(decision.state), spoke=turn.now.isoformat()).conversation()
    first, *others = decision.replies
    if first.key not in _SAY_IT_THEMSELVES and _long_ago(Memory.of(before).spoke, turn.now):
        first = replace(first, text=f"{say('bot.notice', bank=turn.institution_name)} {first.text}")
    return replace(decision, state=state, replies=(first, *others))


def _long_ago(spoke: str, now: datetime) -> bool:
    return not spoke or now - datetime.fromisoformat(spoke) > SILENCE
