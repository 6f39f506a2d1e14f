"""The sequencer: every durable leaf gets its place once, one sequencer at a time, one batch or none of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from tests.counterparts.log import BANK, KEYS, NOW_MS, ORIGIN, LogScene
from tests.counterparts.witness import LeastWitness

from offhold.accesslog import leaves, trees
from offhold.accesslog.checkpoint import size_of
from offhold.accesslog.sequencer import LEAST_BATCH, claim, waiting
from offhold.accesslog.trees import Logs
from offhold.accesslog.verify import read_checkpoint
from offhold.errors import LeaseLost, LogDistrusted
from offhold.ops import failpoints
from offhold.store.tables import leaf, log_tree


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[LogScene]:
    made = LogScene(tmp_path)
    yield made
    made.stop()


def test_an_empty_log_has_a_signed_checkpoint(scene: LogScene) -> None:
    scene.step()
    assert read_checkpoint(scene.row().published, scene.policy).size == 0


def test_leaves_get_places_and_a_published_checkpoint(scene: LogScene) -> None:
    scene.append("cust", 3)
    scene.step()
    assert read_checkpoint(scene.row().published, scene.policy).size == LEAST_BATCH
    places = [each.position for each in scene.do(lambda c: leaves.history(c, KEYS, "cust"))]
    assert len({*places, None}) == 4 and all(place < LEAST_BATCH for place in places if place is not None)
    assert scene.audit().why == ""


@pytest.mark.threat(109)
@pytest.mark.parametrize(("count", "grown"), [(1, 16), (16, 16), (17, 32), (100, 128)])
def test_a_batch_grows_the_tree_by_a_power_of_two_whatever_came(scene: LogScene, count: int, grown: int) -> None:
    scene.append("cust", count)
    scene.step()
    assert size_of(scene.row().published) == grown
    found = scene.audit()
    assert (found.leaves, found.covers, found.why) == (grown, grown - count, "")


def test_without_new_leaves_nothing_is_signed_again(scene: LogScene) -> None:
    scene.append("cust")
    scene.step()
    before = scene.row()
    scene.step()
    assert scene.row() == before


def test_many_batches_are_one_tree_that_only_grows(scene: LogScene) -> None:
    seen = ""
    for number in range(5):
        scene.append(f"cust-{number % 2}", 90 * number + 1)
        scene.step()
        size = size_of(seen) if seen else 0
        for subject in ("cust-0", "cust-1") if number else ("cust-0",):
            assert scene.verdict(scene.bundle(subject, size), seen).startswith("holds: ")
        seen = scene.row().published
    assert scene.audit().why == ""


@pytest.mark.threat(110)
def test_of_two_sequencers_one_integrates(scene: LogScene) -> None:
    scene.step()
    scene.append("cust", 5)
    other = scene.another()
    scene.run(other.open())

    async def both() -> None:
        await asyncio.gather(scene.sequencer.step(BANK), other.step(BANK))

    scene.run(both())
    assert size_of(scene.row().signed) == LEAST_BATCH
    assert scene.audit().why == ""


@pytest.mark.threat(110)
def test_a_sequencer_that_was_thought_dead_changes_nothing(scene: LogScene) -> None:
    scene.step()
    scene.append("cust", 5)
    mine = scene.do(lambda c: claim(c, BANK, "first", 0))
    batch = scene.do(lambda c: waiting(c, BANK))
    assert mine is not None
    assert scene.do(lambda c: claim(c, BANK, "second", 1)) is None
    later = 10**15
    assert scene.do(lambda c: claim(c, BANK, "second", later)) is not None
    before = scene.row()
    with pytest.raises(LeaseLost):
        scene.do(lambda c: scene.sequencer.integrate(c, mine, batch))
    assert scene.row() == before
    assert scene.do(lambda c: trees.waiting(c, BANK)) == 5
    covers = scene.do(lambda c: c.execute(select(func.count()).where(leaf.c.subject.like("cover/%"))).scalar_one())
    assert covers == 0


@pytest.mark.parametrize("point", ["log.before-integrate", "log.after-integrate", "log.before-publish"])
def test_a_failure_at_any_point_is_made_good_by_the_next_step(scene: LogScene, point: str) -> None:
    scene.step()
    scene.append("cust", 5)
    failpoints.arm(f"{point}:error@1")
    with pytest.raises(failpoints.FailpointHit):
        scene.step()
    failpoints.arm("")
    scene.step()
    assert size_of(scene.row().published) == LEAST_BATCH
    assert scene.audit().why == ""


def test_when_it_is_stopped_it_takes_in_what_still_waits(scene: LogScene) -> None:
    scene.run(scene.sequencer.open())
    scene.append("cust")
    scene.sequencer.stop()
    scene.run(scene.sequencer.run())
    assert size_of(scene.row().published) == LEAST_BATCH


def _record() -> dict[str, object]:
    return {"act": "read", "actor": {"kind": "customer", "id": "x"}}


def test_a_tree_that_a_dead_process_held_is_free_at_the_next_start(scene: LogScene) -> None:
    scene.step()
    scene.do(lambda c: claim(c, BANK, "dead", 10**15))
    scene.append("cust")
    scene.restart()
    scene.step()
    assert size_of(scene.row().published) == LEAST_BATCH


def test_a_start_beside_a_process_that_publishes_sees_no_rollback(
    scene: LogScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.append("cust")
    scene.step()
    beside, look_aside = scene.another(), Logs.kept
    scene.run(beside.open())

    def publishing() -> None:
        scene.append("cust")
        scene.run(beside.step(BANK))

    def kept(logs: Logs, name: str) -> str:
        monkeypatch.setattr(Logs, "kept", look_aside)
        other = threading.Thread(target=publishing)
        other.start()
        other.join()
        return look_aside(logs, name)

    monkeypatch.setattr(Logs, "kept", kept)
    scene.run(scene.another().open())
    assert size_of(scene.logs.kept(ORIGIN)) == 2 * LEAST_BATCH


def test_a_subject_stays_in_the_tree_where_it_began(scene: LogScene) -> None:
    scene.append("cust")
    scene.do(lambda c: leaves.append(c, KEYS, "cust", "other", NOW_MS, _record()))
    assert {each.institution for each in scene.do(lambda c: leaves.history(c, KEYS, "cust"))} == {BANK}


def test_a_leaf_that_names_nobody_is_refused(scene: LogScene) -> None:
    for actor in ({}, {"actor": {"kind": "robot", "id": "x"}}, {"actor": "customer"}):
        with pytest.raises(ValueError, match="names who acted"):
            scene.do(lambda c, actor=actor: leaves.append(c, KEYS, "cust", BANK, NOW_MS, {"act": "read", **actor}))


class TestWitnesses:
    """Checkpoints wait for the quorum; a witness that saw another tree stops the log."""

    @pytest.fixture
    def watched(self, tmp_path: Path) -> Iterator[LogScene]:
        made = LogScene(tmp_path, [LeastWitness(f"w{n}.example") for n in range(3)], quorum=2)
        for witness in made.witnesses:
            witness.logs[made.signer.origin] = made.signer.vkey
        yield made
        made.stop()

    def test_a_checkpoint_carries_the_cosignatures_and_grows_with_proof(self, watched: LogScene) -> None:
        for count in (1, 40, 300):
            watched.append("cust", count)
            watched.step()
            assert read_checkpoint(watched.row().published, watched.policy)
        assert [request.split("\n")[0] for request in watched.witnesses[0].requests] == ["old 0", "old 16", "old 80"]

    def test_a_new_process_learns_from_the_witness_where_it_was(self, watched: LogScene) -> None:
        watched.append("cust", 20)
        watched.step()
        watched.restart()
        watched.append("cust", 1)
        watched.step()
        assert size_of(watched.row().published) == 48
        assert watched.witnesses[0].seen[watched.signer.origin][0] == 48

    @pytest.mark.threat(103)
    def test_without_a_quorum_nothing_new_is_published(self, watched: LogScene) -> None:
        watched.append("cust")
        watched.step()
        published = watched.row().published
        watched.witnesses[0].away = watched.witnesses[1].away = True
        watched.append("cust")
        watched.step()
        assert watched.row().published == published != watched.row().signed
        assert watched.bundle("cust")["waiting"] == 1
        watched.witnesses[1].away = False
        watched.step()
        assert size_of(watched.row().published) == 32

    @pytest.mark.threat(102)
    def test_a_log_rolled_back_behind_its_witnesses_is_stopped(self, watched: LogScene) -> None:
        watched.append("cust", 5)
        watched.step()
        for witness in watched.witnesses[:2]:
            witness.seen[watched.signer.origin] = (4096, bytes(32))
        watched.append("cust", 1)
        watched.restart()
        watched.step()
        row = watched.row()
        assert "answered 409" in row.distrusted and watched.signer.origin in row.distrusted
        assert "witnesses refused it" in watched.audit().why

    @pytest.mark.threat(103)
    def test_a_second_tree_of_one_size_gets_no_quorum(self, watched: LogScene) -> None:
        watched.append("cust", 5)
        watched.step()
        for witness in watched.witnesses:
            witness.seen[watched.signer.origin] = (16, bytes(32))
        watched.append("cust", 5)
        watched.step()
        assert "answered 422" in watched.row().distrusted

    def test_one_witness_that_lies_stops_nothing(self, watched: LogScene) -> None:
        watched.step()
        watched.witnesses[2].seen[watched.signer.origin] = (4096, bytes(32))
        watched.append("cust", 1)
        watched.step()
        assert size_of(watched.row().published) == 16 and not watched.row().distrusted

    @pytest.mark.threat(106)
    def test_a_cosignature_of_somebody_else_does_not_count(self, watched: LogScene) -> None:
        for witness in watched.witnesses[1:]:
            witness.cosign = LeastWitness("impostor.example").cosign  # type: ignore[method-assign]
        watched.append("cust")
        watched.step()
        assert watched.row().published == "" != watched.row().signed


def test_once_distrusted_a_log_signs_nothing(scene: LogScene) -> None:
    scene.append("cust")
    scene.step()
    before = scene.row().signed
    scene.do(lambda c: c.execute(update(log_tree).values(distrusted="evidence")))
    with pytest.raises(LogDistrusted):
        scene.append("cust")
    scene.append("cust", act="consent.withdrawn")  # what ends a reading is still written down
    assert scene.run(scene.sequencer.step(BANK)) is False
    assert scene.row().signed == before
