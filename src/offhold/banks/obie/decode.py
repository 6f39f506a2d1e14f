"""OBIE resources → our values, by one decoder with two tables of enumerations (v4.0 codes, v3.1 words).

Source: OBL Read/Write API v4.0, Accounts, Balances, Transactions. Amounts are unsigned there; the direction is the
CreditDebitIndicator's alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from offhold.errors import BankError
from offhold.model.access import Failure
from offhold.model.ledger import Account, AccountKind, Balance, BalanceType, Direction, Status, Transaction
from offhold.model.money import Money

_KINDS = {
    **dict.fromkeys(("CACC", "CurrentAccount"), AccountKind.current),
    **dict.fromkeys(("SVGS", "SACC", "Savings"), AccountKind.savings),
    **dict.fromkeys(("CARD", "CreditCard", "ChargeCard", "PrePaidCard"), AccountKind.card),
    **dict.fromkeys(("LOAN", "Loan"), AccountKind.loan),
    **dict.fromkeys(("MORT", "MGLD", "Mortgage"), AccountKind.mortgage),
    **dict.fromkeys(("WALT", "Wallet", "EMoney"), AccountKind.wallet),
}
_BALANCES = {
    **dict.fromkeys(("ITBD", "InterimBooked"), BalanceType.booked),
    **dict.fromkeys(("ITAV", "InterimAvailable"), BalanceType.available),
}
_STATUSES = {
    **dict.fromkeys(("BOOK", "Booked"), Status.booked),
    **dict.fromkeys(("PDNG", "Pending"), Status.pending),
}
_NOT_MOVEMENTS = frozenset({"RJCT", "FUTR", "INFO", "Rejected"})
_MASK_CHARS = 4
_MOSTLY_PERCENT = 95


class Unreadable(Exception):
    """A row whose sign, amount, date or status makes no sense; it is set aside, never guessed at."""


def account(resource: Mapping[str, Any], institution: str) -> Account:
    """OBReadAccount. Raises BankError(bank-unclear) without an id or currency: nothing could be told apart."""
    try:
        identifier, currency = _text(resource, "AccountId"), _text(resource, "Currency")
    except Unreadable as error:
        raise BankError(Failure.bank_unclear.value) from error
    named = resource.get("AccountTypeCode") or resource.get("AccountSubType") or ""
    numbers = resource.get("Account") or [{}]
    return Account(
        institution=institution,
        account_id=identifier,
        kind=_KINDS.get(str(named), AccountKind.other),
        currency=currency,
        nickname=str(resource.get("Nickname", "")),
        description=str(resource.get("Description", "")),
        mask=str(numbers[0].get("Identification", ""))[-_MASK_CHARS:],
    )


def balance(resource: Mapping[str, Any]) -> Balance:
    """OBReadBalance: owed is negative. Raises BankError(bank-unclear): half a balance is no balance."""
    try:
        amount = _money(resource.get("Amount"))
        owed = _direction(resource) is Direction.debit
        lines = [line for line in resource.get("CreditLine", ()) if line.get("Amount")]
        return Balance(
            account_id=_text(resource, "AccountId"),
            kind=_BALANCES.get(_text(resource, "Type"), BalanceType.other),
            amount=-amount if owed else amount,
            at=_moment(_text(resource, "DateTime")),
            credit_limit=_money(lines[0]["Amount"]) if lines else None,
            limit_included=any(line.get("Included") is True for line in lines),
        )
    except Unreadable as error:
        raise BankError(Failure.bank_unclear.value) from error


def transactions(resources: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> tuple[list[Transaction], int]:
    """OBReadTransaction rows that moved money, and how many could not be read."""
    rows: list[Transaction] = []
    unreadable = 0
    for resource in resources:
        try:
            row = _transaction(resource, zone)
        except Unreadable:
            unreadable += 1
            continue
        if row is not None:
            rows.append(row)
    return (_undated(rows) if _date_only(rows) else rows), unreadable


def _transaction(resource: Mapping[str, Any], zone: ZoneInfo) -> Transaction | None:
    status = _text(resource, "Status")
    if status in _NOT_MOVEMENTS:
        return None
    if status not in _STATUSES:
        raise Unreadable("Status")
    at = _moment(_text(resource, "BookingDateTime"))
    code = _part(resource, "BankTransactionCode")
    merchant = _part(resource, "MerchantDetails")
    exchange = _part(resource, "CurrencyExchange").get("InstructedAmount")
    counter = "Creditor" if _direction(resource) is Direction.debit else "Debtor"
    payee = _part(resource, f"{counter}Account")
    return Transaction(
        account_id=_text(resource, "AccountId"),
        transaction_id=str(resource.get("TransactionId", "")),
        direction=_direction(resource),
        status=_STATUSES[status],
        day=at.astimezone(zone).date(),
        at=at,
        amount=_money(resource.get("Amount")),
        description=str(resource.get("TransactionInformation", "")),
        merchant_name=str(merchant.get("MerchantName", "")),
        mcc=str(merchant.get("MerchantCategoryCode", "")),
        code=str(code.get("Code", "")),
        sub_code=str(code.get("SubCode", "")),
        own_code=str(_part(resource, "ProprietaryBankTransactionCode").get("Code", "")),
        reference=str(resource.get("TransactionReference", "")),
        payee=str(payee.get("Name", "")),
        payee_account=str(payee.get("Identification", "")),
        original=_money(exchange) if exchange else None,
    )


def _date_only(rows: Sequence[Transaction]) -> bool:
    """Banks without times send midnight UTC. Where nearly all rows do, it is a date and no zone may move it."""
    midnight = sum(row.at.astimezone(UTC).timetz().replace(tzinfo=None).isoformat() == "00:00:00" for row in rows)
    return bool(rows) and midnight * 100 >= _MOSTLY_PERCENT * len(rows)


def _undated(rows: Sequence[Transaction]) -> list[Transaction]:
    return [replace(row, day=row.at.astimezone(UTC).date()) for row in rows]


def _text(resource: Mapping[str, Any], name: str) -> str:
    value = resource.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(name)
    return value


def _part(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = resource.get(name)
    return value if isinstance(value, Mapping) else {}


def _direction(resource: Mapping[str, Any]) -> Direction:
    match resource.get("CreditDebitIndicator"):
        case "Debit":
            return Direction.debit
        case "Credit":
            return Direction.credit
        case _:
            raise Unreadable("CreditDebitIndicator")


def _money(amount: Any) -> Money:
    """OBActiveOrHistoricCurrencyAndAmount. A sign has no place there, so one that came is not interpreted."""
    if not isinstance(amount, Mapping):
        raise Unreadable("Amount")
    text, currency = amount.get("Amount"), amount.get("Currency")
    if not isinstance(text, str) or not isinstance(currency, str) or text.startswith("-"):
        raise Unreadable("Amount")
    try:
        return Money.parse(text, currency)
    except ValueError as error:
        raise Unreadable("Amount") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable("DateTime") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
