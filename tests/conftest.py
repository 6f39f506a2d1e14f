"""Fixtures that several folders share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counterparts import postgres
from tests.counterparts.service import World, deployed


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for the tests of this process."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A new database on it."""
    return postgres.fresh_database(postgres_server)


@pytest.fixture
def counterparts(tmp_path: Path) -> Iterator[World]:
    """Everything a test of the whole needs; the deployment is not started yet."""
    with deployed(tmp_path) as world:
        yield world


@pytest.fixture
def world(counterparts: World) -> World:
    """The same, serving."""
    counterparts.service.start()
    return counterparts


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One serving deployment for the tests of a module that leave its clock and its counterparts as they are."""
    with deployed(tmp_path_factory.mktemp("deployment")) as world:
        world.service.start()
        yield world


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the kill tests counted, all together, in one line to quote."""
    counted: Counter[str] = Counter()
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties if report.when == "call" else ():
            if name.startswith("kill-tests."):
                counted[name.removeprefix("kill-tests.")] += int(str(value))
    if counted:
        shown = ", ".join(f"{name} {number}" for name, number in counted.items())
        terminalreporter.write_line(f"kill tests: {shown}")
