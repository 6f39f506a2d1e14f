"""What is waiting, working, sent, parked: numbers only."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from offhold.journal import inbox, outbox
from offhold.store import tables


def status(connection: Connection) -> dict[str, object]:
    """Counts for `offhold status`: inbox, lanes, outbox by state, leaves, parked, jobs, links, cases."""

    def count(column: object, *where: object) -> int:
        return int(connection.execute(select(func.count(column)).where(*where)).scalar_one())  # type: ignore[arg-type]

    messages = inbox.counts(connection)
    return {
        "inbox": messages,
        "parked": messages["parked"],
        "lanes": {
            "known": count(tables.lane.c.lane),
            "held": count(tables.lane.c.lane, tables.lane.c.holder != ""),
        },
        "outbox": outbox.counts(connection),
        "leaves": count(tables.leaf.c.seq),
        "links": count(tables.link.c.lane),
        "cases": {"waiting": count(tables.case.c.id, tables.case.c.state == "waiting")},
        "jobs": {"timers": count(tables.timer.c.id)},
    }


def left_to_do(connection: Connection) -> int:
    """Messages not answered and replies not settled."""
    replies = outbox.counts(connection)
    return inbox.counts(connection)["ready"] + sum(replies[state] for state in ("ready", "sending", "unknown"))
