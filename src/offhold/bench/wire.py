"""Just enough HTTP/1.1 to load a server: kept connections, prepared requests, answers counted (RFC 9112)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to: seconds from the first byte out to the last answer in, and each request's own."""

    seconds: float
    each: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return len(self.each) / self.seconds


class NotAccepted(Exception):
    """The server under load answered something else than 200."""


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST ready to be written to a connection."""
    lines = [f"POST {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def load(
    port: int, requests: Iterable[bytes], per_second: float | None = None, connections: int = _CONNECTIONS
) -> Load:
    """Send every request over a fixed number of connections: as fast as answers come, or at a steady rate.

    At a steady rate a request's time counts from when it was due, so that a stall is not hidden by what waited.
    Raises NotAccepted.
    """
    began = time.perf_counter()
    due = _due(requests, began, per_second)
    lists = await asyncio.gather(*(_connection(port, due) for _ in range(connections)))
    return Load(time.perf_counter() - began, tuple(seconds for each in lists for seconds in each))


def _due(requests: Iterable[bytes], began: float, per_second: float | None) -> Iterator[tuple[float, bytes]]:
    for number, prepared in enumerate(requests):
        yield (began + number / per_second if per_second else 0.0), prepared


async def _connection(port: int, due: Iterator[tuple[float, bytes]]) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    try:
        for at, prepared in due:
            if (early := at - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            began = at or time.perf_counter()
            writer.write(prepared)
            await _answer(reader)
            took.append(time.perf_counter() - began)
    finally:
        writer.close()
    return took


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    if status != b"200":
        raise NotAccepted(status.decode())
