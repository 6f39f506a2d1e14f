"""Answers as others take them: the published answer schema for programs, and parts for our own pages.

Both are plain JSON values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from offhold.language.tainted import foreign
from offhold.model.answer import Answer, AnswerKind, EvidenceRow, TableRow
from offhold.model.money import Money, total
from offhold.words import plural, say

BARS = 8
_RULES = {"spend": "rule.spend"}


def rendered(made: Answer) -> dict[str, Any]:
    """An answer in the shape of the published answer schema (docs/reference/answer.schema.json)."""
    value, currency = _value(made)
    return {
        "kind": made.kind.value,
        "value": value,
        "currency": currency,
        "evidence": list(made.evidence.transactions),
    }


def _value(made: Answer) -> tuple[Any, str | None]:
    value = made.value
    if isinstance(value, tuple) and all(isinstance(entry, Money) for entry in value) and value:
        amounts = [entry for entry in value if isinstance(entry, Money)]
        if len(amounts) == 1:
            return amounts[0].plain(), amounts[0].currency
        return {amount.currency: amount.plain() for amount in amounts}, None
    if made.kind in (AnswerKind.table, AnswerKind.balance) and isinstance(value, tuple):
        table: dict[str, Any] = {"rows": [_row(row) for row in value if isinstance(row, TableRow)]}
        return table | ({"verdict": made.verdict} if made.verdict else {}), None
    return (list(value) if isinstance(value, tuple) else value), None


def _row(row: TableRow) -> dict[str, Any]:
    if isinstance(row.figure, Money):
        return {"key": row.key, "amount": row.figure.plain(), "currency": row.figure.currency}
    return {"key": row.key, "count": row.figure}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: what it stands for, its figure as shown, and its length in thousandths of the longest."""

    label: str
    shown: str
    length: int


def parts(made: Answer) -> dict[str, Any]:
    """What a page shows of an answer: the figure apart from its sentence, rows, what they come to, bars, the rule."""
    before, figure, after = _apart(made)
    return {
        "kind": made.kind.value,
        "before": before,
        "figure": figure,
        "after": after,
        "rule": say(_RULES[made.rule]) if made.rule in _RULES else "",
        "sum": _sum(made) if made.rule == "spend" else [],
        "rows": [_line(row) for row in made.rows],
        "bars": [[bar.label, bar.shown, bar.length] for bar in _bars(made)],
        "choices": list(made.choices),
    }


def signed(amount: Money) -> str:
    """The amount with a real minus sign (U+2212), which screen readers speak."""
    return amount.shown().replace("-", "\N{MINUS SIGN}", 1)


def _apart(made: Answer) -> tuple[str, str, str]:
    """The sentence before, the one figure, and the sentence after; all before where there is not just one."""
    amounts = [entry for entry in made.value if isinstance(entry, Money)] if isinstance(made.value, tuple) else []
    figure = amounts[0].shown() if len(amounts) == 1 else ""
    before, found, after = made.text.partition(figure) if figure else (made.text, "", "")
    return before.strip(), found, after.strip().lstrip(":,").strip()


def _line(row: EvidenceRow) -> dict[str, Any]:
    return {
        "day": row.day,
        "label": foreign(row.label),
        "amount": signed(row.amount),
        "minor": row.amount.minor,
        "refund": row.amount.minor < 0,
        "pending": row.pending,
    }


def _sum(made: Answer) -> list[list[str | int]]:
    """Purchases, refunds and what they come to, where the rows are of one currency: words, figure, minor units."""
    currencies = {row.amount.currency for row in made.rows}
    if len(currencies) != 1:
        return []
    currency = currencies.pop()
    bought = [row.amount for row in made.rows if row.amount.minor >= 0]
    refunds = [row.amount for row in made.rows if row.amount.minor < 0]
    lines = [(plural(len(bought), "payment"), total(bought, currency))]
    if refunds:
        lines.append((plural(len(refunds), "refund"), total(refunds, currency)))
    lines.append((say("rule.total"), total((*bought, *refunds), currency)))
    return [[words, signed(amount), amount.minor] for words, amount in lines]


def _bars(made: Answer) -> Sequence[Bar]:
    """A table's rows, or a sum's rows by shop; the largest first, the small ones together. None for fewer than two."""
    if made.kind is AnswerKind.table and isinstance(made.value, tuple):
        figures = [(row.key, row.figure) for row in made.value if isinstance(row, TableRow)]
        amounts = [(label, figure) for label, figure in figures if isinstance(figure, Money)]
        return _lengths(amounts) if len(amounts) == len(figures) else ()
    if made.rule != "spend":
        return ()
    ordered = sorted(made.rows, key=lambda row: row.label)
    shops = [
        (foreign(label), [row.amount for row in rows]) for label, rows in groupby(ordered, key=lambda row: row.label)
    ]
    if len({amount.currency for _, amounts in shops for amount in amounts}) != 1:
        return ()
    summed = [(label, total(amounts, amounts[0].currency)) for label, amounts in shops]
    return _lengths(sorted(summed, key=lambda entry: -entry[1].minor))


def _lengths(amounts: Sequence[tuple[str, Money]]) -> Sequence[Bar]:
    if len(amounts) < 2 or len({amount.currency for _, amount in amounts}) != 1:
        return ()
    if len(amounts) > BARS:
        rest = total((amount for _, amount in amounts[BARS:]), amounts[0][1].currency)
        amounts = [*amounts[:BARS], (plural(len(amounts) - BARS, "other"), rest)]
    longest = max(1, *(amount.minor for _, amount in amounts))
    return [Bar(label, signed(amount), max(0, amount.minor) * 1000 // longest) for label, amount in amounts]
