"""Troubles that do not kill: errors and delays at every named place, a full disk, a stop in the middle of work."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from offhold.ops import failpoints
from tests.counterparts import graph
from tests.counterparts.service import World, wait_for
from tests.faults.crowd import Crowd

NOTHING = "wrong on our side"


# Every other place, so that no message meets three errors while it is decided: the third would park it.
ERRORS = [",".join(f"{name}:error@3" for name in list(failpoints.NAMES)[first::2]) for first in (0, 1)]
DELAYS = ",".join(f"{name}:delay=40" for name in failpoints.NAMES)


@pytest.mark.parametrize("armed", [*ERRORS, DELAYS], ids=["errors", "other errors", "delays"])
def test_an_error_or_a_delay_at_every_place_loses_and_repeats_nothing(armed: str, linked: World) -> None:
    linked.service.start(FAILPOINTS=armed)
    crowd = Crowd(linked)
    crowd.talk()
    account = crowd.finish()
    assert (account.lost, account.doubled, account.misplaced, account.strange) == (0, 0, 0, [])
    assert account.unlogged == 0 and account.integrity == "ok"


@pytest.mark.parametrize("name", ["gate.before-leaf", "gate.after-leaf", "bank.after-read", "turn.before-commit"])
def test_a_turn_that_always_fails_ends_in_an_apology_and_a_parked_message(name: str, linked: World) -> None:
    linked.service.start(FAILPOINTS=f"{name}:error")
    assert linked.say("7001", "how much did I spend on coffee in january?") == 200
    assert NOTHING in wait_for(lambda: linked.graph.texts("7001"))[0]
    assert linked.service.stop() == 0
    linked.service.start()
    assert linked.say("7001", "hello") == 200
    wait_for(lambda: len(linked.graph.texts("7001")) == 2)
    assert NOTHING not in linked.graph.texts("7001")[1]
    assert linked.service.status()["parked"] == 1


@pytest.fixture
def full_disk(linked: World) -> Iterator[World]:
    """Serving, and from now on no file of that process may be written: what a full disk looks like to it."""
    linked.graph.echoes_to = ""
    linked.service.start()
    assert linked.say("7001", "hello") == 200
    wait_for(lambda: linked.graph.texts("7001"))
    wait_for(linked.service.settled)
    _may_write(linked, 0)
    yield linked


def _may_write(world: World, size: int) -> None:
    assert world.service.process is not None
    resource.prlimit(world.service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_on_a_full_disk_nothing_is_accepted_and_nothing_lost(full_disk: World) -> None:
    world = full_disk
    question = graph.message("7002", "how much did I spend on coffee in january?", "m_full", world.at_ms)
    assert graph.post(world.service.url, graph.envelope(question)) == 503
    assert world.service.metric("offhold_webhook_refused_total", reason="store") == 1
    assert graph.HTTP.get(f"{world.service.url}/healthz").status_code == 200
    assert world.graph.texts("7002") == []
    _may_write(world, resource.RLIM_INFINITY)
    assert graph.deliver(world.service.url, graph.envelope(question)) == 1
    assert "$15.01" in wait_for(lambda: world.graph.texts("7002"))[0]
    wait_for(world.service.settled)
    assert world.service.stop() == 0
    assert len(world.graph.texts("7001")) == len(world.graph.texts("7002")) == 1


def test_a_stop_signal_lets_what_was_acknowledged_be_answered(linked: World) -> None:
    linked.bank.delay_s = 0.1
    linked.service.start()
    for psid in ("7001", "7002", "7003"):
        for month in ("january", "february"):
            assert linked.say(psid, f"how much did I spend on coffee in {month}?") == 200
    assert linked.service.stop() == 0
    assert linked.service.settled()
    for psid in ("7001", "7002", "7003"):
        first, second = linked.graph.texts(psid)
        assert "$15.01" in first and "$16.02" in second
    assert not (linked.service.folder / "ready").exists()


def test_a_second_process_on_the_same_file_is_refused(linked: World) -> None:
    linked.service.start()
    second = linked.service.command("serve", "--port", "0")
    assert second.returncode == 2 and "in use by another process" in second.stderr
    assert linked.say("7001", "hello") == 200
    wait_for(lambda: linked.graph.texts("7001"))


def test_a_database_that_cannot_be_used_is_said_so(linked: World) -> None:
    (linked.service.folder / "folder.db").mkdir()
    refused = linked.service.command("serve", DATABASE_URL=f"sqlite:///{linked.service.folder}/folder.db")
    assert refused.returncode == 2 and "OFFHOLD_DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr
