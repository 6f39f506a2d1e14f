"""An independent oracle: the conventions as naive SQL over the committed rows, held against what the service answers.

Nothing here uses our kinds, categories, brands or periods: the SQL knows merchant category codes and substrings only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.counterparts.households import Talk, document, meta

from offhold.model.answer import AnswerKind
from offhold.model.money import Money

NAMES = ("maya", "tom", "priya", "kevin", "elena", "linda")
DELIVERY = ("DOORDASH", "EATS", "DELIVEROO", "JUST-EAT", "JUST EAT", "GRABFOOD", "GRAB*", "FOODPANDA")
CATEGORIES = {
    "groceries": "mcc IN ('5411', '5300') AND text NOT LIKE '%RENEWAL%'",
    "restaurants": "mcc = '5812' AND " + " AND ".join(f"text NOT LIKE '%{name}%'" for name in DELIVERY),
    "food delivery": "mcc = '5812' AND (" + " OR ".join(f"text LIKE '%{name}%'" for name in DELIVERY) + ")",
    "fuel": "mcc IN ('5541', '5542')",
    "pharmacy": "mcc = '5912'",
    "clothes": "mcc IN ('5651', '5661')",
    "parking": "mcc = '7523'",
    "taxis": "mcc = '4121'",
    "pubs": "mcc = '5813'",
    "flights": "mcc BETWEEN '3000' AND '3299'",
    "cash": "own = 'ATM' AND text NOT LIKE '%FEE%'",
    "haircuts": "mcc = '7230'",
    "public transport": "mcc IN ('4111', '4112')",
}
MERCHANTS = {
    "starbucks": "STARBUCKS",
    "trader joe's": "TRADER JOE",
    "safeway": "SAFEWAY",
    "chipotle": "CHIPOTLE",
    "doordash": "DOORDASH",
    "lyft": "LYFT",
    "greggs": "GREGGS",
    "aldi": "ALDI",
    "boots": "BOOTS",
    "morrisons": "MORRISONS",
    "deliveroo": "DELIVEROO",
    "shopee": "SHOPEE",
    "uniqlo": "UNIQLO",
    "watsons": "WATSON",
    "whataburger": "WHATABURGER",
    "walgreens": "WALGREENS",
    "dishoom": "DISHOOM",
    "waitrose": "WAITROSE",
    "menards": "MENARDS",
    "kohls": "KOHL",
}
PERIODS = {
    "maya": {"in february": ("2026-02-01", "2026-02-28"), "in 2025": ("2025-01-01", "2025-12-31")},
    "tom": {"in november": ("2025-11-01", "2025-11-30"), "last year": ("2024-01-01", "2024-12-31")},
    "priya": {"last month": ("2026-05-01", "2026-05-31"), "in q1": ("2026-01-01", "2026-03-31")},
    "kevin": {"last month": ("2025-12-01", "2025-12-31"), "in the last 90 days": ("2025-10-05", "2026-01-02")},
    "elena": {"this year": ("2026-01-01", "2026-09-07"), "from june to august": ("2026-06-01", "2026-08-31")},
    "linda": {"last week": ("2026-11-15", "2026-11-21"), "since labor day": ("2026-09-07", "2026-11-22")},
}


@cache
def ledger(name: str) -> sqlite3.Connection:
    """The rows as one table; cancelled pairs are taken out by hand."""
    zone = ZoneInfo(meta(name)["timezone"])
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE t (id, account, at, day, debit, minor, currency, text, mcc, own)")
    data: dict[str, Any] = document(name)["Data"]  # type: ignore[assignment]
    for row in data["Transaction"]:
        at = datetime.fromisoformat(row["BookingDateTime"].replace("Z", "+00:00"))
        own = (row.get("ProprietaryBankTransactionCode") or {}).get("Code", "")
        merchant = row.get("MerchantDetails") or {}
        debit = row["CreditDebitIndicator"] == "Debit"
        minor = int(row["Amount"]["Amount"].replace(".", ""))
        text = f"{merchant.get('MerchantName', '')} {row['TransactionInformation']}".upper()
        values = (row["TransactionId"], row["AccountId"], at.timestamp(), at.astimezone(zone).date().isoformat(), debit)
        code = merchant.get("MerchantCategoryCode", "")
        database.execute(
            "INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)", (*values, minor, row["Amount"]["Currency"], text, code, own)
        )
    reversed_rows = (
        "SELECT id, account, at, minor, mcc FROM t WHERE NOT debit AND (text LIKE '%REVERSAL%' OR text LIKE '%RVSL%')"
    )
    for identifier, account, at, minor, code in database.execute(reversed_rows).fetchall():
        partner = database.execute(
            "SELECT id FROM t WHERE debit AND account = ? AND minor = ? AND mcc = ? AND at <= ? ORDER BY at DESC",
            (account, minor, code, at),
        ).fetchone()
        database.execute("DELETE FROM t WHERE id IN (?, ?)", (identifier, partner[0]))
    return database


def cases() -> Iterator[tuple[str, str, str, str]]:
    """(household, the thing asked about, the period in words, SQL of the thing)."""
    for name in NAMES:
        for words in PERIODS[name]:
            for thing, where in CATEGORIES.items():
                yield name, thing, words, where
            for thing, pattern in MERCHANTS.items():
                text = f"text LIKE '%{pattern}%' AND mcc <> ''"
                known = ledger(name).execute(f"SELECT COUNT(*) FROM t WHERE {text}").fetchone()[0]  # noqa: S608
                if known:
                    yield name, thing, words, text


CASES = list(cases())


def _sum(name: str, where: str, first: str, last: str) -> dict[str, int]:
    net = "SUM(CASE WHEN debit THEN minor ELSE -minor END)"
    query = f"SELECT currency, {net} FROM t WHERE {where} AND day BETWEEN ? AND ? GROUP BY currency"  # noqa: S608
    return {code: minor for code, minor in ledger(name).execute(query, (first, last)) if minor}


def _count(name: str, where: str, first: str, last: str) -> int:
    query = f"SELECT COUNT(*) FROM t WHERE {where} AND debit AND day BETWEEN ? AND ?"  # noqa: S608
    return int(ledger(name).execute(query, (first, last)).fetchone()[0])


def test_there_are_a_few_hundred_questions() -> None:
    assert len(CASES) * 2 >= 400


@pytest.mark.parametrize("name", NAMES)
def test_sums_and_counts_agree_with_sql(name: str) -> None:
    wrong = []
    for household, thing, words, where in CASES:
        if household != name:
            continue
        first, last = PERIODS[name][words]
        spent = Talk(name).ask(f"how much did i spend on {thing} {words}").answer
        assert spent is not None and spent.kind is AnswerKind.money, (thing, words, spent)
        given = {money.currency: money.minor for money in spent.value if isinstance(money, Money) and money.minor}  # type: ignore[union-attr]
        if given != _sum(name, where, first, last):
            wrong.append((thing, words, given, _sum(name, where, first, last)))
        times = Talk(name).ask(f"how many {thing} purchases were there {words}").answer
        assert times is not None and times.kind is AnswerKind.count, (thing, words, times)
        if times.value != _count(name, where, first, last):
            wrong.append((thing, words, times.value, _count(name, where, first, last)))
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_all_spending_of_a_month_leaves_out_own_money(name: str) -> None:
    """Everything that leaves, less refunds; not transfers between own accounts, card payments or money in."""
    for words, (first, last) in PERIODS[name].items():
        out = (
            "((debit AND own <> 'TFR' AND text NOT LIKE '%MONEYLINE%') OR (NOT debit AND (mcc <> '' OR own = 'CHG'))) "
            "AND text NOT LIKE '%AUTOPAY%'"
        )
        answer = Talk(name).ask(f"how much did i spend {words}").answer
        assert answer is not None
        given = {money.currency: money.minor for money in answer.value if isinstance(money, Money)}  # type: ignore[union-attr]
        assert given == _sum(name, out, first, last), words
