"""The gate: no data without purpose, current consent and a leaf that is durable before the read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, func, select

from offhold.accesslog import leaves
from offhold.banks.institutions import Institution
from offhold.banks.port import Grant, Keep
from offhold.errors import BankError
from offhold.keys.file import Keys
from offhold.model.access import FORBIDDEN, Data, Failure, Purpose, Read, Refused
from offhold.model.ledger import Account, AccountKind, Direction, Rows, Status, Transaction
from offhold.model.message import Disclosure
from offhold.model.money import Money
from offhold.model.period import Period
from offhold.ops.clock import Clock
from offhold.privacy import consent as consents
from offhold.privacy.consent import Consent, Standing
from offhold.privacy.gate import Asker, Gate
from offhold.store import migrate, tables
from offhold.store.sqlite import SqliteStore

KEYS = Keys(bytes(32))
NOW = datetime(2026, 3, 18, 19, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY_MS = 86_400_000
ASKER = Asker("lane-1", "7", "messenger")
EVERYTHING = Read(frozenset(Data))


class FixedClock(Clock):
    def now(self) -> datetime:
        return NOW


def _transaction(account: str) -> Transaction:
    return Transaction(
        account, f"t-{account}", Direction.debit, Status.booked, date(2026, 3, 1), NOW, Money(450, "USD")
    )


@dataclass
class Bank:
    """A connector that sends other people's rows along and remembers what it was asked, and when."""

    store: SqliteStore
    fails: str = ""
    renewed: Grant | None = None
    asked: list[tuple[Grant, Read]] = field(default_factory=list)
    leaves_before: list[int] = field(default_factory=list)

    async def read(self, grant: Grant, request: Read, keep: Keep) -> Rows:
        self.asked.append((grant, request))
        self.leaves_before.append(await self.store.read(_leaves))
        if self.renewed:
            await keep(self.renewed)
        if self.fails:
            raise BankError(self.fails, retry_after_s=30)
        accounts = tuple(Account("b", name, AccountKind.current, "USD") for name in ("mine", "theirs"))
        return Rows(accounts, (), tuple(map(_transaction, ("mine", "theirs"))))


def _leaves(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(tables.leaf)).scalar_one())


@dataclass
class Scene:
    store: SqliteStore
    bank: Bank
    gate: Gate
    decisions: list[tuple[str, str]]

    def read(self, purpose: Purpose = Purpose.requested_service, request: Read = EVERYTHING):  # type: ignore[no-untyped-def]
        return asyncio.run(self.gate.read(request, purpose, ASKER))

    def history(self) -> tuple[leaves.Leaf, ...]:
        subject = "cust" if asyncio.run(self.store.read(_linked)) else "lane-1"
        return asyncio.run(self.store.read(lambda connection: leaves.history(connection, KEYS, subject)))


def _linked(connection: Connection) -> bool:
    return bool(connection.execute(select(func.count()).select_from(tables.consent)).scalar_one())


@pytest.fixture
def scene(tmp_path: Path):  # type: ignore[no-untyped-def]
    store = SqliteStore(tmp_path / "a.db")
    asyncio.run(store.write(migrate.upgrade))
    bank = Bank(store)
    decisions: list[tuple[str, str]] = []
    institution = Institution("b", "Bank", ZoneInfo("America/Los_Angeles"), "en-US", bank)
    gate = Gate(store, KEYS, FixedClock(), {"b": institution}, 24, lambda *seen: decisions.append(seen))
    yield Scene(store, bank, gate, decisions)
    store.close()


def _consent(scene: Scene, **changes: object) -> None:
    consent = Consent(
        "c1",
        "cust",
        "b",
        frozenset({"mine"}),
        frozenset({Purpose.requested_service}),
        Disclosure.open,
        NOW_MS - 1,
        NOW_MS + DAY_MS,
    )
    consent = replace(consent, **changes)  # type: ignore[arg-type]
    grant = Grant("b", frozenset({"mine"}), "aac-1", "access", "refresh", 0)

    def write(connection: Connection) -> None:
        consents.give(connection, KEYS, Standing(consent, grant), "lane-1")
        consents.link(connection, "lane-1", consent, NOW_MS)

    asyncio.run(scene.store.write(write))


@pytest.mark.threat(1)
def test_nobody_linked_means_no_read_and_a_leaf(scene: Scene) -> None:
    assert scene.read() == Refused(Failure.not_linked)
    assert scene.bank.asked == []
    assert [leaf.record["decision"] for leaf in scene.history()] == ["deny:not-linked"]


@pytest.mark.threat(2)
def test_the_leaf_is_durable_before_the_bank_is_asked(scene: Scene) -> None:
    _consent(scene)
    before = asyncio.run(scene.store.read(_leaves))
    scene.read()
    assert scene.bank.leaves_before == [before + 1]


@pytest.mark.threat(3)
def test_rows_of_other_accounts_never_pass(scene: Scene) -> None:
    _consent(scene)
    rows = scene.read()
    assert isinstance(rows, Rows)
    assert {row.account_id for row in (*rows.accounts, *rows.transactions)} == {"mine"}
    assert scene.bank.asked[0][0].accounts == {"mine"}


@pytest.mark.threat(4)
@pytest.mark.parametrize("purpose", sorted(FORBIDDEN))
def test_a_forbidden_purpose_is_refused_even_when_a_consent_names_it(scene: Scene, purpose: Purpose) -> None:
    _consent(scene, purposes=frozenset({purpose, Purpose.requested_service}))
    assert scene.read(purpose) == Refused(Failure.forbidden)
    assert scene.bank.asked == []


@pytest.mark.threat(5)
def test_a_consent_without_the_purpose_gives_nothing(scene: Scene) -> None:
    _consent(scene, purposes=frozenset())
    assert scene.read() == Refused(Failure.forbidden)


@pytest.mark.threat(5)
@pytest.mark.parametrize("change", [{"expires_ms": NOW_MS}, {"given_ms": NOW_MS + 1}])
def test_a_consent_that_is_not_current_gives_nothing(scene: Scene, change: dict[str, int]) -> None:
    _consent(scene, **change)
    assert scene.read() == Refused(Failure.consent_ended)
    assert scene.bank.asked == []


@pytest.mark.threat(6)
def test_after_a_withdrawal_nothing_is_read_and_its_number_is_the_highest(scene: Scene) -> None:
    _consent(scene)
    scene.read()
    asyncio.run(scene.store.write(lambda c: consents.end(c, KEYS, "lane-1", NOW_MS, "withdrawn")))
    last = scene.history()[-1]
    assert last.record["act"] == "consent.withdrawn"
    assert scene.read() == Refused(Failure.not_linked)
    assert len(scene.bank.asked) == 1


@pytest.mark.threat(6)
def test_reads_and_withdrawals_that_race_keep_their_order(scene: Scene) -> None:
    _consent(scene)

    async def race() -> list[object]:
        reads = [scene.gate.read(EVERYTHING, Purpose.requested_service, ASKER) for _ in range(20)]
        end = scene.store.write(lambda c: consents.end(c, KEYS, "lane-1", NOW_MS, "withdrawn"))
        return list(await asyncio.gather(*reads[:10], end, *reads[10:]))

    results = asyncio.run(race())
    served = sum(isinstance(result, Rows) for result in results)
    records = [leaf.record for leaf in scene.history()]
    withdrawn = next(i for i, record in enumerate(records) if record["act"] == "consent.withdrawn")
    allowed = [i for i, record in enumerate(records) if record.get("decision") == "allow"]
    assert len(allowed) == served
    assert all(place < withdrawn for place in allowed)


def test_a_consent_revoked_at_the_bank_ends_here_too(scene: Scene) -> None:
    _consent(scene)
    scene.bank.fails = "consent-ended"
    assert scene.read() == Refused(Failure.consent_ended, 30)
    assert scene.read() == Refused(Failure.not_linked)
    assert scene.history()[-1].record["act"] == "consent.revoked-at-bank"


@pytest.mark.parametrize("fails", ["", "bank-away"])
def test_rotated_tokens_are_kept_whatever_becomes_of_the_read(scene: Scene, fails: str) -> None:
    _consent(scene)
    scene.bank.fails = fails
    scene.bank.renewed = Grant("b", frozenset({"mine"}), "aac-1", "second", "refresh-2", 99)
    scene.read()
    scene.read()
    assert [grant.access_token for grant, _ in scene.bank.asked] == ["access", "second"]


def test_a_read_reaches_back_as_far_as_agreed_and_not_into_tomorrow(scene: Scene) -> None:
    _consent(scene)
    scene.read()
    assert scene.bank.asked[0][1].period == Period(date(2024, 3, 1), date(2026, 3, 18))
    scene.read(request=Read(frozenset({Data.transactions}), Period(date(2020, 1, 1), date(2027, 1, 1))))
    assert scene.bank.asked[1][1].period == Period(date(2024, 3, 1), date(2026, 3, 18))
    old = Read(frozenset({Data.transactions}), Period(date(2020, 1, 1), date(2020, 2, 1)))
    assert scene.read(request=old) == Rows(first_on_file=date(2024, 3, 1))
    assert len(scene.bank.asked) == 2


@pytest.mark.threat(7)
def test_leaves_chain_and_hold_no_amount_and_no_token(scene: Scene) -> None:
    _consent(scene)
    scene.read()
    scene.read(Purpose.advertising)
    history = scene.history()
    assert leaves.chain_holds(history)
    assert not leaves.chain_holds(history[:1] + history[2:])
    words = b"".join(leaves.canonical(leaf.record) for leaf in history)
    assert b"450" not in words and b"4.50" not in words and b'access"' not in words


def test_every_decision_is_counted(scene: Scene) -> None:
    scene.read()
    _consent(scene)
    scene.read()
    purpose = Purpose.requested_service.value
    assert scene.decisions == [("deny", purpose), ("allow", purpose)]
