""" "Why that number?": the same answer with the rule and the rows behind it in words."""

from __future__ import annotations

from dataclasses import replace

from offhold.model.answer import Answer
from offhold.model.ask import Ask, Flow
from offhold.words import plural, say

_SHOWN = 3
_RULES = {
    Flow.spending: "why.spending",
    Flow.income: "why.income",
    Flow.received: "why.income",
    Flow.refunds: "why.refunds",
    Flow.pending: "why.pending",
    Flow.saved: "why.saved",
    Flow.card_payments: "why.card",
}


def explained(made: Answer, ask: Ask) -> Answer:
    """The answer, its text saying what was counted and what was not. Without rows it stays as it is."""
    if not made.rows:
        return made
    shown = "; ".join(f"{row.label} {row.amount.shown()}" for row in made.rows[:_SHOWN])
    text = say("why", count=plural(len(made.rows), "row"), shown=shown)
    return replace(made, text=f"{made.text} {text} {say(_RULES[ask.flow])}")
