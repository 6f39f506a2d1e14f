"""Workers of one database inside the test's own process, with a channel and a machine clock that the test holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from offhold.banks.institutions import Institution
from offhold.banks.memory import MemoryConnector
from offhold.channels.port import Event, EventKind, SendOutcome, SendResult
from offhold.errors import LinkRefused
from offhold.journal import inbox, worker
from offhold.journal.lanes import Claim
from offhold.journal.port import Channel, Heard
from offhold.journal.status import status
from offhold.journal.turns import Done, Turns, Work
from offhold.journal.worker import Pace, Watch, Worker
from offhold.keys.file import Keys
from offhold.model.message import Contact, Disclosure, Reply, TurnKind
from offhold.ops.clock import Clock
from offhold.privacy import gate as gates
from offhold.privacy.agreement import silent
from offhold.privacy.budget import Budget
from offhold.privacy.gate import Gate, Rules
from offhold.privacy.policy import deciding
from offhold.store import migrate
from offhold.store.sqlite import SqliteStore

LEASE_MS = 60_000
ECHO_WAIT_MS = 10_000
KEYS = Keys(bytes(range(32)))


class Machine:
    """The machine's clock, in the test's hand."""

    def __init__(self) -> None:
        self.ms = 1_773_860_400_000

    def __call__(self) -> int:
        return self.ms


@dataclass
class Loud(Channel):
    """A channel whose messages are plain texts. `before_answer` runs after a message arrived there."""

    name: str = "loud"
    sent: list[str] = field(default_factory=list)
    outcome: SendOutcome = SendOutcome(SendResult.sent)
    before_answer: Callable[[], Awaitable[object]] | None = None

    def hear(self, kind: str, body: Mapping[str, Any], contact: Contact, at_ms: int, now_ms: int) -> Heard:
        if body["text"] == "defect":
            raise ZeroDivisionError
        return Heard(TurnKind.text, text=str(body["text"]))

    def render(self, reply: Reply, contact: Contact, disclosure: Disclosure, now_ms: int) -> tuple[dict[str, Any], ...]:
        return ({"text": reply.text},)

    async def send(self, body: Mapping[str, Any], contact: Contact, outbox_id: str) -> SendOutcome:
        self.sent.append(f"{contact.address}: {body['text']}")
        if self.before_answer:
            await self.before_answer()
        return self.outcome

    async def typing(self, contact: Contact) -> None: ...

    async def unlink(self, contact: Contact) -> bool:
        return True


class Slow(Turns):
    """Turns that reach their decision only when `go` is set."""

    go: asyncio.Event
    decided: asyncio.Event

    async def decide(self, work: Work, held: Claim, channel: Channel) -> Done:
        done = await super().decide(work, held, channel)
        self.decided.set()
        await self.go.wait()
        return done


def _no_link(_connection: Connection, _lane: str, _code: str, _now_ms: int) -> NoReturn:
    raise LinkRefused("none")


async def _ended(_grant: object) -> None: ...


class Workshop:
    """One database; `worker()` makes another worker on it. `told` lists what metrics would hear."""

    def __init__(self, path: Path | None = None) -> None:
        self.store = SqliteStore(path)
        self.machine = Machine()
        self.clock = Clock()
        self.channel = Loud()
        self.told: list[tuple[str, object]] = []
        self.count = 0
        zone = ZoneInfo("UTC")
        bank, connector = Institution("b", "Bank", zone, "en-US"), MemoryConnector("b", {"Data": {}}, zone)
        rules = Rules(deciding.approved(), {"b": silent(zone)}, 24, Budget(1_000, 10))
        unwatched = gates.Watch(lambda *_seen: None, lambda *_seen: None)
        gate = Gate(self.store, KEYS, self.clock, {"b": bank}, {"b": connector}, rules, unwatched)
        self._needs = (self.store, KEYS, self.clock, gate, {"b": bank}, _no_link, 300_000)

    async def open(self) -> None:
        await self.store.write(migrate.upgrade)

    def turns(self) -> Turns:
        return Turns(*self._needs)

    def slow(self) -> Slow:
        turns = Slow(*self._needs)
        turns.go, turns.decided = asyncio.Event(), asyncio.Event()
        return turns

    def worker(self, turns: Turns | None = None, lanes_at_once: int = 4) -> Worker:
        watch = Watch(
            lambda seconds: self.told.append(("turn", seconds)),
            lambda seconds: self.told.append(("answered", seconds)),
            lambda name: self.told.append(("send", name)),
        )
        pace = Pace(lanes_at_once, LEASE_MS, 0, ECHO_WAIT_MS)
        channels = {"loud": self.channel}
        used = turns or self.turns()
        return Worker(self.store, KEYS, self.clock, used, channels, lambda _connection, _now: None, _ended, pace, watch)

    async def say(self, who: str, text: str) -> str:
        """Accept a message; its lane."""
        self.count += 1
        contact = Contact("loud", "p", who)
        event = Event(contact, EventKind.message, f"m{self.count}", self.clock.ms(), {"text": text}, True)
        sealed = inbox.seal(KEYS, event)
        await inbox.commit(self.store, [sealed], self.clock.ms())
        return sealed.lane

    async def idle(self, *workers: Worker) -> None:
        """Wait until these workers have nothing in their hands."""
        while any(at_work._busy for at_work in workers):  # noqa: ASYNC110 - a worker tells nobody that it is idle
            await asyncio.sleep(0.001)

    async def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        def ask(connection: Connection) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(select(*columns))]

        return await self.store.read(ask)

    async def status(self) -> dict[str, Any]:
        return dict(await self.store.read(status))


def at_work(monkeypatch: Any, shop: Workshop) -> Workshop:
    """Let the workers of this process live by the workshop's machine clock."""
    monkeypatch.setattr(worker, "machine_ms", shop.machine)
    return shop
