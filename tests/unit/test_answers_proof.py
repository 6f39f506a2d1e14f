"""A figure that does not follow from its own evidence is an error, never an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.counterparts.households import book

from offhold.answers import accounts
from offhold.answers.proof import proved
from offhold.answers.question import Question
from offhold.answers.resolve import several
from offhold.answers.tables import breakdown
from offhold.answers.totals import average_of, count_of, median_of, sum_of
from offhold.errors import Mismatch
from offhold.model.answer import Answer, TableRow
from offhold.model.ask import Ask, Measure
from offhold.model.money import Money
from offhold.model.period import Period

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))


def _question() -> Question:
    known = book("maya")
    ask = Ask(Measure.sum, periods=(FEBRUARY,), group_by="month")
    return Question(ask, known, several(known, [("coffee",)]), (), accounts.every(known), None, date(2026, 3, 18))


def _dearer(made: Answer) -> Answer:
    (figure,) = made.value  # type: ignore[misc]
    return replace(made, value=(Money(figure.minor + 1, figure.currency),))  # type: ignore[union-attr]


def test_the_figure_of_the_evidence_passes() -> None:
    question = _question()
    for made in (sum_of(question), count_of(question), breakdown(question)):
        assert proved(question, made) is made


def test_a_cent_more_is_a_mismatch() -> None:
    question = _question()
    with pytest.raises(Mismatch):
        proved(question, _dearer(sum_of(question)))


def test_a_cent_more_in_a_mean_is_a_mismatch() -> None:
    question = _question()
    made = average_of(question)
    assert proved(question, made) is made
    with pytest.raises(Mismatch):
        proved(question, _dearer(made))


def test_a_middle_that_is_not_in_the_middle_is_a_mismatch() -> None:
    question = _question()
    made = median_of(question)
    assert proved(question, made) is made
    far = replace(made, value=(Money(100_000, "USD"),))
    with pytest.raises(Mismatch):
        proved(question, far)


def test_one_more_in_a_count_is_a_mismatch() -> None:
    question = _question()
    made = count_of(question)
    with pytest.raises(Mismatch):
        proved(question, replace(made, value=made.value + 1))  # type: ignore[operator]


def test_a_table_that_does_not_add_up_is_a_mismatch() -> None:
    question = _question()
    made = breakdown(question)
    with pytest.raises(Mismatch):
        proved(question, replace(made, value=(*made.value, TableRow("2026-01", Money(1, "USD")))))  # type: ignore[misc]


def test_evidence_named_twice_is_a_mismatch() -> None:
    question = _question()
    made = count_of(question)
    ids = made.evidence.transactions
    twice = replace(made, value=len(ids) + 1, evidence=replace(made.evidence, transactions=(*ids, ids[0])))
    with pytest.raises(Mismatch):
        proved(question, twice)
