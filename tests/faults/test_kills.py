"""The process dies at every named place, and at random ones: nothing acknowledged is lost, nothing said twice."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from offhold.ops import failpoints
from tests.counterparts.service import World
from tests.faults.crowd import Account, Crowd

Record = Callable[[str, Any], None]
PASSES = (1, 3)
OF_A_TURN = [name for name in failpoints.NAMES if not name.startswith("log.")]
"""The log's own places are passed without any message: test_log_kills.py dies there."""


def _report(record_property: Record, account: Account) -> None:
    for name in ("kills", "asked", "lost", "doubled"):
        record_property(f"kill-tests.{name}", getattr(account, name))


def _holds(account: Account, doubled: int = 0) -> None:
    assert (account.lost, account.doubled, account.misplaced) == (0, doubled, 0)
    assert account.strange == [] and account.unlogged == 0 and account.integrity == "ok"


def _die(world: World, crowd: Crowd, failpoint: str, begin: bool) -> None:
    world.service.start(survives=False, FAILPOINTS=failpoint)
    if begin:
        crowd.talk()
    assert world.service.process is not None
    assert world.service.process.wait(30) == failpoints.CRASH_STATUS
    crowd.kills += 1


@pytest.mark.parametrize("name", OF_A_TURN)
def test_a_crash_there_loses_nothing_and_repeats_nothing(name: str, linked: World, record_property: Record) -> None:
    crowd = Crowd(linked)
    passes = PASSES
    if name == "send.before-call":
        # A message whose sending died twice is given up: the second death hits another while the first waits.
        passes = (1, 1)
        linked.service.more["LIMITS__ECHO_WAIT_SECONDS"] = "8"
    for number in passes:
        _die(linked, crowd, f"{name}:crash@{number}", begin=crowd.kills == 0)
    linked.service.start()
    account = crowd.finish()
    _report(record_property, account)
    _holds(account)


@pytest.mark.parametrize("name", ["send.before-call", "send.after-call"])
def test_without_its_echo_an_uncertain_answer_is_repeated_once(
    name: str, linked: World, record_property: Record
) -> None:
    linked.graph.echoes_to = ""
    linked.service.more["LIMITS__ECHO_WAIT_SECONDS"] = "0.3"
    crowd = Crowd(linked, customers=("7001",))
    _die(linked, crowd, f"{name}:crash@2", begin=True)
    linked.service.start()
    account = crowd.finish()
    _report(record_property, account)
    _holds(account, doubled=1 if name == "send.after-call" else 0)


@pytest.mark.parametrize("seed", [11, 12])
def test_killed_at_random_moments_under_load(seed: int, linked: World, record_property: Record) -> None:
    moments = random.Random(seed)
    crowd = Crowd(linked)
    linked.bank.delay_s = 0.05
    linked.service.more["LIMITS__SEND_SPACING_MS"] = "40"
    for number in range(5):
        linked.service.start()
        if number == 0:
            crowd.talk()
        time.sleep(moments.uniform(0.0, 0.35))
        assert linked.service.stop(signal.SIGKILL) == -signal.SIGKILL
        crowd.kills += 1
    linked.service.start()
    account = crowd.finish()
    _report(record_property, account)
    _holds(account)
