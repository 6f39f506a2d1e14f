"""The gate: no data without purpose, current consent, agreement, policy and a leaf that is durable before the read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.counterparts import gate
from tests.counterparts.gate import ASKER, DAY_MS, EVERYTHING, KEYS, NOW_MS, ZONE, Scene, count_of_leaves

from offhold.accesslog import leaves
from offhold.banks.port import Grant
from offhold.model.access import FORBIDDEN, Actor, Data, Failure, Purpose, Read, Refused
from offhold.model.consent import Event
from offhold.model.ledger import Rows
from offhold.model.message import Disclosure
from offhold.model.period import Period
from offhold.privacy import consent as consents
from offhold.privacy.agreement import Agreement
from offhold.privacy.budget import WINDOW_MS, Budget
from offhold.privacy.gate import Asker, decided_again
from offhold.privacy.policy import deciding
from offhold.store import tables


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = gate.scene(tmp_path)
    yield made
    made.store.close()


@pytest.mark.threat(1)
def test_nobody_linked_means_no_read_and_a_leaf(scene: Scene) -> None:
    assert scene.read() == Refused(Failure.not_linked)
    assert scene.bank.asked == []
    assert [leaf.record["decision"] for leaf in scene.history()] == ["deny:not-linked"]


@pytest.mark.threat(2)
def test_the_leaf_is_durable_before_the_bank_is_asked(scene: Scene) -> None:
    scene.consents()
    before = asyncio.run(scene.store.read(count_of_leaves))
    scene.read()
    assert scene.bank.leaves_before == [before + 1]


@pytest.mark.threat(3)
def test_rows_of_other_accounts_never_pass(scene: Scene) -> None:
    scene.consents()
    rows = scene.read()
    assert isinstance(rows, Rows)
    assert {row.account_id for row in (*rows.accounts, *rows.transactions)} == {"mine"}
    assert scene.bank.asked[0][0].accounts == {"mine"}


@pytest.mark.threat(4)
@pytest.mark.parametrize("purpose", sorted(FORBIDDEN))
def test_a_forbidden_purpose_is_refused_even_when_a_consent_names_it(scene: Scene, purpose: Purpose) -> None:
    scene.consents(purposes=frozenset({purpose, Purpose.requested_service}))
    assert scene.read(purpose) == Refused(Failure.forbidden)
    assert scene.bank.asked == []


@pytest.mark.threat(5)
def test_a_consent_without_the_purpose_gives_nothing(scene: Scene) -> None:
    scene.consents(purposes=frozenset())
    assert scene.read() == Refused(Failure.forbidden)


@pytest.mark.threat(5)
@pytest.mark.parametrize("change", [{"expires_ms": NOW_MS}, {"given_ms": NOW_MS + 1}])
def test_a_consent_that_is_not_current_gives_nothing(scene: Scene, change: dict[str, int]) -> None:
    scene.consents(**change)
    assert scene.read() == Refused(Failure.consent_ended)
    assert scene.bank.asked == []


@pytest.mark.threat(6)
def test_after_a_withdrawal_nothing_is_read_and_its_number_is_the_highest(scene: Scene) -> None:
    scene.consents()
    scene.read()
    asyncio.run(scene.store.write(lambda c: consents.end(c, KEYS, "lane-1", NOW_MS, Event.withdrawn)))
    last = scene.history()[-1]
    assert last.record["act"] == "consent.withdrawn"
    assert scene.read() == Refused(Failure.not_linked)
    assert len(scene.bank.asked) == 1


@pytest.mark.threat(6)
def test_reads_and_withdrawals_that_race_keep_their_order(scene: Scene) -> None:
    scene.consents()

    async def race() -> list[object]:
        reads = [scene.gate.read(EVERYTHING, Purpose.requested_service, ASKER) for _ in range(20)]
        end = scene.store.write(lambda c: consents.end(c, KEYS, "lane-1", NOW_MS, Event.withdrawn))
        return list(await asyncio.gather(*reads[:10], end, *reads[10:]))

    results = asyncio.run(race())
    served = sum(isinstance(result, Rows) for result in results)
    records = [leaf.record for leaf in scene.history()]
    withdrawn = next(i for i, record in enumerate(records) if record["act"] == "consent.withdrawn")
    allowed = [i for i, record in enumerate(records) if record.get("decision") == "allow"]
    assert len(allowed) == served
    assert all(place < withdrawn for place in allowed)


def test_a_consent_revoked_at_the_bank_ends_here_too(scene: Scene) -> None:
    scene.consents()
    scene.bank.fails = "consent-ended"
    assert scene.read() == Refused(Failure.consent_ended, 30)
    assert scene.read() == Refused(Failure.not_linked)
    assert scene.history()[-1].record["act"] == "consent.revoked-at-bank"


@pytest.mark.parametrize("fails", ["", "bank-away"])
def test_rotated_tokens_are_kept_whatever_becomes_of_the_read(scene: Scene, fails: str) -> None:
    scene.consents()
    scene.bank.fails = fails
    scene.bank.renewed = Grant("b", frozenset({"mine"}), "aac-1", "second", "refresh-2", 99)
    scene.read()
    scene.read()
    assert [grant.access_token for grant, _ in scene.bank.asked] == ["access", "second"]


def test_a_read_reaches_back_as_far_as_agreed_and_not_into_tomorrow(scene: Scene) -> None:
    scene.consents()
    scene.read()
    assert scene.bank.asked[0][1].period == Period(date(2024, 3, 1), date(2026, 3, 18))
    scene.read(request=Read(frozenset({Data.transactions}), Period(date(2020, 1, 1), date(2027, 1, 1))))
    assert scene.bank.asked[1][1].period == Period(date(2024, 3, 1), date(2026, 3, 18))
    old = Read(frozenset({Data.transactions}), Period(date(2020, 1, 1), date(2020, 2, 1)))
    assert scene.read(request=old) == Rows(first_on_file=date(2024, 3, 1))
    assert len(scene.bank.asked) == 2


@pytest.mark.threat(7)
def test_leaves_chain_and_hold_no_amount_and_no_token(scene: Scene) -> None:
    scene.consents()
    scene.read()
    scene.read(Purpose.advertising)
    history = scene.history()
    assert leaves.chain_holds(history)
    assert not leaves.chain_holds(history[:1] + history[2:])
    told = [{key: leaf.record[key] for key in leaf.record if key not in ("id", "prev", "t")} for leaf in history]
    words = b"".join(map(leaves.canonical, told))
    assert b"450" not in words and b"4.50" not in words and b'access"' not in words


def test_every_decision_is_counted(scene: Scene) -> None:
    scene.read()
    scene.consents()
    scene.read()
    purpose = Purpose.requested_service.value
    assert scene.decisions == [("deny", purpose), ("allow", purpose)]


@pytest.mark.threat(45)
def test_rows_that_nobody_asked_for_are_dropped_and_counted(scene: Scene) -> None:
    scene.consents()
    scene.bank.days = (date(2026, 3, 1), date(2026, 2, 28), date(1999, 1, 1))
    march = Read(frozenset({Data.accounts, Data.transactions}), Period(date(2026, 3, 1), date(2026, 3, 18)))
    rows = scene.read(request=march)
    assert isinstance(rows, Rows)
    assert [(row.account_id, row.day) for row in rows.transactions] == [("mine", date(2026, 3, 1))]
    assert rows.balances == ()
    assert scene.dropped == {"not-asked": 2, "period": 4, "account": 2}
    rows = scene.read(request=Read(frozenset({Data.accounts, Data.balances})))
    assert isinstance(rows, Rows)
    assert (len(rows.balances), rows.transactions, rows.covered) == (1, (), None)


@pytest.mark.threat(46)
def test_data_that_was_not_agreed_to_is_not_read(scene: Scene) -> None:
    scene.consents(data=frozenset({Data.accounts, Data.balances}))
    assert scene.read() == Refused(Failure.forbidden)
    assert isinstance(scene.read(request=Read(frozenset({Data.balances}))), Rows)
    assert [request.data for _, request in scene.bank.asked] == [{Data.balances}]


@pytest.mark.threat(46)
@pytest.mark.parametrize("kind", [Actor.agent, Actor.job, Actor.operator])
def test_nobody_but_the_customers_own_bot_reads(scene: Scene, kind: Actor) -> None:
    scene.consents()
    assert scene.read(asker=Asker("lane-1", "7", "messenger", kind)) == Refused(Failure.forbidden)
    assert scene.bank.asked == []
    assert scene.history()[-1].record["actor"] == {"kind": kind.value, "id": "lane-1"}


@pytest.mark.threat(47)
def test_a_sealed_chat_reads_nothing_and_our_own_page_does(scene: Scene) -> None:
    scene.consents(disclosure=Disclosure.sealed)
    assert scene.read() == Refused(Failure.forbidden)
    assert scene.read(asker=Asker("lane-1", "7", "whatsapp")) == Refused(Failure.forbidden)
    assert scene.bank.asked == []
    assert isinstance(scene.read(asker=Asker("lane-1", "7", "page")), Rows)


@pytest.mark.threat(48)
def test_a_link_to_another_persons_consent_reads_nothing(scene: Scene) -> None:
    """Somebody with the database in hand points a link at somebody else's consent."""
    scene.consents()
    scene.do(lambda connection: connection.execute(tables.link.update().values(customer="mallory")))
    assert scene.read() == Refused(Failure.forbidden)
    assert scene.bank.asked == []


@pytest.mark.threat(49)
def test_a_conversation_has_a_budget_of_rows_and_gets_a_new_one_the_next_day(tmp_path: Path) -> None:
    scene = gate.scene(tmp_path, budget=Budget(rows=3, accounts=1))
    scene.consents(expires_ms=NOW_MS + 5 * DAY_MS, reconfirm_ms=NOW_MS + 5 * DAY_MS)
    results = [scene.read() for _ in range(6)]
    assert [isinstance(result, Rows) for result in results] == [True, True, True, False, False, False]
    assert results[-1] == Refused(Failure.over_budget)
    assert scene.history()[-1].record["decision"] == "deny:over-budget"
    scene.clock.moment += timedelta(milliseconds=WINDOW_MS)
    assert isinstance(scene.read(), Rows)
    scene.store.close()


@pytest.mark.threat(49)
def test_a_conversation_has_a_budget_of_accounts_and_one_customer(tmp_path: Path) -> None:
    scene = gate.scene(tmp_path, budget=Budget(rows=100, accounts=1))
    scene.consents(accounts=frozenset({"mine", "another"}))
    assert scene.read() == Refused(Failure.over_budget)
    scene.consents(id="c2")
    assert isinstance(scene.read(), Rows)

    def another_customer(connection):  # type: ignore[no-untyped-def]
        connection.execute(tables.link.update().values(customer="other"))
        connection.execute(tables.consent.update().values(customer="other"))

    scene.do(another_customer)
    assert scene.read() == Refused(Failure.over_budget)
    scene.store.close()


@pytest.mark.threat(50)
@pytest.mark.parametrize(
    ("data", "purposes", "last", "failure"),
    [
        (frozenset({Data.accounts, Data.balances}), {Purpose.requested_service}, date(2026, 12, 31), Failure.agreement),
        (frozenset(Data), set(), date(2026, 12, 31), Failure.agreement),
        (frozenset(Data), {Purpose.requested_service}, date(2026, 3, 17), Failure.agreement),
        (frozenset(Data), {Purpose.requested_service}, date(2026, 3, 18), None),
    ],
)
def test_the_agreement_comes_before_the_consent(
    tmp_path: Path, data: frozenset[Data], purposes: set[Purpose], last: date, failure: Failure | None
) -> None:
    scene = gate.scene(tmp_path, Agreement(data, frozenset(purposes), 90, date(2026, 1, 1), last, ZONE))
    scene.consents()
    result = scene.read()
    assert isinstance(result, Rows) if failure is None else result == Refused(failure)
    assert len(scene.bank.asked) == (failure is None)
    scene.store.close()


@pytest.mark.threat(44)
def test_every_leaf_carries_its_policy_and_decides_again_alike(scene: Scene) -> None:
    scene.read()
    scene.consents()
    scene.read()
    scene.read(Purpose.targeted_advertising)
    policy = deciding.approved()
    read = [leaf.record for leaf in (*scene.history("lane-1"), *scene.history("cust")) if leaf.record["act"] == "read"]
    assert [record["decision"] for record in read] == ["deny:not-linked", "allow", "deny:forbidden"]
    assert {record["policy"] for record in read} == {policy.sha256}
    assert all(decided_again(policy, record) for record in read)
    flipped = {"allow": "deny:forbidden", "deny:forbidden": "allow", "deny:not-linked": "allow"}
    assert not any(decided_again(policy, {**record, "decision": flipped[record["decision"]]}) for record in read)
    assert not decided_again(policy, {**read[0], "policy": "0" * 64})


def test_an_accounts_offer_is_decided_by_the_policy_too(tmp_path: Path) -> None:
    nothing = Agreement(
        frozenset({Data.balances}), frozenset({Purpose.requested_service}), 90, date.min, date.max, ZONE
    )
    scene = gate.scene(tmp_path, nothing)

    async def keep(_grant: Grant) -> None:
        raise AssertionError

    offer = scene.gate.accounts_on_offer("b", gate.GRANT, "cust", "lane-1", keep)
    assert asyncio.run(offer) == Refused(Failure.agreement)
    assert scene.bank.asked == []
    assert scene.history("cust")[-1].record["decision"] == "deny:agreement"
    scene.store.close()
