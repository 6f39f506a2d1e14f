"""`offhold serve` as a process of its own, with customers already linked, and what that process used."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection

from offhold.banks.port import Grant
from offhold.bench.counterparts import AISP
from offhold.bench.rows import ACCOUNT
from offhold.keys.file import Keys, make_root_key
from offhold.model.access import Data, Purpose
from offhold.model.consent import Consent, Scope
from offhold.model.message import Contact, Disclosure
from offhold.privacy import consent as consents
from offhold.privacy.consent import DAY_MS, Standing
from offhold.store import migrate
from offhold.store.sqlite import SqliteStore

PAGE = "1020304"
SECRET = "bench-app-secret"  # noqa: S105 - of a service that lives for a minute, on the loopback
_START_S = 120.0
_POLL_S = 0.02


class DidNotStart(Exception):
    """A process of the bench did not come up."""


@dataclass(frozen=True, slots=True)
class Running:
    """A serving process."""

    port: int
    pid: int

    def cpu_s(self) -> float | None:
        """Seconds of CPU that it used so far; None where the system does not tell (no /proc)."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float | None:
        """The most memory that was resident, in MiB; None where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return None
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def environment(folder: Path, counterparts: str, failpoints: str = "") -> dict[str, str]:
    """Settings of a service in `folder` whose bank and Graph API are at `counterparts`."""
    (folder / "bank.secret").write_text("bench")
    settings = {
        "MODE": "test",
        "FAILPOINTS": failpoints,
        "DATA_DIR": str(folder),
        "PUBLIC_URL": "http://127.0.0.1:1",
        "LIMITS__SEND_SPACING_MS": "0",
        "INSTITUTIONS__BENCH__NAME": "Bench Bank",
        "INSTITUTIONS__BENCH__BASE_URL": counterparts + AISP,
        "INSTITUTIONS__BENCH__ISSUER": counterparts,
        "INSTITUTIONS__BENCH__CLIENT_ID": "bench",
        "INSTITUTIONS__BENCH__CLIENT_SECRET_FILE": str(folder / "bank.secret"),
        "INSTITUTIONS__BENCH__TIMEZONE": "America/Los_Angeles",
        "INSTITUTIONS__BENCH__LOCALE": "en-US",
        "CHANNELS__MESSENGER__APP_ID": "1",
        "CHANNELS__MESSENGER__APP_SECRET": SECRET,
        "CHANNELS__MESSENGER__VERIFY_TOKEN": "bench",
        "CHANNELS__MESSENGER__PAGE_ID": PAGE,
        "CHANNELS__MESSENGER__PAGE_TOKEN": "bench",
        "CHANNELS__MESSENGER__GRAPH_URL": counterparts,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OFFHOLD_")}
    return {**inherited, **{f"OFFHOLD_{name}": value for name, value in settings.items()}}


def link(folder: Path, people: list[str], now_ms: int) -> None:
    """Make the keys and the database, with a consent to open answers for each person."""
    make_root_key(folder / "root.key")
    make_root_key(folder / "log.key")
    keys, store = Keys.from_file(folder / "root.key"), SqliteStore(folder / "offhold.db")

    def give(connection: Connection) -> None:
        migrate.upgrade(connection)
        for number, person in enumerate(people):
            lane = keys.pseudonym("lane", Contact("messenger", PAGE, person).lane)
            consent = _consent(f"consent-{number}", f"customer-{number}", now_ms)
            grant = Grant("bench", frozenset({ACCOUNT}), f"bank-{number}", "token", "", now_ms // 1000 + 86_400)
            consents.give(connection, keys, Standing(consent, grant), lane)
            consents.link(connection, keys, lane, consent, now_ms)

    asyncio.run(store.write(give))
    store.close()


def _consent(name: str, customer: str, now_ms: int) -> Consent:
    return Consent(
        id=name,
        customer=customer,
        institution="bench",
        channel="messenger",
        scopes=(Scope(Purpose.requested_service, frozenset(Data), frozenset({ACCOUNT})),),
        disclosure=Disclosure.open,
        given_ms=now_ms,
        reconfirm_ms=now_ms + DAY_MS,
        expires_ms=now_ms + DAY_MS,
        history_months=24,
    )


@contextlib.contextmanager
def running(command: list[str], ready: Path, environ: dict[str, str] | None = None) -> Iterator[Running]:
    """Start a process of ours that writes a ready file; in the end it is killed. Raises DidNotStart."""
    with (ready.parent / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], env=environ, stdout=log, stderr=log)
        try:
            yield Running(_port(process, ready), process.pid)
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], ready: Path) -> int:
    until = time.monotonic() + _START_S
    while not ready.exists() or not ready.read_text().endswith("\n"):
        if process.poll() is not None or time.monotonic() > until:
            raise DidNotStart((ready.parent / "log").read_text())
        time.sleep(_POLL_S)
    return urlsplit(ready.read_text().strip()).port or 0


def serve(folder: Path, environ: dict[str, str]) -> contextlib.AbstractContextManager[Running]:
    """`offhold serve` with these settings."""
    ready = folder / "ready"
    return running(["offhold", "serve", "--port", "0", "--ready-file", str(ready)], ready, environ)
