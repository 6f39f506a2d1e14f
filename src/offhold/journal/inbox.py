"""Accepting: one commit makes a batch of verified events durable, and only then the platform gets its 200."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from offhold.channels.port import Event, EventKind
from offhold.journal import outbox
from offhold.keys.file import Keys
from offhold.model.message import Contact
from offhold.ops import failpoints
from offhold.store import tables
from offhold.store.port import Store, put

WINDOW_MS = 23 * 3_600_000  # the platform's 24 h from the customer's act, less an hour for skew between the clocks
KEEP_KEYS_MS = 8 * 86_400_000  # longer than any retry that the platforms document (7 days)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`lanes` have new work; `new` and `duplicates` count events."""

    lanes: frozenset[str]
    new: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event ready to be written: pseudonyms made and bodies sealed outside the writer's thread."""

    lane: str
    event_hash: str
    kind: str
    at_ms: int
    for_lane: bool
    opens_window: bool
    contact: bytes
    channel: str
    body: bytes
    echoed: str
    about: str
    amended: bytes | None


def seal(keys: Keys, event: Event) -> Sealed:
    """Prepare one event. Its key and its contact leave this function only as keyed hashes or sealed."""
    contact = event.contact
    lane = keys.pseudonym("lane", contact.lane)
    event_hash = keys.pseudonym("event", f"{contact.lane}|{event.key}")
    about = keys.pseudonym("event", f"{contact.lane}|{event.about}") if event.about else ""
    body = json.dumps(dict(event.body)).encode()
    return Sealed(
        lane=lane,
        event_hash=event_hash,
        kind=event.kind.value,
        at_ms=event.at_ms,
        for_lane=event.for_lane,
        opens_window=event.opens_window,
        contact=keys.seal(json.dumps(asdict(contact)).encode(), f"contact/{lane}"),
        channel=contact.channel,
        body=keys.seal(body, f"inbox/{event_hash}"),
        echoed=outbox.echoed(event),
        about=about,
        amended=keys.seal(body, f"inbox/{about}") if event.kind is EventKind.edit else None,
    )


def accept(connection: Connection, events: Sequence[Sealed], now_ms: int) -> Accepted:
    """Write a batch. An event that stood already changes nothing."""
    lanes = set()
    new = 0
    for event in events:
        if not _remember(connection, event, now_ms):
            continue
        new += 1
        if event.echoed:
            outbox.confirm(connection, event.echoed)
        if event.for_lane or event.opens_window:
            _know_contact(connection, event, now_ms)
        if event.about and _amend(connection, event):
            continue
        if event.for_lane:
            lanes.add(event.lane)
    return Accepted(frozenset(lanes), new, len(events) - new)


def _remember(connection: Connection, event: Sealed, now_ms: int) -> bool:
    row = {
        "lane": event.lane,
        "event_hash": event.event_hash,
        "kind": event.kind,
        "at_ms": event.at_ms,
        "accepted_ms": now_ms,
        "state": "ready" if event.for_lane else "done",
        "body_sealed": event.body if event.for_lane else None,
    }
    return put(connection, tables.inbox, row, "event_hash")


def _amend(connection: Connection, event: Sealed) -> bool:
    """Change or erase the message that an edit or a retraction is about; an edit that did so asks for no answer.

    False when that message was answered already, or never came.
    """
    about = tables.inbox.c.event_hash == event.about
    if event.amended is None:
        values: dict[str, Any] = {"state": "done", "body_sealed": None}
    else:
        about &= tables.inbox.c.state == "ready"
        values = {"body_sealed": event.amended}
    if not connection.execute(update(tables.inbox).where(about).values(**values)).rowcount:
        return False
    itself = tables.inbox.c.event_hash == event.event_hash
    connection.execute(update(tables.inbox).where(itself).values(state="done", body_sealed=None))
    return True


def finish(connection: Connection, row_id: int, answered: bytes) -> bool:
    """Mark a message done; False when it was edited or taken back since its sealed body `answered` was read."""
    same = (tables.inbox.c.id == row_id) & (tables.inbox.c.body_sealed == answered)
    done = connection.execute(update(tables.inbox).where(same).values(state="done", body_sealed=None))
    return done.rowcount == 1


def _know_contact(connection: Connection, event: Sealed, now_ms: int) -> None:
    """Remember the address, and until when the platform lets us write to it: never shorter than known before."""
    until = min(event.at_ms, now_ms) + WINDOW_MS if event.opens_window else 0
    row = {"lane": event.lane, "channel": event.channel, "contact_sealed": event.contact, "window_until_ms": until}
    put(connection, tables.contact, row, "lane", highest="window_until_ms" if event.opens_window else "")
    put(connection, tables.lane, {"lane": event.lane}, "lane")


def contact_of(connection: Connection, keys: Keys, lane: str) -> Contact:
    """The address behind a lane. Raises SealBroken when it was altered."""
    sealed = connection.execute(
        select(tables.contact.c.contact_sealed).where(tables.contact.c.lane == lane)
    ).scalar_one()
    return Contact(**json.loads(keys.unseal(sealed, f"contact/{lane}")))


def park(connection: Connection, row_id: int, reason: str) -> bool:
    """Set a message aside that cannot be worked on; it stays, sealed, for a person to look at.

    False when it is answered already or was taken back.
    """
    waiting = (tables.inbox.c.id == row_id) & (tables.inbox.c.state == "ready")
    parked = connection.execute(update(tables.inbox).where(waiting).values(state="parked", reason=reason))
    return parked.rowcount == 1


def tried(connection: Connection, row_id: int) -> None:
    """Count a failed attempt."""
    connection.execute(
        update(tables.inbox).where(tables.inbox.c.id == row_id).values(attempts=tables.inbox.c.attempts + 1)
    )


def forget(connection: Connection, now_ms: int, now_at: int) -> None:
    """Drop what was only kept to recognise repeats, once no platform repeats it any more."""
    old = tables.inbox.c.accepted_ms < now_ms - KEEP_KEYS_MS
    connection.execute(delete(tables.inbox).where(tables.inbox.c.state == "done", old))
    sent_long_ago = tables.outbox.c.deadline_at < now_at - KEEP_KEYS_MS
    connection.execute(delete(tables.outbox).where(tables.outbox.c.state.in_(("sent", "failed")), sent_long_ago))


def counts(connection: Connection) -> dict[str, int]:
    """Messages by state."""
    rows = connection.execute(select(tables.inbox.c.state, func.count()).group_by(tables.inbox.c.state))
    return {"ready": 0, "done": 0, "parked": 0} | {state: number for state, number in rows}


async def commit(store: Store, events: Sequence[Sealed], now_ms: int) -> Accepted:
    """Make a batch durable. Raises StoreUnavailable; then nothing of it was accepted."""
    await failpoints.reach("accept.before-commit")
    accepted = await store.write(lambda connection: accept(connection, events, now_ms))
    await failpoints.reach("accept.after-commit")
    return accepted
