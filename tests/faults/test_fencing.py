"""A worker that was thought dead and still runs changes nothing: its successor's epoch is higher."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from offhold.channels.port import SendOutcome, SendResult
from offhold.journal import outbox
from offhold.store import tables
from tests.faults.workshop import ECHO_WAIT_MS, LEASE_MS, Workshop, at_work


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Callable[[Workshop], Awaitable[None]]], None]:
    """Run one scene in a workshop of its own."""

    def run(scene: Callable[[Workshop], Awaitable[None]]) -> None:
        async def whole() -> None:
            shop = at_work(monkeypatch, Workshop(tmp_path / "a.db"))
            await shop.open()
            await asyncio.wait_for(scene(shop), 30)
            shop.store.close()

        asyncio.run(whole())

    return run


Play = Callable[[Callable[[Workshop], Awaitable[None]]], None]


def test_a_turn_decided_after_the_lease_ran_out_is_dropped(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        turns = shop.slow()
        old, new = shop.worker(turns), shop.worker()
        old.wake(frozenset({lane}))
        await turns.decided.wait()
        shop.machine.ms += LEASE_MS + 1
        new.wake(frozenset({lane}))
        await shop.idle(new)
        assert len(shop.channel.sent) == 1
        before = await shop.rows(tables.outbox), await shop.rows(tables.lane), await shop.rows(tables.inbox)
        turns.go.set()
        await shop.idle(old)
        assert (await shop.rows(tables.outbox), await shop.rows(tables.lane), await shop.rows(tables.inbox)) == before
        assert len(shop.channel.sent) == 1

    play(scene)


def test_a_turn_decided_before_its_successors_is_dropped_all_the_same(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        first, second = shop.slow(), shop.slow()
        old, new = shop.worker(first), shop.worker(second)
        old.wake(frozenset({lane}))
        await first.decided.wait()
        shop.machine.ms += LEASE_MS + 1
        new.wake(frozenset({lane}))
        await second.decided.wait()
        first.go.set()
        await shop.idle(old)
        assert await shop.rows(tables.outbox) == []
        assert await shop.rows(tables.inbox.c.state) == [("ready",)]
        second.go.set()
        await shop.idle(new)
        assert len(shop.channel.sent) == 1

    play(scene)


def test_a_turn_that_fails_after_the_lease_ran_out_counts_no_attempt(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        turns = shop.slow()
        old, new = shop.worker(turns), shop.worker(shop.slow())
        old.wake(frozenset({lane}))
        await turns.decided.wait()
        shop.machine.ms += LEASE_MS + 1
        new.wake(frozenset({lane}))
        await new._turns.decided.wait()  # type: ignore[attr-defined]
        turns.commit = _fails  # type: ignore[method-assign]
        turns.go.set()
        await shop.idle(old)
        assert await shop.rows(tables.inbox.c.attempts, tables.inbox.c.state) == [(0, "ready")]
        new._turns.go.set()  # type: ignore[attr-defined]
        await shop.idle(new)
        assert len(shop.channel.sent) == 1

    async def _fails(*_arguments: object) -> None:
        raise ZeroDivisionError

    play(scene)


@pytest.mark.parametrize("late", [SendResult.sent, SendResult.retry, SendResult.unreachable])
def test_the_outcome_of_a_send_after_the_lease_ran_out_is_not_recorded(play: Play, late: SendResult) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        arrived, go = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            arrived.set()
            await go.wait()

        shop.channel.before_answer, shop.channel.outcome = hold, SendOutcome(late)
        old, new = shop.worker(), shop.worker()
        old.wake(frozenset({lane}))
        await arrived.wait()
        shop.machine.ms += LEASE_MS + 1
        new.wake(frozenset({lane}))
        await shop.idle(new)
        held = [("unknown", shop.machine.ms + ECHO_WAIT_MS)]
        assert await shop.rows(tables.outbox.c.state, tables.outbox.c.not_before_at) == held
        go.set()
        await shop.idle(old)
        assert await shop.rows(tables.outbox.c.state, tables.outbox.c.not_before_at) == held
        [(name,)] = await shop.rows(tables.outbox.c.id)
        await shop.store.write(lambda connection: outbox.confirm(connection, name))
        shop.machine.ms += ECHO_WAIT_MS + 1
        new.wake(frozenset({lane}))
        await shop.idle(new)
        assert len(shop.channel.sent) == 1

    play(scene)


def test_a_lane_in_work_is_no_other_workers(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        turns = shop.slow()
        old, new = shop.worker(turns), shop.worker()
        old.wake(frozenset({lane}))
        await turns.decided.wait()
        shop.machine.ms += LEASE_MS - 1
        new.wake(frozenset({lane}))
        await shop.idle(new)
        assert shop.channel.sent == []
        turns.go.set()
        await shop.idle(old)
        assert len(shop.channel.sent) == 1

    play(scene)
