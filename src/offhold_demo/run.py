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
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from offhold_demo.bank import BankConfig, Client, Faults, build_bank
from offhold_demo.households import USERNAMES, all_households, household
from offhold_demo.platform import Platform
from offhold_demo.platform.graph import App
from offhold_demo.stories import Line, Player, StoryBroken, StoryError, read

_HOST = "127.0.0.1"
_PERSON = "maya"
_PSID = "7100200300400500"
_APP = App("100200300400500", "5c1f0d2e8b7a49633f5e2d1c0b9a8877", "900800700600500", "demo-page-token")
_VERIFY = "demo-verify-token"
_SECRET = "demo-client-secret"
_START_S = 30.0
_AFTER = timedelta(minutes=1)

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class _Taken(Exception):
    """A port cannot be had."""


class _Clock:
    """The demo's date, in a file that Offhold reads too."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, moment: str) -> None:
        datetime.fromisoformat(moment)
        self.file.write_text(moment)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.file.read_text())


def demo(port: int, script: Path | None, wait: bool) -> int:
    """Run until Ctrl-C, or play a story and stop. 0 holds, 1 a line does not hold, 2 wrong use."""
    try:
        story = read(script) if script else ()
        with tempfile.TemporaryDirectory(prefix="offhold-demo-") as folder:
            return asyncio.run(_run(port, Path(folder), story, wait if script is None else False))
    except (StoryError, _Taken) as error:
        _err.print(str(error), markup=False)
        return 2
    except KeyboardInterrupt:
        return 0


async def _run(port: int, folder: Path, story: tuple[Line, ...], wait: bool) -> int:
    addresses = [f"http://{_HOST}:{port + offset}" for offset in range(3)]
    messenger_url, bank_url, offhold_url = addresses
    person = next((line.what for line in story if line.verb == "person"), _PERSON)
    if person not in USERNAMES:
        raise StoryError(f"there is no demo person {person!r}; there are {', '.join(USERNAMES)}")
    clock = _Clock(folder / "clock")
    clock.set((household(person).closes_at + _AFTER).isoformat())
    faults = Faults()
    client = Client("offhold", (f"{offhold_url}/institutions/demo/callback",), secret=_SECRET)
    bank = build_bank(BankConfig(bank_url, (client,), now=clock.now, faults=faults, admin=True))
    platform = Platform(messenger_url, _APP, f"{offhold_url}/channels/messenger/webhook", clock.now, _PSID)
    async with _serving(platform.app, port), _serving(bank, port + 1), _offhold(port + 2, folder, addresses, person):
        if not story:
            _welcome(addresses, clock)
        if story:
            return await _played(story, Player(platform, faults, clock.set, _tell, person))
        if wait:
            await _until_stopped()
        return 0


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


def _welcome(addresses: list[str], clock: _Clock) -> None:
    people = ", ".join(f"{entry.username} ({entry.name})" for entry in all_households())
    _out.print(f"\nOpen [bold]{addresses[0]}[/] and talk to the bank. Try:")
    _out.print("  how much did I spend on coffee last month?")
    _out.print("  (tap Log In, sign in as maya with any password, and choose what may be shown)\n")
    _out.print(f"People at the bank: {people}")
    _out.print(f"The demo's date is {clock.now():%-d %B %Y}.")
    _out.print(f"The bank: {addresses[1]}/dashboard   Offhold's metrics: {addresses[2]}/metrics")
    _out.print("Ctrl-C stops everything and deletes its data.")


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


class _Quiet(uvicorn.Server):
    """One of two servers in this process: signals are the demo's own to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def _serving(app: ASGIApp, port: int) -> AsyncIterator[None]:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        raise _Taken(f"port {port} cannot be used ({error.strerror}); choose others with --port") from error
    config = uvicorn.Config(app, log_level="error", lifespan="off", date_header=False)
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
    environment = _settings(folder, addresses, person)
    command = [sys.executable, "-m", "offhold"]
    await asyncio.to_thread(
        subprocess.run, [*command, "keys", "init"], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    log = (folder / "serve.log").open("wb")
    process = await asyncio.to_thread(
        subprocess.Popen, [*command, "serve", "--port", str(port)], env=environment, stderr=log, stdout=log
    )
    try:
        await _ready(process, addresses[2], folder / "serve.log")
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)
        log.close()


async def _ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    async with httpx2.AsyncClient() as http, asyncio.timeout(_START_S):
        while process.poll() is None:
            with contextlib.suppress(httpx2.HTTPError):
                if (await http.get(f"{address}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    said = await asyncio.to_thread(log.read_text)
    raise _Taken(f"offhold serve did not start:\n{said}")


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
        "INSTITUTIONS__DEMO__NAME": "Demo Bank",
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
