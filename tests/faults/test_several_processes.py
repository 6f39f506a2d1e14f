"""One web process and several workers on one PostgreSQL database, killed while they work."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.counterparts.service import World, wait_for

CUSTOMERS = [f"71{number:02}" for number in range(4)]
QUESTIONS = ["hello", "what is my balance", "how much did I spend on coffee last month?"]
Launch = Callable[[str, str], subprocess.Popen[bytes]]


@pytest.fixture
def deployment(counterparts: World, postgres_url: str) -> Iterator[tuple[World, Launch]]:
    """The counterparts on PostgreSQL, and how to start a process in a role."""
    service = counterparts.service
    service.more |= {"DATABASE_URL": postgres_url, "LIMITS__LEASE_SECONDS": "5"}
    environment = service.environment()
    with ExitStack() as running:

        def launch(role: str, name: str) -> subprocess.Popen[bytes]:
            ready = service.folder / f"ready-{name}"
            port = str(urlsplit(service.url).port) if role != "worker" else "0"
            log = running.enter_context((service.folder / f"{name}.log").open("wb"))
            command = [sys.executable, "-m", "offhold", "serve", "--role", role, "--port", port]
            process = subprocess.Popen(
                [*command, "--ready-file", str(ready)], env=environment, stdout=log, stderr=log, cwd=service.folder
            )
            running.callback(process.wait, 30)
            running.callback(process.terminate)
            return process

        yield counterparts, launch


def _ready(folder: Path, names: list[str]) -> None:
    wait_for(lambda: all((folder / f"ready-{name}").exists() for name in names))


def test_three_processes_start_together_on_an_empty_database_and_share_the_work(
    deployment: tuple[World, Launch],
) -> None:
    world, launch = deployment
    roles = {"web": "web", "one": "worker", "two": "worker"}
    for name, role in roles.items():
        launch(role, name)
    _ready(world.service.folder, list(roles))
    for psid in CUSTOMERS:
        world.bank.subject = f"subject-{psid}"
        world.linked(psid)
    before = {psid: len(world.graph.texts(psid)) for psid in CUSTOMERS}
    for question in QUESTIONS:
        for psid in CUSTOMERS:
            assert world.say(psid, question) == 200
    wait_for(lambda: world.service.command("drain", "--timeout", "20").returncode == 0)
    for psid in CUSTOMERS:
        texts = world.graph.texts(psid)[before[psid] :]
        assert ["bot" in texts[0], "$1,250.40" in texts[1], "$18.00" in texts[2]] == [True] * 3, texts


def test_a_killed_worker_loses_nothing_and_another_goes_on(deployment: tuple[World, Launch]) -> None:
    world, launch = deployment
    launch("web", "web")
    dying = launch("worker", "dying")
    _ready(world.service.folder, ["web", "dying"])
    world.linked("7201")
    world.bank.delay_s = 3.0
    before = len(world.graph.texts("7201"))
    assert world.say("7201", QUESTIONS[2]) == 200
    reads = sum("transactions" in path for path in world.bank.requests)
    wait_for(lambda: sum("transactions" in path for path in world.bank.requests) > reads)
    dying.send_signal(signal.SIGKILL)
    world.bank.delay_s = 0.0
    launch("worker", "heir")
    wait_for(lambda: len(world.graph.texts("7201")) > before)
    assert world.service.command("drain", "--timeout", "20").returncode == 0
    texts = world.graph.texts("7201")[before:]
    assert sum("$18.00" in text for text in texts) == 1


def test_a_worker_takes_no_webhooks(deployment: tuple[World, Launch]) -> None:
    world, launch = deployment
    launch("worker", "only")
    _ready(world.service.folder, ["only"])
    world.service.url = (world.service.folder / "ready-only").read_text().strip()
    assert world.say("7301", "hello") == 404
