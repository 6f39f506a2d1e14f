"""Made-up rows: the same for every run, spread over two years, a coffee among every ten."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

_SHOPS = (
    ("BLUE BOTTLE COFFEE", "5814"),
    ("WHOLE FOODS MARKET #10221", "5411"),
    ("SHELL OIL 57442", "5541"),
    ("NETFLIX.COM", "4899"),
    ("UBER TRIP HELP.UBER.COM", "4121"),
    ("TARGET T-1832", "5310"),
    ("COMCAST CABLE", "4899"),
    ("CVS/PHARMACY #03211", "5912"),
    ("CHIPOTLE 1120", "5812"),
    ("AMAZON MKTPL*2K4", "5942"),
)
_DAYS = 730
ACCOUNT = "acc-1"


def transactions(number: int, today: date) -> list[dict[str, Any]]:
    """Booked card payments in OBIE's form (OBReadTransaction6), `number` of them, the newest first."""
    return [_transaction(at, number, today) for at in range(number)]


def _transaction(at: int, number: int, today: date) -> dict[str, Any]:
    shop, mcc = _SHOPS[at % len(_SHOPS)]
    day = today - timedelta(days=1 + at * _DAYS // number)
    return {
        "AccountId": ACCOUNT,
        "TransactionId": f"t{at}",
        "CreditDebitIndicator": "Debit",
        "Status": "BOOK",
        "BookingDateTime": f"{day}T12:00:00+00:00",
        "Amount": {"Amount": f"{3 + at % 90}.{at % 100:02}", "Currency": "USD"},
        "TransactionInformation": shop,
        "MerchantDetails": {"MerchantName": shop.title(), "MerchantCategoryCode": mcc},
    }


def account() -> dict[str, Any]:
    return {
        "AccountId": ACCOUNT,
        "Status": "Enabled",
        "Currency": "USD",
        "AccountTypeCode": "CACC",
        "AccountCategory": "Personal",
        "Nickname": "Everyday",
    }


def balance() -> dict[str, Any]:
    return {
        "AccountId": ACCOUNT,
        "Amount": {"Amount": "1250.40", "Currency": "USD"},
        "CreditDebitIndicator": "Credit",
        "Type": "ITBD",
        "DateTime": "2026-03-18T12:00:00+00:00",
    }
