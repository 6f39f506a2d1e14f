"""Whoever can write the database, or the copies that customers hold, cannot change the access log unseen."""

from __future__ import annotations

import base64
import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from offhold.accesslog import leaves
from offhold.accesslog.checkpoint import Signer, trust_policy
from offhold.accesslog.leaves import canonical, commitment
from offhold.accesslog.verify import DoesNotHold, verdict
from offhold.errors import LogBroken
from offhold.keys.file import Keys
from offhold.store.tables import leaf, log_key, log_tile, log_tree
from tests.counterparts.log import BANK, KEYS, ORIGIN, LogScene

ENTRIES = 600
SEED = 20260318


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two levels, on disk."""
    folder = tmp_path_factory.mktemp("log")
    scene = LogScene(folder)
    for count in (40, ENTRIES, 3):
        scene.append("cust", count // 2)
        scene.append("other", count // 2)
        scene.append("cust", 1, actor="agent")
        scene.step()
    assert scene.audit().why == ""
    scene.stop()
    return folder


@pytest.fixture
def scene(written: Path, tmp_path: Path) -> Iterator[LogScene]:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    made = LogScene(tmp_path)
    made.run(made.sequencer.open())
    yield made
    made.stop()


def _flipped(body: bytes, at: int, bit: int) -> bytes:
    return body[:at] + bytes([body[at] ^ (1 << bit)]) + body[at + 1 :]


def _refused(scene: LogScene) -> str:
    """Start-up refuses; the reason."""
    with pytest.raises(LogBroken) as refused:
        scene.run(scene.sequencer.open())
    return str(refused.value)


@pytest.mark.threat(101)
def test_one_flipped_bit_in_any_tile_is_found_at_the_start_with_its_place(scene: LogScene) -> None:
    chance = random.Random(SEED)
    rows = scene.do(lambda c: c.execute(select(log_tile)).all())
    assert {row.level for row in rows} == {0, 1}
    for _ in range(40):
        row = chance.choice(rows)
        at = chance.randrange(len(row.hashes))
        where = (log_tile.c.level == row.level) & (log_tile.c.number == row.number)
        changed = _flipped(row.hashes, at, chance.randrange(8))
        scene.do(lambda c: c.execute(update(log_tile).where(where).values(hashes=changed)))  # noqa: B023
        assert f"entry [{row.number * 256 + at // 32}] of level {row.level}" in _refused(scene)
        scene.do(lambda c: c.execute(update(log_tile).where(where).values(hashes=row.hashes)))  # noqa: B023
    scene.run(scene.sequencer.open())


@pytest.mark.threat(101)
def test_one_flipped_bit_in_any_commitment_is_found_at_the_start_with_its_place(scene: LogScene) -> None:
    chance = random.Random(SEED)
    rows = scene.do(lambda c: c.execute(select(leaf)).all())
    for row in chance.sample(rows, 40):
        where = (leaf.c.subject == row.subject) & (leaf.c.seq == row.seq)
        changed = _flipped(row.commitment, chance.randrange(32), chance.randrange(8))
        scene.do(lambda c: c.execute(update(leaf).where(where).values(commitment=changed)))  # noqa: B023
        assert f"entry [{row.position}] of level 0" in _refused(scene)
        scene.do(lambda c: c.execute(update(leaf).where(where).values(commitment=row.commitment)))  # noqa: B023


@pytest.mark.threat(101)
def test_one_flipped_bit_in_any_record_is_found_by_the_audit(scene: LogScene) -> None:
    chance = random.Random(SEED)
    rows = scene.do(lambda c: c.execute(select(leaf)).all())
    for row in chance.sample(rows, 20):
        where = (leaf.c.subject == row.subject) & (leaf.c.seq == row.seq)
        changed = _flipped(row.record_sealed, chance.randrange(len(row.record_sealed)), chance.randrange(8))
        scene.do(lambda c: c.execute(update(leaf).where(where).values(record_sealed=changed)))  # noqa: B023
        assert "does not open" in scene.audit().why
        scene.do(lambda c: c.execute(update(leaf).where(where).values(record_sealed=row.record_sealed)))  # noqa: B023


def _delete(connection: Connection) -> None:
    connection.execute(delete(leaf).where(leaf.c.subject == "cust", leaf.c.seq == 5))


def _delete_last(connection: Connection) -> None:
    last = connection.execute(select(leaf.c.seq).where(leaf.c.subject == "cust").order_by(leaf.c.seq.desc())).first()
    connection.execute(delete(leaf).where(leaf.c.subject == "cust", leaf.c.seq == (last.seq if last else 0)))


def _swap_places(connection: Connection) -> None:
    first, second = connection.execute(select(leaf.c.seq, leaf.c.position).where(leaf.c.subject == "cust").limit(2))
    for seq, place in ((first.seq, None), (second.seq, first.position), (first.seq, second.position)):
        where = (leaf.c.subject == "cust") & (leaf.c.seq == seq)
        connection.execute(update(leaf).where(where).values(position=place))


def _renumber(connection: Connection) -> None:
    """Remove a leaf and close the gap in the numbers."""
    _delete(connection)
    connection.execute(update(leaf).where(leaf.c.subject == "cust", leaf.c.seq == 6).values(seq=5))


def _cut_tile(connection: Connection) -> None:
    row = connection.execute(select(log_tile).where(log_tile.c.level == 0, log_tile.c.number == 1)).one()
    where = (log_tile.c.level == 0) & (log_tile.c.number == 1)
    connection.execute(update(log_tile).where(where).values(hashes=row.hashes[:-32]))


def _drop_tile(connection: Connection) -> None:
    connection.execute(delete(log_tile).where(log_tile.c.level == 1))


def _smaller_checkpoint(connection: Connection) -> None:
    """An older tree, validly signed, in the place of the newest: what a restored backup looks like."""
    old = Signer(Keys(bytes(32)), BANK, ORIGIN)
    connection.execute(update(log_tree).values(signed=old.sign(0, bytes.fromhex(_EMPTY)), published=""))


_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _other_key(connection: Connection) -> None:
    row = connection.execute(select(log_tree)).one()
    size, root = row.signed.split("\n")[1:3]
    forged = Signer(Keys(b"x" * 32), BANK, ORIGIN).sign(int(size), base64.b64decode(root))
    connection.execute(update(log_tree).values(signed=forged, published=forged))


def _no_checkpoint(connection: Connection) -> None:
    connection.execute(update(log_tree).values(signed="", published=""))


def _no_tree(connection: Connection) -> None:
    connection.execute(delete(log_tree))


def _test_mark_off(connection: Connection) -> None:
    connection.execute(update(log_tree).values(vkey=Signer(Keys(bytes(32)), BANK, ORIGIN.partition("/")[2]).vkey))


def _other_vkey(connection: Connection) -> None:
    connection.execute(update(log_tree).values(vkey=Signer(Keys(b"x" * 32), BANK, ORIGIN).vkey))


CHANGES: dict[str, tuple[Callable[[Connection], None], str]] = {
    "a leaf deleted": (_delete, "is cut short"),
    "the last leaf deleted": (_delete_last, "is cut short"),
    "two leaves swapped": (_swap_places, "is not what the tree was built from"),
    "a leaf deleted and the rest renumbered": (_renumber, "is cut short"),
    "a tile cut short": (_cut_tile, "is cut short"),
    "a tile deleted": (_drop_tile, "is cut short"),
    "an older checkpoint": (_smaller_checkpoint, "rolled back"),
    "a checkpoint of another key": (_other_key, "no trusted log signed"),
    "no checkpoint": (_no_checkpoint, "entries were signed"),
    "no tree": (_no_tree, "entries were signed"),
    "another key from the start": (_other_vkey, "another key than that in OFFHOLD_LOG__SIGNING_KEY_FILE"),
    "another mode": (_test_mark_off, "begun in another OFFHOLD_MODE"),
}


@pytest.mark.threat(101)
@pytest.mark.threat(102)
@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_database_is_refused_at_the_start(scene: LogScene, change: str) -> None:
    work, reason = CHANGES[change]
    scene.do(work)
    assert reason in _refused(scene)


@pytest.mark.threat(102)
def test_yesterdays_database_is_refused_while_the_second_place_is_todays(tmp_path: Path) -> None:
    scene = LogScene(tmp_path)
    scene.append("cust", 3)
    scene.step()
    scene.stop()
    shutil.copy(tmp_path / "a.db", tmp_path / "yesterday.db")
    scene.start()
    scene.append("cust", 3)
    scene.step()
    scene.stop()
    shutil.move(tmp_path / "yesterday.db", tmp_path / "a.db")
    scene.start()
    assert "rolled back: 16 entries, but 32 were signed" in _refused(scene)
    scene.stop()


@pytest.mark.threat(102)
def test_a_rewritten_database_of_the_same_size_is_refused(scene: LogScene) -> None:
    """The insider has the signing key, rewrites everything, and forgets only the second place."""
    kept = scene.logs.kept(ORIGIN)
    rewritten = scene.signer.sign(int(kept.split("\n")[1]), bytes(32))
    scene.logs.keep(rewritten)
    assert "did not grow from" in _refused(scene)


@pytest.mark.threat(108)
def test_a_leaf_rewritten_with_every_key_in_hand_does_not_open_its_commitment(scene: LogScene) -> None:
    """The insider has the root key: the record is resealed with an agent's look taken out of it."""

    def rewrite(connection: Connection) -> None:
        row = connection.execute(select(leaf).where(leaf.c.subject == "cust", leaf.c.seq == 21)).one()
        found = next(iter(leaves.opened(connection, KEYS, [row])))
        assert found is not None and found.record["actor"]["kind"] == "agent"
        sealed = connection.execute(select(log_key).where(log_key.c.subject == "cust")).one()
        own = Keys(KEYS.unseal(sealed.key_sealed, f"log-key/cust/{sealed.month}"))
        body = canonical({**found.record, "actor": {"kind": "customer", "id": "customer-1"}})
        changed = own.seal(body, "leaf/cust/21")
        connection.execute(update(leaf).where(leaf.c.subject == "cust", leaf.c.seq == 21).values(record_sealed=changed))

    scene.do(rewrite)
    assert scene.audit().why == "leaf 21 is not what was committed to"
    with pytest.raises(DoesNotHold, match="leaf 21 is not in the signed tree"):
        scene.verdict(scene.bundle("cust"))


@pytest.mark.threat(107)
def test_a_leaf_that_was_never_put_in_the_tree_is_missed(scene: LogScene) -> None:
    """Deleted before the sequencer saw it: the next leaf of the customer names it."""
    scene.append("cust", 2)
    last = scene.do(lambda c: leaves.history(c, KEYS, "cust"))[-1].seq
    scene.do(lambda c: c.execute(delete(leaf).where(leaf.c.subject == "cust", leaf.c.seq == last - 1)))
    scene.step()
    assert scene.audit().why == f"leaf {last - 1} of a customer is missing"


class TestProofs:
    """What a customer holds: refused when anything in it is changed, left out, put in, or older than before."""

    def test_it_holds(self, scene: LogScene) -> None:
        bundle = scene.bundle("cust")
        count = len(bundle["proofs"])
        assert scene.verdict(bundle) == f"holds: {ORIGIN}, 1104 entries, {count} of them opened"

    @pytest.mark.threat(105)
    def test_one_changed_byte_anywhere_is_refused(self, scene: LogScene) -> None:
        bundle, chance = {"proofs": scene.bundle("cust")["proofs"][:1]}, random.Random(SEED)
        text = bundle["proofs"][0]
        assert scene.verdict(bundle)
        for at in range(len(text)):
            other = chr(ord(text[at]) ^ (1 << chance.randrange(5)))
            with pytest.raises(DoesNotHold):
                scene.verdict({"proofs": [text[:at] + other + text[at + 1 :]]})

    @pytest.mark.threat(107)
    @pytest.mark.parametrize("left_out", [0, 1, 7])
    def test_a_leaf_left_out_is_missed(self, scene: LogScene, left_out: int) -> None:
        bundle = scene.bundle("cust")
        del bundle["proofs"][left_out]
        with pytest.raises(DoesNotHold, match="missing"):
            scene.verdict(bundle)

    @pytest.mark.threat(107)
    def test_leaves_that_end_before_the_one_kept_are_refused(self, scene: LogScene) -> None:
        history = scene.do(lambda c: leaves.history(c, KEYS, "cust"))
        head = f"{history[-1].seq}:{history[-1].commitment.hex()}"
        bundle = scene.bundle("cust")
        assert scene.verdict(bundle, head=head)
        bundle["proofs"].pop()
        with pytest.raises(DoesNotHold, match="before the one you kept"):
            scene.verdict(bundle, head=head)
        with pytest.raises(DoesNotHold, match="not the one you kept"):
            scene.verdict(scene.bundle("cust"), head=f"5:{history[5].commitment.hex()}")

    @pytest.mark.threat(107)
    def test_leaves_in_another_order_or_of_somebody_else_are_refused(self, scene: LogScene) -> None:
        mine, theirs = scene.bundle("cust")["proofs"], scene.bundle("other")["proofs"]
        for wrong in ([mine[1], mine[0]], [mine[0], mine[0]], [mine[0], theirs[1]], [theirs[0], mine[1]]):
            with pytest.raises(DoesNotHold, match="missing"):
                scene.verdict({"proofs": wrong})

    @pytest.mark.threat(102)
    def test_an_older_tree_than_the_one_seen_is_refused(self, scene: LogScene) -> None:
        old, seen = scene.bundle("cust"), scene.row().published
        scene.append("cust")
        scene.step()
        newer = scene.row().published
        with pytest.raises(DoesNotHold, match="rolled back"):
            scene.verdict(old, seen=newer)
        grown = scene.bundle("cust", since=int(seen.split("\n")[1]))
        assert scene.verdict(grown, seen=seen)
        with pytest.raises(DoesNotHold):
            scene.verdict({**grown, "growth": []}, seen=seen)
        with pytest.raises(DoesNotHold):
            scene.verdict({**grown, "growth": grown["growth"][1:]}, seen=seen)

    @pytest.mark.threat(106)
    def test_another_institutions_log_is_refused(self, scene: LogScene) -> None:
        foreign = Signer(Keys(bytes(32)), "other", "offhold-test/127.0.0.1/log/other")
        with pytest.raises(DoesNotHold, match="no trusted log"):
            verdict(trust_policy(foreign.vkey), json.dumps(scene.bundle("cust")), "", "", None)

    @pytest.mark.threat(108)
    @pytest.mark.parametrize(
        "change",
        [
            {"act": "consent.give"},
            {"actor": {"kind": "customer", "id": "customer-1"}},
            {"purpose": "dpv:Advertising"},
            {"t": 0},
        ],
    )
    def test_another_story_for_the_same_commitment_is_refused(self, scene: LogScene, change: dict[str, Any]) -> None:
        bundle = scene.bundle("cust")
        text = bundle["proofs"][20]
        opening = json.loads(base64.b64decode(re.search(r"^extra (\S+)$", text, re.M)[1]))  # type: ignore[index]
        record = json.loads(opening["record"]) | change
        told = {"nonce": opening["nonce"], "record": canonical(record).decode()}
        extra = base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()
        bundle["proofs"][20] = re.sub(r"^extra \S+$", f"extra {extra}", text, flags=re.M)
        with pytest.raises(DoesNotHold, match="leaf 21 is not in the signed tree"):
            scene.verdict(bundle)

    @pytest.mark.threat(108)
    @pytest.mark.parametrize("longer", [b"\0", b"\0\0"])
    def test_a_nonce_of_another_length_is_refused(self, scene: LogScene, longer: bytes) -> None:
        """HMAC pads a key with zeros: without the check one commitment would have many openings."""
        bundle = scene.bundle("cust")
        text = bundle["proofs"][0]
        opening = json.loads(base64.b64decode(re.search(r"^extra (\S+)$", text, re.M)[1]))  # type: ignore[index]
        nonce = base64.b64decode(opening["nonce"]) + longer
        assert commitment(nonce, opening["record"].encode()) == commitment(nonce[:32], opening["record"].encode())
        told = {"nonce": base64.b64encode(nonce).decode(), "record": opening["record"]}
        extra = base64.b64encode(json.dumps(told).encode()).decode()
        bundle["proofs"][0] = re.sub(r"^extra \S+$", f"extra {extra}", text, flags=re.M)
        with pytest.raises(DoesNotHold, match="nonce is not 32 bytes"):
            scene.verdict(bundle)

    @pytest.mark.parametrize(
        "text",
        ["{", "[]", "null", '{"proofs": 1}', '{"proofs": ["x"]}', '{"proofs": []}', '{"proofs": [null]}', "\x00", "1"],
    )
    def test_anything_else_is_refused_in_words(self, scene: LogScene, text: str) -> None:
        with pytest.raises(DoesNotHold):
            verdict(scene.policy, text, "", "", None)


@pytest.mark.threat(109)
def test_an_observer_of_the_tree_sees_nothing_that_comes_back(scene: LogScene) -> None:
    """Equal records of one customer give unrelated entries; no entry holds an id, a time or a kind of data."""
    rows = scene.do(lambda c: c.execute(select(leaf.c.commitment).where(leaf.c.subject == "cust")).scalars().all())
    assert len(set(rows)) == len(rows)
    pieces = [row[at : at + 6] for row in rows for at in range(0, 26)]
    assert len(set(pieces)) == len(pieces)
    bits = sum(byte.bit_count() for row in rows for byte in row) / (len(rows) * 256)
    assert 0.48 < bits < 0.52


@pytest.mark.threat(109)
def test_places_in_a_batch_do_not_follow_the_order_of_events(scene: LogScene) -> None:
    scene.append("late", 64)
    scene.step()
    places = [each.position for each in scene.do(lambda c: leaves.history(c, KEYS, "late"))]
    assert places != sorted(places, key=lambda place: place or 0)


@pytest.mark.threat(109)
def test_no_log_key_comes_of_the_root_key(scene: LogScene, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = LogScene(tmp_path_factory.mktemp("other"))
    other.append("cust")
    where = log_key.c.subject == "cust"
    both = [each.do(lambda c: c.execute(select(log_key).where(where)).one()) for each in (scene, other)]
    opened = {KEYS.unseal(row.key_sealed, f"log-key/cust/{row.month}") for row in both}
    assert both[0].month == both[1].month and len(opened) == 2
    other.stop()


@pytest.mark.threat(109)
def test_with_the_log_key_gone_nothing_opens_and_the_tree_still_stands(scene: LogScene) -> None:
    scene.do(lambda c: c.execute(delete(log_key).where(log_key.c.subject == "cust")))
    found = scene.audit()
    assert found.why == "" and found.unopenable == 324
    assert scene.do(lambda c: leaves.history(c, KEYS, "cust")) == ()
    scene.run(scene.sequencer.open())
