"""Sums, counts and averages."""

from __future__ import annotations

from datetime import date, timedelta

from offhold.answers import recurring
from offhold.answers.categories import SPENDING
from offhold.answers.question import Question, clarify, figures
from offhold.language.calendar import months_back
from offhold.model.answer import Answer, AnswerKind
from offhold.model.ask import Flow
from offhold.model.money import Money, divided
from offhold.model.period import Period
from offhold.words import plural, say


def sum_of(question: Question) -> Answer:
    """What the rows come to."""
    entries = question.rows()
    if not entries:
        return nothing(question)
    sums = question.sums(entries)
    if question.ask.flow is not Flow.spending:
        return Answer(AnswerKind.money, sums, _moved_text(question, sums, len(entries)), question.evidence(entries))
    bought = [entry for entry in entries if entry.kind in SPENDING]
    counted = plural(len(bought), "purchase" if question.subject.label else "payment")
    values = {"figure": figures(sums), "about": question.on, "when": question.when, "count": counted}
    if refunds := len(entries) - len(bought):
        text = say("spend.total.refunds", refunds=plural(refunds, "refund"), **values)
    else:
        text = say("spend.total", **values)
    if pending := sum(entry.pending for entry in entries):
        text += " " + say("spend.pending", count=plural(pending, "of them is"))
    return Answer(AnswerKind.money, sums, text, question.evidence(entries), rule="spend")


def _moved_text(question: Question, sums: tuple[Money, ...], count: int) -> str:
    values = {"figure": figures(sums), "when": question.when}
    match question.ask.flow:
        case Flow.refunds:
            return say("refunds.total", about=question.on, count=plural(count, "refund"), **values)
        case Flow.pending:
            return say("pending.total", figure=values["figure"], count=plural(count, "pending payment"))
        case Flow.saved:
            return say("saved", count=plural(count, "transfer"), **values)
        case Flow.card_payments:
            return say("card.paid", count=plural(count, "payment"), **values)
    return say("income", about=question.on, count=plural(count, "payment"), **values)


def nothing(question: Question) -> Answer:
    """No row fits: zero, and how many rows were looked at."""
    count = plural(len(question.book.entries), "row")
    match question.ask.flow:
        case Flow.spending if any(bound.op == "eq" for bound in question.ask.bounds):
            text = say("list.none", about=question.on, when=question.when)
        case Flow.spending:
            text = say("spend.none", about=question.on, when=question.when, count=count)
        case Flow.pending:
            text = say("pending.none")
        case Flow.refunds:
            text = say("refunds.none", about=question.on, when=question.when)
        case _:
            text = say("income.none", about=question.on, when=question.when)
    return Answer(AnswerKind.money, (Money(0, question.home),), text, question.evidence(()))


def count_of(question: Question) -> Answer:
    """How many purchases (or payments in) there were."""
    entries = question.counted()
    thing = "purchase" if question.ask.flow is Flow.spending else "payment"
    on = question.on.replace(" on ", " at ", 1) if question.subject.brands else question.on
    text = say("count", count=plural(len(entries), thing), about=on, when=question.when)
    return Answer(AnswerKind.count, len(entries), text, question.evidence(entries))


def average_of(question: Question) -> Answer:
    """The mean of single purchases: refunds do not lower it."""
    entries = question.counted()
    if not entries:
        return nothing(question)
    sums = question.sums(entries)
    if len(sums) != 1:
        return clarify("currency", say("ask.currency"))
    mean = divided(sums[0], len(entries))
    text = say(
        "average", figure=mean.shown(), about=question.on, when=question.when, count=plural(len(entries), "purchase")
    )
    return Answer(AnswerKind.money, (mean,), text, question.evidence(entries), rule="average")


def median_of(question: Question) -> Answer:
    """The middle one of single purchases; of an even number the mean of the two in the middle."""
    entries = sorted(question.counted(), key=lambda entry: entry.row.amount.minor)
    if not entries:
        return nothing(question)
    if len(question.sums(entries)) != 1:
        return clarify("currency", say("ask.currency"))
    half = len(entries) // 2
    low, high = entries[half - (len(entries) % 2 == 0)].row.amount, entries[half].row.amount
    middle = divided(low + high, 2)
    text = say(
        "median", figure=middle.shown(), about=question.on, when=question.when, count=plural(len(entries), "purchase")
    )
    return Answer(AnswerKind.money, (middle,), text, question.evidence(entries), rule="median")


def average_per(question: Question) -> Answer:
    """The net total over the number of months, weeks or days; for what is charged once a month, its latest amount."""
    unit, period = question.ask.unit or "month", question.period
    if period is None and unit == "month" and question.subject.narrows and (series := recurring.one_series(question)):
        return recurring.latest_charge(question, series)
    if period is None:
        period = _whole_months(question)
    if period is None:
        return clarify("period", say("ask.period"))
    if unit == "month" and question.ask.wanted is not None and not _full_months(period) and not question.period:
        return clarify("period", say("ask.period"))
    asked = question.over(period)
    entries = asked.rows()
    sums = asked.sums(entries)
    if not entries:
        return nothing(asked)
    if len(sums) != 1:
        return clarify("currency", say("ask.currency"))
    mean = _shared_out(sums[0], period, unit)
    if mean is None:
        return clarify("period", say("ask.period"))
    text = say("average.per", figure=mean.shown(), unit=unit, about=asked.on, when=asked.when)
    return Answer(AnswerKind.money, (mean,), text, asked.evidence(entries), rule="average-per")


def _shared_out(amount: Money, period: Period, unit: str) -> Money | None:
    match unit:
        case "week":
            return divided(Money(amount.minor * 7, amount.currency), period.days)
        case "day":
            return divided(amount, period.days)
        case "year":
            months = _full_months(period)
            return divided(Money(amount.minor * 12, amount.currency), months) if months else None
        case _:
            months = _full_months(period)
            return divided(amount, months) if months else None


def _full_months(period: Period) -> int:
    """How many whole months a period has, calendar ones or from a day to the day before; 0 when it does not fit."""
    if period.first.day != 1:
        return 0 if months_back(period.last + timedelta(days=1), 0).day != period.first.day else _between(period)
    return _between(period) if (period.last + timedelta(days=1)).day == 1 else 0


def _between(period: Period) -> int:
    after = period.last + timedelta(days=1)
    return (after.year - period.first.year) * 12 + after.month - period.first.month


def _whole_months(question: Question) -> Period | None:
    """All complete months on file."""
    first, today = question.book.rows.first_on_file, question.today
    if first is None:
        return None
    begin = first if first.day == 1 else months_back(date(first.year, first.month, 1), -1)
    end = today.replace(day=1) - timedelta(days=1)
    return Period(begin, end) if begin <= end else None
