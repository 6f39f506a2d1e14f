"""Nothing is spoken to but the hosts of the settings, however a call is made."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.counterparts.service import World, wait_for

_ATTEMPTS = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', {port}), 2)",
    "raw": "import _socket; s = _socket.socket(); s.connect(('127.0.0.1', {port}))",
    "http": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=2)",
    "httpx": "import httpx2; httpx2.get('http://127.0.0.1:{port}/', timeout=2)",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('127.0.0.1', {port}))",
    "datagram": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "name": "import socket; socket.getaddrinfo('canary.example.net', 443)",
    "old name": "import socket; socket.gethostbyname('canary.example.net')",
    "local socket": "import socket; socket.socket(socket.AF_UNIX).connect('/nowhere')",
    "program": "import subprocess; subprocess.run(['true'])",
    "shell": "import os; os.system('true')",
}
_FRAME = """
from offhold.ops import egress
counted = []
egress.guard([egress.named(f"{{host}}:{allowed}", "", "") for host in ("127.0.0.1", "localhost")], counted.append)
import socket
socket.create_connection(("127.0.0.1", {allowed}), 2).close()
socket.create_connection(("localhost", {allowed}), 2).close()
try:
    {attempt}
except Exception as error:
    print(len(counted), counted[-1] if counted else "", "egress" in str(error))
else:
    print("went through")
"""


class Ear:
    """Counts who connects."""

    def __init__(self) -> None:
        self.heard = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.heard += 1
            connection.close()


def _run(attempt: str, allowed: int, forbidden: int) -> str:
    code = _FRAME.format(allowed=allowed, attempt=_ATTEMPTS[attempt].format(port=forbidden))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    return ended.stdout.strip().splitlines()[-1] if ended.stdout.strip() else ended.stderr


@pytest.mark.threat(51)
@pytest.mark.parametrize("attempt", _ATTEMPTS)
def test_a_call_to_another_host_is_refused_and_counted(attempt: str) -> None:
    allowed, forbidden = Ear(), Ear()
    kind = {"name": "lookup", "old name": "lookup", "program": "program", "shell": "program"}.get(attempt, "connect")
    assert _run(attempt, allowed.port, forbidden.port) == f"1 {kind} True"
    assert forbidden.heard == 0
    assert allowed.heard == 2


@pytest.mark.threat(51)
def test_serve_refuses_a_bank_that_sends_it_elsewhere(counterparts: World) -> None:
    """The planted call: the bank's discovery document names a token endpoint on a host that no setting names."""
    ear = Ear()
    world = counterparts
    world.bank.described["token_endpoint"] = f"http://127.0.0.1:{ear.port}/token"
    world.service.start()
    world.say("p1", "hello")
    wait_for(lambda: world.graph.texts("p1"))  # the platform is on the list
    with pytest.raises(AssertionError):
        world.link("p1")
    assert world.service.metric("offhold_egress_refused_total", kind="connect") >= 1
    assert ear.heard == 0


def test_the_manifest_names_every_host_and_nothing_else(counterparts: World, tmp_path: Path) -> None:
    more = {"INSTITUTIONS__LEAST__HOSTS": "keys.example.com,login.example.com:8443"}
    shown = json.loads(counterparts.service.command("audit", "egress", "--json", **more).stdout)
    hosts = {(entry["host"], entry["port"]) for entry in shown["exits"]}
    platform = int(counterparts.service.graph_url.rpartition(":")[2])
    bank = int(counterparts.service.bank_url.rpartition(":")[2])
    assert hosts == {
        ("127.0.0.1", platform),
        ("127.0.0.1", bank),
        ("keys.example.com", 443),
        ("login.example.com", 8443),
    }
