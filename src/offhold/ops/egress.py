"""Which hosts this process may speak to, taken from the settings alone, and a guard that refuses all others.

The guard is a Python audit hook (PEP 578): it cannot be taken off again and sees every connection and look-up that
Python code makes, whichever library makes it, and every attempt to start another program. What it cannot see is C code
that opens sockets by itself: libpq does, so the database server is on the list but not held to it by this guard.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog

from offhold.config import Settings

log = structlog.get_logger()

_PORTS = {"https": 443, "http": 80, "postgresql": 5432, "nats": 4222}
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_TALK = ("socket.connect", "socket.sendto", "socket.sendmsg")
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")


@dataclass(frozen=True, slots=True, order=True)
class Exit:
    """One host that we speak to, and what for. `says`: what leaves through it, in a few plain words."""

    host: str
    port: int
    purpose: str
    says: str


class EgressRefused(ConnectionRefusedError):
    """A connection to a host that no setting names. To the caller it is a host that does not answer."""


def address(url: str, purpose: str, says: str) -> Exit:
    """The host of a web address or database URL."""
    parts = urlsplit(url)
    return Exit(parts.hostname or "", parts.port or _PORTS[parts.scheme], purpose, says)


def named(host_and_port: str, purpose: str, says: str) -> Exit:
    """From `host:port` or `host` (443)."""
    return address(f"https://{host_and_port}", purpose, says)


def exits(settings: Settings) -> tuple[Exit, ...]:
    """The manifest: every host that these settings make us speak to, each once for each use."""
    found = [
        address(settings.channels.messenger.graph_url, "messenger", "replies, in the form the customer chose"),
        *_database(settings),
        *(address(where, "access log: witness", "signed checkpoints") for _, where in settings.log.witness_list),
    ]
    for name, entry in settings.institutions.items():
        found.append(address(entry.base_url, f"{name}: accounts", "the customer's access token and what is asked"))
        found.append(address(entry.issuer, f"{name}: sign-in", "codes and tokens of the customer's authorisation"))
        if entry.event_jwks_url:
            found.append(address(entry.event_jwks_url, f"{name}: event keys", "nothing but the request"))
        found += [
            named(host.strip(), f"{name}: named by HOSTS", "as sign-in") for host in entry.hosts.split(",") if host
        ]
    return tuple(sorted(set(found)))


def _database(settings: Settings) -> list[Exit]:
    return [address(settings.database_url, "database", "sealed rows")] if settings.postgres else []


def guard(exits: Iterable[Exit], refused: Callable[[str], None]) -> None:
    """Refuse, from now on and for good, what is not among `exits`. `refused` counts the kind of attempt."""
    hosts = frozenset((entry.host, entry.port) for entry in exits)
    known = {host for host, _ in hosts}
    numbers = {(host, port) for host, port in hosts if _is_number(host)}
    resolve = socket.getaddrinfo

    def refuse(kind: str, where: str) -> None:
        refused(kind)
        log.error("egress.refused", kind=kind, host=where)
        raise EgressRefused(f"egress: {where} is not among the hosts of the settings")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _TALK:
            kind, target = arguments[0].family, arguments[1]
            if kind in (socket.AF_INET, socket.AF_INET6):
                if target is not None and (target[0], target[1]) not in numbers:
                    refuse("connect", f"{target[0]}:{target[1]}")
            elif target is not None:
                refuse("connect", "a local socket")
        elif event in _LOOKUPS:
            name = _text(arguments[0])
            if name and name not in known and not _is_number(name):
                refuse("lookup", name)
        elif event in _PROGRAMS:
            refuse("program", event)

    def remembered(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        """The look-up of a permitted host; its addresses may then be connected to, at the port of the list."""
        found = resolve(host, port, *more, **named)
        ports = {number for name, number in hosts if name == _text(host)}
        numbers.update((str(entry[4][0]), number) for entry in found for number in ports)
        return found

    socket.getaddrinfo = remembered  # the standard library's event loop asks here
    sys.addaudithook(hook)


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
