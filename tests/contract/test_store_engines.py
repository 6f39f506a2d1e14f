"""Both databases keep the same promises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Connection, select, text

from offhold.accesslog import leaves
from offhold.accesslog.audit import audit
from offhold.accesslog.checkpoint import Signer
from offhold.accesslog.sequencer import Sequencer
from offhold.accesslog.trees import Logs
from offhold.accesslog.witness import Cosigners
from offhold.errors import LeaseLost, StoreUnavailable
from offhold.journal import lanes, timers
from offhold.keys.file import Keys
from offhold.ops.clock import Clock
from offhold.store import migrate, tables
from offhold.store.port import Store, put
from offhold.store.postgres import PostgresStore
from offhold.store.sqlite import SqliteStore

KEYS = Keys(b"k" * 32)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    engine: Store
    if request.param == "sqlite":
        engine = SqliteStore(tmp_path / "a.db")
    else:
        engine = PostgresStore(request.getfixturevalue("postgres_url"))
    asyncio.run(engine.write(migrate.upgrade))
    yield engine
    engine.close()


def _lane(store: Store, name: str = "l1") -> None:
    asyncio.run(store.write(lambda connection: put(connection, tables.lane, {"lane": name}, "lane")))


def test_the_migrated_schema_is_the_one_in_the_tables(store: Store) -> None:
    assert asyncio.run(store.read(migrate.differences)) == []
    assert not asyncio.run(store.read(migrate.pending))


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def half(connection: Connection) -> None:
        put(connection, tables.lane, {"lane": "half"}, "lane")
        connection.execute(text("insert into no_such_table values (1)"))

    with pytest.raises(StoreUnavailable):
        asyncio.run(store.write(half))
    assert asyncio.run(store.read(lambda connection: connection.execute(select(tables.lane)).first())) is None


def test_an_error_of_ours_passes_through_and_undoes_the_work(store: Store) -> None:
    def lost(connection: Connection) -> None:
        put(connection, tables.lane, {"lane": "lost"}, "lane")
        raise LeaseLost("lost")

    with pytest.raises(LeaseLost):
        asyncio.run(store.write(lost))
    assert asyncio.run(store.read(lambda connection: connection.execute(select(tables.lane)).first())) is None


def test_read_then_write_by_many_at_once_loses_no_step(store: Store) -> None:
    """What a lost update looks like without serialisable transactions: fewer than 60 epochs."""
    _lane(store)

    def step(connection: Connection) -> None:
        epoch = connection.execute(select(tables.lane.c.epoch)).scalar_one()
        connection.execute(tables.lane.update().values(epoch=epoch + 1))

    async def many() -> None:
        await asyncio.gather(*(store.write(step) for _ in range(60)))

    asyncio.run(many())
    assert asyncio.run(store.read(lambda c: c.execute(select(tables.lane.c.epoch)).scalar_one())) == 60


def test_leaves_of_one_customer_by_many_at_once_form_one_chain(store: Store) -> None:
    record = {"act": "read", "actor": {"kind": "customer", "id": "x"}}

    def leaf(connection: Connection) -> int:
        return leaves.append(connection, KEYS, "customer", "least", 1, record)

    async def many() -> list[int]:
        return list(await asyncio.gather(*(store.write(leaf) for _ in range(40))))

    assert sorted(asyncio.run(many())) == list(range(1, 41))
    assert leaves.chain_holds(asyncio.run(store.read(lambda c: leaves.history(c, KEYS, "customer"))))


def test_one_of_many_workers_gets_a_lane(store: Store) -> None:
    _lane(store)

    async def many() -> list[object]:
        claims = (
            store.write(lambda connection, who=str(n): lanes.claim(connection, "l1", who, 1_000, 60_000))
            for n in range(20)
        )
        return list(await asyncio.gather(*claims))

    assert sum(claim is not None for claim in asyncio.run(many())) == 1


def test_who_lost_a_lane_changes_nothing(store: Store) -> None:
    _lane(store)
    first = asyncio.run(store.write(lambda c: lanes.claim(c, "l1", "first", 1_000, 10)))
    second = asyncio.run(store.write(lambda c: lanes.claim(c, "l1", "second", 2_000, 10)))
    assert first and second and second.epoch == first.epoch + 1
    with pytest.raises(LeaseLost):
        asyncio.run(store.write(lambda c: lanes.check(c, first)))
    asyncio.run(store.write(lambda c: lanes.release(c, first)))
    assert asyncio.run(store.write(lambda c: lanes.claim(c, "l1", "third", 2_001, 10))) is None


def test_a_timer_fires_for_one_of_many(store: Store) -> None:
    asyncio.run(store.write(lambda c: timers.put(c, "sweep", "", 5)))
    due = asyncio.run(store.read(lambda c: timers.due(c, 10)))[0]

    async def many() -> list[bool]:
        return list(await asyncio.gather(*(store.write(lambda c: timers.drop(c, due)) for _ in range(10))))

    assert sum(asyncio.run(many())) == 1


def test_a_read_sees_one_moment(store: Store) -> None:
    _lane(store)

    def twice(connection: Connection) -> tuple[int, int]:
        before = connection.execute(select(tables.lane.c.epoch)).scalar_one()
        asking = threading.Thread(target=lambda: asyncio.run(store.write(_raise_epoch)))
        asking.start()
        asking.join()
        return before, connection.execute(select(tables.lane.c.epoch)).scalar_one()

    def _raise_epoch(connection: Connection) -> None:
        connection.execute(tables.lane.update().values(epoch=7))

    assert asyncio.run(store.read(twice)) == (0, 0)
    assert asyncio.run(store.read(lambda c: c.execute(select(tables.lane.c.epoch)).scalar_one())) == 7


def test_two_sequencers_build_one_tree_while_leaves_are_added(store: Store, tmp_path: Path) -> None:
    logs = Logs({"least": "least.example/log"}, Keys(b"s" * 32), tmp_path / "log.key")

    def sequencer() -> Sequencer:
        return Sequencer(store, KEYS, Clock(), logs, Cosigners(httpx2.AsyncClient(), (), 0), 0.01)

    def leaf(customer: int, connection: Connection) -> int:
        record = {"act": "read", "actor": {"kind": "customer", "id": "x"}}
        return leaves.append(connection, KEYS, f"customer-{customer}", "least", 1, record)

    async def race() -> None:
        both = [sequencer(), sequencer()]
        for each in both:
            await each.open()
        running = [asyncio.create_task(each.run()) for each in both]
        for _ in range(6):
            await asyncio.gather(*(store.write(partial(leaf, number)) for number in range(12)))
        for each in both:
            each.stop()
        await asyncio.gather(*running)
        await both[0].step("least")

    asyncio.run(race())
    signer = Signer(Keys(b"s" * 32), "least", "least.example/log")
    found = asyncio.run(store.read(lambda c: audit(c, KEYS, "least", signer, logs.kept(signer.origin))))
    assert (found.why, found.waiting) == ("", 0) and found.leaves - found.covers == 72
