"""`offhold serve` as its users run it: a separate process, known by the contract's names alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from sqlalchemy import create_engine

from offhold.journal.status import left_to_do
from tests.counterparts import bank, graph
from tests.counterparts.servers import address, free_socket, serving

BACK = "https://www.facebook.com/messenger_platform/account_linking/?x=1"
START_S = 120.0  # a machine that runs many tests at once starts slowly
QUESTION = "how much did I spend on coffee last month?"


def wait_for(holds: Callable[[], Any], seconds: float = 90.0) -> Any:
    """Poll until `holds()` is true; its value. Fails the test when the time is over."""
    until = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return value


@dataclass
class Service:
    """Paths and settings of one deployment; `start` and `stop` its process."""

    folder: Path
    bank_url: str
    graph_url: str
    more: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    url: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        (self.folder / "bank.secret").write_text(bank.CLIENT_SECRET)
        with_port = urlsplit(self.url or f"http://127.0.0.1:{_free_port()}")
        self.url = f"http://{with_port.netloc}"
        settings = {
            "MODE": "test",
            "CLOCK_FILE": str(self.folder / "clock"),
            "DATA_DIR": str(self.folder / "data"),
            "KEYS__ROOT_FILE": str(self.folder / "root.key"),
            "PUBLIC_URL": self.url,
            "LIMITS__SEND_SPACING_MS": "0",
            "INSTITUTIONS__LEAST__NAME": "Least Bank",
            "INSTITUTIONS__LEAST__BASE_URL": f"{self.bank_url}/open-banking/v4.0/aisp",
            "INSTITUTIONS__LEAST__ISSUER": self.bank_url,
            "INSTITUTIONS__LEAST__CLIENT_ID": bank.CLIENT_ID,
            "INSTITUTIONS__LEAST__CLIENT_SECRET_FILE": str(self.folder / "bank.secret"),
            "INSTITUTIONS__LEAST__TIMEZONE": "America/Los_Angeles",
            "INSTITUTIONS__LEAST__LOCALE": "en-US",
            "CHANNELS__MESSENGER__APP_ID": graph.APP_ID,
            "CHANNELS__MESSENGER__APP_SECRET": graph.APP_SECRET,
            "CHANNELS__MESSENGER__VERIFY_TOKEN": graph.VERIFY,
            "CHANNELS__MESSENGER__PAGE_ID": graph.PAGE_ID,
            "CHANNELS__MESSENGER__PAGE_TOKEN": graph.PAGE_TOKEN,
            "CHANNELS__MESSENGER__GRAPH_URL": self.graph_url,
        }
        named = {f"OFFHOLD_{name}": value for name, value in {**settings, **self.more, **more}.items()}
        return {**{k: v for k, v in os.environ.items() if not k.startswith("OFFHOLD_")}, **named}

    def command(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `offhold …` to its end."""
        return self.bare(*arguments, environment=self.environment(**more), folder=self.folder)

    def bare(self, *arguments: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
        """The same with an environment and a folder of the test's own."""
        return subprocess.run(
            [sys.executable, "-m", "offhold", *arguments],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *, survives: bool = True, **more: str) -> None:
        """Serve, and wait until the ready file is there, or (`survives` False) the process died before.

        `more` are settings for this start alone.
        """
        self.start_with(self.environment(**more), survives=survives)

    def start_with(
        self, environment: dict[str, str], *arguments: str, port: str | None = None, survives: bool = True
    ) -> None:
        """The same with an environment, further arguments and perhaps a port of the test's own."""
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        port = port or str(urlsplit(self.url).port)
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "offhold", "serve", "--port", port, "--ready-file", str(ready), *arguments],
                env=environment,
                cwd=self.folder,
                stderr=log,
                stdout=log,
            )
        wait_for(lambda: ready.exists() or self.process.poll() is not None, START_S)
        died = self.process.poll()
        assert not survives or died is None, f"status {died}: {(self.folder / 'serve.log').read_text()}"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal the process and return its exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)

    def status(self) -> dict[str, Any]:
        """What `offhold status --json` says."""
        said = self.command("status", "--json")
        assert said.returncode == 0, said.stderr
        return dict(json.loads(said.stdout))

    def settled(self) -> bool:
        """Whether nothing is left to answer or to send; what `offhold drain` waits for, without a process."""
        engine = create_engine(f"sqlite:///file:{self.folder}/data/offhold.db?mode=ro&uri=true")
        try:
            with engine.connect() as connection:
                return left_to_do(connection) == 0
        finally:
            engine.dispose()

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric, 0 when it was never touched."""
        shown = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        pattern = re.escape(name + (f"{{{shown}}}" if labels else "")) + r" (\S+)"
        found = re.search(f"^{pattern}$", graph.HTTP.get(f"{self.url}/metrics").text, re.M)
        return float(found[1]) if found else 0.0


def _free_port() -> int:
    with free_socket() as listening:
        return int(listening.getsockname()[1])


class Form(HTMLParser):
    """The first form of a page: where it goes and what it offers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.inputs: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = given.get("action", "")
        elif tag in ("input", "button") and "name" in given:
            self.inputs.append({"type": tag, **given})

    def values(self, name: str) -> list[str]:
        return [entry.get("value", "") for entry in self.inputs if entry["name"] == name]


class Browser(httpx2.Client):
    """A person's browser at the linking pages: keeps cookies, follows the redirects between us and the bank."""

    def __init__(self, url: str) -> None:
        super().__init__(follow_redirects=False, timeout=60, verify=False)
        self.url = url

    def open(self, login: dict[str, str]) -> httpx2.Response:
        """From the Log In button to the page where the redirects end."""
        return self.follow(self.get(f"{self.url}/link", params=login))

    def begin(self, login: dict[str, str]) -> str:
        """From the Log In button up to the bank's answer: the address of our callback, not opened yet."""
        page = self.get(f"{self.url}/link", params=login)
        assert page.is_redirect, page.text
        return self.get(page.headers["location"]).headers["location"]

    def follow(self, page: httpx2.Response) -> httpx2.Response:
        while page.is_redirect:
            page = self.get(urljoin(str(page.url), page.headers["location"]))
        return page

    def decide(self, page: httpx2.Response, **answer: Any) -> httpx2.Response:
        """Send the consent form of a page, with these fields in the place of its own."""
        form = Form(page.text)
        hidden = {entry["name"]: entry.get("value", "") for entry in form.inputs if entry["type"] == "hidden"}
        usual = {"purpose": form.values("purpose"), "disclosure": "open", "decision": "accept"}
        return self.post(urljoin(str(page.url), form.action), data={**hidden, **usual, **answer})


def code_of(done: httpx2.Response) -> str:
    """The authorization code in a redirect to the platform, or nothing."""
    return parse_qs(urlsplit(done.headers["location"]).query).get("authorization_code", [""])[0]


@dataclass
class World:
    """Everything a test of the whole needs."""

    bank: bank.LeastBank
    graph: graph.LeastGraph
    service: Service
    at_ms: int = 1_773_860_400_000  # 2026-03-18T12:00-07:00
    count: int = 0
    cookies: dict[str, str] = field(default_factory=dict)
    """Of the browser that linked last."""

    def say(self, psid: str, text: str, mid: str = "") -> int:
        self.count += 1
        event = graph.message(psid, text, mid or f"m_{self.count}", self.at_ms + self.count)
        return graph.post(self.service.url, graph.envelope(event))

    def browser(self) -> Browser:
        return Browser(self.service.url)

    def log_in(self, psid: str) -> dict[str, str]:
        """The parameters with which the platform opens /link for this person, by a linking token of its own."""
        self.count += 1
        token = f"ALT-{psid}-{self.count}"
        self.graph.linking[token] = psid
        return {"account_linking_token": token, "redirect_uri": BACK}

    def link(self, psid: str, disclosure: str = "open", accounts: tuple[str, ...] = ("acc-1",)) -> str:
        """Walk the browser leg from the Log In button to the platform's return; the authorization code."""
        with self.browser() as browser:
            page = browser.open(self.log_in(psid))
            assert page.status_code == 200, page.text
            done = browser.decide(page, account=list(accounts), disclosure=disclosure)
            assert done.is_redirect, done.text
            self.cookies = dict(browser.cookies)
        return code_of(done)

    def confirm(self, psid: str, code: str) -> int:
        """Tell Offhold that the account is linked, as the platform does; the HTTP status."""
        self.count += 1
        linked = {"status": "linked", "authorization_code": code}
        event = graph.messaging(psid, self.at_ms + self.count, account_linking=linked)
        return graph.post(self.service.url, graph.envelope(event))

    def linked(self, psid: str, disclosure: str = "open") -> None:
        """Link, and tell Offhold as the platform does."""
        code = self.link(psid, disclosure)
        before = len(self.graph.texts(psid))
        assert self.confirm(psid, code) == 200
        wait_for(lambda: len(self.graph.texts(psid)) > before)


@contextmanager
def deployed(folder: Path) -> Iterator[World]:
    """The least bank and the least Graph server, and a deployment in `folder` that is not started yet."""
    bank_socket, graph_socket = free_socket(), free_socket()
    the_bank, the_graph = bank.LeastBank(address(bank_socket)), graph.LeastGraph()
    with serving(the_bank.app(), bank_socket), serving(the_graph.app(), graph_socket) as graph_url:
        service = Service(folder, the_bank.base, graph_url)
        (folder / "clock").write_text("2026-03-18T12:00:00-07:00")
        assert service.command("keys", "init").returncode == 0
        yield World(the_bank, the_graph, service)
        service.stop()
