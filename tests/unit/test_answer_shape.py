"""What a page draws of an answer: the figure apart, rows that come to it, bars in proportion."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from offhold.answers.shape import BARS, parts, rendered
from offhold.model.answer import Answer, AnswerKind, Evidence, EvidenceRow, TableRow
from offhold.model.money import Money

_CENTS = st.integers(-5_000_00, 5_000_00)


def _spent(rows: list[tuple[str, int]]) -> Answer:
    made = tuple(EvidenceRow("1 Feb 2026", label, Money(minor, "USD")) for label, minor in rows)
    total = Money(sum(minor for _, minor in rows), "USD")
    ids = tuple(f"t{number}" for number in range(len(rows)))
    text = f"You spent {total.shown()} on coffee: {len(rows)} purchases."
    return Answer(AnswerKind.money, (total,), text, Evidence(ids), rule="spend", rows=made)


@given(st.lists(st.tuples(st.sampled_from("abcdefghijklmnop"), _CENTS), min_size=1, max_size=40))
def test_sum_and_bars_come_to_the_rows(rows: list[tuple[str, int]]) -> None:
    shown = parts(_spent(rows))
    total = sum(minor for _, minor in rows)
    assert shown["sum"][-1][2] == total and sum(line[2] for line in shown["sum"][:-1]) == total
    assert sum(line["minor"] for line in shown["rows"]) == total
    assert len(shown["bars"]) <= BARS + 1 and all(0 <= length <= 1000 for _, _, length in shown["bars"])
    assert len(shown["bars"]) != 1


def test_the_figure_stands_apart_from_its_sentence() -> None:
    shown = parts(_spent([("Blue Bottle", 450), ("Starbucks", 325)]))
    assert (shown["before"], shown["figure"], shown["after"]) == ("You spent", "$7.75", "on coffee: 2 purchases.")


def test_a_refund_is_a_word_and_a_real_minus() -> None:
    shown = parts(_spent([("Blue Bottle", 450), ("Blue Bottle", -175)]))
    assert shown["rows"][1] == {
        "day": "1 Feb 2026",
        "label": "Blue Bottle",
        "amount": "\N{MINUS SIGN}$1.75",
        "minor": -175,
        "refund": True,
        "pending": False,
    }


def test_several_currencies_are_not_added_up() -> None:
    rows = (EvidenceRow("1 Feb 2026", "a", Money(100, "USD")), EvidenceRow("1 Feb 2026", "b", Money(100, "EUR")))
    made = Answer(AnswerKind.money, (Money(100, "USD"), Money(100, "EUR")), "$1.00 and €1.00.", rule="spend", rows=rows)
    shown = parts(made)
    assert (shown["figure"], shown["sum"], shown["bars"]) == ("", [], [])


def test_a_table_is_drawn_in_its_own_order_and_counts_are_not() -> None:
    months = tuple(TableRow(f"2026-0{number}", Money(minor, "USD")) for number, minor in ((1, 50), (2, 200), (3, 100)))
    assert parts(Answer(AnswerKind.table, months, "By month."))["bars"] == [
        ["2026-01", "$0.50", 250],
        ["2026-02", "$2.00", 1000],
        ["2026-03", "$1.00", 500],
    ]
    counts = (TableRow("a", 3), TableRow("b", 4))
    assert parts(Answer(AnswerKind.table, counts, "By shop."))["bars"] == []
    assert rendered(Answer(AnswerKind.table, counts, "By shop."))["value"] == {
        "rows": [{"key": "a", "count": 3}, {"key": "b", "count": 4}]
    }


def test_a_merchants_name_is_text_only() -> None:
    name = "www.evil.example\u202e<b>x</b>"
    shown = parts(_spent([(name, 100), ("b", 200)]))
    assert "www." not in shown["rows"][0]["label"] and "\u202e" not in shown["rows"][0]["label"]
