"""`offhold demo` as its users run it, on three free ports in a row."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

_TRIES = 20


def free_ports() -> int:
    """The first of three ports in a row that were free a moment ago."""
    chance = random.SystemRandom()  # not the seed that tests share: they run beside each other
    for _ in range(_TRIES):
        first = chance.randrange(20_000, 30_000)
        with ExitStack() as held:
            try:
                for offset in range(3):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", first + offset))
            except OSError:
                continue
        return first
    raise AssertionError("no three free ports in a row")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "offhold", "demo", *arguments]


def played(story: Path) -> subprocess.CompletedProcess[str]:
    """Play a story to its end; on other ports where somebody was quicker."""
    for _ in range(_TRIES):
        done = subprocess.run(
            command("--port", str(free_ports()), "--script", str(story)), capture_output=True, text=True, timeout=240
        )
        if "is in use" not in done.stderr:
            return done
    raise AssertionError("every port was taken")
