"""The bare endpoint that accepting is held against: the same server and engine, one inserted row, nothing else.

Run as `python -m offhold.bench.bare DATABASE READY_FILE`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy import Connection, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhold import serving
from offhold.store.sqlite import SqliteStore

PATH = "/bare"


def _table(connection: Connection) -> None:
    connection.execute(text("create table body (id integer primary key, body blob not null)"))


def serve(database: Path, ready_file: Path) -> None:
    """Store each body durably, by group commit, and only then say 200."""
    store = SqliteStore(database)

    async def accept(request: Request) -> Response:
        body = await request.body()
        insert = text("insert into body (body) values (:body)")
        await store.write(lambda connection: connection.execute(insert, {"body": body}))
        return Response("EVENT_RECEIVED", media_type="text/plain")

    asyncio.run(store.write(_table))
    try:
        serving.run(
            Starlette(routes=[Route(PATH, accept, methods=["POST"])]), serving.listen("127.0.0.1", 0), ready_file
        )
    finally:
        store.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
