"""What one message and one figure cost: understanding, and spending over many rows.

Both only compute, in one thread, so it is that thread's CPU time that counts: other work on the machine does not blur
it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from statistics import median
from zoneinfo import ZoneInfo

from offhold.answers.answering import answer
from offhold.answers.book import Book
from offhold.banks.obie.decode import account
from offhold.banks.obie.rows import movements
from offhold.bench import rows
from offhold.bench.figures import Figure, Progress, against, percentile
from offhold.language.understand import understand
from offhold.model.ledger import Rows
from offhold.model.period import Period

_TODAY = date(2026, 3, 18)
_LOCALE = "en-US"
_QUESTION = "how much did I spend on coffee last month?"
_TIMES = 15
_ROUNDS = 3
_MESSAGES = (
    "how much did I spend on {} {}?",
    "what did i spend at {} {}",
    "show my {} purchases {}",
    "my biggest {} purchase {}",
    "how many times did I go to {} {}",
    "compare {} {} with the month before",
    "did i get charged twice by {} {}",
    "average {} spend per week {}",
)
_SUBJECTS = ("coffee", "groceries", "Blue Bottle", "gas", "netflix", "restaurants and bars", "uber")
_PERIODS = ("last month", "this year", "in january", "since march 3rd", "between feb 1 and feb 14", "last weekend")
_SHORT = ("hi", "balance?", "thanks", "talk to a person", "and in january?", "asdf qwer", "stop", "what can you do")


def _messages() -> Iterator[str]:
    yield from _SHORT
    for form in _MESSAGES:
        for subject in _SUBJECTS:
            for period in _PERIODS:
                yield form.format(subject, period)


def _ms(began: int) -> float:
    return (time.thread_time_ns() - began) / 1e6


def understanding(progress: Progress) -> list[Figure]:
    """One message to its meaning."""
    messages = tuple(_messages())
    progress(f"understanding {len(messages)} messages, {_ROUNDS} times")
    for text in messages[:50]:
        understand(text, _TODAY, _LOCALE)
    took = []
    for text in messages * _ROUNDS:
        began = time.thread_time_ns()
        understand(text, _TODAY, _LOCALE)
        took.append(_ms(began))
    return [
        against("understand_ms_p50", percentile(took, 0.5), "ms", 5),
        against("understand_ms_p99", percentile(took, 0.99), "ms", 25),
    ]


def spending(progress: Progress) -> list[Figure]:
    """A spending figure with its evidence, once the rows are there."""
    return [_spending(number, budget, progress) for number, budget in ((4_000, 3.0), (100_000, 60.0))]


def _spending(number: int, budget: float, progress: Progress) -> Figure:
    progress(f"spending over {number} rows, {_TIMES} times")
    decoded = movements([rows.transactions(number, _TODAY)], ZoneInfo("America/Los_Angeles")).rows
    first = min(row.day for row in decoded)
    known = Rows((account(rows.account(), "bench"),), (), tuple(decoded), covered=Period(first, _TODAY))
    ask = understand(_QUESTION, _TODAY, _LOCALE)[0].ask
    assert ask is not None, "the question of every benchmark is understood"
    took = []
    for _ in range(_TIMES):
        began = time.thread_time_ns()
        answer(ask, Book(known), _TODAY)
        took.append(_ms(began))
    return against(f"spend_ms_{number}", median(took), "ms", budget)
