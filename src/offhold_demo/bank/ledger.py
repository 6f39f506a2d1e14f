"""A double-entry ledger in memory: every transfer takes from one account what it gives to another.

Amounts are whole minor units. A balance is what an account was given less what was taken from it, so a customer's
deposit stands positive and a card debt negative; over all accounts of a currency they sum to zero at any time.
Transfers are never changed: a correction is a new transfer.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime

from offhold.errors import OffholdError


class LedgerError(OffholdError):
    """A transfer that the books cannot take: no amount, one account twice, mixed currencies, an id used for
    something else, or earlier than what its account already holds."""

    code = "ledger"


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` (above zero) leaves `debit` and reaches `credit`. A pending one reserves and posts nothing."""

    transfer_id: str
    at: datetime
    currency: str
    debit: str
    credit: str
    amount: int
    pending: bool = False

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.debit == self.credit:
            raise LedgerError(self.transfer_id)

    def legs(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Both accounts with their signed change."""
        return (self.debit, -self.amount), (self.credit, self.amount)


@dataclass(slots=True)
class _Column:
    """One side of one account's book: when it changed and what it stood at after each change."""

    times: list[datetime] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)

    def total(self, until: datetime) -> int:
        place = bisect_right(self.times, until)
        return self.totals[place - 1] if place else 0

    def takes(self, at: datetime) -> bool:
        return not self.times or self.times[-1] <= at

    def add(self, at: datetime, change: int) -> int:
        self.times.append(at)
        self.totals.append((self.totals[-1] if self.totals else 0) + change)
        return self.totals[-1]


@dataclass(slots=True)
class _Account:
    currency: str
    posted: _Column = field(default_factory=_Column)
    reserved: _Column = field(default_factory=_Column)

    def column(self, transfer: Transfer) -> _Column:
        return self.reserved if transfer.pending else self.posted


@dataclass(slots=True)
class Ledger:
    """Transfers in the order of their times, account by account."""

    _accounts: dict[str, _Account] = field(default_factory=dict)
    _transfers: dict[str, Transfer] = field(default_factory=dict)
    _after: dict[tuple[str, str], int] = field(default_factory=dict)

    def post(self, transfer: Transfer) -> None:
        """Write both legs or none. The same transfer again changes nothing. Raises LedgerError."""
        known = self._transfers.get(transfer.transfer_id)
        if known == transfer:
            return
        if known is not None or not all(self._takes(name, transfer) for name, _ in transfer.legs()):
            raise LedgerError(transfer.transfer_id)
        self._transfers[transfer.transfer_id] = transfer
        for name, change in transfer.legs():
            account = self._accounts.setdefault(name, _Account(transfer.currency))
            total = account.column(transfer).add(transfer.at, change)
            self._after[transfer.transfer_id, name] = total

    def balance(self, account: str, until: datetime) -> int:
        """What was posted to the account up to and at that moment; zero for an account never used."""
        found = self._accounts.get(account)
        return found.posted.total(until) if found else 0

    def reserved(self, account: str, until: datetime) -> int:
        """The net of what is pending on the account: negative where money is about to leave."""
        found = self._accounts.get(account)
        return found.reserved.total(until) if found else 0

    def balance_after(self, transfer_id: str, account: str) -> int:
        """The account's posted (for a pending transfer: reserved) total right after that transfer."""
        return self._after[transfer_id, account]

    def accounts(self) -> dict[str, str]:
        """Every account with its currency."""
        return {name: account.currency for name, account in self._accounts.items()}

    def trial(self, until: datetime) -> dict[str, int]:
        """The sum over all accounts of each currency, posted and reserved: zero, or the books are wrong."""
        sums: dict[str, int] = {}
        for account in self._accounts.values():
            change = account.posted.total(until) + account.reserved.total(until)
            sums[account.currency] = sums.get(account.currency, 0) + change
        return sums

    def _takes(self, name: str, transfer: Transfer) -> bool:
        account = self._accounts.get(name)
        if account is None:
            return True
        return account.currency == transfer.currency and account.column(transfer).takes(transfer.at)
