"""The Graph API side: what the platform refuses, and why (Meta, Send API reference and error codes, 2026)."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from offhold_demo.platform.limits import Refused, check_message
from offhold_demo.platform.threads import HUMAN_AGENT_WINDOW, WINDOW, Closes, Fault, Thread, Threads

_TYPES = frozenset({"RESPONSE", "UPDATE", "MESSAGE_TAG"})
_ACTIONS = frozenset({"typing_on", "typing_off", "mark_seen"})


@dataclass(frozen=True, slots=True)
class App:
    """The registered app and its Page."""

    app_id: str
    app_secret: str
    page_id: str
    page_token: str


class _Cut(Response):
    """No answer: the server closes the connection on a body that it promised and does not send."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


Told = Callable[[str, str, Mapping[str, Any]], Coroutine[Any, Any, None]]


class Graph:
    """`told(psid, mid, message)` posts the webhooks that every shown message causes."""

    def __init__(self, app: App, threads: Threads, told: Told) -> None:
        self._app = app
        self._threads = threads
        self._told = told
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/{version}/me", self._guarded(self._me)),
            Route("/{version}/me/unlink_accounts", self._guarded(self._unlink), methods=["POST"]),
            Route("/{version}/{page}/subscribed_apps", self._guarded(self._apps), methods=["GET", "POST"]),
            Route("/{version}/{page}/messages", self._guarded(self._messages), methods=["POST"]),
        ]

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._authorise(request)
                response = await handler(request)
            except Refused as refused:
                response = _error(refused.code, refused.subcode, refused.field, refused.status)
            status = 0 if isinstance(response, _Cut) else response.status_code
            self._threads.crossed(True, f"{request.method} {request.url.path}", await request.body(), status)
            return response

        return answer

    def _authorise(self, request: Request) -> None:
        """Token as a bearer or a parameter, and the proof that the caller holds the app secret."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = bearer or request.query_params.get("access_token", "")
        if not hmac.compare_digest(token.encode(), self._app.page_token.encode()):
            raise Refused(190, 467, "access_token", 401)
        proof = hmac.new(self._app.app_secret.encode(), self._app.page_token.encode(), sha256).hexdigest()
        if request.query_params.get("appsecret_proof") != proof:
            raise Refused(100, 0, "appsecret_proof")
        if request.path_params.get("page", "me") not in ("me", self._app.page_id):
            raise Refused(100, 33, "page")

    async def _me(self, request: Request) -> Response:
        psid = self._threads.psid_of(request.query_params.get("account_linking_token", ""))
        if psid is None:
            raise Refused(10303, 0, "account_linking_token")
        return JSONResponse({"id": self._app.page_id, "recipient": psid})

    async def _unlink(self, request: Request) -> Response:
        body = await _json(request)
        if str(body.get("psid")) not in self._threads.people:
            raise Refused(100, 2018001, "psid")
        return JSONResponse({"result": "unlink account success"})

    async def _apps(self, request: Request) -> Response:
        if request.method == "POST":
            fields = [field for field in request.query_params.get("subscribed_fields", "").split(",") if field]
            if not fields:
                raise Refused(100, 0, "subscribed_fields")
            self._threads.subscribed = fields
            return JSONResponse({"success": True})
        app = {"id": self._app.app_id, "name": "Offhold", "subscribed_fields": self._threads.subscribed}
        return JSONResponse({"data": [app] if self._threads.subscribed else []})

    async def _messages(self, request: Request) -> Response:
        body = await _json(request)
        thread = self._recipient(body)
        if ("message" in body) == ("sender_action" in body):
            raise Refused(100, 2018014, "message")
        if "sender_action" in body:
            return self._act(thread, body["sender_action"])
        self._check_window(thread, body)
        check_message(body["message"])
        return await self._show(thread, body["message"])

    def _recipient(self, body: dict[str, Any]) -> Thread:
        recipient = body.get("recipient")
        psid = recipient.get("id") if isinstance(recipient, dict) else None
        if not isinstance(psid, str) or psid not in self._threads.people:
            raise Refused(100, 2018001, "recipient")
        return self._threads.people[psid]

    def _act(self, thread: Thread, action: Any) -> Response:
        if action not in _ACTIONS:
            raise Refused(100, 0, "sender_action")
        thread.typing = action == "typing_on"
        return JSONResponse({"recipient_id": thread.psid})

    def _check_window(self, thread: Thread, body: dict[str, Any]) -> None:
        """Free words within a day of the person's last act; a human's within seven, by the one tag that is left."""
        kind, tag = body.get("messaging_type"), body.get("tag")
        if kind not in _TYPES:
            raise Refused(100, 0, "messaging_type")
        tagged = kind == "MESSAGE_TAG"
        if tagged != (tag is not None) or (tagged and tag != "HUMAN_AGENT"):
            raise Refused(100, 0, "tag")
        if self._threads.now() - thread.opened > (HUMAN_AGENT_WINDOW if tagged else WINDOW):
            raise Refused(10, 2018278, "recipient")

    async def _show(self, thread: Thread, message: dict[str, Any]) -> Response:
        fault = self._threads.faults.pop(0) if self._threads.faults else Fault()
        await asyncio.sleep(fault.delay_s)
        if fault.closes is Closes.before:
            return _Cut()
        if fault.code:
            return _error(fault.code, fault.subcode, "", fault.status, dict(fault.headers))
        mid = f"m_{secrets.token_hex(12)}"
        self._threads.shown(thread.psid, message)
        if fault.echoes:
            self._tell(thread.psid, mid, message)
        if fault.closes is Closes.after:
            return _Cut()
        return JSONResponse({"recipient_id": thread.psid, "message_id": mid}, headers=dict(fault.headers))

    def _tell(self, psid: str, mid: str, message: dict[str, Any]) -> None:
        task = asyncio.create_task(self._told(psid, mid, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Refused(100, 0, "body") from error
    if not isinstance(body, dict):
        raise Refused(100, 0, "body")
    return body


def _error(code: int, subcode: int, field: str, status: int, headers: dict[str, str] | None = None) -> Response:
    message = f"({field})" if field else "refused"
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": secrets.token_hex(6)}
    return JSONResponse({"error": error | ({"error_subcode": subcode} if subcode else {})}, status, headers)
