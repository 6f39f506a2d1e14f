"""The blind set of questions: written before the grammar, expected slots by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from offhold.language.commands import Intent
from offhold.language.lexicon import CATEGORY_WORDS
from offhold.language.understand import Understood, understand
from offhold.model.ask import Ask, Flow, Measure
from offhold.model.period import Period

TODAY = date(2026, 3, 18)
PERIODS = {
    "lm": "2026-02-01..2026-02-28",
    "tm": "2026-03-01..2026-03-18",
    "ty": "2026-01-01..2026-03-18",
    "ly": "2025-01-01..2025-12-31",
    "lw": "2026-03-08..2026-03-14",
    "tw": "2026-03-15..2026-03-18",
    "jan": "2026-01-01..2026-01-31",
    "feb": "2026-02-01..2026-02-28",
    "yd": "2026-03-17..2026-03-17",
    "l30": "2026-02-17..2026-03-18",
    "l6f": "2025-09-01..2026-02-28",
}
ROWS = [
    (line.rstrip("\n").split("\t") + [""] * 4)[:5]
    for line in (Path(__file__).parents[1] / "language" / "questions.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
OPS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def _subject(phrase: tuple[str, ...]) -> str:
    """A category under any of its names is one thing."""
    keys = {CATEGORY_WORDS.get(part, part) for part in phrase}
    return keys.pop() if len(keys) == 1 else " ".join(phrase)


def _period(period: Period) -> str:
    return f"{period.first}..{period.last}"


def told(understood: tuple[Understood, ...]) -> list[str]:
    """The meaning in the notation of the file."""
    first = understood[0]
    if first.intent is Intent.decline:
        return ["decline", "", "", ""]
    if first.intent is not Intent.ask or first.ask is None or first.refers:
        return ["ask back", "", "", ""]
    ask = first.ask
    flow = "" if ask.flow is Flow.spending else f" {ask.flow.value}"
    subjects = (" / " if ask.measure is Measure.share else " + ").join(map(_subject, ask.subjects))
    return [ask.measure.value + flow, subjects, " ".join(map(_period, ask.periods)), " ".join(_slots(ask))]


def _slots(ask: Ask) -> list[str]:
    given = {
        "without": " + ".join(" ".join(phrase) for phrase in ask.without),
        "days": "".join(map(str, ask.weekdays)),
        "account": ask.account or ("" if ask.to_account == "savings" else ask.to_account),
        "limit": str(ask.limit or ""),
        "rank": str(ask.rank if ask.rank > 1 else ""),
        "by": ask.group_by,
        "unit": ask.unit,
        "of": "count" if ask.of is Measure.count and ask.measure in (Measure.compare, Measure.top) else "",
    }
    plain = [OPS[bound.op] + bound.amount for bound in ask.bounds]
    return sorted([f"{name}={value}" for name, value in given.items() if value] + plain)


def wanted(row: list[str]) -> list[str]:
    periods = " ".join(PERIODS.get(name, name) for name in row[3].split())
    joint = " / " if row[1] == "share" else " + "
    subjects = joint.join(CATEGORY_WORDS.get(part, part) for part in row[2].split(joint))
    return [row[1], subjects, periods, " ".join(sorted(row[4].replace(" available", "").split()))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_a_question_has_the_slots_written_by_hand(row: list[str]) -> None:
    assert told(understand(row[0], TODAY, "en-US")) == wanted(row)
