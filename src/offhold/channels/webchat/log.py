"""What was said in the web chat, in order, sealed, for as long as the page says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from offhold.keys.file import Keys
from offhold.store.tables import chat_message


@dataclass(frozen=True, slots=True)
class Message:
    """`place` counts from 1 within the conversation. `body` as the channel rendered it, or what the customer said."""

    place: int
    at_ms: int
    body: Mapping[str, Any]

    @property
    def mine(self) -> bool:
        """Whether the customer said it."""
        return "said" in self.body


def add(connection: Connection, keys: Keys, lane: str, message_id: str, at_ms: int, body: Mapping[str, Any]) -> int:
    """Put a message behind the others, once for each id. Its place; 0 for one that is there already."""
    if connection.execute(select(chat_message.c.id).where(chat_message.c.id == message_id)).first():
        return 0
    last = select(func.coalesce(func.max(chat_message.c.place), 0)).where(chat_message.c.lane == lane)
    sealed = keys.seal(json.dumps(dict(body)).encode(), f"chat/{lane}/{message_id}")
    place = int(connection.execute(last).scalar_one()) + 1
    row = {"lane": lane, "place": place, "id": message_id, "at_ms": at_ms, "body_sealed": sealed}
    connection.execute(insert(chat_message).values(**row))
    return place


def after(connection: Connection, keys: Keys, lane: str, place: int, limit: int) -> tuple[Message, ...]:
    """Messages behind `place`, in order."""
    where = (chat_message.c.lane == lane) & (chat_message.c.place > place)
    rows = connection.execute(select(chat_message).where(where).order_by(chat_message.c.place).limit(limit))
    return tuple(_opened(keys, row) for row in rows)


def before(connection: Connection, keys: Keys, lane: str, place: int, limit: int) -> tuple[Message, ...]:
    """The last messages in front of `place`, in order."""
    where = (chat_message.c.lane == lane) & (chat_message.c.place < place)
    rows = connection.execute(select(chat_message).where(where).order_by(chat_message.c.place.desc()).limit(limit))
    return tuple(_opened(keys, row) for row in rows)[::-1]


def forget(connection: Connection, before_ms: int) -> None:
    """Drop what is older."""
    connection.execute(delete(chat_message).where(chat_message.c.at_ms < before_ms))


def _opened(keys: Keys, row: Row[Any]) -> Message:
    body = json.loads(keys.unseal(row.body_sealed, f"chat/{row.lane}/{row.id}"))
    return Message(row.place, row.at_ms, body)
