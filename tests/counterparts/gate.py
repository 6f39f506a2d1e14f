"""A gate in this process, over a bank that sends more than it is asked, and a clock that a test moves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from offhold.accesslog import leaves
from offhold.banks.institutions import Institution
from offhold.banks.port import Grant, Keep
from offhold.errors import BankError
from offhold.keys.file import Keys
from offhold.model.access import Access, Data, Purpose, Read
from offhold.model.consent import Consent, Scope
from offhold.model.ledger import Account, AccountKind, Balance, BalanceType, Direction, Rows, Status, Transaction
from offhold.model.message import Disclosure
from offhold.model.money import Money
from offhold.ops.clock import Clock
from offhold.privacy import agreement
from offhold.privacy import consent as consents
from offhold.privacy.agreement import Agreement
from offhold.privacy.budget import Budget
from offhold.privacy.consent import Standing
from offhold.privacy.gate import Asker, Gate, Rules, Watch
from offhold.privacy.policy import deciding
from offhold.store import migrate, tables
from offhold.store.port import Store
from offhold.store.postgres import PostgresStore
from offhold.store.sqlite import SqliteStore

KEYS = Keys(bytes(32))
ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 3, 18, 19, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY_MS = 86_400_000
ASKER = Asker("lane-1", "7", "messenger")
EVERYTHING = Read(frozenset(Data))
GRANT = Grant("b", frozenset({"mine"}), "aac-1", "access", "refresh", 0)


class MovedClock(Clock):
    """Stands still until a test moves it."""

    moment = NOW

    def now(self) -> datetime:
        return self.moment


def transaction(account: str, day: date = date(2026, 3, 1)) -> Transaction:
    return Transaction(account, f"t-{account}-{day}", Direction.debit, Status.booked, day, NOW, Money(450, "USD"))


@dataclass
class Bank:
    """Sends other people's rows along, balances unasked and last century's rows, and remembers what it was asked."""

    store: Store
    fails: str = ""
    renewed: Grant | None = None
    days: tuple[date, ...] = (date(2026, 3, 1),)
    asked: list[tuple[Grant, Read]] = field(default_factory=list)
    leaves_before: list[int] = field(default_factory=list)

    async def read(self, grant: Grant, request: Read, keep: Keep) -> Rows:
        self.asked.append((grant, request))
        self.leaves_before.append(await self.store.read(count_of_leaves))
        if self.renewed:
            await keep(self.renewed)
        if self.fails:
            raise BankError(self.fails, retry_after_s=30)
        names = ("mine", "theirs")
        accounts = tuple(Account("b", name, AccountKind.current, "USD") for name in names)
        balances = tuple(Balance(name, BalanceType.booked, Money(100, "USD"), NOW) for name in names)
        rows = tuple(transaction(name, day) for name in names for day in self.days)
        return Rows(accounts, balances, rows, covered=request.period)


def count_of_leaves(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(tables.leaf)).scalar_one())


@dataclass
class Scene:
    """Everything that a test of the gate holds in its hands."""

    store: Store
    bank: Bank
    gate: Gate
    clock: MovedClock
    decisions: list[tuple[str, str]]
    dropped: dict[str, int]

    def read(
        self, purpose: Purpose = Purpose.requested_service, request: Read = EVERYTHING, asker: Asker = ASKER
    ) -> Access:
        return asyncio.run(self.gate.read(request, purpose, asker))

    def history(self, subject: str = "") -> tuple[leaves.Leaf, ...]:
        subject = subject or ("cust" if asyncio.run(self.store.read(_linked)) else "lane-1")
        return asyncio.run(self.store.read(lambda connection: leaves.history(connection, KEYS, subject)))

    def consents(self, **changes: object) -> Consent:
        """A consent by the contact, linked."""
        agreed = consent(**changes)

        def write(connection: Connection) -> None:
            consents.give(connection, KEYS, Standing(agreed, GRANT), "lane-1")
            consents.link(connection, KEYS, "lane-1", agreed, NOW_MS)

        asyncio.run(self.store.write(write))
        return agreed

    def do(self, work):  # type: ignore[no-untyped-def]
        """Run `work(connection)` in a transaction."""
        return asyncio.run(self.store.write(work))


def consent(
    accounts: frozenset[str] = frozenset({"mine"}),
    purposes: frozenset[Purpose] = frozenset({Purpose.requested_service}),
    data: frozenset[Data] = frozenset(Data),
    **changes: object,
) -> Consent:
    """Agreed a moment ago, for a day, in open chat."""
    whole = Consent(
        id="c1",
        customer="cust",
        institution="b",
        channel="messenger",
        scopes=tuple(Scope(purpose, data, accounts) for purpose in sorted(purposes)),
        disclosure=Disclosure.open,
        given_ms=NOW_MS - 1,
        reconfirm_ms=NOW_MS + DAY_MS,
        expires_ms=NOW_MS + DAY_MS,
        history_months=24,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def scene(folder: Path, agreed: Agreement | None = None, budget: Budget | None = None, postgres_url: str = "") -> Scene:
    """A gate over a fresh database; close its store afterwards."""
    store: Store = PostgresStore(postgres_url) if postgres_url else SqliteStore(folder / "a.db")
    asyncio.run(store.write(migrate.upgrade))
    bank, clock = Bank(store), MovedClock()
    decisions: list[tuple[str, str]] = []
    dropped: dict[str, int] = {}

    def drop(reason: str, rows: int) -> None:
        dropped[reason] = dropped.get(reason, 0) + rows

    rules = Rules(deciding.approved(), {"b": agreed or agreement.silent(ZONE)}, 24, budget or Budget(1_000, 10))
    watch = Watch(lambda *seen: decisions.append(seen), drop)
    gate = Gate(store, KEYS, clock, {"b": Institution("b", "Bank", ZONE, "en-US")}, {"b": bank}, rules, watch)
    return Scene(store, bank, gate, clock, decisions, dropped)


def _linked(connection: Connection) -> bool:
    return bool(connection.execute(select(func.count()).select_from(tables.consent)).scalar_one())
