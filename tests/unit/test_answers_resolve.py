"""What customers call things, against the rows of committed households."""

from __future__ import annotations

import pytest
from tests.counterparts.households import book

from offhold.answers.resolve import income, several, subject


@pytest.mark.parametrize(
    ("name", "phrase", "title"),
    [
        ("maya", "trader joes", "Trader Joe's"),
        ("maya", "walgreen", "Walgreens"),
        ("maya", "starbuks", "Starbucks"),
        ("maya", "burma super star", "Burma Superstar"),
        ("maya", "tjs", "Trader Joe's"),
        ("maya", "uber eats", "Uber Eats"),
        ("maya", "uber", "Uber"),
        ("tom", "tesco petrol", "Tesco Petrol"),
        ("tom", "just eat", "Just Eat"),
        ("priya", "sia", "SINGAPORE AIRL"),
        ("priya", "ntuc", "FairPrice"),
        ("kevin", "oreilys", "O'Reilly Auto Parts"),
        ("kevin", "gamepass", "Xbox Game Pass"),
        ("linda", "costco", "Costco"),
        ("linda", "costco gas", "Costco Gas"),
    ],
)
def test_a_merchant_under_any_name(name: str, phrase: str, title: str) -> None:
    known = book(name)
    found = subject(known, tuple(phrase.split()))
    assert not found.unknown and {known.brands.title(brand) for brand in found.brands} == {title}


@pytest.mark.parametrize(
    ("name", "phrase"),
    [("maya", "zorbing"), ("maya", "harrods"), ("maya", "coffee zorbing"), ("maya", "boots rei"), ("tom", "lidl zzz")],
)
def test_a_phrase_with_a_word_that_fits_nothing_is_unknown(name: str, phrase: str) -> None:
    assert subject(book(name), tuple(phrase.split())).unknown


def test_a_name_that_two_people_share_offers_both() -> None:
    assert set(subject(book("maya"), ("jordan",)).choices) == {"Jordan Lee", "Jordan Pike"}


def test_a_note_beside_a_name_narrows_it() -> None:
    known = book("kevin")
    (noted,) = several(known, [("cassie",), ("dog food",)])
    held = [entry for entry in known.entries if noted.holds(entry)]
    assert held and all("dog food" in entry.row.description for entry in held)


def test_a_town_is_not_the_end_of_a_longer_name() -> None:
    tom, maya = book("tom"), book("maya")
    assert any(subject(tom, ("york",)).holds(entry) for entry in tom.entries)
    assert not any(subject(maya, ("york",)).holds(entry) for entry in maya.entries)


def test_a_salary_is_not_a_bonus_nor_interest() -> None:
    known = book("priya")
    salary, bonus, interest = (income(known, (word,)) for word in ("salary", "bonus", "interest"))
    for entry in known.entries:
        assert sum(sort.holds(entry) for sort in (salary, bonus, interest)) <= 1 or entry.row.mcc


def test_income_of_a_sort_that_never_came_is_unknown() -> None:
    assert income(book("maya"), ("pension",)).unknown
