"""The worker: finds lanes with work, answers their messages in order, sends their replies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from offhold.banks.port import Grant
from offhold.channels.port import SendOutcome
from offhold.errors import LeaseLost, OffholdError, StoreUnavailable
from offhold.journal import inbox, lanes, outbox, timers
from offhold.journal.lanes import Claim
from offhold.journal.outbox import Outgoing
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
_DRAIN_POLL_S = 0.02
_TROUBLE_S = 1.0
_LANES_A_LOOK = 256
_SPOKE_KEPT = 10_000


def _code(error: Exception) -> str:
    return error.code if isinstance(error, OffholdError) else type(error).__name__


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
        sweep: Callable[[Connection, int], tuple[Grant, ...]],
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
        self._queued: dict[str, None] = {}
        self._side: set[asyncio.Task[None]] = set()
        self._spoke: dict[str, int] = {}
        self._stopping = False

    def wake(self, names: frozenset[str]) -> None:
        """Start on these lanes now; the poll would find them anyway."""
        for name in names:
            self._start(name)

    async def begin(self) -> None:
        """Take over what the process before this one left behind. Raises StoreUnavailable."""
        now_ms = self._clock.ms()

        def take_over(connection: Connection) -> None:
            if self._store.exclusive:
                lanes.release_all(connection)
            timers.put(connection, "sweep", "", now_ms)

        await self._store.write(take_over)

    async def run(self) -> None:
        """Work until `stop`. Whatever goes wrong in a look is waited out, never the end of the service."""
        while not self._stopping:
            try:
                await self._look()
                await asyncio.sleep(_POLL_S)
            except Exception as error:  # noqa: BLE001 - a worker that ended would leave every customer waiting
                log.error("worker.trouble", code=_code(error))
                await asyncio.sleep(_TROUBLE_S)

    async def stop(self, patience_s: float) -> None:
        """Finish the turns at hand and take no new ones.

        Where no other process shares the work, first answer and send what can be now, for at most `patience_s`;
        what has to wait stays for the next start. What then still hangs is cut off, as by a crash.
        """
        until = time.monotonic() + (patience_s if self._store.exclusive else 0)
        while time.monotonic() < until and await self._has_work():  # noqa: ASYNC110 - the database says it, not an event
            await asyncio.sleep(_DRAIN_POLL_S)
        self._stopping = True
        if at_hand := {*self._busy.values(), *self._side}:
            _done, hanging = await asyncio.wait(at_hand, timeout=patience_s)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    async def _has_work(self) -> bool:
        if self._busy:
            return True
        try:
            return bool(await self._lanes_with_work(1))
        except StoreUnavailable:
            return False

    async def _lanes_with_work(self, limit: int) -> tuple[str, ...]:
        now_at = machine_ms()
        return await self._store.read(lambda connection: lanes.with_work(connection, now_at, limit))

    async def _look(self) -> None:
        for name in await self._lanes_with_work(_LANES_A_LOOK):
            if name not in self._busy:  # who works on a lane looks for its next message anyway
                self._start(name)
        now_ms = self._clock.ms()
        for due in await self._store.read(lambda connection: timers.due(connection, now_ms)):
            await self._fire(due)

    def _start(self, name: str) -> None:
        """Work on the lane now, or when its turn comes: again if it is in work, after others if too many are."""
        if name in self._busy or len(self._busy) >= self._pace.lanes_at_once:
            self._queued[name] = None
        elif not self._stopping:
            self._busy[name] = asyncio.create_task(self._lane(name))

    async def _lane(self, name: str) -> None:
        try:
            await self._work_on(name)
        except LeaseLost:
            log.warning("lane.lost")
        except Exception as error:  # noqa: BLE001 - one lane's defect must not end the service; the poll comes back to it
            log.error("lane.trouble", code=_code(error))
            await asyncio.sleep(_TROUBLE_S)
        finally:
            del self._busy[name]
            following = next((queued for queued in self._queued if queued not in self._busy), None)
            if following is not None:
                del self._queued[following]
                self._start(following)

    async def _work_on(self, name: str) -> None:
        now_at = machine_ms()
        held = await self._store.write(
            lambda connection: lanes.claim(connection, name, self._holder, now_at, self._pace.lease_ms)
        )
        if held is None:
            return
        try:
            await failpoints.reach("lane.claimed")
            while not self._stopping and (await self._answer_next(held) or await self._send_next(held)):
                pass
        finally:
            await self._store.write(lambda connection: lanes.release(connection, held))

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
            self._tell(ended)
            self._watch.turn_took(time.perf_counter() - began)
        finally:
            typing.cancel()
        return True

    def _next(self, connection: Connection, held: Claim) -> Work | None:
        self._hold_on(connection, held)
        return next_work(connection, self._keys, held.lane)

    def _hold_on(self, connection: Connection, held: Claim) -> None:
        """Every write of a lane begins here or with `lanes.check`: who was fenced off changes nothing."""
        lanes.check(connection, held, machine_ms() + self._pace.lease_ms)

    async def _failed(self, work: Work, held: Claim, channel: Channel, error: Exception) -> None:
        reason = _code(error)
        log.error("turn.failed", code=reason, attempt=work.attempts + 1)
        if work.attempts + 1 >= _ATTEMPTS:
            await self._turns.park(work, held, channel, reason, machine_ms())
            return

        def tried(connection: Connection) -> None:
            lanes.check(connection, held)
            inbox.tried(connection, work.row_id)

        await self._store.write(tried)

    async def _send_next(self, held: Claim) -> bool:
        await self._keep_distance(held.lane)
        sending = await self._store.write(lambda connection: self._take(connection, held))
        if sending is None:
            return False
        await failpoints.reach("send.before-call")
        contact = await self._store.read(lambda connection: inbox.contact_of(connection, self._keys, held.lane))
        outcome = await self._channels[contact.channel].send(sending.body, contact, sending.id)
        await failpoints.reach("send.after-call")
        ended_at = self._spoke[held.lane] = machine_ms()
        name = await self._store.write(lambda connection: self._record(connection, held, sending, outcome, ended_at))
        await failpoints.reach("send.after-record")
        self._watch.send_ended(name)
        if name == "sent" and sending.answers_at:
            self._watch.answered_after((ended_at - sending.answers_at) / 1000)
        return True

    def _take(self, connection: Connection, held: Claim) -> Outgoing | None:
        self._hold_on(connection, held)
        return outbox.take(connection, self._keys, held.lane, machine_ms(), self._pace.echo_wait_ms)

    def _record(self, connection: Connection, held: Claim, sent: Outgoing, outcome: SendOutcome, ended_at: int) -> str:
        lanes.check(connection, held)
        return outbox.record(connection, sent, outcome, ended_at, self._pace.echo_wait_ms)

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

        def run(connection: Connection) -> tuple[Grant, ...]:
            ended: tuple[Grant, ...] = ()
            if not timers.drop(connection, due):
                return ended
            if due.kind == "sweep":
                inbox.forget(connection, now_ms, now_at)
                ended = self._sweep(connection, now_ms)
                timers.put(connection, "sweep", "", now_ms + timers.SWEEP_EVERY_MS)
            elif due.kind == "case-waiting":
                self._turns.remind(connection, due.lane, self._channels, now_at)
            return ended

        try:
            self._tell(await self._store.write(run))
        except Exception as error:  # noqa: BLE001 - one timer's defect must not keep the others waiting
            log.error("timer.failed", code=_code(error))
            later_ms = now_ms + timers.AFTER_FAILURE_MS
            await self._store.write(lambda connection: timers.postpone(connection, due, now_ms, later_ms))

    def _tell(self, ended: tuple[Grant, ...]) -> None:
        for grant in ended:
            self._aside(self._ended(grant))
