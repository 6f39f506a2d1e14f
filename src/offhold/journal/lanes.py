"""Lanes: one conversation's work in order, by one worker at a time.

A worker claims a lane with a short transaction, a lease and a fencing epoch. Whatever it commits later checks the
epoch, so that a worker that was thought dead cannot write over its successor.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from offhold.errors import LeaseLost
from offhold.store.tables import inbox, lane, outbox


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on `lane` until another epoch begins."""

    lane: str
    epoch: int


def claim(connection: Connection, name: str, holder: str, now_at: int, lease_ms: int) -> Claim | None:
    """Take the lane if it is free, ours already, or its lease ran out (machine time, ms).

    `holder` works on a lane once at a time; what it still holds of it was left behind by a failed write.
    """
    found = select(lane).where(lane.c.lane == name).with_for_update(skip_locked=True)
    row = connection.execute(found).first()
    if row is None or (row.holder not in ("", holder) and row.lease_until_at > now_at):
        return None
    connection.execute(
        update(lane)
        .where(lane.c.lane == name)
        .values(epoch=row.epoch + 1, holder=holder, lease_until_at=now_at + lease_ms)
    )
    return Claim(name, row.epoch + 1)


def check(connection: Connection, held: Claim, lease_until_at: int | None = None) -> None:
    """Check the fencing epoch, and stretch the lease where a new end is given (machine ms).

    Raises LeaseLost when another worker took the lane.
    """
    mine = (lane.c.lane == held.lane) & (lane.c.epoch == held.epoch)
    found = connection.execute(select(lane.c.lane).where(mine)).first()
    if found is None:
        raise LeaseLost(held.lane)
    if lease_until_at is not None:
        connection.execute(update(lane).where(mine).values(lease_until_at=lease_until_at))


def release(connection: Connection, held: Claim) -> None:
    """Let the lane go; nothing happens when it was lost already."""
    connection.execute(
        update(lane).where(lane.c.lane == held.lane, lane.c.epoch == held.epoch).values(holder="", lease_until_at=0)
    )


def release_all(connection: Connection) -> None:
    """At start: the process before this one is gone (one process holds the file), so are its leases."""
    connection.execute(update(lane).where(lane.c.holder != "").values(lease_until_at=0))


def with_work(connection: Connection, now_at: int, limit: int) -> tuple[str, ...]:
    """Lanes that have a message to answer, or a reply that is due."""
    waiting = select(inbox.c.lane).where(inbox.c.state == "ready")
    due = select(outbox.c.lane).where(
        outbox.c.state.in_(("ready", "sending", "unknown")), outbox.c.not_before_at <= now_at
    )
    return tuple(connection.execute(waiting.union(due).limit(limit)).scalars())
