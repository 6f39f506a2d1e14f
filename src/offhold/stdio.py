"""Questions over a ledger file, one JSON line for each: the protocol of `offhold answer --stdio`."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from offhold.answers.shape import rendered
from offhold.journal.turns import Reader, settle
from offhold.language.redact import redact
from offhold.model.access import Looked
from offhold.model.message import Conversation, Disclosure, Reply, Turn, TurnKind

OpenInstitution = Callable[[Path, str, str, str], Awaitable[Reader]]
_CONVERSATIONS = 10_000


async def _nobody() -> Looked:
    """A ledger file has no access log behind it."""
    return Looked(())


class _Session:
    """One loaded ledger and the conversations about it."""

    def __init__(self, read: Reader, now: datetime, locale: str) -> None:
        self.read = read
        self.now = now
        self.locale = locale
        self.states: dict[str, Conversation] = {}
        self.turns = 0

    async def ask(self, conversation: str, text: str) -> tuple[Reply, ...]:
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
        decision = await settle(turn, self.states.get(conversation, Conversation()), self.read, _nobody)
        if len(self.states) >= _CONVERSATIONS:
            self.states.clear()
        self.states[conversation] = decision.state
        return decision.replies


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
    replies = await session.ask(str(request["conversation"]), str(request["text"]))
    spent_us = (time.perf_counter_ns() - began) // 1000
    first = replies[0]
    shown = rendered(first.answer) if first.answer else _spoken(first)
    return {**shown, "text": " ".join(reply.text for reply in replies), "latency_ms": spent_us / 1000}


def _spoken(reply: Reply) -> dict[str, Any]:
    """A reply without an answer neither claims nor asks anything about rows."""
    return {"kind": "decline", "value": {"reason": reply.key}, "currency": None, "evidence": []}
