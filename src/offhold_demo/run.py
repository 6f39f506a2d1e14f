"""`offhold demo`: a messenger, a bank and Offhold itself on this machine, three ports in a row."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from offhold_demo.bank import BankConfig, Client, Faults, build_bank
from offhold_demo.households import USERNAMES, all_households, household
from offhold_demo.platform import App, Platform, application
from offhold_demo.stories import Line, Player, StoryBroken, StoryError, read

_HOST = "127.0.0.1"
_PERSON = "maya"
_PSIDS = {name: f"71002003004005{number:02}" for number, name in enumerate(USERNAMES)}
_NAME = "Demo Bank"
_APP = App("100200300400500", "5c1f0d2e8b7a49633f5e2d1c0b9a8877", "900800700600500", "demo-page-token")
_VERIFY = "demo-verify-token"
_SECRET = "demo-client-secret"
_START_S = 60.0
_AFTER = timedelta(minutes=1)

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class _CannotStart(Exception):
    """A port cannot be had, or the service does not come up: what to do is in the message."""


class _Clock:
    """The demo's date, in a file that Offhold reads too."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, moment: str) -> None:
        beside = self.file.with_suffix(".next")
        beside.write_text(moment)
        beside.replace(self.file)  # whoever reads finds the old moment or the new one

    def now(self) -> datetime:
        return datetime.fromisoformat(self.file.read_text())


def demo(port: int, script: Path | None, wait: bool) -> int:
    """Run until Ctrl-C, or play a story and stop. 0 holds, 1 a line does not hold or was cut short, 2 wrong use."""
    try:
        story = read(script) if script else ()
        with tempfile.TemporaryDirectory(prefix="offhold-demo-") as folder:
            return asyncio.run(_run(port, Path(folder), story, wait and not story))
    except (StoryError, _CannotStart) as error:
        _err.print(str(error), markup=False)
        return 2
    except asyncio.CancelledError:
        _out.print("\nStopped. Its data is deleted.")
        return 1 if story else 0


async def _run(port: int, folder: Path, story: tuple[Line, ...], wait: bool) -> int:
    _stop_on_signals()
    addresses = [f"http://{_HOST}:{port + offset}" for offset in range(3)]
    messenger_url, bank_url, offhold_url = addresses
    person = next((line.what for line in story if line.verb == "person"), _PERSON)
    clock = _Clock(folder / "clock")
    clock.set((household(person).closes_at + _AFTER).isoformat())
    faults = Faults()
    client = Client("offhold", (f"{offhold_url}/institutions/demo/callback",), secret=_SECRET)
    bank = build_bank(BankConfig(bank_url, (client,), now=clock.now, faults=faults, admin=True))
    webhook = f"{offhold_url}/channels/messenger/webhook"
    platform = Platform(messenger_url, _APP, webhook, clock.now, _PSIDS[_PERSON], _NAME)
    _out.print("Starting a messenger, a bank and Offhold on this machine …")
    service = _offhold(port + 2, folder, addresses, person)
    async with _serving(application(platform), port), _serving(bank, port + 1), service:
        _welcome(addresses, clock, story)
        if story:
            return await _played(story, Player(platform, faults, clock.set, _tell, _PSIDS, person))
        if wait:
            await asyncio.Event().wait()
        return 0


def _stop_on_signals() -> None:
    """Ctrl-C and SIGTERM end the demo wherever it is, and everything it started with it."""
    running = asyncio.current_task()
    assert running is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)


def _tell(line: str) -> None:
    _out.print(line, markup=False)


async def _played(story: tuple[Line, ...], player: Player) -> int:
    try:
        await player.play(story)
    except StoryBroken as broken:
        _err.print(str(broken), markup=False)
        return 1
    _out.print("The story holds.")
    return 0


def _welcome(addresses: list[str], clock: _Clock, story: tuple[Line, ...]) -> None:
    _out.print(f"\n  The chat   [bold]{addresses[0]}[/]")
    _out.print(f"  The bank   [bold]{addresses[1]}/dashboard[/]")
    _out.print(f"  Offhold    {addresses[2]}/metrics\n")
    if story:
        return
    names = ", ".join(entry.name for entry in all_households())
    _out.print("Open the chat and ask: how much did I spend on coffee last month?")
    _out.print("Then tap Log In, sign in as Maya Okafor with any password, and choose what the chat may show.")
    _out.print(f"\nPeople at the bank: {names}.")
    _out.print(f"The demo's date is {clock.now():%-d %B %Y}. Ctrl-C stops everything and deletes its data.")


class _Quiet(uvicorn.Server):
    """One of two servers in this process: signals are the demo's own to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _taken(port: int) -> _CannotStart:
    return _CannotStart(
        f"Port {port} is in use. The demo needs three free ports in a row: try another first one, such as"
        f" `offhold demo --port {port + 1000 if port < 60_000 else 8800}`."
    )


@contextlib.asynccontextmanager
async def _serving(app: ASGIApp, port: int) -> AsyncIterator[None]:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        raise _taken(port) from error
    config = uvicorn.Config(app, log_level="critical", lifespan="off", date_header=False)
    server = _Quiet(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await task


@contextlib.asynccontextmanager
async def _offhold(port: int, folder: Path, addresses: list[str], person: str) -> AsyncIterator[None]:
    """The service itself, as a process of its own that knows nothing of the demo but addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise _taken(port) from error
    environment = _settings(folder, addresses, person)
    command = [sys.executable, "-m", "offhold"]
    await asyncio.to_thread(
        subprocess.run, [*command, "keys", "init"], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    log = (folder / "serve.log").open("wb")
    process = await asyncio.to_thread(
        subprocess.Popen,
        [*command, "serve", "--port", str(port)],
        env=environment,
        stderr=log,
        stdout=log,
        start_new_session=True,  # a terminal's Ctrl-C is ours to pass on
    )
    try:
        await _ready(process, addresses[2], folder / "serve.log")
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)
        log.close()


async def _ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + _START_S
    async with httpx2.AsyncClient() as http:
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(httpx2.HTTPError):
                if (await http.get(f"{address}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    said = await asyncio.to_thread(log.read_text)
    raise _CannotStart(f"`offhold serve` did not start. It said:\n{said}")


def _settings(folder: Path, addresses: list[str], person: str) -> dict[str, str]:
    messenger_url, bank_url, offhold_url = addresses
    (folder / "client.secret").write_text(_SECRET)
    entry = household(person)
    settings = {
        "MODE": "test",
        "CLOCK_FILE": str(folder / "clock"),
        "DATA_DIR": str(folder / "data"),
        "KEYS__ROOT_FILE": str(folder / "root.key"),
        "PUBLIC_URL": offhold_url,
        "INSTITUTIONS__DEMO__NAME": _NAME,
        "INSTITUTIONS__DEMO__BASE_URL": f"{bank_url}/open-banking/v4.0/aisp",
        "INSTITUTIONS__DEMO__ISSUER": bank_url,
        "INSTITUTIONS__DEMO__CLIENT_ID": "offhold",
        "INSTITUTIONS__DEMO__CLIENT_SECRET_FILE": str(folder / "client.secret"),
        "INSTITUTIONS__DEMO__TIMEZONE": entry.timezone,
        "INSTITUTIONS__DEMO__LOCALE": entry.locale,
        "CHANNELS__MESSENGER__APP_ID": _APP.app_id,
        "CHANNELS__MESSENGER__APP_SECRET": _APP.app_secret,
        "CHANNELS__MESSENGER__VERIFY_TOKEN": _VERIFY,
        "CHANNELS__MESSENGER__PAGE_ID": _APP.page_id,
        "CHANNELS__MESSENGER__PAGE_TOKEN": _APP.page_token,
        "CHANNELS__MESSENGER__GRAPH_URL": messenger_url,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OFFHOLD_")}
    return {**inherited, **{f"OFFHOLD_{name}": value for name, value in settings.items()}}
