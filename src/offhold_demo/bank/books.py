"""A household's rows entered in a ledger, and found again for the resources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from offhold_demo.bank.ledger import Ledger, LedgerError, Transfer
from offhold_demo.households import Household, Resource

COUNTER = {
    "CustomerCardTransactions": "card-clearing",
    "IssuedCheques": "cheque-clearing",
    "IssuedCreditTransfers": "transfer-clearing",
    "IssuedDirectDebits": "direct-debit-clearing",
    "MiscellaneousCreditOperations": "interest-paid",
    "MiscellaneousDebitOperations": "fees-and-interest-earned",
    "ReceivedCreditTransfers": "transfer-clearing",
}
"""The bank's own account on the other side of a row, by its transaction code family."""


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction. `wall` is its booking time without a zone, as the bank wrote it: filters compare that."""

    resource: Resource
    account_id: str
    at: datetime
    wall: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """`rows`: newest first, by account."""

    household: Household
    ledger: Ledger
    accounts: dict[str, Resource]
    rows: dict[str, tuple[Row, ...]]


def minor(amount: str) -> int:
    """Hundredths of an unsigned amount written with two places, as all amounts of the households are. Raises
    LedgerError for any other."""
    whole, _, cents = amount.partition(".")
    if len(cents) != 2 or not (whole + cents).isdecimal():
        raise LedgerError(amount)
    return int(whole) * 100 + int(cents)


def signed(resource: Resource) -> int:
    """The amount of a balance or transaction, negative for Debit."""
    value = minor(resource["Amount"]["Amount"])
    return value if resource["CreditDebitIndicator"] == "Credit" else -value


@lru_cache(maxsize=32)
def books_of(household: Household) -> Books:
    """The books of one household. They are never changed after, so banks of one process may share them."""
    ledger = Ledger()
    accounts = {each["AccountId"]: each for each in household.accounts}
    rows = {account_id: _rows(household, account_id) for account_id in accounts}
    for transfer in _openings(household, rows):
        ledger.post(transfer)
    for resource in reversed(household.transactions):
        ledger.post(_transfer(resource))
    return Books(household, ledger, accounts, rows)


def _rows(household: Household, account_id: str) -> tuple[Row, ...]:
    return tuple(_row(each) for each in household.transactions if each["AccountId"] == account_id)


def _row(resource: Resource) -> Row:
    at = datetime.fromisoformat(resource["BookingDateTime"])
    return Row(resource, resource["AccountId"], at, at.replace(tzinfo=None))


def _openings(household: Household, rows: dict[str, tuple[Row, ...]]) -> list[Transfer]:
    """One transfer an account, so that it ends at the balance stated. Oldest first, before every row."""
    stated = {each["AccountId"]: each for each in household.balances if each["Type"] == "InterimBooked"}
    found = [_opening(account, stated[account["AccountId"]], rows) for account in household.accounts]
    return sorted((each for each in found if each), key=lambda each: each.at)


def _opening(account: Resource, stated: Resource, rows: dict[str, tuple[Row, ...]]) -> Transfer | None:
    account_id: str = account["AccountId"]
    booked = sum(signed(row.resource) for row in rows[account_id] if row.resource["Status"] == "Booked")
    amount = signed(stated) - booked
    if not amount:
        return None
    opened = datetime.fromisoformat(account["OpeningDate"])
    return _between(f"opening-{account_id}", opened, account["Currency"], account_id, "brought-forward", amount)


def _transfer(resource: Resource) -> Transfer:
    counter = COUNTER[resource["BankTransactionCode"]["Code"]]
    return _between(
        resource["TransactionId"],
        datetime.fromisoformat(resource["BookingDateTime"]),
        resource["Amount"]["Currency"],
        resource["AccountId"],
        counter,
        signed(resource),
        pending=resource["Status"] == "Pending",
    )


def _between(
    transfer_id: str, at: datetime, currency: str, own: str, counter: str, amount: int, pending: bool = False
) -> Transfer:
    other = f"{counter}:{currency}"
    debit, credit = (other, own) if amount > 0 else (own, other)
    return Transfer(transfer_id, at, currency, debit, credit, abs(amount), pending)
