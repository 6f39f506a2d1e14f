"""What a conversation remembers, as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from offhold.model.ask import Ask, Bound, Measure
from offhold.model.message import Conversation
from offhold.model.period import Period


@dataclass(frozen=True, slots=True)
class Memory:
    """`ask`: the last question that was understood. `misses`: messages in a row that were not. `last_key`: what was
    said last, so that it is not said twice. `spoke`: when that was, in ISO form."""

    ask: Ask | None = None
    misses: int = 0
    last_key: str = ""
    spoke: str = ""

    @classmethod
    def of(cls, state: Conversation) -> Memory:
        """Read what `conversation` wrote; an older form reads as nothing."""
        stored = state.memory
        ask = stored.get("ask")
        return cls(
            _ask(ask) if isinstance(ask, Mapping) else None,
            int(str(stored.get("misses", 0))),
            str(stored.get("last_key", "")),
            str(stored.get("spoke", "")),
        )

    def conversation(self) -> Conversation:
        ask = _plain(self.ask) if self.ask else None
        return Conversation({"ask": ask, "misses": self.misses, "last_key": self.last_key, "spoke": self.spoke})

    def understood(self, ask: Ask | None, key: str) -> Memory:
        return replace(self, ask=ask or self.ask, misses=0, last_key=key)


def _plain(ask: Ask) -> dict[str, Any]:
    return {
        "measure": ask.measure.value,
        "subject": list(ask.subject),
        "others": [list(phrase) for phrase in ask.others],
        "without": list(ask.without),
        "periods": [[period.first.isoformat(), period.last.isoformat()] for period in ask.periods],
        "account": ask.account,
        "bounds": [[bound.op, bound.amount] for bound in ask.bounds],
        "weekdays": list(ask.weekdays),
        "limit": ask.limit,
        "group_by": ask.group_by,
        "unit": ask.unit,
        "available": ask.available,
        "counted": ask.counted,
        "figure": ask.figure,
    }


def _ask(stored: Mapping[str, Any]) -> Ask:
    return Ask(
        measure=Measure(stored["measure"]),
        subject=tuple(stored["subject"]),
        others=tuple(tuple(phrase) for phrase in stored["others"]),
        without=tuple(stored["without"]),
        periods=tuple(Period(*map(date.fromisoformat, pair)) for pair in stored["periods"]),
        account=stored["account"],
        bounds=tuple(Bound(*pair) for pair in stored["bounds"]),
        weekdays=tuple(stored["weekdays"]),
        limit=stored["limit"],
        group_by=stored["group_by"],
        unit=stored["unit"],
        available=stored["available"],
        counted=stored["counted"],
        figure=stored["figure"],
    )
