"""Pages of transactions → one row for each movement of money, and what could not be told.

Pages have no snapshot between them, so that a row may stand on two (OBL Read/Write v4.0, Pagination); ids are
optional, and nothing links a pending row to the booked one that replaces it (Transactions v4.0).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from offhold.banks.obie import decode
from offhold.model.ledger import Status, Transaction

_MOSTLY_PERCENT = 95
_BOOKED_WITHIN = timedelta(days=14)
_NAME_CHARS = 8

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Movements:
    """`unreadable`: how many rows were set aside because they made no sense or could not be told apart. `twice`:
    pending rows left out because a booked row looks like the same purchase."""

    rows: tuple[Transaction, ...]
    twice: tuple[Transaction, ...]
    unreadable: int


def movements(pages: Sequence[Sequence[Resource]], zone: ZoneInfo) -> Movements:
    """What all the pages of one account come to."""
    resources, doubtful = _named(pages)
    rows: list[Transaction] = []
    for resource in resources:
        try:
            row = decode.transaction(resource, zone)
        except decode.Unreadable:
            doubtful += 1
        else:
            rows += [row] if row else []
    told, mixed = _one_for_each_id(_undated(rows) if _date_only(rows) else rows)
    twins = _twins(told)
    return Movements(tuple(row for row in told if row not in twins), tuple(twins), doubtful + mixed)


def _named(pages: Sequence[Sequence[Resource]]) -> tuple[list[Resource], int]:
    """Every row with an id. One that came without gets it from its content.

    Rows without id that are the same on one page are two purchases. The same again on another page is either an
    overlap or a third purchase: it is left out and counted.
    """
    named = [row for page in pages for row in page if row.get("TransactionId")]
    each_page = [Counter(_content(row) for row in page if not row.get("TransactionId")) for page in pages]
    most: Counter[str] = Counter()
    for counted in each_page:
        most |= counted
    for content, times in most.items():
        digest = sha256(content.encode()).hexdigest()[:24]
        named += [json.loads(content) | {"TransactionId": f"{digest}-{number}"} for number in range(times)]
    return named, sum(map(Counter.total, each_page)) - most.total()


def _content(row: Resource) -> str:
    return json.dumps(row, sort_keys=True)


def _date_only(rows: Sequence[Transaction]) -> bool:
    """Banks without times send midnight UTC. Where nearly all rows do, it is a date and no zone may move it."""
    midnight = sum(row.at.astimezone(UTC).time() == time() for row in rows)
    return bool(rows) and midnight * 100 >= _MOSTLY_PERCENT * len(rows)


def _undated(rows: Iterable[Transaction]) -> list[Transaction]:
    return [replace(row, day=row.at.astimezone(UTC).date()) for row in rows]


def _one_for_each_id(rows: Iterable[Transaction]) -> tuple[list[Transaction], int]:
    """One row for each id. A booked row replaces its pending self, a later pending state the earlier one.

    Two booked rows of one id that differ cannot both be right, and nothing says which is: both are set aside.
    """
    by_id: dict[tuple[str, str], list[Transaction]] = {}
    for row in rows:
        by_id.setdefault((row.account_id, row.transaction_id), []).append(row)
    told: list[Transaction] = []
    mixed = 0
    for group in by_id.values():
        booked = {row for row in group if row.status is Status.booked}
        if len(booked) > 1:
            mixed += len(booked)
        else:
            told.append(booked.pop() if booked else group[-1])
    return told, mixed


def _twins(rows: Sequence[Transaction]) -> set[Transaction]:
    """Pending rows that look like a row booked later under another id; each booked row takes one at most."""
    booked: dict[tuple[object, ...], list[Transaction]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        if row.status is Status.booked:
            booked.setdefault(_purchase(row), []).append(row)
    twins: set[Transaction] = set()
    for row in sorted(rows, key=lambda row: row.at):
        if row.status is not Status.pending:
            continue
        later = booked.get(_purchase(row), [])
        match = next((other for other in later if row.at <= other.at <= row.at + _BOOKED_WITHIN), None)
        if match:
            later.remove(match)
            twins.add(row)
    return twins


def _purchase(row: Transaction) -> tuple[object, ...]:
    """What stays the same when a purchase is booked: account, way, amount, and the beginning of the shop's name."""
    name = "".join(filter(str.isalnum, (row.merchant_name or row.description).casefold()))
    return row.account_id, row.direction, row.amount, row.original, row.mcc, name[:_NAME_CHARS]
