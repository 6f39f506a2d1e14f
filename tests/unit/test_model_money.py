"""Money is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhold.model.money import Money, divided, total

minor = st.integers(min_value=-(10**14), max_value=10**14)
currency = st.sampled_from(["USD", "GBP", "JPY", "KWD"])


@given(minor, currency)
def test_what_is_written_reads_back(amount: int, code: str) -> None:
    money = Money(amount, code)
    assert Money.parse(money.plain(), code) == money


@given(st.lists(minor, max_size=20))
def test_sums_agree_with_decimals(amounts: list[int]) -> None:
    added = total((Money(amount, "USD") for amount in amounts), "USD")
    assert Decimal(added.plain()) == sum((Decimal(amount) / 100 for amount in amounts), Decimal(0))


@pytest.mark.parametrize("text", ["", ".5", "1.", "1,000.00", "1e3", "+1", "1.005", "٣", "NaN", "1" * 30])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        Money.parse(text, "USD")


def test_trailing_zeros_beyond_the_currency_are_no_loss() -> None:
    assert Money.parse("12.50000", "USD") == Money(1250, "USD")
    assert Money.parse("12.000", "JPY") == Money(12, "JPY")


def test_two_currencies_never_add_up() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "USD") + Money(1, "GBP")


def test_shown_as_people_read_it() -> None:
    assert Money(123450, "USD").shown() == "$1,234.50"
    assert Money(-300, "GBP").shown() == "-£3.00"
    assert Money(1200, "CHF").shown() == "CHF 12.00"
    assert Money(5, "JPY").shown() == "¥5"


@given(minor, st.integers(min_value=1, max_value=400))
def test_a_share_is_never_more_than_half_a_unit_off(amount: int, parts: int) -> None:
    assert abs(divided(Money(amount, "USD"), parts).minor * parts - amount) * 2 <= parts
