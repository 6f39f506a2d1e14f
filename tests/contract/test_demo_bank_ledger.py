"""The books balance: for any transfers, and for every household at any time."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhold_demo.bank.books import books_of, minor, signed
from offhold_demo.bank.consents import Consent
from offhold_demo.bank.ledger import Ledger, LedgerError, Transfer
from offhold_demo.bank.mandates import direct_debits
from offhold_demo.bank.shapes import View
from offhold_demo.households import USERNAMES, Resource, UnknownHousehold, household

START = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNTS = ("till", "maya", "tom", "fees")


@st.composite
def transfers(draw: st.DrawFn) -> list[Transfer]:
    """Any transfers in two currencies, each account kept to one of them, in the order of time."""
    steps = draw(st.lists(st.integers(0, 3), max_size=30))
    found, at = [], START
    for number, step in enumerate(steps):
        at += timedelta(seconds=step)
        currency = draw(st.sampled_from(("USD", "GBP")))
        debit, credit = draw(st.permutations(ACCOUNTS))[:2]
        amount, pending = draw(st.integers(1, 10**15)), draw(st.booleans())
        names = (f"{debit}:{currency}", f"{credit}:{currency}")
        found.append(Transfer(str(number), at, currency, *names, amount, pending))
    return found


@given(transfers(), st.integers(0, 90))
def test_over_all_accounts_each_currency_sums_to_zero_at_any_time(given_: list[Transfer], after: int) -> None:
    ledger = Ledger()
    for transfer in given_:
        ledger.post(transfer)
    assert set(ledger.trial(START + timedelta(seconds=after)).values()) <= {0}


@given(transfers(), st.integers(0, 90))
def test_a_balance_is_what_came_less_what_went(given_: list[Transfer], after: int) -> None:
    ledger, until = Ledger(), START + timedelta(seconds=after)
    for transfer in given_:
        ledger.post(transfer)
    for account in ledger.accounts():
        for pending, told in ((False, ledger.balance), (True, ledger.reserved)):
            counted = [each for each in given_ if each.at <= until and each.pending is pending]
            came = sum(each.amount for each in counted if each.credit == account)
            went = sum(each.amount for each in counted if each.debit == account)
            assert told(account, until) == came - went


@given(transfers())
def test_posting_again_changes_nothing(given_: list[Transfer]) -> None:
    once, twice = Ledger(), Ledger()
    for transfer in given_:
        once.post(transfer)
        twice.post(transfer)
        twice.post(transfer)
    assert once == twice


GOOD = Transfer("one", START, "USD", "till", "maya", 5)


@pytest.mark.parametrize(
    "bad",
    [
        Transfer("one", START, "USD", "till", "maya", 6),
        Transfer("two", START - timedelta(seconds=1), "USD", "till", "tom", 5),
        Transfer("two", START, "GBP", "tom", "maya", 5),
    ],
)
def test_a_transfer_that_does_not_fit_leaves_no_leg(bad: Transfer) -> None:
    ledger = Ledger()
    ledger.post(GOOD)
    with pytest.raises(LedgerError):
        ledger.post(bad)
    assert ledger.accounts() == {"till": "USD", "maya": "USD"}
    assert ledger.balance("maya", START) == -ledger.balance("till", START) == 5


@pytest.mark.parametrize(("debit", "amount"), [("till", 0), ("till", -5), ("maya", 5)])
def test_no_transfer_without_amount_or_with_one_account(debit: str, amount: int) -> None:
    with pytest.raises(LedgerError):
        Transfer("one", START, "USD", debit, "maya", amount)


@pytest.mark.parametrize("username", USERNAMES)
def test_a_households_books_balance_at_every_row(username: str) -> None:
    books = books_of(household(username))
    moments = {row.at for rows in books.rows.values() for row in rows[::50]}
    for moment in moments | {books.household.closes_at}:
        assert set(books.ledger.trial(moment).values()) == {0}


@pytest.mark.parametrize("username", USERNAMES)
def test_balances_come_out_as_stated_with_the_opening_leg(username: str) -> None:
    books = books_of(household(username))
    until = books.household.closes_at
    for stated in books.household.balances:
        account, lines = stated["AccountId"], stated.get("CreditLine", [])
        told = books.ledger.balance(account, until)
        if stated["Type"] == "InterimAvailable":
            told += books.ledger.reserved(account, until)
            told += sum(minor(line["Amount"]["Amount"]) for line in lines if line["Included"])
        assert told == signed(stated)


@pytest.mark.parametrize("username", USERNAMES)
def test_running_balances_are_those_on_the_rows(username: str) -> None:
    books = books_of(household(username))
    stated = [row for rows in books.rows.values() for row in rows if "Balance" in row.resource]
    assert len(stated) > 500
    for row in stated:
        told = books.ledger.balance_after(row.resource["TransactionId"], row.account_id)
        assert told == signed(row.resource["Balance"])


@pytest.mark.parametrize("amount", ["1", "1.5", "1.234", "-1.00", ""])
def test_an_amount_that_is_not_in_hundredths_is_not_guessed_at(amount: str) -> None:
    with pytest.raises(LedgerError):
        minor(amount)


def test_an_unknown_household_is_named() -> None:
    with pytest.raises(UnknownHousehold, match="nobody"):
        household("nobody")


@pytest.mark.parametrize("username", USERNAMES)
def test_the_committed_copy_is_small_and_packs_to_the_same_bytes(username: str) -> None:
    packed = (files("offhold_demo.households") / f"{username}.json.gz").read_bytes()
    assert len(packed) < 200_000 and packed[4:8] == bytes(4)
    plain = gzip.decompress(packed)
    assert len(json.loads(plain)["Data"]["Transaction"]) == len(household(username).transactions) > 1500


def mandates(at: datetime) -> dict[str, Resource]:
    """The direct debits of one household as of a moment, by payee."""
    books = books_of(household("tom"))
    view = View(books, Consent("c", "offhold", {}, frozenset(), at, at), at)
    shown = [each for account in books.accounts for each in direct_debits(view, account)]
    assert len(shown) == len({each["Name"] for each in shown})
    return {each["Name"]: each for each in shown}


def test_mandates_name_each_payee_once_and_end_when_not_used() -> None:
    shown = mandates(household("tom").closes_at)
    ended = {name for name, each in shown.items() if each["DirectDebitStatusCode"] == "EXPI"}
    assert len(shown) == 12 and "OCTOPUS ENERGY" not in ended
    assert ended == {"DVLA-SLMR8SZ", "DVLA-MB4U8FE", "NATIONAL TRUST", "LEEDS CC ACTIVE"}


def test_mandates_are_as_of_the_clock() -> None:
    at = household("tom").closes_at - timedelta(days=400)
    shown = mandates(at)
    paid = [datetime.fromisoformat(each["PreviousPaymentDateTime"]) for each in shown.values()]
    assert paid and max(paid) <= at
