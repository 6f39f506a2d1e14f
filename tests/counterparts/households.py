"""The committed households as rows, and a conversation with one of them through `decide` alone."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from offhold.answers.book import Book
from offhold.banks.memory import MemoryConnector
from offhold.banks.port import Grant
from offhold.dialogue import decide
from offhold.model.access import Data, Read
from offhold.model.ledger import Rows
from offhold.model.message import Conversation, Disclosure, Reply, Turn, TurnKind
from offhold.model.period import Period

FOLDER = files("offhold_demo.households")


@cache
def meta(name: str) -> dict[str, str]:
    """today, timezone and locale of a household."""
    return dict(json.loads((FOLDER / f"{name}.meta.json").read_text("utf-8")))


@cache
def document(name: str) -> dict[str, object]:
    """The OBIE document as committed."""
    return dict(json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes())))


@cache
def _connector(name: str) -> MemoryConnector:
    return MemoryConnector(name, document(name), ZoneInfo(meta(name)["timezone"]))


def read(name: str, request: Read) -> Rows:
    """What the bank gives for a read of all accounts."""
    connector = _connector(name)
    period = request.period or Period(date(2020, 1, 1), date.fromisoformat(meta(name)["today"]))
    wanted = Read(request.data, period if Data.transactions in request.data else None)

    async def keep(*_: object) -> None:
        return None

    coroutine = connector.read(Grant(name, connector.account_ids), wanted, keep)  # type: ignore[arg-type]
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("an in-memory bank never waits")


@cache
def book(name: str) -> Book:
    """Everything on file."""
    return Book(read(name, Read(frozenset(Data))))


class Talk:
    """One conversation; `reads` are the reads that were asked for."""

    def __init__(self, name: str, linked: bool = True) -> None:
        self.name, self.linked = name, linked
        self.state = Conversation()
        self.reads: list[Read] = []
        today, zone = meta(name)["today"], ZoneInfo(meta(name)["timezone"])
        self._now = datetime.fromisoformat(f"{today}T12:00:00").replace(tzinfo=zone)

    def say(self, text: str, kind: TurnKind = TurnKind.text) -> tuple[Reply, ...]:
        """The replies to one message."""
        self._now += timedelta(seconds=1)
        turn = Turn(
            "1",
            kind,
            text,
            self._now,
            meta(self.name)["locale"],
            "Northbank",
            self.linked,
            Disclosure.open,
            choice=text,
        )
        decision = decide(turn, self.state, None)
        for _ in range(2):
            if decision.read is None:
                break
            self.reads.append(decision.read)
            decision = decide(turn, self.state, read(self.name, decision.read))
        assert decision.read is None
        self.state = Conversation(json.loads(json.dumps(dict(decision.state.memory))))
        return decision.replies

    def ask(self, text: str) -> Reply:
        """The only reply to one message."""
        (reply,) = self.say(text)
        return reply
