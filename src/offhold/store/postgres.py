"""PostgreSQL: several processes, each transaction serialisable, conflicts tried again in one place.

Nothing here outlives a transaction (no prepared statements, no session settings, no advisory locks), so that a
transaction pooler may stand in between.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from offhold.errors import ConfigurationError, StoreUnavailable

T = TypeVar("T")
_WRITERS = 8
_READERS = 4
_PATIENCE_S = 15.0
_PAUSE_S = (0.002, 0.064)  # doubled from the first to the second while a race is being lost
_AGAIN = frozenset({"40001", "40P01", "23505", "42P07"})
"""serialization_failure, deadlock_detected, and the two that a lost race may show as (PostgreSQL manual, 13.5):
unique_violation, duplicate_table."""


def _engine(url: str, connections: int) -> Engine:
    return create_engine(
        "postgresql+psycopg://" + url.partition("://")[2],
        isolation_level="SERIALIZABLE",
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": None},
    )


def look(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` on one snapshot, for a command. Raises ConfigurationError when the server cannot be asked."""
    engine = _engine(url, 1)
    try:
        with engine.begin() as connection:
            return work(connection)
    except SQLAlchemyError as error:
        raise ConfigurationError((f"OFFHOLD_DATABASE_URL: cannot ask the server ({type(error).__name__})",)) from error
    finally:
        engine.dispose()


class PostgresStore:
    """`url` is libpq's: postgresql://user@host/database."""

    exclusive = False

    def __init__(self, url: str) -> None:
        self.engine = _engine(url, _WRITERS + _READERS)
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` serialisably; a caller that goes away does not undo a queued write."""
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writers, self._write, work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def close(self) -> None:
        """Finish the transactions begun, then close the connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.engine.dispose()

    def _write(self, work: Callable[[Connection], T]) -> T:
        until = time.monotonic() + _PATIENCE_S
        pause, longest = _PAUSE_S
        while True:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                if not _lost_a_race(error) or time.monotonic() > until:
                    raise StoreUnavailable(type(error).__name__) from error
            time.sleep(pause * random.random())  # noqa: S311 - spreads retries, keeps no secret
            pause = min(2 * pause, longest)

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.engine.connect() as connection:
                connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    return work(connection)
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error


def _lost_a_race(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _AGAIN
