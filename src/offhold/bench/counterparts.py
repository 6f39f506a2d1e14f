"""The least bank and the least Graph server, answering at once: what is measured is ours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhold import serving
from offhold.bench import rows

AISP = "/open-banking/v4.0/aisp"
_ROWS = 200


class _Quiet(uvicorn.Server):
    """A server inside the bench's own process: signals are the bench's to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Counterparts:
    """`heard` holds when each person's message came to the Send API (time.perf_counter), by person."""

    today: date
    heard: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    def app(self) -> Starlette:
        lists = {
            "accounts": {"Account": [rows.account()]},
            "accounts/{account}/balances": {"Balance": [rows.balance()]},
            "accounts/{account}/transactions": {"Transaction": rows.transactions(_ROWS, self.today)},
        }
        routes = [Route(f"{AISP}/{path}", _always(data)) for path, data in lists.items()]
        return Starlette(routes=[*routes, Route("/{version}/{page}/messages", self.messages, methods=["POST"])])

    async def messages(self, request: Request) -> Response:
        at = time.perf_counter()
        body = await request.json()
        person = body["recipient"]["id"]
        waiting = self.heard.get(person)
        if "message" in body and waiting is not None and not waiting.done():
            waiting.set_result(at)
        return _json({"recipient_id": person, "message_id": f"m_{person}"})

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Answer on a free port of the loopback; yields the address."""
        listening = serving.listen("127.0.0.1", 0)
        server = _Quiet(uvicorn.Config(self.app(), log_level="error", lifespan="off", access_log=False))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await task


def _always(data: dict[str, Any]) -> Any:
    answer = _json({"Data": data, "Links": {}, "Meta": {"TotalPages": 1}}).body

    async def answered(_request: Request) -> Response:
        return Response(answer, media_type="application/json")

    return answered


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value), media_type="application/json")
