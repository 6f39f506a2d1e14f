"""What a conversation remembers, as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from offhold.model.ask import Ask, Bound, Flow, Measure, Wanted
from offhold.model.message import Conversation
from offhold.model.period import Period


@dataclass(frozen=True, slots=True)
class Memory:
    """`ask`: the last question that was understood, `earlier` the one before it. `misses`: messages in a row that were
    not. `last_key` and `last_text` (a digest): what was said last, so that it is not said twice. `spoke`: when that
    was, in ISO form."""

    ask: Ask | None = None
    earlier: Ask | None = None
    misses: int = 0
    last_key: str = ""
    last_text: str = ""
    spoke: str = ""

    @classmethod
    def of(cls, state: Conversation) -> Memory:
        """Read what `conversation` wrote; an older form reads as nothing."""
        stored = state.memory
        return cls(
            _ask(stored.get("ask")),
            _ask(stored.get("earlier")),
            int(str(stored.get("misses", 0))),
            str(stored.get("last_key", "")),
            str(stored.get("last_text", "")),
            str(stored.get("spoke", "")),
        )

    def conversation(self) -> Conversation:
        return Conversation(
            {
                "ask": _plain(self.ask),
                "earlier": _plain(self.earlier),
                "misses": self.misses,
                "last_key": self.last_key,
                "last_text": self.last_text,
                "spoke": self.spoke,
            }
        )

    def understood(self, asks: tuple[Ask, ...]) -> Memory:
        """After questions that were understood; none leaves the thread as it was."""
        if not asks:
            return replace(self, misses=0)
        before = asks[-2] if len(asks) > 1 else self.ask
        return replace(self, ask=asks[-1], earlier=before, misses=0)

    def said(self, key: str, text: str) -> Memory:
        return replace(self, last_key=key, last_text=digest(text))


def digest(text: str) -> str:
    """Enough of a hash to know a text again."""
    return sha256(text.encode()).hexdigest()[:16]


def _plain(ask: Ask | None) -> dict[str, Any] | None:
    if ask is None:
        return None
    plain = asdict(ask)
    plain |= {name: plain[name].value for name in ("measure", "flow", "of")}
    plain["wanted"] = ask.wanted.value if ask.wanted else None
    plain["periods"] = [[period.first.isoformat(), period.last.isoformat()] for period in ask.periods]
    plain["bounds"] = [[bound.op, bound.amount] for bound in ask.bounds]
    return plain


def _ask(stored: object) -> Ask | None:
    """An ask as `_plain` wrote it, or after a trip through JSON; an older form reads as nothing."""
    if not isinstance(stored, Mapping) or set(stored) != set(Ask.__dataclass_fields__):
        return None
    values: dict[str, Any] = dict(stored)
    phrases = {name: tuple(tuple(phrase) for phrase in values[name]) for name in ("subjects", "without")}
    values |= phrases
    values |= {
        "measure": Measure(values["measure"]),
        "flow": Flow(values["flow"]),
        "of": Measure(values["of"]),
        "wanted": Wanted(values["wanted"]) if values["wanted"] else None,
        "periods": tuple(Period(*map(date.fromisoformat, pair)) for pair in values["periods"]),
        "bounds": tuple(Bound(*pair) for pair in values["bounds"]),
        "weekdays": tuple(values["weekdays"]),
        "place": tuple(values["place"]),
        "said": tuple(values["said"]),
    }
    return Ask(**values)
