"""Consents as events: what folds, what ends them, what can never be added, and what the clock forbids."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from tests.counterparts import gate
from tests.counterparts.gate import DAY_MS, GRANT, KEYS, NOW_MS, Scene

from offhold.errors import StoreUnavailable
from offhold.keys.signing import NotSigned, SigningKey, verified
from offhold.model.access import Data, Failure, Purpose, Refused
from offhold.model.consent import Event
from offhold.model.ledger import Rows
from offhold.model.message import Disclosure
from offhold.privacy import consent as consents
from offhold.privacy import receipts
from offhold.privacy.consent import Standing
from offhold.store import tables

YEAR_MS = 365 * DAY_MS


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = gate.scene(tmp_path)
    yield made
    made.store.close()


def _events(scene: Scene, consent_id: str = "c1") -> list[str]:
    return [str(each.event) for each in scene.do(lambda c: consents.history(c, KEYS, consent_id))]


@pytest.mark.threat(52)
@pytest.mark.parametrize(
    ("after_ms", "expected"),
    [(90 * DAY_MS - 1, None), (90 * DAY_MS, Failure.reconfirm), (90 * DAY_MS + 1, Failure.reconfirm)],
)
def test_a_consent_waits_for_its_confirmation_from_day_90(
    scene: Scene, after_ms: int, expected: Failure | None
) -> None:
    scene.consents(reconfirm_ms=NOW_MS + 90 * DAY_MS, expires_ms=NOW_MS - 1 + YEAR_MS)
    scene.clock.moment += timedelta(milliseconds=after_ms)
    result = scene.read()
    assert isinstance(result, Rows) if expected is None else result == Refused(expected)


@pytest.mark.threat(52)
@pytest.mark.parametrize(("after_ms", "allowed"), [(DAY_MS - 1, True), (DAY_MS, False), (DAY_MS + 1, False)])
def test_a_consent_ends_at_its_last_millisecond(scene: Scene, after_ms: int, allowed: bool) -> None:
    scene.consents(reconfirm_ms=NOW_MS + YEAR_MS)
    scene.clock.moment += timedelta(milliseconds=after_ms)
    assert isinstance(scene.read(), Rows) is allowed
    assert allowed or scene.read() == Refused(Failure.consent_ended)


@pytest.mark.threat(52)
def test_a_clock_set_back_before_the_consent_allows_nothing(scene: Scene) -> None:
    scene.consents()
    scene.clock.moment -= timedelta(days=1)
    assert scene.read() == Refused(Failure.consent_ended)


@pytest.mark.threat(52)
@pytest.mark.parametrize("life_ms", [YEAR_MS + 1, 0, -1])
def test_the_database_takes_no_consent_of_more_than_a_year(scene: Scene, life_ms: int) -> None:
    with pytest.raises((StoreUnavailable, IntegrityError)):
        scene.consents(expires_ms=NOW_MS - 1 + life_ms)


def test_giving_again_is_a_renewal_and_ends_the_one_before(scene: Scene) -> None:
    scene.consents()
    scene.consents(id="c2")
    assert _events(scene) == ["given", "superseded"]
    assert _events(scene, "c2") == ["renewed"]
    assert isinstance(scene.read(), Rows)
    assert scene.do(lambda c: consents.by_id(c, KEYS, "c1")) is None


@pytest.mark.threat(53)
def test_a_consent_can_be_narrowed_and_never_widened(scene: Scene) -> None:
    scene.consents(accounts=frozenset({"mine", "joint"}))
    narrower = scene.do(lambda c: consents.narrow(c, KEYS, "lane-1", NOW_MS, without=["joint"]))
    assert narrower.accounts == {"mine"}
    assert scene.do(lambda c: consents.narrow(c, KEYS, "lane-1", NOW_MS, Disclosure.sealed)).disclosure == "sealed"
    back = scene.do(lambda c: consents.narrow(c, KEYS, "lane-1", NOW_MS, Disclosure.open))
    assert (back.disclosure, back.accounts) == (Disclosure.sealed, {"mine"})
    assert _events(scene) == ["given", "narrowed", "narrowed"]
    assert scene.do(lambda c: consents.of_lane(c, KEYS, "lane-1")).consent == back
    scene.do(lambda c: consents.narrow(c, KEYS, "lane-1", NOW_MS, without=["mine"]))
    assert scene.read() == Refused(Failure.forbidden)


@pytest.mark.threat(54)
def test_withdrawing_by_id_ends_link_tokens_and_reads_at_once(scene: Scene) -> None:
    scene.consents()
    assert scene.do(lambda c: consents.withdraw(c, KEYS, "c1", NOW_MS, "teller")) == GRANT
    assert scene.read() == Refused(Failure.not_linked)
    assert scene.bank.asked == []
    assert scene.do(lambda c: consents.withdraw(c, KEYS, "c1", NOW_MS, "teller")) is None
    assert scene.do(lambda c: c.execute(tables.consent.select()).one().grant_sealed) is None
    last = scene.history("cust")[-1].record
    assert (last["act"], last["actor"]) == ("consent.withdrawn", {"kind": "operator", "id": "teller"})


def _forge(connection: Connection, **values: object) -> None:
    connection.execute(tables.consent_event.update().values(**values))


def _event(connection: Connection, terms: dict[str, object], seq: int = 1, prev: str = "") -> None:
    """Somebody who has even the keys writes an event of their own."""
    from hashlib import sha256

    actor = {"kind": "customer", "id": "lane-1"}
    body = {"prev": prev, "t": NOW_MS, "event": "given" if seq == 1 else "narrowed", "actor": actor, "terms": terms}
    written = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    digest = sha256(f"c1/{seq}/".encode() + written).hexdigest()
    sealed = KEYS.seal(written, f"consent_event/c1/{seq}")
    connection.execute(tables.consent_event.delete().where(tables.consent_event.c.seq == seq))
    row = {"consent": "c1", "seq": seq, "at_ms": NOW_MS, "event": body["event"], "hash": digest}
    connection.execute(tables.consent_event.insert().values(**row, body_sealed=sealed))


def _terms(purpose: str) -> dict[str, object]:
    scopes = [{"purpose": purpose, "data": sorted(Data), "accounts": ["mine"]}]
    return {"scopes": scopes, "disclosure": "open", "reconfirm_ms": NOW_MS + DAY_MS, "history_months": 24}


@pytest.mark.threat(55)
@pytest.mark.parametrize(
    "purpose",
    [
        "dpv:ServiceProvision",
        "dpv:Purpose",
        "dpv:ServiceManagement",
        "dpv:DeliveryOfGoods",
        "https://w3id.org/dpv#RequestedServiceProvision",
        "dpv:requestedserviceprovision",
        "dpv:RequestedServiceProvision ",
        "",
        *sorted(Purpose),
    ],
)
def test_a_record_with_another_purpose_than_the_very_one_reads_nothing(scene: Scene, purpose: str) -> None:
    """Broader, narrower, forbidden, misspelt: a record that names it covers nothing."""
    scene.consents()
    scene.do(lambda connection: _event(connection, _terms(purpose)))
    result = scene.read()
    if purpose == Purpose.requested_service:
        assert isinstance(result, Rows)
    else:
        assert isinstance(result, Refused) and scene.bank.asked == []


@pytest.mark.threat(55)
@pytest.mark.parametrize(
    "forgery",
    [
        lambda c: _forge(c, hash="0" * 64),
        lambda c: _forge(c, seq=2),
        lambda c: _forge(c, event="renewed"),
        lambda c: _forge(c, body_sealed=b"\x01" + bytes(40)),
        lambda c: c.execute(tables.consent_event.delete()),
        lambda c: _event(c, _terms("dpv:RequestedServiceProvision"), seq=2, prev="0" * 64),
        lambda c: c.execute(tables.consent_event.update().values(consent="c2")),
    ],
)
def test_events_that_do_not_hang_together_are_no_consent(scene: Scene, forgery) -> None:  # type: ignore[no-untyped-def]
    scene.consents()
    scene.do(forgery)
    assert scene.read() == Refused(Failure.not_linked)
    assert scene.bank.asked == []


@pytest.mark.threat(56)
def test_the_page_that_was_shown_is_found_by_its_hash_and_no_other_is(scene: Scene) -> None:
    name = scene.do(lambda c: consents.keep_notice(c, KEYS, b"<p>what was agreed</p>", NOW_MS))
    scene.consents(notice=name)
    assert scene.do(lambda c: consents.notice(c, KEYS, name)) == b"<p>what was agreed</p>"
    assert scene.history("cust")[-1].record["notice"] == name
    unused = scene.do(lambda c: consents.keep_notice(c, KEYS, b"never agreed to", NOW_MS))
    scene.do(lambda c: consents.forget_notices(c, NOW_MS + 1))
    assert scene.do(lambda c: consents.notice(c, KEYS, unused)) is None
    assert scene.do(lambda c: consents.notice(c, KEYS, name)) is not None


def _receipt(scene: Scene) -> bytes:
    agreed = scene.consents(notice="ab" * 32)
    happened = scene.do(lambda c: consents.history(c, KEYS, "c1"))
    return json.dumps(receipts.of_consent(KEYS, agreed, happened, "Bank", "f" * 64, test=True)).encode()


@pytest.mark.threat(57)
def test_a_receipt_verifies_and_a_changed_one_does_not(scene: Scene) -> None:
    text, public = _receipt(scene), receipts.key(KEYS).public
    document = verified(text, public)
    assert document["pii_processing"][0]["purpose"] == "dpv:RequestedServiceProvision"
    assert document["events"][0]["event_state"] == "dpv:ConsentGiven"
    assert document["watermark"].startswith("TEST")
    for place in range(0, len(text), 7):
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        with pytest.raises(NotSigned):
            verified(changed, public)


@pytest.mark.threat(57)
def test_a_receipt_signed_with_another_key_is_not_ours(scene: Scene) -> None:
    document = verified(_receipt(scene), receipts.key(KEYS).public)
    forged = json.dumps(SigningKey(bytes(range(32))).sign(document)).encode()
    with pytest.raises(NotSigned, match="another key"):
        verified(forged, receipts.key(KEYS).public)
    for nothing in (b"", b"[]", b"{}", b'{"signature": 1}', b"\xff", b"1" * 2_000_000):
        with pytest.raises(NotSigned):
            verified(nothing, receipts.key(KEYS).public)


def test_a_consent_given_twice_at_once_stands_once(scene: Scene) -> None:
    agreed = gate.consent()

    def give(connection: Connection) -> None:
        consents.give(connection, KEYS, Standing(agreed, GRANT), "lane-1")

    async def twice() -> list[object]:
        return list(await asyncio.gather(*(scene.store.write(give) for _ in range(2)), return_exceptions=True))

    assert [result is None for result in asyncio.run(twice())].count(True) == 1
    assert _events(scene) == [str(Event.given)]
