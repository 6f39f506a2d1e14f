"""OBIE resources → our values, by one decoder with two tables of enumerations (v4.0 codes, v3.1 words).

Source: OBL Read/Write API v4.0, Accounts, Balances, Transactions. Amounts are unsigned there; the direction is the
CreditDebitIndicator's alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
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
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,5})?")
"""OBActiveCurrencyAndAmount_SimpleType: without a sign. One that came with a sign is not interpreted."""
_MASK_CHARS = 4
_FREE_CHARS = 500  # OBIE's Max500Text, the longest of its free texts


class Unreadable(Exception):
    """A row whose sign, amount, date or status makes no sense; it is set aside, never guessed at."""


def account(resource: Mapping[str, Any], institution: str) -> Account:
    """OBReadAccount. Raises BankError(bank-unclear) without an id or currency: nothing could be told apart."""
    try:
        identifier, currency = _text(resource, "AccountId"), _currency(resource)
    except Unreadable as error:
        raise BankError(Failure.bank_unclear.value) from error
    named = resource.get("AccountTypeCode") or resource.get("AccountSubType")
    number = next(iter(_parts(resource, "Account")), {})
    return Account(
        institution=institution,
        account_id=identifier,
        kind=_KINDS.get(str(named), AccountKind.other),
        currency=currency,
        nickname=_free(resource, "Nickname"),
        description=_free(resource, "Description"),
        mask=_free(number, "Identification")[-_MASK_CHARS:],
    )


def balance(resource: Mapping[str, Any], zone: ZoneInfo) -> Balance:
    """OBReadBalance: owed is negative. Raises BankError(bank-unclear): half a balance is no balance."""
    try:
        amount = _money(resource.get("Amount"))
        owed = _direction(resource) is Direction.debit
        lines = [line for line in _parts(resource, "CreditLine") if "Amount" in line]
        return Balance(
            account_id=_text(resource, "AccountId"),
            kind=_BALANCES.get(_text(resource, "Type"), BalanceType.other),
            amount=-amount if owed else amount,
            at=_moment(_text(resource, "DateTime"), zone),
            credit_limit=_money(lines[0]["Amount"]) if lines else None,
            limit_included=any(line.get("Included") is True for line in lines),
        )
    except Unreadable as error:
        raise BankError(Failure.bank_unclear.value) from error


def transaction(resource: Mapping[str, Any], zone: ZoneInfo) -> Transaction | None:
    """OBReadTransaction; None for what moved no money (rejected, future, information). Raises Unreadable."""
    status = _text(resource, "Status")
    if status in _NOT_MOVEMENTS:
        return None
    if status not in _STATUSES:
        raise Unreadable("Status")
    at = _moment(_text(resource, "BookingDateTime"), zone)
    code = _part(resource, "BankTransactionCode")
    merchant = _part(resource, "MerchantDetails")
    exchange = _part(resource, "CurrencyExchange").get("InstructedAmount")
    direction = _direction(resource)
    payee = _part(resource, "CreditorAccount" if direction is Direction.debit else "DebtorAccount")
    return Transaction(
        account_id=_text(resource, "AccountId"),
        transaction_id=_text(resource, "TransactionId"),
        direction=direction,
        status=_STATUSES[status],
        day=at.astimezone(zone).date(),
        at=at,
        amount=_money(resource.get("Amount")),
        description=_free(resource, "TransactionInformation"),
        merchant_name=_free(merchant, "MerchantName"),
        mcc=_free(merchant, "MerchantCategoryCode"),
        code=_free(code, "Code"),
        sub_code=_free(code, "SubCode"),
        own_code=_free(_part(resource, "ProprietaryBankTransactionCode"), "Code"),
        reference=_free(resource, "TransactionReference"),
        payee=_free(payee, "Name"),
        payee_account=_free(payee, "Identification"),
        original=_money(exchange) if exchange else None,
    )


def _text(resource: Mapping[str, Any], name: str) -> str:
    value = resource.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(name)
    return value


def _free(resource: Mapping[str, Any], name: str) -> str:
    """Text on which no figure hangs: empty where it is missing or is none, cut where it is longer than any may be."""
    value = resource.get(name)
    return value[:_FREE_CHARS] if isinstance(value, str) else ""


def _part(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = resource.get(name)
    return value if isinstance(value, Mapping) else {}


def _parts(resource: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = resource.get(name)
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _direction(resource: Mapping[str, Any]) -> Direction:
    match resource.get("CreditDebitIndicator"):
        case "Debit":
            return Direction.debit
        case "Credit":
            return Direction.credit
        case _:
            raise Unreadable("CreditDebitIndicator")


def _currency(resource: Mapping[str, Any]) -> str:
    currency = _text(resource, "Currency")
    if not _CURRENCY.fullmatch(currency):
        raise Unreadable("Currency")
    return currency


def _money(amount: Any) -> Money:
    if not isinstance(amount, Mapping) or not _AMOUNT.fullmatch(text := _text(amount, "Amount")):
        raise Unreadable("Amount")
    try:
        return Money.parse(text, _currency(amount))
    except ValueError as error:
        raise Unreadable("Amount") from error


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A time that can be told in any zone. Without an offset it is the bank's own wall time."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        moment.astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise Unreadable("DateTime") from error
    return moment
