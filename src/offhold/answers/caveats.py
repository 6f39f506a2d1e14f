"""What an answer has to add where the rows behind it are known not to be everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from offhold.model.answer import Answer, AnswerKind
from offhold.model.ask import Ask
from offhold.model.ledger import Rows
from offhold.words import plural, say

_NO_FIGURE = frozenset({AnswerKind.decline, AnswerKind.clarify})


def known_from(rows: Rows) -> date | None:
    """The first day for which transactions are known; None where none were read and no bound was told."""
    firsts = [rows.covered.first] if rows.covered else []
    return max([*firsts, rows.first_on_file] if rows.first_on_file else firsts, default=None)


def with_caveats(made: Answer, ask: Ask, rows: Rows) -> Answer:
    """The answer with a sentence for each thing that it may lack."""
    if made.kind in _NO_FIGURE:
        return made
    first = known_from(rows)
    said = []
    if first and any(period.first < first for period in ask.periods):
        said.append(say("caveat.from", first=f"{first:%-d %B %Y}"))
    if rows.unreadable:
        said.append(say("caveat.unreadable", count=plural(rows.unreadable, "entry")))
    if rows.twice:
        said.append(say("caveat.twice", count=plural(rows.twice, "pending payment")))
    if rows.missing:
        said.append(say("caveat.missing", count=plural(rows.missing, "account")))
    return replace(made, text=" ".join([made.text, *said])) if said else made
