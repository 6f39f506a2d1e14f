"""What fails, fails alone: a defect, a broken row, a timer, a crowd, an outcome that could not be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from offhold.channels.port import SendOutcome, SendResult
from offhold.errors import StoreUnavailable
from offhold.journal import inbox, timers
from offhold.ops import failpoints
from offhold.store import tables
from tests.faults.workshop import ECHO_WAIT_MS, Workshop, at_work

Play = Callable[[Callable[[Workshop], Awaitable[None]]], None]
DAY_MS = 86_400_000


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Play:
    """Run one scene in a workshop of its own."""

    def run(scene: Callable[[Workshop], Awaitable[None]]) -> None:
        async def whole() -> None:
            shop = at_work(monkeypatch, Workshop(tmp_path / "a.db"))
            await shop.open()
            await asyncio.wait_for(scene(shop), 30)
            shop.store.close()

        try:
            asyncio.run(whole())
        finally:
            failpoints.arm("")

    return run


async def answered(shop: Workshop, *names: str) -> None:
    worker = shop.worker()
    worker.wake(frozenset(names))
    await shop.idle(worker)


def test_after_three_attempts_a_message_is_parked_and_the_customer_told(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "defect")
        await shop.say("ann", "hello")
        await answered(shop, lane)
        rows = await shop.rows(tables.inbox.c.state, tables.inbox.c.attempts, tables.inbox.c.reason)
        assert sorted(rows) == [("done", 0, ""), ("parked", 2, "ZeroDivisionError")]
        assert len(shop.channel.sent) == 2 and "wrong on our side" in shop.channel.sent[0]
        assert (await shop.status())["parked"] == 1

    play(scene)


async def _not_yet_sent(shop: Workshop, lane: str) -> None:
    """Answer, and leave the reply ready to be sent."""
    shop.channel.outcome = SendOutcome(SendResult.retry)
    await answered(shop, lane)
    shop.channel.outcome = SendOutcome(SendResult.sent)
    shop.channel.sent.clear()
    shop.machine.ms += 1_000


@pytest.mark.parametrize("table", [tables.inbox, tables.outbox])
def test_a_row_that_does_not_open_blocks_nothing_behind_it(play: Play, table: tables.Table) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        if table is tables.outbox:
            await _not_yet_sent(shop, lane)
        await shop.store.write(lambda connection: connection.execute(update(table).values(body_sealed=b"\x01" * 40)))
        await shop.say("ann", "thanks")
        await answered(shop, lane)
        assert len(shop.channel.sent) == 1 and "welcome" in shop.channel.sent[0]
        assert (("parked",) if table is tables.inbox else ("failed",)) in await shop.rows(table.c.state)

    play(scene)


def test_an_outcome_that_could_not_be_written_is_uncertain_and_not_sent_again_at_once(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        failpoints.arm("send.after-call:error@1")
        await answered(shop, lane)
        await answered(shop, lane)
        assert len(shop.channel.sent) == 1
        assert await shop.rows(tables.outbox.c.state, tables.outbox.c.outcome) == [("unknown", "unknown")]
        shop.machine.ms += ECHO_WAIT_MS
        await answered(shop, lane)
        assert len(shop.channel.sent) == 2

    play(scene)


@pytest.mark.parametrize("repeatable", [True, False])
def test_an_uncertain_message_is_repeated_once_if_that_does_no_harm(play: Play, repeatable: bool) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        await _not_yet_sent(shop, lane)
        await shop.store.write(lambda c: c.execute(update(tables.outbox).values(repeatable=repeatable)))
        shop.channel.outcome = SendOutcome(SendResult.unknown)
        for _ in range(4):
            await answered(shop, lane)
            shop.machine.ms += ECHO_WAIT_MS
        assert len(shop.channel.sent) == (2 if repeatable else 1)
        assert await shop.rows(tables.outbox.c.state, tables.outbox.c.outcome) == [("failed", "unknown")]

    play(scene)


def test_a_reply_past_its_deadline_is_not_sent(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        shop.channel.outcome = SendOutcome(SendResult.wait, retry_after_s=600)
        await answered(shop, lane)
        shop.machine.ms += 600_001
        await answered(shop, lane)
        assert len(shop.channel.sent) == 1
        assert await shop.rows(tables.outbox.c.state, tables.outbox.c.outcome) == [("failed", "late")]

    play(scene)


def test_what_comes_after_waits_behind_what_is_tried_again(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        await shop.say("ann", "thanks")
        shop.channel.outcome = SendOutcome(SendResult.retry)
        await answered(shop, lane)
        shop.channel.outcome = SendOutcome(SendResult.sent)
        await answered(shop, lane)
        assert len(shop.channel.sent) == 1
        shop.machine.ms += 1_000
        await answered(shop, lane)
        assert shop.channel.sent[0] == shop.channel.sent[1] != shop.channel.sent[2]

    play(scene)


def test_the_first_answer_is_measured_once_for_a_message(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        await answered(shop, lane)
        assert [name for name, _ in shop.told] == ["turn", "send", "answered"]

    play(scene)


def test_more_conversations_than_may_be_in_work_take_their_turn_without_a_look(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        names = [await shop.say(f"person {number}", "hello") for number in range(20)]
        worker = shop.worker(lanes_at_once=2)
        worker.wake(frozenset(names))
        await shop.idle(worker)
        assert len(shop.channel.sent) == 20

    play(scene)


def test_a_failing_timer_is_put_off_and_the_others_run(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(shop: Workshop) -> None:
        now_ms = shop.clock.ms()

        def put(connection: Connection) -> None:
            timers.put(connection, "case-waiting", "nobody", now_ms - 2)
            timers.put(connection, "sweep", "", now_ms - 1)

        await shop.store.write(put)
        turns = shop.turns()
        monkeypatch.setattr(turns, "remind", lambda *_arguments: 1 / 0)
        worker = shop.worker(turns)
        await worker._look()
        due = dict(await shop.rows(tables.timer.c.kind, tables.timer.c.due_ms))
        assert due["case-waiting"] >= now_ms + timers.AFTER_FAILURE_MS
        assert due["sweep"] >= now_ms + timers.SWEEP_EVERY_MS

    play(scene)


def test_what_was_kept_to_recognise_repeats_is_forgotten_after_eight_days(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        await answered(shop, lane)
        await shop.say("ann", "defect")
        await answered(shop, lane)
        await shop.say("bob", "hello")
        now_ms, now_at = shop.clock.ms(), shop.machine.ms

        async def forget(days: int) -> list[tuple[object, ...]]:
            later = days * DAY_MS
            await shop.store.write(lambda connection: inbox.forget(connection, now_ms + later, now_at + later))
            return sorted(await shop.rows(tables.inbox.c.state))

        assert await forget(7) == [("done",), ("parked",), ("ready",)]
        assert len(await shop.rows(tables.outbox.c.id)) == 2
        assert await forget(9) == [("parked",), ("ready",)]
        assert await shop.rows(tables.outbox.c.id) == []

    play(scene)


def test_a_database_that_only_reads_accepts_nothing_and_recovers(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")

        def refuse(on: bool) -> None:
            raw = shop.store.engine.raw_connection()
            raw.cursor().execute(f"pragma query_only={'on' if on else 'off'}")
            raw.close()

        refuse(True)
        with pytest.raises(StoreUnavailable):
            await shop.say("bob", "hello")
        refuse(False)
        await answered(shop, lane)
        assert len(shop.channel.sent) == 1
        assert [row[0] for row in await shop.rows(tables.inbox.c.state)] == ["done"]

    play(scene)


def test_what_has_to_wait_does_not_hold_up_a_stop(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        shop.channel.outcome = SendOutcome(SendResult.wait, retry_after_s=600)
        worker = shop.worker()
        worker.wake(frozenset({lane}))
        await worker.stop(patience_s=3_600)
        assert await shop.rows(tables.outbox.c.state) == [("ready",)]

    play(scene)


def test_what_hangs_is_cut_off_at_a_stop_and_taken_up_after_it(play: Play) -> None:
    async def scene(shop: Workshop) -> None:
        lane = await shop.say("ann", "hello")
        turns = shop.slow()
        stuck = shop.worker(turns)
        stuck.wake(frozenset({lane}))
        await turns.decided.wait()
        await stuck.stop(patience_s=0.01)
        assert shop.channel.sent == []
        await answered(shop, lane)
        assert len(shop.channel.sent) == 1

    play(scene)
