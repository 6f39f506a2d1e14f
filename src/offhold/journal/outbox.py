"""Outbox: replies that are decided and durable, on their way to the platform.

The platform has no idempotency key, so a row says `sending` before the call. A row found so later (a crash, an
outcome that could not be written), or whose call ended without an answer, is `unknown`: its echo within ten seconds
proves it sent; without one, what does no harm twice is sent once more, anything else is given up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from offhold.channels.port import Event, EventKind, SendOutcome, SendResult
from offhold.errors import SealBroken
from offhold.keys.file import Keys
from offhold.store.tables import contact, outbox

METADATA_PREFIX = "ob_"
_RETRY_AFTER_MS = (1_000, 5_000, 25_000)
_WAIT_MS = 60_000
_OPEN = ("ready", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row being sent. `answers_at`: when the message that it is the first answer to was accepted (machine ms),
    0 for anything else."""

    id: str
    body: Mapping[str, Any]
    answers_at: int


@dataclass(frozen=True, slots=True)
class Draft:
    """One rendered message, before it has a place in the lane."""

    id: str
    body: Mapping[str, Any]
    repeatable: bool


def put(
    connection: Connection, keys: Keys, lane: str, drafts: Sequence[Draft], deadline_at: int, answers_at: int = 0
) -> None:
    """Queue messages behind all that the lane still has to say. `answers_at`: see Outgoing."""
    place = connection.execute(
        select(func.coalesce(func.max(outbox.c.place), 0)).where(outbox.c.lane == lane)
    ).scalar_one()
    for offset, draft in enumerate(drafts, start=1):
        connection.execute(
            insert(outbox).values(
                id=draft.id,
                lane=lane,
                place=place + offset,
                state="ready",
                body_sealed=keys.seal(json.dumps(draft.body).encode(), f"outbox/{draft.id}"),
                repeatable=draft.repeatable,
                deadline_at=deadline_at,
                answers_at=answers_at if offset == 1 else 0,
            )
        )


def _head(connection: Connection, lane: str) -> Row[Any] | None:
    return connection.execute(
        select(outbox).where(outbox.c.lane == lane, outbox.c.state.in_(_OPEN)).order_by(outbox.c.place).limit(1)
    ).first()


def take(connection: Connection, keys: Keys, lane: str, now_at: int, echo_wait_ms: int) -> Outgoing | None:
    """Mark the lane's next due message `sending` and return it; None when nothing is due yet."""
    while (row := _head(connection, lane)) is not None:
        if row.state == "sending":
            _unknown(connection, row, now_at, echo_wait_ms)
            continue
        if row.not_before_at > now_at:
            return None
        if row.state == "unknown" and not _may_repeat(row):
            _close(connection, row.id, "failed", "unknown")
            continue
        if row.deadline_at <= now_at:
            _close(connection, row.id, "failed", "late")
            continue
        try:
            body = json.loads(keys.unseal(row.body_sealed, f"outbox/{row.id}"))
        except SealBroken as error:
            _close(connection, row.id, "failed", error.code)
            continue
        _set(connection, row.id, state="sending", attempts=row.attempts + 1)
        return Outgoing(row.id, body, row.answers_at)
    return None


def _may_repeat(row: Row[Any]) -> bool:
    return bool(row.repeatable) and row.outcome != "repeated"


def _unknown(connection: Connection, row: Row[Any], now_at: int, echo_wait_ms: int) -> None:
    outcome = "repeated" if row.outcome == "unknown" else "unknown"
    _set(connection, row.id, state="unknown", outcome=outcome, not_before_at=now_at + echo_wait_ms)


def record(connection: Connection, sent: Outgoing, outcome: SendOutcome, now_at: int, echo_wait_ms: int) -> str:
    """Write down what the platform said; returns the outcome's name for the metric."""
    row = connection.execute(select(outbox).where(outbox.c.id == sent.id)).one()
    if row.state == "sent":
        return "sent"  # the echo came before the answer
    match outcome.result:
        case SendResult.sent:
            _close(connection, row.id, "sent", "sent")
        case SendResult.unknown:
            _unknown(connection, row, now_at, echo_wait_ms)
        case SendResult.retry if row.attempts <= len(_RETRY_AFTER_MS):
            _set(connection, row.id, state="ready", not_before_at=now_at + _RETRY_AFTER_MS[row.attempts - 1])
        case SendResult.wait | SendResult.paused:
            delay = outcome.retry_after_s * 1000 if outcome.retry_after_s else _WAIT_MS
            _set(connection, row.id, state="ready", attempts=row.attempts - 1, not_before_at=now_at + delay)
        case SendResult.unreachable | SendResult.window_closed:
            _close_lane(connection, row.lane, outcome.result.value)
            connection.execute(update(contact).where(contact.c.lane == row.lane).values(window_until_ms=0))
        case _:
            _close(connection, row.id, "failed", outcome.result.value)
    return outcome.result.value


def _set(connection: Connection, row_id: str, **values: Any) -> None:
    connection.execute(update(outbox).where(outbox.c.id == row_id).values(**values))


def _close(connection: Connection, row_id: str, state: str, outcome: str) -> None:
    _set(connection, row_id, state=state, outcome=outcome, body_sealed=None)


def _close_lane(connection: Connection, lane: str, outcome: str) -> None:
    connection.execute(
        update(outbox)
        .where(outbox.c.lane == lane, outbox.c.state.in_(_OPEN))
        .values(state="failed", outcome=outcome, body_sealed=None)
    )


def echoed(event: Event) -> str:
    """The outbox id that an echo proves sent; empty for any other event."""
    metadata = str(event.body.get("metadata", ""))
    ours = event.kind is EventKind.echo and metadata.startswith(METADATA_PREFIX)
    return metadata.removeprefix(METADATA_PREFIX) if ours else ""


def confirm(connection: Connection, outbox_id: str) -> None:
    """The platform showed this message: whatever we knew, it is sent."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state.in_(_OPEN))
        .values(state="sent", outcome="echo", body_sealed=None)
    )


def counts(connection: Connection) -> dict[str, int]:
    """Messages by state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return dict.fromkeys((*_OPEN, "sent", "failed"), 0) | {state: number for state, number in rows}
