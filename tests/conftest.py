"""Fixtures that several folders share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counterparts import postgres
from tests.counterparts.bank import LeastBank
from tests.counterparts.graph import LeastGraph
from tests.counterparts.servers import address, free_socket, serving
from tests.counterparts.service import Service, World


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
    """The least bank and the least Graph server, and a deployment that is not started yet."""
    bank_socket, graph_socket = free_socket(), free_socket()
    bank, graph = LeastBank(address(bank_socket)), LeastGraph()
    with serving(bank.app(), bank_socket), serving(graph.app(), graph_socket) as graph_url:
        service = Service(tmp_path, bank.base, graph_url)
        (tmp_path / "clock").write_text("2026-03-18T12:00:00-07:00")
        assert service.command("keys", "init").returncode == 0
        yield World(bank, graph, service)
        service.stop()


@pytest.fixture
def world(counterparts: World) -> World:
    """The same, serving."""
    counterparts.service.start()
    return counterparts
