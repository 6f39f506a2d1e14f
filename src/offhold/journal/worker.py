"""The worker: finds lanes with work, answers their messages in order, sends their replies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from offhold.banks.port import Grant
from offhold.errors import LeaseLost, OffholdError, StoreUnavailable
from offhold.journal import inbox, lanes, outbox, timers
from offhold.journal.lanes import Claim
from offhold.journal.port import Channel
from offhold.journal.turns import Turns, Work, next_work
from offhold.keys.file import Keys
from offhold.model.ids import new_token
from offhold.ops import failpoints
from offhold.ops.clock import Clock
from offhold.store.port import Store

log = structlog.get_logger()

_ATTEMPTS = 3
_POLL_S = 0.25
_TROUBLE_S = 1.0
_LANES_A_LOOK = 256
_SPOKE_KEPT = 10_000


def machine_ms() -> int:
    """Unix milliseconds of the machine's own clock, which no test moves."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in milliseconds; `lanes_at_once` conversations in work together."""

    lanes_at_once: int
    lease_ms: int
    send_spacing_ms: int
    echo_wait_ms: int


@dataclass(frozen=True, slots=True)
class Watch:
    """What the worker tells the metrics."""

    turn_took: Callable[[float], None]
    answered_after: Callable[[float], None]
    send_ended: Callable[[str], None]


class Worker:
    """One process's worker. `ended` tells a bank that a consent is over, best effort."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        turns: Turns,
        channels: Mapping[str, Channel],
        sweep: Callable[[Connection, int], None],
        ended: Callable[[Grant], Awaitable[None]],
        pace: Pace,
        watch: Watch,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._turns = turns
        self._channels = channels
        self._sweep = sweep
        self._ended = ended
        self._pace = pace
        self._watch = watch
        self._holder = new_token(64)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._side: set[asyncio.Task[None]] = set()
        self._spoke: dict[str, int] = {}
        self._stopping = False

    def wake(self, names: frozenset[str]) -> None:
        """Start on these lanes now; the poll would find them anyway."""
        for name in names:
            self._start(name)

    async def run(self) -> None:
        """Work until `stop`. A trouble with the store is waited out, never the end of the service."""
        if self._store.exclusive:
            await self._store.write(lanes.release_all)
        now_ms = self._clock.ms()
        await self._store.write(lambda connection: timers.put(connection, "sweep", "", now_ms))
        while not self._stopping:
            try:
                await self._look()
                await asyncio.sleep(_POLL_S)
            except (StoreUnavailable, failpoints.FailpointHit) as error:
                log.error("worker.store", code=error.code)
                await asyncio.sleep(_TROUBLE_S)

    async def stop(self) -> None:
        """Finish the turns at hand, take no new ones."""
        self._stopping = True
        while self._busy or self._side:
            await asyncio.gather(*self._busy.values(), *self._side, return_exceptions=True)

    async def _look(self) -> None:
        now_at = machine_ms()
        found = await self._store.read(lambda connection: lanes.with_work(connection, now_at, _LANES_A_LOOK))
        for name in found:
            self._start(name)
        now_ms = self._clock.ms()
        for due in await self._store.read(lambda connection: timers.due(connection, now_ms)):
            await self._fire(due)

    def _start(self, name: str) -> None:
        if name in self._busy:
            self._again.add(name)
        elif not self._stopping and len(self._busy) < self._pace.lanes_at_once:
            self._busy[name] = asyncio.create_task(self._lane(name))

    async def _lane(self, name: str) -> None:
        try:
            await self._work_on(name)
        except LeaseLost:
            log.warning("lane.lost")
        except OffholdError as error:
            log.error("lane.trouble", code=error.code)
            await asyncio.sleep(_TROUBLE_S)
        except Exception as error:  # noqa: BLE001 - one lane's defect must not end the service; the poll comes back to it
            log.error("lane.defect", error=type(error).__name__)
            await asyncio.sleep(_TROUBLE_S)
        finally:
            del self._busy[name]
            if name in self._again:
                self._again.discard(name)
                self._start(name)

    async def _work_on(self, name: str) -> None:
        now_at = machine_ms()
        held = await self._store.write(lambda connection: self._claim(connection, name, now_at))
        if held is None:
            return
        await failpoints.reach("lane.claimed")
        try:
            while not self._stopping and (await self._answer_next(held) or await self._send_next(held)):
                pass
        finally:
            await self._store.write(lambda connection: lanes.release(connection, held))

    def _claim(self, connection: Connection, name: str, now_at: int) -> Claim | None:
        held = lanes.claim(connection, name, self._holder, now_at, self._pace.lease_ms)
        if held and not held.fresh:
            outbox.recover(connection, name, now_at, self._pace.echo_wait_ms)
        return held

    async def _answer_next(self, held: Claim) -> bool:
        work = await self._store.write(lambda connection: self._next(connection, held))
        if work is None:
            return False
        began = time.perf_counter()
        channel = self._channels[work.contact.channel]
        typing = self._aside(channel.typing(work.contact))
        try:
            done = await self._turns.decide(work, held, channel)
            ended = await self._turns.commit(work, held, channel, done, machine_ms())
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - any defect of a turn is retried, then parked with an apology
            await self._failed(work, held, channel, error)
        else:
            if ended:
                self._aside(self._ended(ended))
            self._watch.turn_took(time.perf_counter() - began)
        finally:
            typing.cancel()
        return True

    def _next(self, connection: Connection, held: Claim) -> Work | None:
        lanes.check(connection, held, machine_ms() + self._pace.lease_ms)
        return next_work(connection, self._keys, held.lane)

    async def _failed(self, work: Work, held: Claim, channel: Channel, error: Exception) -> None:
        reason = error.code if isinstance(error, OffholdError) else type(error).__name__
        log.error("turn.failed", code=reason, attempt=work.attempts + 1)
        if work.attempts + 1 < _ATTEMPTS:
            await self._store.write(lambda connection: inbox.tried(connection, work.row_id))
        else:
            await self._turns.park(work, held, channel, reason, machine_ms())

    async def _send_next(self, held: Claim) -> bool:
        await self._keep_distance(held.lane)
        now_at = machine_ms()
        sending = await self._store.write(lambda connection: outbox.take(connection, self._keys, held.lane, now_at))
        if sending is None:
            return False
        await failpoints.reach("send.before-call")
        contact = await self._store.read(lambda connection: inbox.contact_of(connection, self._keys, held.lane))
        outcome = await self._channels[contact.channel].send(sending.body, contact, sending.id)
        await failpoints.reach("send.after-call")
        ended_at = self._spoke[held.lane] = machine_ms()
        name = await self._store.write(
            lambda connection: outbox.record(connection, sending, outcome, ended_at, self._pace.echo_wait_ms)
        )
        await failpoints.reach("send.after-record")
        self._watch.send_ended(name)
        return True

    def _aside(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._side.add(task)
        task.add_done_callback(self._side.discard)
        return task

    async def _keep_distance(self, name: str) -> None:
        """The platform wants no bursts in a thread."""
        wait_ms = self._spoke.get(name, 0) + self._pace.send_spacing_ms - machine_ms()
        if wait_ms > 0:
            await asyncio.sleep(wait_ms / 1000)
        if len(self._spoke) > _SPOKE_KEPT:
            self._spoke.clear()

    async def _tell_platform(self, due: timers.Due) -> None:
        """A contact was unlinked here; the platform hears of it, however often that takes."""
        contact = await self._store.read(lambda connection: self._turns.unlinked(connection, due.lane))
        if contact is None or await self._channels[contact.channel].unlink(contact):
            await self._store.write(lambda connection: timers.drop(connection, due))

    async def _fire(self, due: timers.Due) -> None:
        now_ms, now_at = self._clock.ms(), machine_ms()
        if due.kind == timers.UNLINK:
            again_ms = now_ms + timers.UNLINK_AGAIN_MS
            if await self._store.write(lambda connection: timers.postpone(connection, due, now_ms, again_ms)):
                self._aside(self._tell_platform(due))
            return

        def run(connection: Connection) -> None:
            if not timers.drop(connection, due):
                return
            if due.kind == "sweep":
                inbox.forget(connection, now_ms)
                self._sweep(connection, now_ms)
                timers.put(connection, "sweep", "", now_ms + timers.SWEEP_EVERY_MS)
            elif due.kind == "case-waiting":
                self._turns.remind(connection, due.lane, self._channels, now_at)

        await self._store.write(run)
