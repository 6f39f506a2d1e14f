"""Timers: what happens later without anyone asking. Due by business time."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from offhold.store import port
from offhold.store.tables import timer

UNLINK = "platform-unlink"
UNLINK_AGAIN_MS = 5 * 60_000
CASE_WAITING_MS = 30 * 60_000
SWEEP_EVERY_MS = 3_600_000
AFTER_FAILURE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Due:
    """A timer whose time has come. `lane` is empty for those of the whole service."""

    id: str
    kind: str
    lane: str


def put(connection: Connection, kind: str, lane: str, due_ms: int) -> None:
    """Set a timer; one of the same kind and lane that is set already keeps its time."""
    row = {"id": f"{kind}/{lane}", "kind": kind, "lane": lane, "due_ms": due_ms}
    port.put(connection, timer, row, "id")


def due(connection: Connection, now_ms: int, limit: int = 100) -> tuple[Due, ...]:
    """Timers to run now, oldest first."""
    rows = connection.execute(
        select(timer.c.id, timer.c.kind, timer.c.lane)
        .where(timer.c.due_ms <= now_ms)
        .order_by(timer.c.due_ms)
        .limit(limit)
    )
    return tuple(Due(*row) for row in rows)


def postpone(connection: Connection, again: Due, now_ms: int, due_ms: int) -> bool:
    """Set a due timer's next time; False when another process was first."""
    still = (timer.c.id == again.id) & (timer.c.due_ms <= now_ms)
    return connection.execute(update(timer).where(still).values(due_ms=due_ms)).rowcount == 1


def drop(connection: Connection, done: Due) -> bool:
    """Remove a timer, in the transaction of its effect; False when another process was first."""
    return connection.execute(delete(timer).where(timer.c.id == done.id)).rowcount == 1
