"""What comes back by itself: subscriptions, the next date, double charges, price changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from offhold.answers.book import Entry
from offhold.answers.categories import SPENDING
from offhold.answers.question import Question, clarify, decline
from offhold.language.calendar import month_end
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.ask import Flow, Wanted
from offhold.model.money import Money
from offhold.words import plural, say

_MONTHLY = range(25, 37)
_OVERDUE_DAYS = 8
_TWICE_DAYS = 4
_GAPS = 6
_LEAST_GAPS = 2
_JITTER_DAYS = 9


def _days(entries: Sequence[Entry]) -> list[date]:
    return sorted({entry.row.day for entry in entries})


def _gaps(entries: Sequence[Entry]) -> list[int]:
    """Days between charges, oldest first; a second charge within days is the same one."""
    days = _days(entries)
    gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
    return [gap for gap in gaps if gap > _TWICE_DAYS][-_GAPS:]


def _monthly(entries: Sequence[Entry]) -> bool:
    gaps = _gaps(entries)[-3:]
    return len(gaps) >= _LEAST_GAPS and all(gap in _MONTHLY for gap in gaps)


def _live(entries: Sequence[Entry], today: date) -> bool:
    due = following(max(_days(entries)), 30)
    return (today - due).days < _OVERDUE_DAYS


def following(last: date, gap: int) -> date:
    """The day after a regular one: the same day of the next month (quarter, year) or so many days later."""
    for months, span in ((1, range(27, 33)), (3, range(88, 95)), (12, range(360, 372))):
        if gap in span:
            end = month_end(last.year, last.month + months)
            return end.replace(day=min(last.day, end.day))
    return last + timedelta(days=gap)


def subscriptions(question: Question) -> Answer:
    """Live monthly ones of the category, with the latest amount of each."""
    groups: dict[str, list[Entry]] = {}
    for entry in question.book.spending():
        if entry.row.account_id in question.chosen.ids and entry.kind in SPENDING and entry.category == "subscriptions":
            groups.setdefault(entry.brand, []).append(entry)
    live = [found for found in groups.values() if _monthly(found) and _live(found, question.today)]
    rows = tuple(TableRow(found[0].title, found[0].row.amount) for found in live)
    if not rows:
        return Answer(AnswerKind.table, (), say("subscriptions.none"), question.evidence(()))
    shown = "; ".join(f"{row.key} {row.figure.shown()}" for row in rows if isinstance(row.figure, Money))
    text = say("subscriptions", count=plural(len(rows), "live subscription"), shown=shown)
    return Answer(AnswerKind.table, rows, text, question.evidence([found[0] for found in live]))


def one_series(question: Question) -> tuple[Entry, ...]:
    """The charges of the subject where they are those of one monthly payment, newest first; else nothing."""
    entries = question.over(None).counted()
    single = len({entry.brand for entry in entries}) == 1
    return entries if single and _monthly(entries) else ()


def latest_charge(question: Question, series: Sequence[Entry]) -> Answer:
    """What it costs now."""
    row = series[0].row
    text = say("last", figure=row.amount.shown(), merchant=series[0].title, day=f"{row.day:%-d %B %Y}")
    return Answer(AnswerKind.list, (row.transaction_id,), text, question.evidence(series[:1]))


def next_date(question: Question) -> Answer:
    """The last payment plus its usual interval."""
    if not question.subject.narrows and question.ask.flow is Flow.spending:
        return clarify("what", say("ask.unclear"))
    entries = question.over(None).counted()
    about = question.subject.label or say("spoken.pay")
    gaps = _gaps(entries)
    if len(gaps) < _LEAST_GAPS or max(gaps) - min(gaps) > _JITTER_DAYS:
        return decline("regular", say("next.unknown", about=about))
    due = following(max(_days(entries)), sorted(gaps)[len(gaps) // 2])
    text = say("next", about=about, day=f"{due:%-d %B %Y}")
    return Answer(AnswerKind.text, {"date": due.isoformat()}, text, question.evidence(entries[:1]))


def twice(question: Question) -> Answer:
    """Charges of the same merchant and amount within days of one another, where such charges are months apart."""
    entries = question.counted()
    if not question.subject.narrows:
        entries = tuple(entry for entry in entries if entry.brand in _regular_brands(question))
    doubled: list[Entry] = []
    seen: dict[tuple[str, int, str], Entry] = {}
    for entry in reversed(entries):
        key = (entry.brand, entry.row.amount.minor, entry.row.account_id)
        earlier = seen.get(key)
        if earlier and (entry.row.day - earlier.row.day).days <= _TWICE_DAYS:
            doubled += [entry, earlier]
        seen[key] = entry
    found = sorted(set(doubled), key=lambda entry: entry.row.at, reverse=True)
    about = question.subject.label or say("spoken.regular")
    if found:
        text = say("twice.yes", about=about, when=question.when, count=plural(len(found), "payment"))
    else:
        text = say("twice.no", about=about, when=question.when)
    return Answer(AnswerKind.text, {"answer": "yes" if found else "no"}, text, question.evidence(found))


def _regular_brands(question: Question) -> frozenset[str]:
    """The payees who are paid in a rhythm."""
    groups: dict[str, list[Entry]] = {}
    for entry in question.over(None).counted():
        groups.setdefault(entry.brand, []).append(entry)
    return frozenset(brand for brand, entries in groups.items() if _regular(entries))


def _regular(entries: Sequence[Entry]) -> bool:
    gaps = _gaps(entries)
    return len(gaps) >= _LEAST_GAPS and max(gaps) - min(gaps) <= _JITTER_DAYS and min(gaps) > _JITTER_DAYS


def price_change(question: Question) -> Answer:
    """The first charge at the amount that a regular payment moved to; with a date named, the step over that date."""
    if not question.subject.narrows:
        return clarify("what", say("ask.unclear"))
    wide = question.over(None)
    series = sorted(wide.counted(), key=lambda entry: entry.row.at)
    if question.ask.bounds:
        return _first_at(question, series)
    regular = _regular_brands(question)
    series = [entry for entry in series if entry.brand in regular]
    if not series:
        return clarify("compare", say("ask.compare"))
    steps = [
        (a, b)
        for brand in dict.fromkeys(entry.brand for entry in series)
        for a, b in _neighbours([entry for entry in series if entry.brand == brand])
        if b.row.amount.minor > a.row.amount.minor
    ]
    if question.period:
        steps = [step for step in steps if step[1].row.day in question.period]
    if not steps:
        text = say("price.same", about=question.subject.label, when=question.when)
        return Answer(AnswerKind.text, {"answer": "no"}, text, question.evidence(()))
    before, after = steps[-1]
    match question.ask.wanted:
        case Wanted.date:
            return _changed(question, before, after)
        case Wanted.yes_no:
            changed = _changed(question, before, after)
            return replace(changed, kind=AnswerKind.text, value={"answer": "yes"})
    return _step(question, before, after)


def _neighbours(series: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    return list(zip(series, series[1:], strict=False))


def _first_at(question: Question, series: Sequence[Entry]) -> Answer:
    if not series:
        return decline("price", say("next.unknown", about=question.subject.label))
    row = series[0].row
    text = say("price.first", about=question.subject.label, figure=row.amount.shown(), day=f"{row.day:%-d %B %Y}")
    return Answer(AnswerKind.list, (row.transaction_id,), text, question.evidence(series[:1]))


def _changed(question: Question, before: Entry, after: Entry) -> Answer:
    row = after.row
    text = say(
        "price.up",
        about=question.begun,
        first=before.row.amount.shown(),
        second=row.amount.shown(),
        day=f"{row.day:%-d %B %Y}",
    )
    return Answer(AnswerKind.list, (row.transaction_id,), text, question.evidence((after,)))


def _step(question: Question, before: Entry, after: Entry) -> Answer:
    change = after.row.amount - before.row.amount
    text = say(
        "price.by",
        about=question.begun,
        figure=change.shown(),
        first=before.row.amount.shown(),
        second=after.row.amount.shown(),
    )
    return Answer(AnswerKind.money, (change,), text, question.evidence((after, before)), rule="difference")
