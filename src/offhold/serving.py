"""Running the service as a process: socket, ready file, signals, drain."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from offhold.errors import ConfigurationError, OffholdError

_GRACE_S = 5


class StartFailed(OffholdError):
    """The service did not come up; the log says why."""

    code = "start-failed"


class _Server(uvicorn.Server):
    """uvicorn raises the stop signal again when it is done; a drained service exits 0 instead."""

    def __init__(
        self, config: uvicorn.Config, app: Starlette, listening: socket.socket, ready_file: Path | None
    ) -> None:
        super().__init__(config)
        self._app = app
        self._listening = listening
        self._ready_file = ready_file

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready_file and self.started:
            self._announce(self._ready_file)

    def _announce(self, ready_file: Path) -> None:
        host, port = self._listening.getsockname()[:2]
        ready_file.write_text(f"http://{host}:{port}\n")

    def _stop(self) -> None:
        self._app.state.stopping = True  # streams end by themselves, nothing waits for them
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigurationError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConfigurationError((f"--port: cannot listen on {host}:{port}: {error.strerror}",)) from error
    return listening


def run(app: Starlette, listening: socket.socket, ready_file: Path | None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is at hand. Raises StartFailed when it never served."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
        lifespan="on",
    )
    server = _Server(config, app, listening, ready_file)
    try:
        asyncio.run(server.serve(sockets=[listening]))
    finally:
        if ready_file:
            ready_file.unlink(missing_ok=True)
    if not server.started:
        raise StartFailed("see the log above")
