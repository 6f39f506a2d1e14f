"""Each figure recomputed from its evidence before it is shown: a second, shorter way to the same number."""

from __future__ import annotations

from collections.abc import Mapping

from offhold.answers.book import Entry
from offhold.answers.question import Question
from offhold.errors import Mismatch
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.ask import Flow
from offhold.model.ledger import Direction
from offhold.model.money import Money


def proved(question: Question, answer: Answer) -> Answer:
    """The answer itself. Raises Mismatch when its evidence does not give its figure."""
    entries = [question.book.by_id[name] for name in answer.evidence.transactions]
    if len(set(answer.evidence.transactions)) != len(entries):
        raise Mismatch("evidence twice")
    match answer.kind:
        case AnswerKind.money if answer.rule in ("", "spend"):
            _same(_added(question, entries), _given(answer))
        case AnswerKind.money if answer.rule == "average" and len(_given(answer)) == 1:
            (only,) = _given(answer).values()
            _within_half(sum(entry.row.amount.minor for entry in entries), only, len(entries))
        case AnswerKind.money if answer.rule == "median" and len(_given(answer)) == 1:
            (only,) = _given(answer).values()
            below = sum(entry.row.amount.minor <= only for entry in entries)
            above = sum(entry.row.amount.minor >= only for entry in entries)
            _same((True, True), (2 * below >= len(entries), 2 * above >= len(entries)))
        case AnswerKind.count:
            _same(len(entries), answer.value)
        case AnswerKind.list:
            _same(tuple(answer.evidence.transactions), answer.value)
        case AnswerKind.table if answer.rule == "groups":
            _same(_added(question, entries), _table_total(answer))
    return answer


def _within_half(total: int, mean: int, count: int) -> None:
    """A mean is right when no whole minor unit lies nearer to it."""
    if 2 * abs(total - mean * count) > count:
        raise Mismatch("recomputed otherwise")


def _same(again: object, given: object) -> None:
    if again != given:
        raise Mismatch("recomputed otherwise")


def _added(question: Question, entries: list[Entry]) -> Mapping[str, int]:
    """Minor units by currency. Money out counts positive in spending, money in elsewhere."""
    out = question.ask.flow in (Flow.spending, Flow.pending)
    sums: dict[str, int] = {}
    for entry in entries:
        row = entry.row
        sign = -1 if out and row.direction is Direction.credit else 1
        sums[row.amount.currency] = sums.get(row.amount.currency, 0) + sign * row.amount.minor
    return {code: minor for code, minor in sums.items() if minor}


def _given(answer: Answer) -> Mapping[str, int]:
    amounts = answer.value if isinstance(answer.value, tuple) else ()
    return {amount.currency: amount.minor for amount in amounts if isinstance(amount, Money) and amount.minor}


def _table_total(answer: Answer) -> Mapping[str, int]:
    sums: dict[str, int] = {}
    for row in answer.value if isinstance(answer.value, tuple) else ():
        if isinstance(row, TableRow) and isinstance(row.figure, Money):
            sums[row.figure.currency] = sums.get(row.figure.currency, 0) + row.figure.minor
    return {code: minor for code, minor in sums.items() if minor}
