"""An ask with its open parts resolved against one customer's book: which rows count, and how they are spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from offhold.answers.accounts import Chosen
from offhold.answers.book import Book, Entry
from offhold.answers.categories import SPENDING, Kind
from offhold.answers.resolve import EVERYTHING, Subject
from offhold.model.answer import Answer, AnswerKind, Evidence
from offhold.model.ask import Ask, Bound, Flow
from offhold.model.ledger import AccountKind
from offhold.model.money import Money, total
from offhold.model.period import Period
from offhold.words import period_text, say

_TRANSIT_DAYS = 3
_INCOME = frozenset({Kind.income, Kind.interest})


@dataclass(frozen=True, slots=True)
class Question:
    """`subjects` as the phrases stand, `subject` any of them; `without` what is excluded. `into` are the accounts that
    money was moved to."""

    ask: Ask
    book: Book
    subjects: tuple[Subject, ...]
    without: tuple[Subject, ...]
    chosen: Chosen
    into: Chosen | None
    today: date

    @property
    def subject(self) -> Subject:
        if not self.subjects:
            return EVERYTHING
        if len(self.subjects) == 1:
            return self.subjects[0]
        return Subject(" and ".join(part.label for part in self.subjects), any_of=self.subjects)

    @property
    def period(self) -> Period | None:
        return self.ask.period

    def over(self, period: Period | None) -> Question:
        """The same question about another period."""
        return replace(self, ask=replace(self.ask, periods=(period,) if period else ()))

    def about(self, *subjects: Subject) -> Question:
        """The same question about something else."""
        return replace(self, subjects=subjects)

    def _select(self) -> Iterator[Entry]:
        """The rows in the period, accounts and bounds that are about the subject. Cheap tests first."""
        ask, period, ids, subject = self.ask, self.period, self.chosen.ids, self.subject
        first, last = (period.first, period.last) if period else (date.min, date.max)
        void = self.book.void
        for entry in self.book.entries:
            row = entry.row
            if not first <= row.day <= last or row.account_id not in ids:
                continue
            if ask.weekdays and row.day.isoweekday() not in ask.weekdays:
                continue
            if ask.bounds and not all(_holds(row.amount, bound) for bound in ask.bounds):
                continue
            if id(row) in void or (subject is not EVERYTHING and not subject.holds(entry)):
                continue
            if not any(part.holds(entry) for part in self.without):
                yield entry

    def _kinds(self, kinds: frozenset[Kind]) -> Iterator[Entry]:
        return (entry for entry in self._select() if entry.kind in kinds)

    def rows(self) -> tuple[Entry, ...]:
        """The rows of the flow that count into a sum, newest first. Refunds lower spending."""
        match self.ask.flow:
            case Flow.spending:
                return tuple(self._kinds(SPENDING if self.ask.gross else SPENDING | {Kind.refund}))
            case Flow.income:
                earned = tuple(self._kinds(_INCOME))
                return earned or (tuple(self._kinds(frozenset({Kind.received}))) if self.subject.brands else ())
            case Flow.received:
                people = tuple(self._kinds(frozenset({Kind.received})))
                if people or not self.subject.narrows:
                    return people
                return tuple(self._kinds(_INCOME)) or tuple(self._kinds(frozenset({Kind.refund})))
            case Flow.refunds:
                return tuple(self._kinds(frozenset({Kind.refund})))
            case Flow.pending:
                return tuple(entry for entry in self._select() if entry.pending)
            case Flow.saved:
                return self._moved()
            case Flow.card_payments:
                return self._card_payments()

    def counted(self) -> tuple[Entry, ...]:
        """The rows that are listed, counted and compared in size: without refunds of spending."""
        found = self.rows()
        return tuple(e for e in found if e.kind in SPENDING) if self.ask.flow is Flow.spending else found

    def every_row(self) -> tuple[Entry, ...]:
        """All rows in the bounds, whatever they are."""
        return tuple(self._select())

    def _moved(self) -> tuple[Entry, ...]:
        """Transfers between own accounts, seen on the side of the account they went into; to a broker, on the side
        they left."""
        accounts = self.book.rows.accounts
        outside = self.subject.narrows
        if outside:
            return tuple(e for e in self._kinds(frozenset({Kind.own_transfer})) if e.spent.minor > 0)
        if self.chosen.named and not self.into:
            return tuple(e for e in self._kinds(frozenset({Kind.own_transfer})) if e.spent.minor > 0)
        into = (
            self.into.ids if self.into else frozenset(a.account_id for a in accounts if a.kind is AccountKind.savings)
        )
        everywhere = replace(self, chosen=Chosen(accounts, ids=self.book.account_ids))
        moves = tuple(everywhere._kinds(frozenset({Kind.own_transfer})))
        sent = [e for e in moves if e.spent.minor > 0 and e.row.account_id not in into]
        return tuple(_sending_side(e, sent) for e in moves if e.spent.minor < 0 and e.row.account_id in into)

    def _card_payments(self) -> tuple[Entry, ...]:
        """Payments to a credit card, seen on the card's side where it is among the accounts."""
        everywhere = replace(self, chosen=Chosen(self.book.rows.accounts, ids=self.book.account_ids), subjects=())
        found = tuple(everywhere._kinds(frozenset({Kind.card_payment})))
        cards = {a.account_id for a in self.book.rows.accounts if a.kind is AccountKind.card}
        seen = tuple(e for e in found if e.row.account_id in cards and e.spent.minor < 0)
        return seen or tuple(e for e in found if e.spent.minor > 0)

    def worth(self, entry: Entry) -> Money:
        """What a row counts: spending less refunds; money in is positive."""
        return entry.spent if self.ask.flow in (Flow.spending, Flow.pending) else entry.row.amount

    def sums(self, entries: Iterable[Entry]) -> tuple[Money, ...]:
        """What entries come to, one figure for each currency, the largest first."""
        by_currency: dict[str, list[Money]] = {}
        for entry in entries:
            worth = self.worth(entry)
            by_currency.setdefault(worth.currency, []).append(worth)
        figures = [total(amounts, code) for code, amounts in by_currency.items()]
        return tuple(sorted(figures, key=lambda figure: -figure.minor))

    @property
    def home(self) -> str:
        """The currency of most of the accounts asked about."""
        currencies = [account.currency for account in self.chosen.accounts or self.book.rows.accounts]
        return max(sorted(set(currencies)), key=currencies.count) if currencies else "USD"

    @property
    def on(self) -> str:
        """The subject as a sentence goes on: " on coffee", " from Uber"."""
        if not self.subject.label:
            return self.narrowed
        return (
            f" {'on' if self.ask.flow in (Flow.spending, Flow.pending) else 'from'} {self.subject.label}{self.narrowed}"
        )

    @property
    def narrowed(self) -> str:
        """What else narrows the rows, as a sentence goes on: " without Chewy", " over $50.00", " at weekends"."""
        said = [say("apart.without", what=" and ".join(part.label for part in self.without))] if self.without else []
        for bound in self.ask.bounds:
            said.append(say(f"bound.{bound.op}", amount=Money.parse(bound.amount, self.home).shown()))
        if self.ask.weekdays:
            days = "".join(map(str, self.ask.weekdays))
            named = [f"{date(2024, 1, day):%A}s" for day in self.ask.weekdays]  # 1 January 2024 was a Monday
            said.append(
                {"67": say("days.weekends"), "12345": say("days.weekdays")}.get(days, f"on {' and '.join(named)}")
            )
        return "".join(f" {part}" for part in said)

    @property
    def begun(self) -> str:
        """The subject at the start of a sentence."""
        return self.subject.label[:1].upper() + self.subject.label[1:]

    @property
    def when(self) -> str:
        if self.period:
            return period_text(self.period)
        covered = self.book.rows.covered
        if covered is None:
            return ""
        first = max(covered.first, self.book.rows.first_on_file or covered.first)
        return say("spoken.since", day=f"{first:%-d %B %Y}")

    def evidence(self, entries: Sequence[Entry]) -> Evidence:
        """The rows counted and the bounds they were looked for in."""
        ids = tuple(entry.row.transaction_id for entry in entries)
        return Evidence(ids, self.period or self.book.rows.covered, len(self.book.entries))


def _sending_side(received: Entry, sent: list[Entry]) -> Entry:
    """The debit that a credit between own accounts came from; the credit itself where none is on file."""
    row = received.row
    for entry in sent:
        if entry.row.amount == row.amount and abs((entry.row.day - row.day).days) <= _TRANSIT_DAYS:
            sent.remove(entry)
            return entry
    return received


def _holds(amount: Money, bound: Bound) -> bool:
    limit = Money.parse(bound.amount, amount.currency).minor
    match bound.op:
        case "gt":
            return amount.minor > limit
        case "ge":
            return amount.minor >= limit
        case "lt":
            return amount.minor < limit
        case "le":
            return amount.minor <= limit
        case _:
            return amount.minor == limit


def figures(amounts: Sequence[Money]) -> str:
    """Amounts as read: "$12.00 and £3.50"."""
    return " and ".join(amount.shown() for amount in amounts)


def clarify(reason: str, text: str, choices: tuple[str, ...] = ()) -> Answer:
    """A question back; `choices` are what it could mean."""
    return Answer(AnswerKind.clarify, {"reason": reason}, text, choices=choices)


def decline(reason: str, text: str) -> Answer:
    """A refusal that says why."""
    return Answer(AnswerKind.decline, {"reason": reason}, text)
