"""What messages mean, one JSON line for each: the protocol of `offhold understand --stdio`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from enum import Enum
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from offhold.language.commands import Intent
from offhold.language.lexicon import CATEGORY_WORDS, CODE_WORDS, LOOSE_WORDS
from offhold.language.understand import Understood, understand
from offhold.model.ask import Ask, Bound
from offhold.model.period import Period

_FIRST_YEAR, _LAST_YEAR = 1971, 2999  # a clock outside is a mistake, and calendars need room on both sides
_NO_FILTERS = ("measure", "periods", "group_by", "said")  # of an Ask; the others are filters
_READS_NOTHING = (Intent.unknown, Intent.foreign, Intent.too_long, Intent.vague)
_KNOWN = CATEGORY_WORDS.keys() | LOOSE_WORDS.keys() | CODE_WORDS.keys()


class _Refused(ValueError):
    """A line that is no question; the message says what was expected."""


def read(source: Iterable[bytes], sink: TextIO) -> None:
    """Read each line of `source` as one question, and print exactly one line on `sink`: its meaning or an error."""
    for line in source:
        began = time.perf_counter_ns()
        try:
            shown = _shown(understand(*_request(line)))
        except _Refused as refused:
            reply: Mapping[str, Any] = {"error": str(refused)}
        else:
            reply = {**shown, "latency_ms": (time.perf_counter_ns() - began) // 1000 / 1000}
        print(json.dumps(reply), file=sink, flush=True)


def _request(line: bytes) -> tuple[str, date, str]:
    """Text, the customer's date, locale."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _Refused("expected one JSON object a line, in UTF-8") from error
    names = ("text", "now", "timezone", "locale")
    if not isinstance(request, dict) or not all(isinstance(request.get(name), str) for name in names):
        raise _Refused(f"expected an object with the strings {', '.join(names)}")
    text, now, zone, locale = (request[name] for name in names)
    return text, _today(now, zone), locale


def _today(now: str, zone: str) -> date:
    try:
        moment = datetime.fromisoformat(now)
    except ValueError as error:
        raise _Refused("now: expected ISO 8601 with an offset, as 2026-03-18T12:00:00-07:00") from error
    if moment.utcoffset() is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise _Refused(f"now: expected an offset from UTC, and a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except (ValueError, OSError, KeyError) as error:
        raise _Refused("timezone: expected an IANA name, as Europe/London") from error


def _shown(parts: tuple[Understood, ...]) -> dict[str, Any]:
    """The first thing asked, and under `also` what else the same message asks."""
    shown = [_part(part) for part in parts]
    return shown[0] | ({"also": shown[1:]} if len(shown) > 1 else {})


def _part(found: Understood) -> dict[str, Any]:
    ask = found.ask
    unresolved = _unresolved(ask)
    periods = [_days(period) for period in ask.periods] if ask else []
    return {
        "intent": found.intent.value,
        "reason": found.reason or None,
        "measure": ask.measure.value if ask else None,
        "period": periods[0] if periods else None,
        "compare_to": periods[1] if len(periods) > 1 else None,
        "filters": _filters(ask) if ask else {},
        "group_by": (ask.group_by or None) if ask else None,
        "unresolved": unresolved,
        "confidence": _confidence(found, unresolved),
    }


def _days(period: Period) -> dict[str, str]:
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def _filters(ask: Ask) -> dict[str, Any]:
    """Every other slot that the message filled, and the categories among its words."""
    untouched = Ask(ask.measure)
    changed = {entry.name: getattr(ask, entry.name) for entry in fields(ask) if entry.name not in _NO_FILTERS}
    filled = {name: value for name, value in changed.items() if value != getattr(untouched, name)}
    categories = {CATEGORY_WORDS[word] for phrase in ask.subjects for word in phrase if word in CATEGORY_WORDS}
    return _json(filled | ({"categories": sorted(categories)} if categories else {}))  # type: ignore[no-any-return]


def _json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Bound):
        return asdict(value)
    if isinstance(value, dict):
        return {name: _json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_json(entry) for entry in value]
    return value


def _unresolved(ask: Ask | None) -> list[dict[str, str]]:
    """What no rule reads. A name is found, or not, in the customer's own rows, which are not at hand here."""
    if ask is None:
        return []
    phrases = (*ask.subjects, *ask.without)
    names = (" ".join(word for word in phrase if word not in _KNOWN) for phrase in phrases)
    return [
        {"text": name, "why": "no category: a name to be found in the customer's own rows"} for name in names if name
    ]


def _confidence(found: Understood, unresolved: list[dict[str, str]]) -> float:
    """1 where rules read every word, 0.5 where names are left to the rows, 0 where nothing was understood."""
    if found.intent in _READS_NOTHING:
        return 0.0
    return 0.5 if unresolved else 1.0
