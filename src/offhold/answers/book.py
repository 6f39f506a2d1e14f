"""The customer's rows, read once: kind, category, brand and day of each, cancelled pairs set apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from offhold.answers.brands import Brands
from offhold.answers.categories import SPENDING, Kind, category, kind
from offhold.language.lexicon import leaves
from offhold.model.ledger import Direction, Rows, Status, Transaction
from offhold.model.money import Money


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with what it is. `void`: one half of a purchase and its reversal."""

    row: Transaction
    kind: Kind
    category: str
    brand: str
    void: bool = False

    @property
    def spent(self) -> Money:
        """What it adds to spending: a refund takes away."""
        return -self.row.amount if self.row.direction is Direction.credit else self.row.amount

    @property
    def pending(self) -> bool:
        return self.row.status is Status.pending


class Book:
    """Entries from newest to oldest. `rows` as the gate gave them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.brands = Brands(rows.transactions)
        entries = [self._entry(row) for row in rows.transactions]
        void = _cancelled(entries)
        self.entries = tuple(
            sorted(
                (Entry(entry.row, entry.kind, entry.category, entry.brand, id(entry.row) in void) for entry in entries),
                key=lambda entry: entry.row.at,
                reverse=True,
            )
        )

    def _entry(self, row: Transaction) -> Entry:
        what = kind(row)
        return Entry(row, what, category(row, what), self.brands.of(row))

    @property
    def account_ids(self) -> frozenset[str]:
        return frozenset(account.account_id for account in self.rows.accounts)

    def spending(self) -> tuple[Entry, ...]:
        """What left the customer's hands, and refunds of it."""
        return tuple(
            entry for entry in self.entries if not entry.void and (entry.kind in SPENDING or entry.kind is Kind.refund)
        )

    def in_category(self, entry: Entry, key: str) -> bool:
        return entry.category in leaves(key)


def _cancelled(entries: list[Entry]) -> set[int]:
    """Each reversal with the latest purchase before it of the same merchant and amount: the pair never happened."""
    void: set[int] = set()
    for entry in entries:
        if entry.kind is not Kind.reversal:
            continue
        void.add(id(entry.row))
        partners = [
            other
            for other in entries
            if other.row.direction is Direction.debit
            and other.row.amount == entry.row.amount
            and other.row.account_id == entry.row.account_id
            and other.row.at <= entry.row.at
            and other.brand == entry.brand
            and id(other.row) not in void
        ]
        if partners:
            void.add(id(max(partners, key=lambda other: other.row.at).row))
    return void


@lru_cache(maxsize=4)
def book(rows: Rows) -> Book:
    """The book of these rows; a turn's rounds share it."""
    return Book(rows)
