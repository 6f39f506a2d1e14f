"""The port of the databases: short transactions that are durable when they return."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection, Executable, Table, case
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


def put(connection: Connection, table: Table, values: dict[str, Any], key: str, highest: str = "") -> bool:
    """Insert a row; where `key` stands already, leave it, but for the column `highest`, which keeps the higher value.

    Whether a row was written.
    """
    statement = _putting(connection.dialect.name, table, key, highest)
    return connection.execute(statement, values).first() is not None


@lru_cache
def _putting(dialect: str, table: Table, key: str, highest: str) -> Executable:
    """Made once: building a statement costs five times what running it does."""
    row = _INSERTS[dialect](table)
    if not highest:
        return cast(Executable, row.on_conflict_do_nothing(index_elements=[key]).returning(table.c[key]))
    known, given = table.c[highest], row.excluded[highest]
    higher = {highest: case((known > given, known), else_=given)}
    return cast(Executable, row.on_conflict_do_update(index_elements=[key], set_=higher).returning(table.c[key]))
