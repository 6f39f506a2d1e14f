"""The customer's rows, indexed once: kind, category and brand of each are worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from offhold.answers.brands import Brands
from offhold.answers.categories import SPENDING, Kind, category, kind, said
from offhold.answers.places import Places
from offhold.language.normalise import words
from offhold.model.ledger import Direction, Rows, Status, Transaction
from offhold.model.money import Money


class Entry:
    """A row with what it is."""

    __slots__ = ("_book", "_category", "_kind", "_said", "_words", "row")

    def __init__(self, row: Transaction, book: Book) -> None:
        self.row = row
        self._book = book
        self._kind: Kind | None = None
        self._category = ""
        self._said: str | None = None
        self._words: tuple[str, ...] | None = None

    @property
    def kind(self) -> Kind:
        if self._kind is None:
            self._kind = kind(self.row)
        return self._kind

    @property
    def category(self) -> str:
        """The leaf category."""
        if not self._category:
            self._category = category(self.row, self.kind)
        return self._category

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its text, worked out once a book: many phrases are tried on each row."""
        if self._words is None:
            self._words = words(self.row.description)
        return self._words

    @property
    def said(self) -> str:
        """Its text and payee in plain words."""
        if self._said is None:
            self._said = said(self.row)
        return self._said

    @property
    def brand(self) -> str:
        return self._book.brands.of(self.row)

    @property
    def title(self) -> str:
        """The other side as people write it."""
        return self._book.brands.readable(self.brand)

    @property
    def void(self) -> bool:
        """Whether it is one half of a purchase and its reversal."""
        return id(self.row) in self._book.void

    @property
    def spent(self) -> Money:
        """What it adds to spending: a credit takes away."""
        return -self.row.amount if self.row.direction is Direction.credit else self.row.amount

    @property
    def pending(self) -> bool:
        return self.row.status is Status.pending


class Book:
    """Entries from newest to oldest. `rows` as the gate gave them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        ordered = sorted(rows.transactions, key=lambda row: row.at, reverse=True)
        self.entries = tuple(Entry(row, self) for row in ordered)

    @cached_property
    def brands(self) -> Brands:
        return Brands(self.rows.transactions)

    @cached_property
    def places(self) -> Places:
        return Places(self.rows.transactions)

    @cached_property
    def by_id(self) -> dict[str, Entry]:
        return {entry.row.transaction_id: entry for entry in self.entries}

    @cached_property
    def account_ids(self) -> frozenset[str]:
        return frozenset(account.account_id for account in self.rows.accounts)

    @cached_property
    def void(self) -> frozenset[int]:
        """Each reversal with the latest purchase before it of the same merchant and amount: the pair never happened."""
        void: set[int] = set()
        for entry in self.entries:
            if entry.row.direction is Direction.credit and entry.kind is Kind.reversal:
                void.add(id(entry.row))
                partner = next((other for other in self._before(entry) if id(other.row) not in void), None)
                if partner:
                    void.add(id(partner.row))
        return frozenset(void)

    def _before(self, reversal: Entry) -> Iterator[Entry]:
        row = reversal.row
        return (
            other
            for other in self.entries
            if other.row.direction is Direction.debit
            and other.row.amount == row.amount
            and other.row.account_id == row.account_id
            and other.row.at <= row.at
            and other.brand == reversal.brand
        )

    def spending(self) -> Iterator[Entry]:
        """What left the customer's hands, and refunds of it."""
        return (
            entry for entry in self.entries if not entry.void and (entry.kind in SPENDING or entry.kind is Kind.refund)
        )
