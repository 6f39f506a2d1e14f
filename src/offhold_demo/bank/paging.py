"""Pages of a list, reached only by links whose cursor nobody but this bank can make or read anything from."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, new
from secrets import token_bytes
from typing import Generic, TypeVar

from offhold_demo.bank.refusals import invalid

Item = TypeVar("Item")

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list. `before` and `after` are where the neighbours start, None where there are none."""

    items: Sequence[Item]
    before: int | None
    after: int | None
    total: int


def page_of(items: Sequence[Item], start: int, size: int, overlap: int) -> Page[Item]:
    """`size` items from `start`; with an overlap the next page begins with the last of this one."""
    end = start + size
    return Page(
        items=items[start:end],
        before=max(0, start - size) if start else None,
        after=max(start + 1, end - overlap) if end < len(items) else None,
        total=max(1, -(-len(items) // size)),
    )


@dataclass(frozen=True, slots=True)
class Cursors:
    """Signs and reads cursors. A cursor is good for ten minutes, for the same consent and the same address."""

    _key: bytes = field(default_factory=lambda: token_bytes(32))

    def make(self, scope: str, start: int, now: datetime) -> str:
        """A cursor to `start` within `scope` (consent, path and filter)."""
        until = int((now + LIFE).timestamp())
        body = urlsafe_b64encode(json.dumps([start, until]).encode()).decode()
        return f"{body}.{self._mac(scope, body)}"

    def read(self, cursor: str, scope: str, now: datetime) -> int:
        """Where the page starts. Raises Refused (400)."""
        body, _, mac = cursor.partition(".")
        if not compare_digest(mac.encode(), self._mac(scope, body).encode()):
            raise invalid("U002", "Not a cursor of this list.", "cursor")
        start, until = json.loads(urlsafe_b64decode(body))
        if until <= now.timestamp():
            raise invalid("U002", "The cursor has expired.", "cursor")
        return int(start)

    def _mac(self, scope: str, body: str) -> str:
        return new(self._key, f"{scope}\n{body}".encode(), sha256).hexdigest()
