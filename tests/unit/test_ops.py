"""Clock, failpoints, logs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from offhold.errors import ConfigurationError
from offhold.ops import failpoints
from offhold.ops.clock import Clock
from offhold.ops.logs import _only_allowed


@pytest.fixture(autouse=True)
def disarmed():  # type: ignore[no-untyped-def]
    yield
    failpoints.arm("")


def test_the_clock_file_is_read_at_each_use(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = Clock(file)
    file.write_text("2026-03-18T09:00:00-07:00\n")
    assert clock.ms() == 1_773_849_600_000
    file.write_text("2026-03-18T09:00:01-07:00")
    assert clock.ms() == 1_773_849_601_000


def test_a_clock_without_offset_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-03-18T09:00:00")
    with pytest.raises(ConfigurationError, match="OFFHOLD_CLOCK_FILE.*offset"):
        Clock(file).now()


def test_a_failpoint_acts_at_its_pass_only() -> None:
    failpoints.arm("turn.before-commit:error@2")
    asyncio.run(failpoints.reach("turn.before-commit"))
    with pytest.raises(failpoints.FailpointHit):
        asyncio.run(failpoints.reach("turn.before-commit"))
    asyncio.run(failpoints.reach("turn.before-commit"))


@pytest.mark.parametrize("text", ["nowhere:crash", "turn.before-commit:explode", "turn.before-commit"])
def test_an_unknown_failpoint_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="OFFHOLD_FAILPOINTS"):
        failpoints.arm(text)


@pytest.mark.threat(9)
def test_a_log_field_that_is_not_listed_never_leaves() -> None:
    kept = _only_allowed(None, "", {"event": "x", "code": "c", "text": "my balance", "psid": "60"})
    assert kept == {"event": "x", "code": "c"}
