"""Direct debits and standing orders, as the rows paid under them show them: one for each payee of an account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256

from offhold_demo.bank.books import Row
from offhold_demo.bank.shapes import View
from offhold_demo.households import Resource

_REFERENCE = re.compile(r"\s+\S*\d\S*(?=\s|$)")
"""Words with digits after the first: payment references, which differ from row to row."""

_QUIET = timedelta(days=100)
"""A payee not paid for longer than a quarter is taken as ended."""


def direct_debits(view: View, account_id: str) -> list[Resource]:
    """One for each payee who collected from the account."""
    return [
        {
            "AccountId": account_id,
            "DirectDebitId": _identifier(account_id, name),
            "DirectDebitStatusCode": _status(view, last),
            "Name": name,
            "PreviousPaymentDateTime": last.resource["BookingDateTime"],
            "PreviousPaymentAmount": last.resource["Amount"],
        }
        for name, last in _payees(view, account_id, _collected)
    ]


def standing_orders(view: View, account_id: str) -> list[Resource]:
    """One for each payee under the customer's own standing order; who that is only with Detail."""
    return [_order(view, account_id, name, last) for name, last in _payees(view, account_id, _ordered)]


def _order(view: View, account_id: str, name: str, last: Row) -> Resource:
    shown: Resource = {
        "AccountId": account_id,
        "StandingOrderId": _identifier(account_id, name),
        "StandingOrderStatusCode": _status(view, last),
        "LastPaymentDateTime": last.resource["BookingDateTime"],
        "LastPaymentAmount": last.resource["Amount"],
    }
    if "ReadStandingOrdersDetail" in view.permissions:
        number = str(int(sha256(name.encode()).hexdigest(), 16))[:10]
        payee = {"SchemeName": "UK.OBIE.BBAN", "Identification": number, "Name": name}
        shown["CreditorAccount"] = payee
    return shown


def _collected(row: Row) -> bool:
    return bool(row.resource["BankTransactionCode"]["Code"] == "IssuedDirectDebits")


def _ordered(row: Row) -> bool:
    return bool(row.resource["BankTransactionCode"]["SubCode"] == "StandingOrder")


def _payees(view: View, account_id: str, wanted: Callable[[Row], bool]) -> Iterator[tuple[str, Row]]:
    """Each payee with the latest row, up to now."""
    seen: set[str] = set()
    for row in view.books.rows[account_id]:
        name = _REFERENCE.sub("", row.resource["TransactionInformation"])
        if row.at <= view.now and wanted(row) and name not in seen:
            seen.add(name)
            yield name, row


def _identifier(account_id: str, name: str) -> str:
    return sha256(f"{account_id} {name}".encode()).hexdigest()[:20]


def _status(view: View, last: Row) -> str:
    return "ACTV" if view.now - last.at <= _QUIET else "EXPI"
