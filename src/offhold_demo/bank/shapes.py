"""Household rows as OBIE v4.0 resources, with no more in them than the consent's permissions let through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from offhold_demo.bank import codes
from offhold_demo.bank.books import Books, Row, minor
from offhold_demo.bank.consents import Consent
from offhold_demo.households import Resource

_PLAIN = ("AccountId", "TransactionId", "CreditDebitIndicator", "BookingDateTime", "ValueDateTime", "Amount")
_PLAIN_TOO = ("CurrencyExchange", "ProprietaryBankTransactionCode")
_DETAIL = ("TransactionInformation", "MerchantDetails", "CreditorAccount", "DebtorAccount")
"""Fields that are told only with ReadTransactionsDetail (Transactions v4.0, "Permission Codes"), Balance aside."""


@dataclass(frozen=True, slots=True)
class View:
    """What one consent shows of one household at one moment."""

    books: Books
    consent: Consent
    now: datetime

    @property
    def permissions(self) -> frozenset[str]:
        return self.consent.permissions

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the bank keeps this customer's resources."""
        return ZoneInfo(self.books.household.timezone)

    def account_ids(self) -> list[str]:
        """The accounts chosen by the customer, in the bank's order."""
        return [account_id for account_id in self.books.accounts if account_id in self.consent.accounts]


def money(amount: int, currency: str) -> dict[str, str]:
    """Unsigned, as every amount of OBIE is."""
    whole, cents = divmod(abs(amount), 100)
    return {"Amount": f"{whole}.{cents:02d}", "Currency": currency}


def side(amount: int) -> str:
    """Debit below zero; a zero balance is a credit (OBIE v4.0, CreditDebitIndicator)."""
    return "Debit" if amount < 0 else "Credit"


def accounts(view: View, account_id: str) -> list[Resource]:
    """The account itself."""
    source = view.books.accounts[account_id]
    shown: Resource = {
        "AccountId": account_id,
        "Status": source["Status"],
        "Currency": source["Currency"],
        "AccountCategory": source["AccountType"],
        "AccountTypeCode": codes.ACCOUNT_TYPE[source["AccountSubType"]],
        "Description": source["Description"],
        "Nickname": source["Nickname"],
        "OpeningDate": source["OpeningDate"],
    }
    if "ReadAccountsDetail" in view.permissions:
        shown["Account"] = source["Account"]
    return [shown]


def balances(view: View, account_id: str) -> list[Resource]:
    """Booked and available, from the postings up to now. Available counts what is pending, and the credit line."""
    ledger, lines = view.books.ledger, _credit_lines(view.books, account_id)
    booked = ledger.balance(account_id, view.now)
    included = sum(minor(line["Amount"]["Amount"]) for line in lines if line["Included"])
    available = booked + ledger.reserved(account_id, view.now) + included
    shown = _balance(view, account_id, "ITAV", available)
    return [
        _balance(view, account_id, "ITBD", booked),
        shown | {"CreditLine": lines} if lines else shown,
    ]


def transaction(view: View, row: Row) -> Resource:
    """One row."""
    source = row.resource
    family, sub_family = source["BankTransactionCode"]["Code"], source["BankTransactionCode"]["SubCode"]
    detail = "ReadTransactionsDetail" in view.permissions
    names = _PLAIN + _PLAIN_TOO + (_DETAIL if detail else ())
    shown = {name: source[name] for name in names if name in source}
    shown["Status"] = codes.STATUS[source["Status"]]
    shown["TransactionMutability"] = codes.MUTABILITY[source["Status"]]
    shown["BankTransactionCode"] = {
        "Code": codes.FAMILY[family],
        "SubCode": codes.SUB_FAMILY[sub_family],
    }
    if detail and "Balance" in source:
        shown["Balance"] = _running(view, row)
    return shown


def party(view: View) -> Resource:
    """The customer who authorised the consent."""
    household = view.books.household
    return {
        "PartyId": str(uuid5(NAMESPACE_OID, household.username)),
        "PartyType": "Sole",
        "Name": household.name,
    }


def products(view: View, account_id: str) -> list[Resource]:
    """Which product the account is."""
    source = view.books.accounts[account_id]
    shown: Resource = {"AccountId": account_id, "ProductName": source["Nickname"]}
    if source["AccountSubType"] == "CurrentAccount":
        return [shown | {"ProductType": "PersonalCurrentAccount"}]
    other = {"Name": source["Nickname"], "Description": source["AccountSubType"]}
    return [shown | {"ProductType": "Other", "OtherProductType": other}]


def none_kept(view: View, account_id: str) -> list[Resource]:
    """For kinds of resource that no household has any of."""
    return []


def _credit_lines(books: Books, account_id: str) -> list[dict[str, Any]]:
    for balance in books.household.balances:
        if balance["AccountId"] == account_id and "CreditLine" in balance:
            return list(balance["CreditLine"])
    return []


def _balance(view: View, account_id: str, kind: str, amount: int) -> Resource:
    currency = view.books.accounts[account_id]["Currency"]
    return {
        "AccountId": account_id,
        "CreditDebitIndicator": side(amount),
        "Type": kind,
        "DateTime": view.now.astimezone(view.zone).isoformat(timespec="seconds"),
        "Amount": money(amount, currency),
    }


def _running(view: View, row: Row) -> Resource:
    amount = view.books.ledger.balance_after(row.resource["TransactionId"], row.account_id)
    return {
        "CreditDebitIndicator": side(amount),
        "Type": "ITBD",
        "Amount": money(amount, row.resource["Amount"]["Currency"]),
    }
