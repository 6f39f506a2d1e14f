"""Run an ASGI application on a free port of this machine, in a thread of the test."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving(app: ASGIApp, listening: socket.socket) -> Iterator[str]:
    """Serve on a bound socket; yields the base address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    server.config.load()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield address(listening)
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)


def free_socket() -> socket.socket:
    """A socket bound to a free port of the loopback."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    return listening


def address(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"
