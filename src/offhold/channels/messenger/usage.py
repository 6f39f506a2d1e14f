"""How near the platform's rate limits we are, from the headers of its answers (Graph API, "Rate Limits")."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

CROWDED_PERCENT = 75
_MINUTE_S = 60
_FIELDS = ("call_count", "total_time", "total_cputime")


def crowded(headers: Mapping[str, str]) -> bool:
    """Whether three quarters of any allowance are used: what can be left out should be."""
    given = (_json(headers, "x-app-usage"), *_business(headers))
    used = [entry.get(name) for entry in given for name in _FIELDS]
    return any(isinstance(value, int | float) and value >= CROWDED_PERCENT for value in used)


def regain_s(headers: Mapping[str, str]) -> int | None:
    """Seconds until the platform lets us send again, where it says so (it counts in minutes)."""
    told = [entry.get("estimated_time_to_regain_access") for entry in _business(headers)]
    minutes = max((value for value in told if isinstance(value, int)), default=0)
    return minutes * _MINUTE_S if minutes > 0 else None


def _business(headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for entries in _json(headers, "x-business-use-case-usage").values():
        yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _json(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        value = json.loads(headers.get(name, "{}"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
