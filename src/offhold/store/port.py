"""The port of the databases: short transactions that are durable when they return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
_INSERTS: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Store(Protocol):
    """`exclusive`: no other process uses this database."""

    exclusive: bool

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction as if alone, and return after it is durable.

        `work` may run more than once and must do all it does through its connection. Raises StoreUnavailable when
        the database refuses; then nothing of it happened.
        """
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on what is committed, seen at one moment."""
        ...

    def close(self) -> None:
        """Finish the writes already begun, then let go of the database."""
        ...


def put(
    connection: Connection, table: Table, values: dict[str, Any], key: str, instead: dict[str, Any] | None = None
) -> bool:
    """Insert a row; where `key` stands already, change it to `instead`, or leave it. Whether a row was written."""
    row = _INSERTS[connection.dialect.name](table).values(values)
    if instead is None:
        row = row.on_conflict_do_nothing(index_elements=[key])
    else:
        row = row.on_conflict_do_update(index_elements=[key], set_=instead)
    return connection.execute(row.returning(table.c[key])).first() is not None
