"""The simulator: Graph API, phone page, and what a person can do in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from offhold_demo.platform.graph import App, Graph
from offhold_demo.platform.sender import Sender
from offhold_demo.platform.threads import Bubble, Threads

_HERE = Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(_HERE), autoescape=True)
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_TEXT_CHARS = 5_000


class Platform:
    """`base_url` is where this server is reached; `webhook_url` where it delivers. `me` is the person on the page."""

    def __init__(self, base_url: str, app: App, webhook_url: str, now: Callable[[], datetime], me: str) -> None:
        self.base_url = base_url
        self.threads = Threads(now)
        self.sender = Sender(webhook_url, app.app_secret, app.page_id, now)
        self._app_id = app.app_id
        self.me = me
        self.threads.thread(me)
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/messages", self._messages),
                Route("/say", self._say, methods=["POST"]),
                Route("/log-in", self._log_in),
                Route("/linking/return", self._returned),
                Mount("/static", StaticFiles(directory=_HERE / "static")),
                *Graph(app, self.threads, self._echo).routes(),
            ]
        )

    async def say(self, psid: str, text: str) -> bool:
        """The person writes; whether the webhook was acknowledged."""
        self.threads.said(psid, text)
        mid = f"m_{secrets.token_hex(12)}"
        return await self.sender.post(self.sender.event(psid, message={"mid": mid, "text": text}))

    async def tap(self, psid: str, title: str) -> bool:
        """The person taps the newest quick reply of that title. Raises LookupError when there is none."""
        for bubble in reversed(self.threads.thread(psid).bubbles):
            for choice in bubble.quick_replies:
                if choice["title"] == title:
                    self.threads.said(psid, title)
                    message = {"text": title, "quick_reply": {"payload": choice["payload"]}}
                    message["mid"] = f"m_{secrets.token_hex(12)}"
                    return await self.sender.post(self.sender.event(psid, message=message))
        raise LookupError(title)

    def log_in_address(self, psid: str) -> str:
        """Where the newest Log In button leads. Raises LookupError when there is none."""
        for bubble in reversed(self.threads.thread(psid).bubbles):
            for button in bubble.buttons:
                if button["type"] == "account_link":
                    back = f"{self.base_url}/linking/return?{urlencode({'psid': psid})}"
                    token = self.threads.linking_token(psid)
                    asked = urlencode({"account_linking_token": token, "redirect_uri": back})
                    return f"{button['url']}{'&' if '?' in button['url'] else '?'}{asked}"
        raise LookupError("log in")

    async def finish_linking(self, psid: str, code: str | None) -> bool:
        """The browser came back; without a code linking is aborted and nothing is sent."""
        if not code:
            return False
        linking = {"status": "linked", "authorization_code": code}
        return await self.sender.post(self.sender.event(psid, account_linking=linking))

    async def _echo(self, psid: str, mid: str, message: Mapping[str, Any]) -> None:
        echo = {"is_echo": True, "app_id": int(self._app_id), "mid": mid, "metadata": message.get("metadata", "")}
        event = {"sender": {"id": self.sender.page_id}, "recipient": {"id": psid}, "timestamp": self.sender.ms()}
        await self.sender.post({**event, "message": {**echo, "text": message.get("text", "")}})

    async def _page(self, request: Request) -> Response:
        thread = self.threads.thread(self.me)
        page = _PAGES.get_template("chat.html").render(
            bubbles=[_plain(bubble) for bubble in thread.bubbles],
            today=f"{self.threads.now():%A %-d %B %Y}",
            cancelled="cancelled" in request.query_params,
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})

    async def _messages(self, request: Request) -> Response:
        after = int(request.query_params.get("after", "0")[:9])
        thread = self.threads.thread(self.me)
        bubbles = [_plain(bubble) for bubble in thread.bubbles if bubble.number > after]
        return JSONResponse({"bubbles": bubbles, "typing": thread.typing})

    async def _say(self, request: Request) -> Response:
        form = await request.form()
        text, tapped = str(form.get("text", ""))[:_TEXT_CHARS].strip(), str(form.get("tap", ""))
        if tapped:
            await self.tap(self.me, tapped)
        elif text:
            await self.say(self.me, text)
        return RedirectResponse("/", 303)

    async def _log_in(self, _request: Request) -> Response:
        try:
            return RedirectResponse(self.log_in_address(self.me), 303)
        except LookupError:
            return RedirectResponse("/", 303)

    async def _returned(self, request: Request) -> Response:
        psid = request.query_params.get("psid", "")
        code = request.query_params.get("authorization_code")
        if psid not in self.threads.people or not await self.finish_linking(psid, code):
            return RedirectResponse("/?cancelled=1", 303)
        return RedirectResponse("/", 303)


def _plain(bubble: Bubble) -> dict[str, Any]:
    return {
        "number": bubble.number,
        "mine": bubble.mine,
        "text": bubble.text,
        "taps": [choice["title"] for choice in bubble.quick_replies],
        "log_in": any(button["type"] == "account_link" for button in bubble.buttons),
        "links": [[button["title"], button["url"]] for button in bubble.buttons if button["type"] == "web_url"],
    }
