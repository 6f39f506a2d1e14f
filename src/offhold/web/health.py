"""What operators and load balancers ask: alive, ready, metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.errors import StoreUnavailable
from offhold.ops.metrics import Metrics


def routes(ready: Callable[[], Awaitable[bool]], metrics: Metrics) -> list[BaseRoute]:
    """`ready` says whether a webhook would be accepted now."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        try:
            state = await ready()
        except StoreUnavailable:
            state = False
        return JSONResponse({"status": "ready" if state else "not ready"}, 200 if state else 503)

    async def exposition(_request: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", exposition)]
