"""The embedded engine: durable, grouped, one writer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from offhold.errors import ConfigurationError, StoreUnavailable
from offhold.store import migrate
from offhold.store.sqlite import SqliteStore
from offhold.store.tables import metadata


def _ready(path: Path | None) -> SqliteStore:
    store = SqliteStore(path)
    asyncio.run(store.write(lambda connection: connection.execute(text("create table t (n integer unique)"))))
    return store


def _put(number: int):  # type: ignore[no-untyped-def]
    def work(connection: Connection) -> int:
        connection.execute(text("insert into t values (:n)"), {"n": number})
        return number

    return work


def _count(connection: Connection) -> int:
    return int(connection.execute(text("select count(*) from t")).scalar_one())


def test_it_is_wal_and_flushes_fully(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db")
    with store.engine.connect() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("pragma synchronous")).scalar_one() == 2
    store.close()


@pytest.mark.parametrize("memory", [True, False])
def test_one_failing_write_of_a_group_leaves_the_others(tmp_path: Path, memory: bool) -> None:
    store = _ready(None if memory else tmp_path / "a.db")

    async def together() -> list[object]:
        numbers = [1, 2, 2, 3]
        return list(await asyncio.gather(*(store.write(_put(n)) for n in numbers), return_exceptions=True))

    results = asyncio.run(together())
    assert [r for r in results if isinstance(r, int)] in ([1, 2, 3],)
    assert sum(isinstance(r, StoreUnavailable) for r in results) == 1
    assert asyncio.run(store.read(_count)) == 3
    store.close()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db")
    with pytest.raises(ConfigurationError, match="in use by another process"):
        SqliteStore(tmp_path / "a.db")
    store.close()
    SqliteStore(tmp_path / "a.db").close()


def test_a_caller_that_goes_away_does_not_stop_the_writer(tmp_path: Path) -> None:
    store = _ready(tmp_path / "a.db")

    async def leave() -> None:
        task = asyncio.create_task(store.write(_put(1)))
        await asyncio.sleep(0)
        task.cancel()
        assert await store.write(_put(2)) == 2

    asyncio.run(leave())
    assert asyncio.run(store.read(_count)) == 2
    store.close()


def test_the_migrations_make_the_tables_and_nothing_else(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db")
    assert asyncio.run(store.write(migrate.pending))
    asyncio.run(store.write(migrate.upgrade))
    assert not asyncio.run(store.write(migrate.pending))
    assert asyncio.run(store.write(migrate.differences)) == []
    assert len(metadata.tables) > 5
    store.close()
