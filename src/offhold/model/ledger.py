"""What a bank tells us: accounts, balances, transactions, in one shape for every connector.

Text that others wrote (merchant names, payment notes) is shown to the customer and matched against their
question; it never becomes a template, a link or an instruction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from offhold.model.money import Money
from offhold.model.period import Period


class AccountKind(StrEnum):
    current = "current"
    savings = "savings"
    card = "card"
    loan = "loan"
    mortgage = "mortgage"
    wallet = "wallet"
    other = "other"


class BalanceType(StrEnum):
    booked = "booked"
    """OBIE v4 ITBD, v3 InterimBooked."""
    available = "available"
    """OBIE v4 ITAV, v3 InterimAvailable; `limit_included` says whether a credit line is inside."""
    other = "other"


class Direction(StrEnum):
    debit = "debit"
    credit = "credit"


class Status(StrEnum):
    booked = "booked"
    pending = "pending"


@dataclass(frozen=True, slots=True)
class Account:
    """`institution` is our id of it; `mask` the last four characters of the number, or empty."""

    institution: str
    account_id: str
    kind: AccountKind
    currency: str
    nickname: str = ""
    description: str = ""
    mask: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """`amount` is signed: owed on a card or overdrawn is negative. `credit_limit` as the bank states it."""

    account_id: str
    kind: BalanceType
    amount: Money
    at: datetime
    credit_limit: Money | None = None
    limit_included: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row. `amount` is never negative, `direction` says which way. `day` is the booking date in the
    customer's time zone (a date that the bank gave without a time is not shifted); `at` orders rows of a day.

    `code` and `sub_code` are OBIE's BankTransactionCode; `own_code` the bank's proprietary one;
    `original` the amount in the currency of a foreign purchase; `payee` the creditor or debtor by name.
    """

    account_id: str
    transaction_id: str
    direction: Direction
    status: Status
    day: date
    at: datetime
    amount: Money
    description: str = ""
    merchant_name: str = ""
    mcc: str = ""
    code: str = ""
    sub_code: str = ""
    own_code: str = ""
    reference: str = ""
    payee: str = ""
    payee_account: str = ""
    original: Money | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """What the gate let through for one read.

    `covered`: the days for which `transactions` is complete (None: no transactions were asked for).
    `first_on_file`: the earliest day the bank holds, when known. `unreadable`: rows that were set aside
    because sign, amount or date made no sense or two of one id differ. `twice`: pending rows left out because a
    booked one looks like the same purchase. `missing`: accounts of the consent that the bank no longer lists.
    An answer over any of these says so.
    """

    accounts: tuple[Account, ...] = ()
    balances: tuple[Balance, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    covered: Period | None = None
    first_on_file: date | None = None
    unreadable: int = 0
    twice: int = 0
    missing: int = 0
