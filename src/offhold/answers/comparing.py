"""One side against another, a part against the whole, money in against money out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from offhold.answers.book import Entry
from offhold.answers.question import Question, clarify
from offhold.answers.resolve import EVERYTHING, Subject
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.ask import Flow, Measure
from offhold.model.money import Money, divided
from offhold.model.period import Period
from offhold.words import period_text, say

_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_UNEVEN = 3
"""Months differ by so many days."""


def compare(question: Question) -> Answer:
    """Two subjects over one period, one subject over two periods, or weekdays against weekends."""
    sides = _sides(question)
    if sides is None:
        return clarify("compare", say("ask.compare"))
    (name, one), (other_name, other) = sides
    found = [_counted(side) for side in (one, other)]
    if any(len(question.sums(entries)) > 1 for entries in found):
        return clarify("currency", say("ask.currency"))
    figures = [_weighed(side, entries) for side, entries in zip((one, other), found, strict=True)]
    rows = (TableRow(name, figures[0]), TableRow(other_name, figures[1]))
    first, second = (figure.minor if isinstance(figure, Money) else figure for figure in figures)
    verdict = "more" if first > second else "less" if first < second else "same"
    shown = [figure.shown() if isinstance(figure, Money) else str(figure) for figure in figures]
    text = say("compare", one=_begun(name), two=_begun(other_name), first=shown[0], second=shown[1], verdict=verdict)
    evidence = question.evidence(tuple(dict.fromkeys((*found[0], *found[1]))))
    return Answer(AnswerKind.table, rows, text, evidence, verdict=verdict)


def _begun(name: str) -> str:
    return name[:1].upper() + name[1:]


def _counted(side: Question) -> tuple[Entry, ...]:
    return side.rows() if side.ask.of is Measure.sum else side.counted()


def _weighed(side: Question, entries: tuple[Entry, ...]) -> Money | int:
    if side.ask.of is Measure.count:
        return len(entries)
    figure = next(iter(side.sums(entries)), Money(0, side.home))
    return divided(figure, len(entries)) if side.ask.of is Measure.average and entries else figure


Side = tuple[str, Question]


def _sides(question: Question) -> tuple[Side, Side] | None:
    ask, subjects, periods = question.ask, question.subjects, question.ask.periods
    if ask.group_by == "weekend":
        others = tuple(day for day in _EVERY_DAY if day not in ask.weekdays)
        return _weekdays(question, ask.weekdays), _weekdays(question, others)
    if len(periods) == 1 and len(subjects) < 2 and (running := _running(periods[0], question)):
        periods = (running, periods[0])
    if len(periods) == 2:
        one, other = periods
        return (period_text(one), question.over(one)), (period_text(other), question.over(other))
    if len(subjects) == 2 and len(periods) <= 1:
        one_side, other_side = subjects
        return (one_side.label, question.about(one_side)), (other_side.label, question.about(other_side))
    return None


def _weekdays(question: Question, days: tuple[int, ...]) -> Side:
    name = "weekends" if days == (6, 7) else "weekdays"
    return name, replace(question, ask=replace(question.ask, weekdays=days, group_by=""))


def _running(period: Period, question: Question) -> Period | None:
    """ "More than last month": the running month, week or year against the one named."""
    running = (question.today - period.last).days
    return Period(period.last + timedelta(days=1), question.today) if 0 < running <= period.days + _UNEVEN else None


def share(question: Question) -> Answer:
    """The part of a whole in percent: of all spending, of a wider subject, or of income."""
    part, whole = _part_and_whole(question)
    if part is None:
        return clarify("share", say("ask.share"))
    counted = part.rows()
    sums, over = part.sums(counted), whole.sums(whole.rows())
    over = tuple(figure for figure in over if figure.currency == question.home)
    sums = tuple(figure for figure in sums if figure.currency == question.home)
    if len(over) != 1 or over[0].minor <= 0:
        return clarify("share", say("ask.share"))
    tenths = divided(Money((sums[0].minor if sums else 0) * 1000, over[0].currency), over[0].minor).minor
    percent = f"{tenths // 10}.{tenths % 10}"
    values = {"percent": percent, "about": _begun(part.subject.label), "when": question.when, "whole": over[0].shown()}
    text = say("share.income", **values) if question.ask.flow is Flow.income else say("share", **values)
    return Answer(AnswerKind.text, {"percent": percent}, text, question.evidence(counted))


def _part_and_whole(question: Question) -> tuple[Question | None, Question]:
    spending = replace(question, ask=replace(question.ask, flow=Flow.spending))
    if question.ask.flow is Flow.income:
        part = spending if question.subjects else None
        return part, replace(question, subjects=())
    subjects: tuple[Subject, ...] = question.subjects
    if len(subjects) == 2:
        return spending.about(subjects[0]), spending.about(subjects[1])
    return (spending if subjects else None), spending.about(EVERYTHING)


def cash_flow(question: Question) -> Answer:
    """What came in and what went out."""
    came = replace(question, ask=replace(question.ask, flow=Flow.income), subjects=())
    went = replace(question, ask=replace(question.ask, flow=Flow.spending), subjects=())
    found = came.rows(), went.rows()
    money = [
        next((figure for figure in side.sums(rows) if figure.currency == question.home), Money(0, question.home))
        for side, rows in zip((came, went), found, strict=True)
    ]
    rows = (TableRow("in", money[0]), TableRow("out", money[1]))
    verdict = "more" if money[1] < money[0] else "less" if money[0] < money[1] else "same"
    text = say("cash.flow", came=money[0].shown(), went=money[1].shown(), when=question.when)
    return Answer(AnswerKind.table, rows, text, question.evidence((*found[0], *found[1])), verdict=verdict)
