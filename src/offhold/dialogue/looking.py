"""The reply to "who looked at my data?"."""

from __future__ import annotations

from datetime import datetime, tzinfo
from itertools import islice

from offhold.model.access import Look, Looked
from offhold.model.message import Reply, Turn
from offhold.words import say

_SHOWN = 5


def looked_at(turn: Turn, looked: Looked) -> Reply:
    """The newest looks: when, who, what for, which data, and the proof of each. Consents are on the page."""
    reads = [look for look in looked.looks if look.data]
    if not reads:
        return Reply("looks.none", say("looks.none"))
    lines = [_line(look, turn.now.tzinfo) for look in islice(reads, _SHOWN)]
    shown = say("looks.shown", count=len(reads), lines=" ".join(lines))
    return Reply("looks.shown", shown, personal=True)


def _line(look: Look, zone: tzinfo | None) -> str:
    at = datetime.fromtimestamp(look.at_ms / 1000, zone)
    return say(
        "looks.line",
        at=f"{at:%-d %B %H:%M}",
        who=say(f"looks.by.{look.actor}"),
        data=" and ".join(look.data),
        why=say("looks.offer" if look.act == "consent.offer" else "looks.answer" if look.allowed else "looks.refused"),
        number=look.number,
        proof=look.proof,
    )
