"""The policy for everybody to read: the complete list of what may be done with bank data, and the bytes that say so."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.privacy.policy import domain
from offhold.privacy.policy.deciding import Policy
from offhold.web.pages import Pages


def routes(policy: Policy, pages: Pages) -> list[BaseRoute]:
    """The page, the same as JSON, and the policy itself."""

    @cache
    def table() -> tuple[domain.Disclosure, ...]:
        """Seconds of work, so not done before somebody asks."""
        return tuple(domain.table(policy))

    async def page(request: Request) -> Response:
        rows = await asyncio.to_thread(table)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"sha256": policy.sha256, "allows": [asdict(row) for row in rows]})
        return pages.page("policy.html", rows=rows, sha256=policy.sha256)

    async def text(_request: Request) -> Response:
        return PlainTextResponse(policy.text)

    return [Route("/policy", page), Route("/policy/offhold.cedar", text)]
