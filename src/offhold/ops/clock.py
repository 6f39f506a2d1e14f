"""Business time: what day it is for customers, consents and windows.

Leases, timeouts and retries run on the machine's own monotonic time instead: a moved clock must not
free a lane or repeat a send.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from offhold.errors import ConfigurationError


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        problem = "OFFHOLD_CLOCK_FILE: needs an ISO time with its offset, such as 2026-03-18T09:00:00-07:00"
        raise ConfigurationError((problem,))
    return moment


class Clock:
    """The machine's clock, or (test mode only) a file holding an ISO time with offset, re-read at each use."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._last: datetime | None = None

    def now(self) -> datetime:
        """Aware time. Raises ConfigurationError when the clock file holds no ISO time with offset.

        A file that is empty is being written at this moment: what it said last still holds.
        """
        if self._file is None or not self._file.exists():
            return datetime.now(UTC)
        if text := self._file.read_text().strip():
            self._last = _moment(text)
        return self._last or datetime.now(UTC)

    def ms(self) -> int:
        """Unix milliseconds of `now`."""
        moment = self.now()
        return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
