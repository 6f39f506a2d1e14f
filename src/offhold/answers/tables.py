"""Breakdowns, rankings and trends: rows by month, category, merchant, day, weekday or account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from offhold.answers import recurring
from offhold.answers.book import Entry
from offhold.answers.question import Question, clarify
from offhold.answers.totals import nothing
from offhold.language.calendar import months_back
from offhold.language.lexicon import table_key, title
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.ask import Flow, Measure
from offhold.model.money import Money
from offhold.model.period import Period
from offhold.words import say

_SHOWN = 5
_FLAT_PERCENT = 5
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_IN_TIME = ("day", "week", "month", "quarter", "year")

Key = Callable[[Entry], str]
_KEYS: dict[str, Key] = {
    "category": lambda entry: table_key(entry.category),
    "merchant": lambda entry: entry.title,
    "month": lambda entry: f"{entry.row.day:%Y-%m}",
    "day": lambda entry: entry.row.day.isoformat(),
    "week": lambda entry: (entry.row.day - timedelta(days=entry.row.day.weekday())).isoformat(),
    "quarter": lambda entry: f"{entry.row.day.year}-q{(entry.row.day.month + 2) // 3}",
    "year": lambda entry: f"{entry.row.day.year}",
    "weekday": lambda entry: _WEEKDAYS[entry.row.day.weekday()],
    "account": lambda entry: entry.row.account_id,
    "currency": lambda entry: entry.row.amount.currency,
}


def _grouped(question: Question, entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    key = _KEYS[question.ask.group_by or "category"]
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _figure(question: Question, entries: Sequence[Entry]) -> Money | int:
    return len(entries) if question.ask.of is Measure.count else question.sums(entries)[0]


def _size(figure: Money | int) -> int:
    return figure.minor if isinstance(figure, Money) else figure


def _shown(figure: Money | int) -> str:
    return figure.shown() if isinstance(figure, Money) else str(figure)


def _rows(question: Question) -> tuple[Entry, ...]:
    return question.counted() if question.ask.of is Measure.count else question.rows()


def _one_currency(question: Question, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Where figures must be set in order: the customer's own currency, unless another account was named."""
    return tuple(entry for entry in entries if entry.row.amount.currency == question.home)


def breakdown(question: Question) -> Answer:
    """A row for each group: time in order, others by size."""
    if question.ask.group_by == "month" and not question.period and (series := recurring.one_series(question)):
        return recurring.latest_charge(question, series)  # "what is it each month"
    entries = _rows(question)
    if not entries:
        return nothing(question)
    if question.ask.group_by == "currency":
        rows = tuple(TableRow(figure.currency, figure) for figure in question.sums(entries))
        return _table(question, rows, entries)
    rows_by_key: list[tuple[TableRow, list[Entry]]] = []
    for name, group in _grouped(question, entries).items():
        if question.ask.of is Measure.count:
            rows_by_key.append((TableRow(name, len(group)), group))
            continue
        for figure in question.sums(group):
            rows_by_key.append((TableRow(name, figure), [e for e in group if e.row.amount.currency == figure.currency]))
    if question.ask.group_by in _IN_TIME:
        rows_by_key.sort(key=lambda pair: pair[0].key)
    else:
        rows_by_key.sort(key=lambda pair: -_size(pair[0].figure))
    kept = rows_by_key[: question.ask.limit or None]
    return _table(question, tuple(row for row, _ in kept), [entry for _, group in kept for entry in group])


def _table(question: Question, rows: tuple[TableRow, ...], entries: Sequence[Entry], verdict: str = "") -> Answer:
    shown = "; ".join(f"{_name(question, row.key)} {_shown(row.figure)}" for row in rows[:_SHOWN])
    key = "by" if question.ask.flow is Flow.spending else "by.in"
    text = say(key, when=question.when, about=question.on, shown=shown)
    if verdict:
        text += " " + say(f"trend.{verdict}")
    rule = "groups" if question.ask.of is not Measure.count else "counts"
    return Answer(AnswerKind.table, rows, text, question.evidence(entries), rule=rule, verdict=verdict)


def _name(question: Question, key: str) -> str:
    if question.ask.group_by == "account":
        return next((a.nickname or key for a in question.book.rows.accounts if a.account_id == key), key)
    return _time_name(key) if question.ask.group_by in _IN_TIME else _DAY_NAMES.get(key, title(key))


_DAY_NAMES = {key: f"{date(2024, 1, day):%A}s" for day, key in enumerate(_WEEKDAYS, start=1)}
"""1 January 2024 was a Monday."""


def _time_name(key: str) -> str:
    """ "2025-02" as "February 2025", "2025-02-03" as "3 February 2025"; years stay, quarters are "Q1 2025"."""
    year, *rest = key.split("-")
    match rest:
        case [month, day]:
            return f"{date(int(year), int(month), int(day)):%-d %B %Y}"
        case [part] if part.startswith("q"):
            return f"{part.upper()} {year}"
        case [month]:
            return f"{date(int(year), int(month), 1):%B %Y}"
    return key


def top(question: Question) -> Answer:
    """The group with the most (or least); several of them as a table."""
    entries = _one_currency(question, _rows(question))
    if not entries:
        return nothing(question)
    if question.ask.limit:
        return breakdown(question)
    groups = _grouped(question, entries)
    order = min if question.ask.lowest else max
    name, best = order(groups.items(), key=lambda item: _size(_figure(question, item[1])))
    figure = _figure(question, best)
    spoken = _name(question, name)
    values = {"name": spoken[:1].upper() + spoken[1:], "figure": _shown(figure), "about": question.on}
    key = "top.lowest" if question.ask.lowest else "top"
    text = say(key, when=question.when, **values)
    value = {"name": title(name) if question.ask.group_by == "category" else name}
    return Answer(AnswerKind.text, value, text, question.evidence(best))


def trend(question: Question) -> Answer:
    """Months in order, and whether the mean of the later half lies above that of the earlier one (5 % is flat)."""
    period = question.period or _six_months(question)
    if period is None:
        return clarify("period", say("ask.period"))
    asked = question.over(period)
    asked = replace(asked, ask=replace(asked.ask, group_by="month"))
    entries = _one_currency(asked, _rows(asked))
    if not entries:
        return nothing(asked)
    groups = _grouped(asked, entries)
    months = _months(period)
    if len(months) < 2:
        return clarify("period", say("ask.period"))
    zero: Money | int = 0 if asked.ask.of is Measure.count else Money(0, asked.home)
    rows = tuple(TableRow(month, _figure(asked, groups[month]) if month in groups else zero) for month in months)
    return _table(asked, rows, entries, _direction([_size(row.figure) for row in rows]))


def _six_months(question: Question) -> Period | None:
    """The six complete months before this one, as far as the file goes."""
    end = question.today.replace(day=1) - timedelta(days=1)
    first = months_back(end.replace(day=1), 5)
    on_file = question.book.rows.first_on_file
    first = max(first, on_file) if on_file else first
    return Period(first, end) if first <= end else None


def _months(period: Period) -> list[str]:
    index, last = period.first.year * 12 + period.first.month - 1, period.last.year * 12 + period.last.month - 1
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(index, last + 1)]


def _direction(sizes: list[int]) -> str:
    half = len(sizes) // 2
    early, late = sizes[:half], sizes[-half:]
    change = (sum(late) - sum(early)) * 100
    if abs(change) <= _FLAT_PERCENT * abs(sum(early)):
        return "flat"
    return "up" if change > 0 else "down"
