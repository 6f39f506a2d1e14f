"""Questions over a ledger file, one JSON line for each: the protocol of `offhold answer --stdio`."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from offhold.journal.turns import Reader, settle
from offhold.language.redact import redact
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.message import Conversation, Disclosure, Reply, Turn, TurnKind
from offhold.model.money import Money

OpenInstitution = Callable[[Path, str, str, str], Awaitable[Reader]]
_CONVERSATIONS = 10_000


class _Session:
    """One loaded ledger and the conversations about it."""

    def __init__(self, read: Reader, now: datetime, locale: str) -> None:
        self.read = read
        self.now = now
        self.locale = locale
        self.states: dict[str, Conversation] = {}
        self.turns = 0

    async def ask(self, conversation: str, text: str) -> Reply:
        self.turns += 1
        turn = Turn(
            str(self.turns),
            TurnKind.text,
            redact(text)[0],
            self.now + timedelta(seconds=self.turns),
            self.locale,
            "Your bank",
            linked=True,
            disclosure=Disclosure.open,
        )
        decision = await settle(turn, self.states.get(conversation, Conversation()), self.read)
        if len(self.states) >= _CONVERSATIONS:
            self.states.clear()
        self.states[conversation] = decision.state
        return decision.replies[-1]


async def answer(source: TextIO, sink: TextIO, open_institution: OpenInstitution) -> None:
    """Answer each line of `source` with exactly one line on `sink`, until it ends."""
    session: _Session | None = None
    for line in source:
        try:
            request = json.loads(line)
            if request["op"] == "load":
                session = await _loaded(request, open_institution)
                reply: Mapping[str, Any] = {"ok": True}
            elif request["op"] == "ask" and session is not None:
                reply = await _answered(session, request)
            else:
                reply = {"error": "expected op load, or ask after a load"}
        except (ValueError, KeyError, TypeError, OSError) as error:
            reply = {"error": f"{type(error).__name__}: this line was not understood"}
        print(json.dumps(reply), file=sink, flush=True)


async def _loaded(request: Mapping[str, Any], open_institution: OpenInstitution) -> _Session:
    today, zone, locale = (str(request[name]) for name in ("today", "timezone", "locale"))
    read = await open_institution(Path(request["ledger"]), today, zone, locale)
    return _Session(read, datetime.fromisoformat(f"{today}T12:00:00").replace(tzinfo=ZoneInfo(zone)), locale)


async def _answered(session: _Session, request: Mapping[str, Any]) -> Mapping[str, Any]:
    began = time.perf_counter_ns()
    reply = await session.ask(str(request["conversation"]), str(request["text"]))
    spent_us = (time.perf_counter_ns() - began) // 1000
    shown = rendered(reply.answer) if reply.answer else _spoken(reply)
    return {**shown, "text": reply.text, "latency_ms": spent_us / 1000}


def _spoken(reply: Reply) -> dict[str, Any]:
    """A reply without an answer neither claims nor asks anything about rows."""
    return {"kind": "decline", "value": {"reason": reply.key}, "currency": None, "evidence": []}


def rendered(made: Answer) -> dict[str, Any]:
    """An answer in the shape of the benchmark's answer schema."""
    value, currency = _value(made)
    return {
        "kind": made.kind.value,
        "value": value,
        "currency": currency,
        "evidence": list(made.evidence.transactions),
    }


def _value(made: Answer) -> tuple[Any, str | None]:
    value = made.value
    if isinstance(value, tuple) and all(isinstance(entry, Money) for entry in value) and value:
        amounts = [entry for entry in value if isinstance(entry, Money)]
        if len(amounts) == 1:
            return amounts[0].plain(), amounts[0].currency
        return {amount.currency: amount.plain() for amount in amounts}, None
    if made.kind in (AnswerKind.table, AnswerKind.balance) and isinstance(value, tuple):
        table: dict[str, Any] = {"rows": [_row(row) for row in value if isinstance(row, TableRow)]}
        return table | ({"verdict": made.verdict} if made.verdict else {}), None
    return (list(value) if isinstance(value, tuple) else value), None


def _row(row: TableRow) -> dict[str, Any]:
    if isinstance(row.figure, Money):
        return {"key": row.key, "amount": row.figure.plain(), "currency": row.figure.currency}
    return {"key": row.key, "count": row.figure}
