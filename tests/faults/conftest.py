"""A deployment with linked customers, copied afresh for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.counterparts.service import Service, World, deployed
from tests.faults.crowd import coffee_by_month, link_all


@pytest.fixture(scope="session")
def linked_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three customers who linked and agreed to open disclosure; stopped."""
    with deployed(tmp_path_factory.mktemp("linked")) as world:
        world.bank.rows = coffee_by_month()
        world.service.start()
        link_all(world)
        assert world.service.stop() == 0
        yield world


@pytest.fixture
def linked(linked_once: World, tmp_path: Path) -> Iterator[World]:
    """A copy of that deployment on a port of its own, not started; its counterparts have forgotten what was said."""
    folder = tmp_path / "deployment"
    shutil.copytree(linked_once.service.folder, folder)
    bank, graph = linked_once.bank, linked_once.graph
    bank.on_read, bank.delay_s, bank.away = (lambda: None), 0.0, False
    bank.requests.clear()
    graph.sent.clear()
    graph.answer = lambda _body: None
    service = Service(folder, bank.base, linked_once.service.graph_url, {"LIMITS__ECHO_WAIT_SECONDS": "3"})
    service.environment()  # settles its address
    graph.echoes_to = service.url
    yield World(bank, graph, service)
    graph.echoes_to = ""
    service.stop()
