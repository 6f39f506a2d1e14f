"""What the connector makes of pages and rows, from the least bank: exact, or said to be incomplete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.contract.obie_world import FEBRUARY, LEAST_URL, before_least, failure_of, rows_of
from tests.counterparts.bank import AISP, LeastBank, coffee_rows

from offhold.errors import BankError
from offhold.model.access import Data
from offhold.model.ledger import Direction, Rows, Status
from offhold.model.money import Money
from offhold.model.period import Period

BASE = f"{LEAST_URL}{AISP}"


def row(number: str = "x1", **changes: Any) -> dict[str, Any]:
    """A correct purchase of 5.00 on 10 February, but for the changes; None takes a field away."""
    changed = coffee_rows()[0] | {
        "TransactionId": number,
        "BookingDateTime": "2026-02-10T18:30:00+00:00",
        "Amount": {"Amount": "5.00", "Currency": "USD"},
        **changes,
    }
    return {name: value for name, value in changed.items() if value is not None}


def amounts(rows: Rows) -> list[int]:
    return sorted(each.amount.minor for each in rows.transactions)


def answering(body: Any, part: str = "/transactions", status: int = 200) -> Callable[[Request], Response | None]:
    """Resources whose path holds `part` are answered with that body (bytes as they stand)."""

    def answer(request: Request) -> Response | None:
        if part not in request.url.path:
            return None
        if isinstance(body, bytes):
            return Response(body, status, media_type="application/json")
        return JSONResponse(body, status)

    return answer


def listed(rows: list[Any], following: str = "") -> dict[str, Any]:
    links = {"Self": BASE} | ({"Next": following} if following else {})
    return {"Data": {"Transaction": rows}, "Links": links, "Meta": {}}


# Pages


def test_all_pages_are_read_and_only_the_period_is_kept() -> None:
    rows = rows_of(coffee_rows(), page_size=2)
    assert [each.transaction_id for each in rows.transactions] == ["t1", "t2", "t3", "t4", "t5"]
    assert (rows.covered, rows.unreadable) == (FEBRUARY, 0)


def test_a_page_of_ten_thousand_rows() -> None:
    many = [row(f"n{number}") for number in range(10_000)]
    rows = rows_of(many, page_size=10_000)
    assert len(rows.transactions) == 10_000
    assert sum(amounts(rows)) == 5_000_000


def test_a_hundred_pages_of_the_smallest_size() -> None:
    many = [row(f"n{number}") for number in range(2_500)]
    assert len(rows_of(many, page_size=25).transactions) == 2_500


@pytest.mark.threat(10)
@pytest.mark.parametrize(
    "following",
    [
        f"https://elsewhere.test{AISP}/accounts/acc-1/transactions?p=1",
        f"http://elsewhere.test{AISP}/accounts/acc-1/transactions?p=1",
        f"http://127.0.0.1@elsewhere.test{AISP}/accounts/acc-1/transactions?p=1",
        f"http://user@127.0.0.1{AISP}/accounts/acc-1/transactions?p=1",
        f"http://127.0.0.1:9{AISP}/accounts/acc-1/transactions?p=1",
        f"//elsewhere.test{AISP}/accounts/acc-1/transactions?p=1",
        f"{LEAST_URL}/open-banking/v4.0/aispx",
        f"{BASE}/../../token",
        f"{BASE}/%2e%2e/token",
        "http://[",
        f"http://127.0.0.1:port{AISP}/x",
        f"{BASE}/accounts/\x00",
    ],
)
def test_a_next_page_that_leaves_the_bank_is_not_asked_for(following: str) -> None:
    """The bank of the test would answer under any host, so that only our own check can end the read."""
    asked: list[str] = []

    def answer(request: Request) -> Response | None:
        if not request.url.path.endswith("/transactions"):
            return None
        asked.append(str(request.url))
        return JSONResponse(listed([row()], "" if "p" in request.query_params else following))

    assert failure_of(LeastBank(LEAST_URL, instead=answer)).code == "bank-unclear"
    assert len(asked) == 1


def test_pages_that_lead_in_a_circle_end_the_read() -> None:
    bank = LeastBank(LEAST_URL, instead=answering(listed([row()], f"{BASE}/accounts/acc-1/transactions?page=2")))
    assert failure_of(bank).code == "bank-unclear"
    assert len(bank.requests) == 3


def test_a_next_page_may_be_named_without_host_or_with_the_usual_port() -> None:
    def bank_with(start: str) -> LeastBank:
        pages = {"": listed([row("a")], f"{start}/accounts/acc-1/transactions?p=1"), "1": listed([row("b")])}

        def answer(request: Request) -> Response | None:
            page = pages[request.query_params.get("p", "")]
            return JSONResponse(page) if "transactions" in request.url.path else None

        return LeastBank(LEAST_URL, instead=answer)

    for start in (AISP, f"http://127.0.0.1:80{AISP}", f"HTTP://127.0.0.1{AISP}"):
        assert len(failure_of(bank_with(start)).transactions) == 2


def test_pages_without_end_are_given_up() -> None:
    def answer(request: Request) -> Response | None:
        number = int(request.query_params.get("p", "0"))
        if "transactions" not in request.url.path:
            return None
        return JSONResponse(listed([], f"{BASE}/accounts/acc-1/transactions?p={number + 1}"))

    bank = LeastBank(LEAST_URL, instead=answer)
    assert failure_of(bank, seconds=60).code == "bank-unclear"
    assert len(bank.requests) < 1_100


# What is no answer at all


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>maintenance</html>",
        b'{"Data": {"Transaction": [',
        b"[" * 200_000,
        b"[]",
        b'"text"',
        b"\xff\xfe",
        {"Data": None},
        {"Data": {"Transaction": None}},
        {"Data": {"Transaction": {"0": {}}}},
        {"Data": {"Transaction": ["row"]}},
        {"Data": {"Transaction": [[]]}},
        {"Code": "500", "Message": "sent with 200", "Errors": []},
    ],
)
def test_an_answer_that_is_none_gives_no_figure(body: Any) -> None:
    assert failure_of(LeastBank(LEAST_URL, instead=answering(body))).code == "bank-unclear"


@pytest.mark.parametrize("status", [204, 302, 404, 405, 406, 410])
def test_a_status_that_answers_nothing_gives_no_figure(status: int) -> None:
    bank = LeastBank(LEAST_URL, instead=answering(b"", status=status))
    assert failure_of(bank).code == "bank-unclear"


@pytest.mark.parametrize("account", [{}, {"AccountId": "acc-1"}, {"AccountId": 1, "Currency": "USD"}])
def test_an_account_without_id_or_currency_gives_no_figure(account: dict[str, Any]) -> None:
    body = {"Data": {"Account": [account]}, "Links": {}, "Meta": {}}
    assert failure_of(LeastBank(LEAST_URL, instead=answering(body, part="/accounts"))).code == "bank-unclear"


# Rows that make no sense are set aside and counted, never guessed at


@pytest.mark.parametrize(
    "changes",
    [
        {"Amount": {"Amount": "-5.00", "Currency": "USD"}},
        {"Amount": {"Amount": "+5.00", "Currency": "USD"}},
        {"Amount": {"Amount": "5,00", "Currency": "USD"}},
        {"Amount": {"Amount": "1e3", "Currency": "USD"}},
        {"Amount": {"Amount": ".50", "Currency": "USD"}},
        {"Amount": {"Amount": "5.", "Currency": "USD"}},
        {"Amount": {"Amount": "٥.٠٠", "Currency": "USD"}},
        {"Amount": {"Amount": "12345678901234.00", "Currency": "USD"}},
        {"Amount": {"Amount": "5.001", "Currency": "USD"}},
        {"Amount": {"Amount": "5.5", "Currency": "JPY"}},
        {"Amount": {"Amount": 5.0, "Currency": "USD"}},
        {"Amount": {"Amount": "5.00"}},
        {"Amount": {"Amount": "5.00", "Currency": "usd"}},
        {"Amount": {"Amount": "5.00", "Currency": "US"}},
        {"Amount": "5.00"},
        {"Amount": None},
        {"CreditDebitIndicator": "debit"},
        {"CreditDebitIndicator": "DBIT"},
        {"CreditDebitIndicator": None},
        {"Status": "SETTLED"},
        {"Status": None},
        {"BookingDateTime": "10/02/2026"},
        {"BookingDateTime": "2026-02-30T10:00:00Z"},
        {"BookingDateTime": "0001-01-01T00:00:00+00:00"},
        {"BookingDateTime": "9999-12-31T23:59:59-11:00"},
        {"BookingDateTime": None},
        {"TransactionId": 7},
        {"AccountId": None},
        {"CurrencyExchange": {"InstructedAmount": {"Amount": "-1", "Currency": "EUR"}}},
    ],
)
def test_a_row_that_makes_no_sense_is_left_out_and_counted(changes: dict[str, Any]) -> None:
    rows = rows_of([row("good"), row("bad", **changes)])
    assert ([each.transaction_id for each in rows.transactions], rows.unreadable) == (["good"], 1)


@pytest.mark.parametrize("status", ["FUTR", "INFO", "RJCT", "Rejected"])
def test_a_row_that_moved_no_money_is_no_row(status: str) -> None:
    rows = rows_of([row("good"), row("other", Status=status)])
    assert ([each.transaction_id for each in rows.transactions], rows.unreadable) == (["good"], 0)


def test_text_that_is_no_text_does_not_cost_the_row() -> None:
    odd = {"TransactionInformation": 7, "MerchantDetails": [], "BankTransactionCode": "CCRD", "CreditorAccount": None}
    found = rows_of([row("odd", **odd)]).transactions[0]
    assert (found.amount, found.description, found.merchant_name) == (Money(500, "USD"), "", "")


def test_the_direction_comes_from_the_indicator_alone() -> None:
    rows = rows_of([row("out"), row("in", CreditDebitIndicator="Credit", TransactionInformation="PURCHASE -5.00")])
    assert [each.direction for each in rows.transactions] == [Direction.debit, Direction.credit]
    assert amounts(rows) == [500, 500]


def test_v3_words_mean_the_same() -> None:
    rows = rows_of(
        [row("a", Status="Booked"), row("b", Status="Pending", TransactionInformation="OTHER", MerchantDetails=None)]
    )
    assert [each.status for each in rows.transactions] == [Status.booked, Status.pending]


# The same purchase twice


def test_a_pending_row_becomes_booked_under_its_own_id() -> None:
    tip = {"Amount": {"Amount": "6.00", "Currency": "USD"}}
    for pair in ([row(Status="PDNG"), row(**tip)], [row(**tip), row(Status="PDNG")]):
        rows = rows_of(pair)
        assert (amounts(rows), rows.unreadable, rows.twice) == ([600], 0, 0)
        assert rows.transactions[0].status is Status.booked


def test_a_pending_row_that_changed_between_two_pages_counts_as_it_was_last() -> None:
    later = row(Status="PDNG", Amount={"Amount": "6.00", "Currency": "USD"})
    assert amounts(rows_of([row(Status="PDNG"), later], page_size=1)) == [600]


def test_a_pending_row_beside_its_booked_self_under_another_id_counts_once_and_is_told() -> None:
    rows = rows_of([row("p", Status="PDNG"), row("b", BookingDateTime="2026-02-12T09:00:00+00:00")])
    assert ([each.transaction_id for each in rows.transactions], rows.twice) == (["b"], 1)


@pytest.mark.parametrize(
    "booked",
    [
        {"Amount": {"Amount": "5.01", "Currency": "USD"}},
        {"Amount": {"Amount": "5.00", "Currency": "EUR"}},
        {"CreditDebitIndicator": "Credit"},
        {"MerchantDetails": {"MerchantName": "Tartine", "MerchantCategoryCode": "5814"}},
        {"BookingDateTime": "2026-02-09T09:00:00+00:00"},
        {"BookingDateTime": "2026-02-26T09:00:00+00:00"},
    ],
)
def test_a_pending_row_that_differs_from_the_booked_one_is_another_purchase(booked: dict[str, Any]) -> None:
    later = {"BookingDateTime": "2026-02-12T09:00:00+00:00"} | booked
    rows = rows_of([row("p", Status="PDNG"), row("b", **later)])
    assert (len(rows.transactions), rows.twice) == (2, 0)


def test_one_booked_row_takes_one_pending_row() -> None:
    pending = [row("p1", Status="PDNG"), row("p2", Status="PDNG")]
    rows = rows_of([*pending, row("b", BookingDateTime="2026-02-12T09:00:00+00:00")])
    assert (len(rows.transactions), rows.twice) == (2, 1)


def test_two_booked_rows_of_one_id_that_differ_are_both_left_out_and_counted() -> None:
    rows = rows_of([row("same"), row("same", Amount={"Amount": "9.00", "Currency": "USD"}), row("other")])
    assert ([each.transaction_id for each in rows.transactions], rows.unreadable) == (["other"], 2)


def test_the_same_row_again_is_one_row() -> None:
    assert amounts(rows_of([row(), row(), row("y")], page_size=1)) == [500, 500]


def test_rows_without_id_count_each_and_have_their_own_names() -> None:
    rows = rows_of([row(None), row(None), row(None, TransactionInformation="OTHER")])  # type: ignore[arg-type]
    names = {each.transaction_id for each in rows.transactions}
    assert (len(rows.transactions), len(names), rows.unreadable) == (3, 3, 0)
    again = rows_of([row(None, TransactionInformation="OTHER"), row(None), row(None)])  # type: ignore[arg-type]
    assert {each.transaction_id for each in again.transactions} == names


def test_a_row_without_id_on_two_pages_is_counted_once_and_told() -> None:
    rows = rows_of([row(None), row("y"), row(None)], page_size=2)  # type: ignore[arg-type]
    assert (amounts(rows), rows.unreadable) == ([500, 500], 1)


# Currencies


def test_a_foreign_purchase_counts_at_its_booked_amount_and_keeps_the_original() -> None:
    exchange = {
        "SourceCurrency": "USD",
        "ExchangeRate": 1.08,
        "InstructedAmount": {"Amount": "4.63", "Currency": "EUR"},
    }
    found = rows_of([row(CurrencyExchange=exchange)]).transactions[0]
    assert (found.amount, found.original) == (Money(500, "USD"), Money(463, "EUR"))


def test_currencies_are_kept_apart_with_their_own_places() -> None:
    yen = row("yen", Amount={"Amount": "500", "Currency": "JPY"})
    dinar = row("dinar", Amount={"Amount": "5.125", "Currency": "KWD"})
    rows = rows_of([row(), yen, dinar])
    assert {each.amount for each in rows.transactions} == {Money(500, "USD"), Money(500, "JPY"), Money(5125, "KWD")}


# Days


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-02-11T07:30:00+00:00", date(2026, 2, 10)),
        ("2026-02-10T23:30:00-08:00", date(2026, 2, 10)),
        ("2026-02-10T23:30:00", date(2026, 2, 10)),
        ("2026-02-10", date(2026, 2, 10)),
        ("2026-02-10T08:30:00Z", date(2026, 2, 10)),
    ],
)
def test_a_time_falls_on_the_day_of_the_banks_zone(written: str, day: date) -> None:
    assert rows_of([row(BookingDateTime=written)]).transactions[0].day == day


def test_a_bank_without_times_means_dates_whatever_the_zone() -> None:
    rows = [row(f"d{day}", BookingDateTime=f"2026-02-{day:02}T00:00:00+00:00") for day in range(1, 11)]
    assert [each.day.day for each in rows_of(rows, page_size=3).transactions] == list(range(1, 11))


def test_one_midnight_among_times_is_a_time() -> None:
    timed = [row(f"t{number}", BookingDateTime=f"2026-02-{number + 5:02}T20:15:00+00:00") for number in range(6)]
    midnight = row("m", BookingDateTime="2026-02-20T00:00:00+00:00")
    found = {each.transaction_id: each.day for each in rows_of([*timed, midnight]).transactions}
    assert found["m"] == date(2026, 2, 19)


def test_the_bank_is_asked_for_a_day_more_on_both_sides() -> None:
    asked: list[dict[str, str]] = []

    def note(request: Request) -> Response | None:
        if "transactions" in request.url.path:
            asked.append(dict(request.query_params))
        return None

    edges = [
        row("first", BookingDateTime="2026-02-01T08:00:00+00:00"),
        row("last", BookingDateTime="2026-03-01T07:59:59Z"),
    ]
    outside = [
        row("before", BookingDateTime="2026-02-01T07:59:59+00:00"),
        row("after", BookingDateTime="2026-03-01T08:00:00Z"),
    ]
    rows = rows_of([*edges, *outside], instead=note)
    assert asked[0] == {"fromBookingDateTime": "2026-01-31T00:00:00", "toBookingDateTime": "2026-03-01T23:59:59"}
    assert {each.transaction_id for each in rows.transactions} == {"first", "last"}


def test_a_pending_row_that_is_expected_to_be_booked_later_is_pending_today() -> None:
    ahead = {"Status": "PDNG", "BookingDateTime": "2026-03-21T18:00:00Z"}
    rows = [row("ahead", **ahead), row("far", **ahead | {"BookingDateTime": "2026-05-21T18:00:00Z"})]
    booked = row("booked", BookingDateTime="2026-03-21T18:00:00Z", Amount={"Amount": "7.00", "Currency": "USD"})
    march = Period(date(2026, 3, 1), date(2026, 3, 18))
    assert [each.transaction_id for each in rows_of([*rows, booked], march).transactions] == ["ahead"]
    assert rows_of([*rows, booked]).transactions == ()


def test_the_first_day_that_the_bank_has_bounds_what_is_covered() -> None:
    body = listed([row()]) | {"Meta": {"FirstAvailableDateTime": "2026-02-09T00:00:00+00:00"}}
    rows = failure_of(LeastBank(LEAST_URL, instead=answering(body)))
    assert rows.covered == Period(date(2026, 2, 9), date(2026, 2, 28))
    assert rows.first_on_file == date(2026, 2, 9)


@pytest.mark.parametrize("meta", [None, [], {}, {"FirstAvailableDateTime": "soon"}, {"FirstAvailableDateTime": 7}])
def test_a_bank_that_names_no_first_day_is_taken_at_its_word(meta: Any) -> None:
    rows = failure_of(LeastBank(LEAST_URL, instead=answering(listed([row()]) | {"Meta": meta})))
    assert (rows.covered, rows.first_on_file) == (FEBRUARY, None)


# Accounts and balances


def test_an_account_without_rows_is_empty_and_complete() -> None:
    rows = rows_of([])
    assert (rows.transactions, rows.covered, len(rows.accounts)) == ((), FEBRUARY, 1)


def _accounts(*accounts: dict[str, Any]) -> LeastBank:
    body = {"Data": {"Account": list(accounts)}, "Links": {}, "Meta": {}}
    only_the_list = lambda request: JSONResponse(body) if request.url.path == f"{AISP}/accounts" else None  # noqa: E731
    return LeastBank(LEAST_URL, instead=only_the_list)


ACCOUNT = {"AccountId": "acc-1", "Currency": "USD", "Status": "Disabled", "AccountTypeCode": "CACC"}


def test_a_closed_account_that_is_still_listed_is_read() -> None:
    assert failure_of(_accounts(ACCOUNT)).transactions


def test_an_account_listed_twice_counts_once() -> None:
    rows = failure_of(_accounts(ACCOUNT, ACCOUNT | {"Nickname": "again"}))
    assert (len(rows.accounts), len(rows.transactions)) == (1, 5)


def test_no_account_of_the_consent_left_gives_no_figure() -> None:
    assert failure_of(_accounts(ACCOUNT | {"AccountId": "acc-9"})).code == "forbidden"


def test_an_account_that_the_bank_no_longer_lists_is_told() -> None:
    async def read() -> Rows:
        async with before_least(_accounts(ACCOUNT)) as reader:
            reader.grant = replace(reader.grant, accounts=frozenset({"acc-1", "acc-2"}))
            return await reader.rows()

    assert asyncio.run(read()).missing == 1


def _balances(*balances: dict[str, Any]) -> Any:
    body = {"Data": {"Balance": list(balances)}, "Links": {}, "Meta": {}}

    async def read() -> Any:
        async with before_least(LeastBank(LEAST_URL, instead=answering(body, part="/balances"))) as reader:
            try:
                return (await reader.rows(FEBRUARY, Data.accounts, Data.balances)).balances
            except BankError as error:
                return error.code

    return asyncio.run(read())


BALANCE = {
    "AccountId": "acc-1",
    "Amount": {"Amount": "12.50", "Currency": "USD"},
    "CreditDebitIndicator": "Debit",
    "Type": "ITBD",
    "DateTime": "2026-03-18T12:00:00+00:00",
}


def test_a_debit_balance_is_owed() -> None:
    assert [each.amount for each in _balances(BALANCE, BALANCE)] == [Money(-1250, "USD")]


@pytest.mark.parametrize(
    "changes",
    [
        {"Amount": {"Amount": "-12.50", "Currency": "USD"}},
        {"CreditDebitIndicator": ""},
        {"DateTime": "now"},
        {"Type": None},
        {"CreditLine": [{"Included": True, "Amount": "5"}]},
    ],
)
def test_a_balance_that_makes_no_sense_is_none(changes: dict[str, Any]) -> None:
    assert _balances(BALANCE | changes) == "bank-unclear"


@pytest.mark.parametrize("line", ["text", [7], {}, None, [{}]])
def test_a_credit_line_without_amount_is_none(line: Any) -> None:
    assert [each.credit_limit for each in _balances(BALANCE | {"CreditLine": line})] == [None]
