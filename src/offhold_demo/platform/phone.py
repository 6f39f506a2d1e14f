"""The page that looks like a phone chat. Plain forms and links do everything; a script only looks for news."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from offhold_demo.platform.app import Platform
from offhold_demo.platform.threads import Bubble, Crossing, Thread

_HERE = Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(_HERE / "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_TEXT_CHARS = 5_000
_WIRE_SHOWN = 40
_PATIENCE_S, _LOOK_S = 4.0, 0.05
_SUGGESTIONS = (
    "How much did I spend on coffee last month?",
    "What's my balance?",
    "Show my last 5 purchases",
)


def application(platform: Platform) -> Starlette:
    """The simulator to serve: the phone page, and the Graph API beside it."""
    return Starlette(routes=[*Phone(platform).routes(), *platform.graph.routes()])


class Phone:
    """The routes of the page, for the one person who holds the phone."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._page),
            Route("/news", self._news),
            Route("/say", self._say, methods=["POST"]),
            Route("/log-in", self._log_in),
            Route("/log-out", self._log_out, methods=["POST"]),
            Route("/linking/return", self._returned),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]

    async def _page(self, request: Request) -> Response:
        page = _PAGES.get_template("chat.html").render(
            **self._seen(0, 0),
            name=self._platform.name,
            initials="".join(word[0] for word in self._platform.name.split())[:2],
            today=f"{self._platform.threads.now():%-d %B %Y}",
            cancelled="cancelled" in request.query_params,
            suggestions=_SUGGESTIONS,
            characters=_TEXT_CHARS,
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})

    async def _news(self, request: Request) -> Response:
        """What was added since the page was drawn, drawn the same way."""
        after, crossed = (int(request.query_params.get(name, "0")[:9] or 0) for name in ("bubble", "crossing"))
        seen = self._seen(after, crossed)
        return JSONResponse(
            {
                "bubbles": _PAGES.get_template("bubbles.html").render(**seen) if seen["bubbles"] else "",
                "wire": _PAGES.get_template("wire.html").render(**seen) if seen["wire"] else "",
                "typing": seen["typing"],
                "crossings": seen["crossings"],
            },
            headers={"Cache-Control": "no-store"},
        )

    def _seen(self, after: int, crossed: int) -> dict[str, Any]:
        threads = self._platform.threads
        thread = threads.thread(self._platform.me)
        wire = [_shown(entry) for entry in threads.wire[crossed:][-_WIRE_SHOWN:]]
        bubbles = [_drawn(bubble) for bubble in thread.bubbles if bubble.number > after]
        return {"bubbles": bubbles, "typing": thread.typing, "wire": wire[::-1], "crossings": len(threads.wire)}

    async def _say(self, request: Request) -> Response:
        form = await request.form()
        text, tapped = str(form.get("text", ""))[:_TEXT_CHARS].strip(), str(form.get("tap", ""))
        heard = len(self._thread().answers)
        try:
            if tapped:
                await self._platform.tap(self._platform.me, tapped)
            elif text:
                await self._platform.say(self._platform.me, text)
        except LookupError:
            return RedirectResponse("/", 303)  # the button is of an older page
        return await self._back(request, heard)

    async def _log_in(self, _request: Request) -> Response:
        try:
            return RedirectResponse(self._platform.log_in_address(self._platform.me), 303)
        except LookupError:
            return RedirectResponse("/", 303)

    async def _log_out(self, request: Request) -> Response:
        heard = len(self._thread().answers)
        await self._platform.log_out(self._platform.me)
        return await self._back(request, heard)

    async def _returned(self, request: Request) -> Response:
        psid = request.query_params.get("psid", "")
        code = request.query_params.get("authorization_code")
        heard = len(self._thread().answers)
        if psid not in self._platform.threads.people or not await self._platform.finish_linking(psid, code):
            return RedirectResponse("/?cancelled=1#last", 303)
        return await self._back(request, heard)

    async def _back(self, request: Request, heard: int) -> Response:
        """To the page, with the answer on it where one comes soon; the script needs no page."""
        if "application/json" in request.headers.get("accept", ""):
            return Response(status_code=204)
        for _ in range(int(_PATIENCE_S / _LOOK_S)):
            if len(self._thread().answers) > heard:
                break
            await asyncio.sleep(_LOOK_S)
        return RedirectResponse("/#last", 303)

    def _thread(self) -> Thread:
        return self._platform.threads.thread(self._platform.me)


def _drawn(bubble: Bubble) -> dict[str, Any]:
    return {
        "number": bubble.number,
        "mine": bubble.mine,
        "text": bubble.text,
        "taps": [choice["title"] for choice in bubble.quick_replies],
        "buttons": bubble.buttons,
    }


def _shown(entry: Crossing) -> dict[str, Any]:
    return {
        "number": entry.number,
        "inwards": entry.inwards,
        "line": entry.line,
        "status": entry.status or "no answer",
        "bytes": len(entry.body),
        "body": entry.body.decode("utf-8", "replace"),
    }
