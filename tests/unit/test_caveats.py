"""An answer over rows that are not everything says so, and claims nothing about days it knows nothing of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from offhold.answers.answering import answer
from offhold.answers.book import Book
from offhold.model.answer import Answer, AnswerKind
from offhold.model.ask import Ask, Measure
from offhold.model.ledger import Account, AccountKind, Direction, Rows, Status, Transaction
from offhold.model.money import Money
from offhold.model.period import Period

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
JANUARY = Period(date(2026, 1, 1), date(2026, 1, 31))
PURCHASE = Transaction(
    "acc-1",
    "t1",
    Direction.debit,
    Status.booked,
    date(2026, 2, 10),
    datetime(2026, 2, 10, 18, tzinfo=UTC),
    Money(450, "USD"),
    merchant_name="Blue Bottle",
    mcc="5814",
)
WHOLE = Rows((Account("b", "acc-1", AccountKind.current, "USD"),), (), (PURCHASE,), FEBRUARY)


def asked(rows: Rows, *periods: Period) -> Answer:
    return answer(Ask(Measure.sum, periods=periods or (FEBRUARY,)), Book(rows), date(2026, 3, 18))


def test_an_answer_over_everything_adds_nothing() -> None:
    assert asked(WHOLE).text == "You spent $4.50 from 1 to 28 February 2026: 1 payment."


@pytest.mark.parametrize(
    ("lacking", "sentence"),
    [
        ({"unreadable": 1}, "1 entry could not be read, so this may be incomplete."),
        ({"unreadable": 3}, "3 entries could not be read, so this may be incomplete."),
        ({"twice": 1}, "I left out 1 pending payment that looks booked already."),
        ({"missing": 1}, "1 account that you chose can no longer be seen at your bank."),
        ({"covered": Period(date(2026, 2, 9), date(2026, 2, 28))}, "I can only see from 9 February 2026 on."),
        ({"first_on_file": date(2026, 2, 9)}, "I can only see from 9 February 2026 on."),
    ],
)
def test_what_is_lacking_is_said(lacking: dict[str, object], sentence: str) -> None:
    text = asked(replace(WHOLE, **lacking)).text  # type: ignore[arg-type]
    assert text.startswith("You spent $4.50") and text.endswith(sentence)


def test_nothing_found_in_what_could_not_be_read_is_not_nothing_spent_without_saying_so() -> None:
    assert "1 entry could not be read" in asked(replace(WHOLE, transactions=(), unreadable=1)).text


def test_a_period_before_what_may_be_read_is_declined() -> None:
    made = asked(Rows(first_on_file=date(2026, 2, 1)), JANUARY)
    assert (made.kind, made.text) == (AnswerKind.decline, "I have nothing from before 1 February 2026, so I can't say.")


def test_a_comparison_with_such_a_period_is_declined_too() -> None:
    ask = Ask(Measure.compare, periods=(FEBRUARY, JANUARY))
    assert answer(ask, Book(WHOLE), date(2026, 3, 18)).kind is AnswerKind.decline
