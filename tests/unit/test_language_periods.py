"""The blind set of period expressions: written before the grammar, expected days by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from offhold.language import periods
from offhold.language.feasts import easter
from offhold.language.normalise import plain
from offhold.model.period import Period

ROWS = [
    tuple(line.split("\t"))
    for name in ("periods.tsv", "periods_second.tsv")
    for line in (Path(__file__).parents[1] / "language" / name).read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("today", "locale", "said", "wanted"), ROWS, ids=lambda value: str(value)[:40])
def test_a_period_is_those_days(today: str, locale: str, said: str, wanted: str) -> None:
    found = periods.find(plain(said), date.fromisoformat(today), locale)
    days = " ".join(f"{p.first}..{p.last}" for p in found.periods) or "-"
    assert ("no day" if found.no_day else "future" if found.future else days) == wanted


def test_the_set_is_large_enough_to_mean_something() -> None:
    assert len(ROWS) >= 250


@pytest.mark.parametrize(
    ("year", "day"), [(2000, "2000-04-23"), (2024, "2024-03-31"), (2025, "2025-04-20"), (2038, "2038-04-25")]
)
def test_easter_as_the_almanacs_have_it(year: int, day: str) -> None:
    assert easter(year).isoformat() == day


def test_the_month_before_that_needs_something_before() -> None:
    today, before = date(2026, 3, 18), Period(date(2026, 1, 1), date(2026, 1, 31))
    assert periods.find("and the month before that", today, "en-US", before).periods == (
        Period(date(2025, 12, 1), date(2025, 12, 31)),
    )
    assert periods.find("and the month before that", today, "en-US").periods == ()
