"""The embedded engine: SQLite in WAL with synchronous=FULL, one writer thread, group commit.

Writes queue up while a commit is on its way to the disk and then share the next one: each caller waits for its
own durability, the disk flushes once. A write function must do all it does through its connection, because it
runs again alone when another of its group fails.
"""

from __future__ import annotations

import asyncio
import fcntl
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from offhold.errors import ConfigurationError, StoreUnavailable

T = TypeVar("T")
_GROUP = 256
_READERS = 2
_BUSY_MS = 5_000

_Job = tuple[Callable[[Connection], Any], "Future[Any]"]


def _prepare(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={_BUSY_MS}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


class SqliteStore:
    """`path` None keeps everything in memory, for one process's synthetic use.

    Raises ConfigurationError when another process holds the same file: one writer is what makes it exact.
    """

    exclusive = True

    def __init__(self, path: Path | None) -> None:
        self._lock = _exclusive(path) if path else None
        if path:
            url = f"sqlite:///{path}"
            self.engine = create_engine(url, connect_args={"check_same_thread": False}, pool_size=1)
            self._reading = create_engine(
                url, connect_args={"check_same_thread": False}, pool_size=_READERS, max_overflow=0
            )
            _prepare(self._reading, "BEGIN")
        else:
            self.engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
            self._reading = self.engine
        _prepare(self.engine, "BEGIN IMMEDIATE")
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._memory = path is None
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._writer = threading.Thread(target=self._write_forever, name="store-write", daemon=True)
        self._writer.start()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return after it is durable. Raises StoreUnavailable on a full disk."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # a caller that goes away does not undo a queued write
        self._jobs.put((work, future))
        return await asyncio.wrap_future(future)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a snapshot of what is committed. Raises StoreUnavailable when the file cannot be read."""
        if self._memory:
            return await self.write(work)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._reading.begin() as connection:
                return work(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreUnavailable(type(error).__name__) from error

    def close(self) -> None:
        """Finish the writes already queued, then let go of the file."""
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._reading.dispose()
        self.engine.dispose()
        if self._lock:
            self._lock.close()

    def _write_forever(self) -> None:
        while (group := self._next_group()) is not None:
            if not self._commit_together(group):
                for job in group:
                    self._commit_alone(job)

    def _next_group(self) -> list[_Job] | None:
        first = self._jobs.get()
        if first is None:
            return None
        group = [first]
        while len(group) < _GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            group.append(job)
        return group

    def _commit_together(self, group: list[_Job]) -> bool:
        try:
            with self.engine.begin() as connection:
                results = [work(connection) for work, _ in group]
        except Exception:  # noqa: BLE001 - whose fault it is shows when each runs alone
            return False
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)
        return True

    def _commit_alone(self, job: _Job) -> None:
        work, future = job
        try:
            with self.engine.begin() as connection:
                result = work(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            refused = StoreUnavailable(type(error).__name__)
            refused.__cause__ = error
            future.set_exception(refused)
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who is in another thread
            future.set_exception(error)
        else:
            future.set_result(result)


def look(path: Path, work: Callable[[Connection], T]) -> T:
    """Run `work` beside the process that holds the file, read-only. Raises ConfigurationError without a database."""
    if not path.exists():
        raise ConfigurationError((f"no database at {path}; has `offhold serve` run here?",))
    engine = create_engine(f"sqlite:///file:{path.absolute()}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # all that `work` reads is of one moment
            return work(connection)
    except SQLAlchemyError as error:
        problem = f"{path} is no database of this version ({type(error).__name__}); has `offhold serve` run here?"
        raise ConfigurationError((problem,)) from error
    finally:
        engine.dispose()


def change(path: Path, work: Callable[[Connection], T]) -> T:
    """One short transaction beside the process that holds the file: SQLite's own lock keeps them apart.

    Raises ConfigurationError without a file, StoreUnavailable when the writer does not let go in time.
    """
    if not path.exists():
        raise ConfigurationError((f"no database at {path}; has `offhold serve` run here?",))
    engine = create_engine(f"sqlite:///{path}")
    _prepare(engine, "BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            return work(connection)
    except SQLAlchemyError as error:
        raise StoreUnavailable(type(error).__name__) from error
    finally:
        engine.dispose()


def _exclusive(path: Path) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConfigurationError(
            (f"OFFHOLD_DATABASE_URL: {path} is in use by another process; SQLite serves one",)
        ) from error
    return lock
