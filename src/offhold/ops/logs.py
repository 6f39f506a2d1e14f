"""Structured logs, deny by default: only fields named here leave the process."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "code",
        "error",
        "attempt",
        "reason",
        "status",
        "institution",
        "address",
        "version",
    }
)


def _only_allowed(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}


class _StandardError(io.TextIOBase):
    """Standard error that never fails: a log line that a full disk refuses must not undo the work it tells of."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def configure() -> None:
    """JSON lines on standard error. No message text, amount, token, page-scoped id or address passes the filter."""
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _StandardError())),
    )
