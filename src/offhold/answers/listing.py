"""Rows themselves: lists, the latest, the first, the biggest, and whether there were any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from offhold.answers.book import Entry
from offhold.answers.categories import Kind
from offhold.answers.question import Question, clarify
from offhold.answers.totals import nothing, sum_of
from offhold.model.answer import Answer, AnswerKind
from offhold.model.ask import Flow, Wanted
from offhold.words import plural, say

_SHOWN = 5
_LATELY_DAYS = 30


def list_of(question: Question) -> Answer:
    """The rows, newest first. Without anything that narrows them: the latest few."""
    ask = question.ask
    bare = ask.flow is Flow.spending and not (question.subject.narrows or ask.bounds)
    entries = question.every_row() if bare and ask.limit else question.counted()
    if bare and not ask.limit and not question.period:
        entries = question.every_row()[:_SHOWN]
    return listed(question, entries[: ask.limit or len(entries)])


def listed(question: Question, entries: Sequence[Entry]) -> Answer:
    """These rows as a list."""
    ids = tuple(entry.row.transaction_id for entry in entries)
    about = (f" for {question.subject.label}" if question.subject.label else "") + question.narrowed
    thing = {Flow.refunds: "refund", Flow.pending: "pending payment"}.get(question.ask.flow, "payment")
    if entries:
        text = say("list", count=plural(len(entries), thing), about=about, when=question.when)
    else:
        text = say("list.none", about=about, when=question.when)
    return Answer(AnswerKind.list, ids, text, question.evidence(entries))


def extreme(largest: bool) -> Callable[[Question], Answer]:
    """The biggest (or smallest) of them; unless something narrows them, of card purchases."""

    def find(question: Question) -> Answer:
        entries = question.counted()
        if question.ask.flow is Flow.spending and not question.subject.narrows:
            entries = tuple(entry for entry in entries if entry.kind is Kind.purchase and entry.row.mcc)
        if not entries:
            return nothing(question)
        if len({entry.row.amount.currency for entry in entries}) > 1:
            home = tuple(entry for entry in entries if entry.row.amount.currency == question.home)
            entries = home or entries
        ordered = sorted(entries, key=lambda entry: entry.row.amount.minor, reverse=largest)
        first = question.ask.rank - 1
        kept = ordered[first : first + (question.ask.limit or 1)]
        if not kept:
            return nothing(question)
        key = "biggest" if largest else "smallest"
        return _one(question, key, kept)

    return find


def latest(newest: bool) -> Callable[[Question], Answer]:
    """The latest (or first) of them."""

    def find(question: Question) -> Answer:
        ask = question.ask
        bare = ask.flow is Flow.spending and not (question.subject.narrows or ask.bounds)
        entries = question.every_row() if bare else question.counted()
        if not entries:
            return listed(question, ())
        ordered = entries if newest else entries[::-1]
        if ask.limit > 1:
            return listed(question, ordered[: ask.limit])
        return _one(question, "last" if newest else "first", ordered[ask.rank - 1 : ask.rank] or ordered[:1])

    return find


def _one(question: Question, key: str, kept: Sequence[Entry]) -> Answer:
    row = kept[0].row
    text = say(key, figure=row.amount.shown(), merchant=kept[0].title, day=f"{row.day:%-d %B %Y}")
    ids = tuple(entry.row.transaction_id for entry in kept)
    return Answer(AnswerKind.list, ids, text, question.evidence(kept))


def happened(question: Question) -> Answer:
    """Whether there were any; for money that is waited for, the rows themselves."""
    if question.ask.wanted is Wanted.amount:
        return sum_of(question)
    flow = question.ask.flow
    if flow is Flow.spending and not (question.subject.narrows or question.ask.bounds or question.period):
        return clarify("what", say("ask.unclear"))
    entries = _awaited(question) if flow is Flow.refunds and not question.period else question.counted()
    if entries and flow in (Flow.refunds, Flow.pending) or (entries and flow is Flow.income and not question.period):
        kept = entries[:1] if flow is Flow.income else entries
        return listed(question, kept)
    about = (question.subject.label or say("spoken.any")) + question.narrowed
    if flow in (Flow.income, Flow.received):
        key = "happened.in" if entries else "happened.out"
        about = f" {say('sender.from', who=question.subject.label)}" if question.subject.label else ""
        text = say(key, about=about, when=question.when, count=plural(len(entries), "payment"))
    elif entries:
        text = say("happened.yes", about=about, when=question.when, count=plural(len(entries), "payment"))
    else:
        text = say("happened.no", about=about, when=question.when)
    value = {"answer": "yes" if entries else "no"}
    return Answer(AnswerKind.text, value, text, question.evidence(entries))


def _awaited(question: Question) -> tuple[Entry, ...]:
    """What someone waits for came lately: the past 30 days, else this year, else ever."""
    entries = question.counted()
    for since in (question.today - timedelta(days=_LATELY_DAYS - 1), question.today.replace(month=1, day=1)):
        if recent := tuple(entry for entry in entries if entry.row.day >= since):
            return recent
    return entries


def stopped(question: Question) -> Answer:
    """The last charge of something that was regular: when it was, and so whether it still goes on."""
    entries = question.counted()
    if not question.subject.narrows or not entries:
        return listed(question, ())
    return _one(question, "last", entries[:1])
