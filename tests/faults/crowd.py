"""Several customers asking at once, each message delivered as the platform does, and the account of what came of it.

Every question of a customer has its own answer to the cent, so that a missing, repeated or misplaced one shows.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.counterparts import bank, graph
from tests.counterparts.service import World

CUSTOMERS = ("7001", "7002", "7003")
ANSWERS = {
    "september": "11.09",
    "october": "12.10",
    "november": "13.11",
    "december": "14.12",
    "january": "15.01",
    "february": "16.02",
}
_DAYS = ("2025-09-10", "2025-10-10", "2025-11-10", "2025-12-10", "2026-01-10", "2026-02-10")
_FIGURE = re.compile(r"\$(\d+\.\d\d)")


def coffee_by_month() -> list[dict[str, Any]]:
    """One coffee a month."""
    return [
        bank.row(f"c{day}", f"{day}T12:00:00+00:00", amount, "Debit", "BLUE BOTTLE COFFEE", "5814")
        for day, amount in zip(_DAYS, ANSWERS.values(), strict=True)
    ]


@dataclass
class Account:
    """What came of it. `doubled` counts answers beyond the first; `misplaced` customers answered out of order."""

    kills: int
    asked: int
    lost: int
    doubled: int
    misplaced: int
    strange: list[str]
    unlogged: int
    integrity: str


@dataclass
class Crowd:
    """`months` are asked by each customer, in order. `unlogged` counts reads that no leaf preceded."""

    world: World
    months: tuple[str, ...] = tuple(ANSWERS)
    customers: tuple[str, ...] = CUSTOMERS
    kills: int = 0
    unlogged: int = 0
    reads: int = 0
    leaves_before: int = 0
    _talking: list[threading.Thread] = field(default_factory=list)

    def talk(self) -> None:
        """Begin: each customer's messages one after the other, repeated until they are acknowledged."""
        self.leaves_before = leaves(self.world.service.folder)
        self.world.bank.on_read = self._count_read
        self._talking = [threading.Thread(target=self._talk, args=(name,), daemon=True) for name in self.customers]
        for thread in self._talking:
            thread.start()

    def _talk(self, psid: str) -> None:
        for number, month in enumerate(self.months):
            text = f"how much did I spend on coffee in {month}?"
            event = graph.message(psid, text, f"m_{psid}_{month}", self.world.at_ms + number)
            graph.deliver(self.world.service.url, graph.envelope(event))

    def _count_read(self) -> None:
        self.reads += 1
        if leaves(self.world.service.folder) < self.leaves_before + self.reads:
            self.unlogged += 1

    def finish(self) -> Account:
        """Wait until everything said is acknowledged and answered, stop in order, and add up."""
        for thread in self._talking:
            thread.join(60)
            assert not thread.is_alive(), "the platform could not deliver"
        drained = self.world.service.command("drain", "--timeout", "40")
        assert drained.returncode == 0, drained.stderr
        assert self.world.service.stop() == 0
        return self._account()

    def _account(self) -> Account:
        figures = {name: [_figure(text) for text in self.world.graph.texts(name)] for name in self.customers}
        expected = [ANSWERS[month] for month in self.months]
        strange = [text for shown in figures.values() for text in shown if text not in expected]
        firsts = {name: list(dict.fromkeys(shown)) for name, shown in figures.items()}
        return Account(
            kills=self.kills,
            asked=len(expected) * len(self.customers),
            lost=sum(len(set(expected) - set(shown)) for shown in figures.values()),
            doubled=sum(len(shown) - len(firsts[name]) for name, shown in figures.items()),
            misplaced=sum(shown != [figure for figure in expected if figure in shown] for shown in firsts.values()),
            strange=strange,
            unlogged=self.unlogged,
            integrity=integrity(self.world.service.folder),
        )


def _figure(text: str) -> str:
    found = _FIGURE.search(text)
    return found[1] if found else text


def leaves(folder: Path) -> int:
    return int(_ask(folder, "select count(*) from leaf where subject not like 'cover/%'"))


def integrity(folder: Path) -> str:
    return str(_ask(folder, "pragma integrity_check"))


def _ask(folder: Path, question: str) -> Any:
    with closing(sqlite3.connect(f"file:{folder}/data/offhold.db?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchone()[0]


def link_all(world: World, customers: Iterable[str] = CUSTOMERS) -> None:
    """Each signs in at the bank as a customer of their own."""
    for psid in customers:
        world.bank.subject = f"cust-{psid}"
        world.linked(psid)
