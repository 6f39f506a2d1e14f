"""Ask × book → Answer: the open parts resolved, then one function for each measure, registered below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from offhold.answers import accounts, balances, comparing, listing, recurring, resolve, tables, totals
from offhold.answers.accounts import Chosen
from offhold.answers.book import Book, Entry
from offhold.answers.categories import Kind
from offhold.answers.caveats import known_from, with_caveats
from offhold.answers.proof import proved
from offhold.answers.question import Question, clarify, decline
from offhold.answers.readable import readable
from offhold.answers.resolve import Subject
from offhold.language.lexicon import CATEGORY_WORDS
from offhold.model.answer import Answer, EvidenceRow
from offhold.model.ask import Ask, Flow, Measure
from offhold.model.period import Period
from offhold.words import say

_MEASURES: dict[Measure, Callable[[Question], Answer]] = {
    Measure.sum: totals.sum_of,
    Measure.count: totals.count_of,
    Measure.average: totals.average_of,
    Measure.median: totals.median_of,
    Measure.average_per: totals.average_per,
    Measure.list: listing.list_of,
    Measure.biggest: listing.extreme(True),
    Measure.smallest: listing.extreme(False),
    Measure.last: listing.latest(True),
    Measure.first: listing.latest(False),
    Measure.happened: listing.happened,
    Measure.stopped: listing.stopped,
    Measure.breakdown: tables.breakdown,
    Measure.top: tables.top,
    Measure.trend: tables.trend,
    Measure.compare: comparing.compare,
    Measure.share: comparing.share,
    Measure.cash_flow: comparing.cash_flow,
    Measure.balance: balances.balance,
    Measure.subscriptions: recurring.subscriptions,
    Measure.next: recurring.next_date,
    Measure.twice: recurring.twice,
    Measure.price_change: recurring.price_change,
}
"""A new answer is a function and a line here."""
_ONE_SUBJECT = (Measure.last, Measure.first, Measure.next, Measure.price_change, Measure.twice)
_LASTING = (
    Measure.next,
    Measure.subscriptions,
    Measure.price_change,
    Measure.stopped,
    Measure.trend,
    Measure.twice,
    Measure.compare,
)


def answer(ask: Ask, book: Book, today: date) -> Answer:
    """The answer to `ask`, or a question back, or a refusal that says why. Raises Mismatch when a figure does not
    follow from its own evidence."""
    first = known_from(book.rows)
    if first and any(period.last < first for period in ask.periods):
        return decline("before", say("none.before", first=f"{first:%-d %B %Y}"))
    question = _resolved(ask, book, today)
    if isinstance(question, Answer):
        return question
    made = proved(question, _MEASURES[question.ask.measure](question))
    return with_caveats(_with_rows(made, book), question.ask, book.rows)


def _resolved(ask: Ask, book: Book, today: date) -> Question | Answer:
    """The question with accounts and subjects found, or what must be asked back first."""
    chosen = accounts.chosen(book, ask.account)
    into = accounts.chosen(book, ask.to_account) if ask.to_account else None
    phrases, chosen, into = _account_phrases(ask, book, chosen, into)
    if chosen.unknown or (into and into.unknown):
        return clarify("account", say("ask.account"), tuple(a.nickname for a in book.rows.accounts))
    if ask.measure is Measure.balance:
        subjects: tuple[Subject, ...] = ()
        if phrases:
            return clarify("account", say("ask.account"), tuple(a.nickname for a in book.rows.accounts))
    else:
        subjects = _subjects(ask, book, phrases)
    without = tuple(resolve.excluded(book, phrase, phrases[:1]) for phrase in ask.without)
    if unknown := next((part for part in (*subjects, *without) if part.unknown or not part.constrained), None):
        return unresolved(unknown)
    if len(subjects) > 1 and ask.measure in _ONE_SUBJECT:
        return clarify("unclear", say("ask.unclear"))
    if ask.since_payday:
        paid = resolve.income(book, ("salary",))
        ask = _since_payday(ask, book, today) if not paid.unknown else ask
        if ask.period is None:
            return clarify("payday", say("ask.period"))
    joined = _one_period(ask)
    if isinstance(joined, Answer):
        return joined
    return Question(joined, book, subjects, without, chosen, into, today)


def _since_payday(ask: Ask, book: Book, today: date) -> Ask:
    """From the day of the latest pay to today."""
    pay = resolve.income(book, ("salary",))
    days = [entry.row.day for entry in book.entries if entry.kind is Kind.income and pay.holds(entry)]
    return replace(ask, periods=(Period(max(days), today),))


def _account_phrases(
    ask: Ask, book: Book, chosen: Chosen, into: Chosen | None
) -> tuple[tuple[tuple[str, ...], ...], Chosen, Chosen | None]:
    """Phrases that name one of the customer's accounts are that account and no subject."""
    left: list[tuple[str, ...]] = []
    for phrase in ask.subjects:
        named = accounts.by_phrase(book, phrase)
        sure = (
            ask.measure is Measure.balance
            or ask.flow is Flow.saved
            or bool(named and ask.flow is not Flow.income and resolve.subject(book, phrase).unknown)
        )
        if named is None and ask.account and ask.measure is Measure.balance:
            named = accounts.by_phrase(book, (*phrase, ask.account)) or accounts.by_phrase(book, phrase)
        if named is None or not sure:
            left.append(phrase)
        elif ask.flow is Flow.saved and into is None:
            into = named
        else:
            chosen = named
    return tuple(left), chosen, into


def _subjects(ask: Ask, book: Book, phrases: Sequence[tuple[str, ...]]) -> tuple[Subject, ...]:
    match ask.flow:
        case Flow.income if ask.measure is not Measure.share:
            return tuple(resolve.income(book, phrase) for phrase in phrases)
        case Flow.saved:
            return tuple(_outside(book, phrase) for phrase in phrases)
        case Flow.card_payments:
            return ()
    return resolve.several(book, phrases, ask.said)


def _outside(book: Book, phrase: tuple[str, ...]) -> Subject:
    """Own money elsewhere: a broker by its name, which descriptors cut short."""
    flat = [word for part in phrase for word in part.split()]
    own = [entry for entry in book.entries if entry.kind is Kind.own_transfer]
    brands = frozenset(
        entry.brand
        for entry in own
        if any(
            known.startswith(word) or (len(known) >= 3 and word.startswith(known))
            for word in flat
            for known in _said(entry)
        )
    )
    label = " ".join(phrase)
    return Subject(label.title(), brands=brands) if brands else Subject(label, unknown=label)


def _said(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.row.description.casefold().split()[:2])


def unresolved(subject: Subject) -> Answer:
    """Why a phrase cannot be counted: it could be several things, no row holds such a thing, or it is unknown."""
    if subject.choices:
        choices = say("spoken.or").join(f" {choice} " for choice in subject.choices)
        return clarify("which", say("ask.which", what=subject.unknown, choices=choices.strip()), subject.choices)
    if subject.items:
        return clarify("items", say("ask.items", what=subject.unknown))
    return decline("unknown", say("ask.unknown", what=subject.unknown))


def _one_period(ask: Ask) -> Ask | Answer:
    if len(ask.periods) < 2 or ask.measure is Measure.compare:
        return ask
    joined = _contiguous(ask.periods)
    return replace(ask, periods=(joined,)) if joined else clarify("period", say("ask.period"))


def _contiguous(periods: Sequence[Period]) -> Period | None:
    """Periods that follow one another without a gap, as one; None for others."""
    ordered = sorted(periods, key=lambda period: period.first)
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if later.first != earlier.last + timedelta(days=1):
            return None
    return Period(ordered[0].first, ordered[-1].last)


def _with_rows(made: Answer, book: Book) -> Answer:
    """The answer with the rows behind it, as the customer sees them."""
    if not made.evidence.transactions:
        return made
    return replace(made, rows=tuple(_shown(book.by_id[name]) for name in made.evidence.transactions))


def _shown(entry: Entry) -> EvidenceRow:
    row = entry.row
    label = entry.title if row.mcc or row.merchant_name else readable(row.description)
    lowers = entry.kind in (Kind.refund, Kind.reversal)
    return EvidenceRow(_day(row.day), label, -row.amount if lowers else row.amount, entry.pending)


@lru_cache(maxsize=4_096)
def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def needs_history(ask: Ask) -> bool:
    """Whether the rows of the asked period alone cannot say what the words mean."""
    phrases = (*ask.subjects, *ask.without)
    closed = all(" ".join(phrase) in CATEGORY_WORDS and phrase != ("gas",) for phrase in phrases)
    lasting = ask.since_payday or ask.measure in _LASTING or ask.group_by == "merchant"
    return not closed or lasting or len(ask.periods) != 1
