"""The Graph API side: what the platform refuses, and why (Meta, Send API reference and error codes, 2026)."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from offhold_demo.platform.threads import HUMAN_AGENT_WINDOW, WINDOW, Fault, Thread, Threads

_TEXT, _TEMPLATE_TEXT, _TITLE, _QUICK, _BUTTONS, _PAYLOAD = 2_000, 640, 20, 13, 3, 1_000
_TYPES = frozenset({"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"})
_ACTIONS = frozenset({"typing_on", "typing_off", "mark_seen"})


@dataclass(frozen=True, slots=True)
class App:
    """The registered app and its Page."""

    app_id: str
    app_secret: str
    page_id: str
    page_token: str


class _Refused(Exception):
    def __init__(self, code: int, subcode: int = 0, field: str = "", status: int = 400) -> None:
        super().__init__(field)
        self.code, self.subcode, self.field, self.status = code, subcode, field, status


Echo = Callable[[str, str, dict[str, Any]], Coroutine[Any, Any, None]]


class Graph:
    """`echo(psid, mid, message)` posts the webhook that every shown message causes."""

    def __init__(self, app: App, threads: Threads, echo: Echo) -> None:
        self._app = app
        self._threads = threads
        self._echo = echo
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/{version}/me", self._guarded(self._me)),
            Route("/{version}/me/unlink_accounts", self._guarded(self._unlink), methods=["POST"]),
            Route("/{version}/{page}/messages", self._guarded(self._messages), methods=["POST"]),
        ]

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._authorise(request)
                return await handler(request)
            except _Refused as refused:
                return _error(refused.code, refused.subcode, refused.field, refused.status)

        return answer

    def _authorise(self, request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = bearer or request.query_params.get("access_token", "")
        if not hmac.compare_digest(token.encode(), self._app.page_token.encode()):
            raise _Refused(190, 467, "access_token", 401)
        proof = hmac.new(self._app.app_secret.encode(), self._app.page_token.encode(), sha256).hexdigest()
        if request.query_params.get("appsecret_proof") != proof:
            raise _Refused(100, 0, "appsecret_proof")
        if request.path_params.get("page", "me") not in ("me", self._app.page_id):
            raise _Refused(100, 33, "page")

    async def _me(self, request: Request) -> Response:
        psid = self._threads.psid_of(request.query_params.get("account_linking_token", ""))
        if psid is None:
            raise _Refused(10303, 0, "account_linking_token")
        return JSONResponse({"id": self._app.page_id, "recipient": psid})

    async def _unlink(self, request: Request) -> Response:
        if str((await request.json()).get("psid")) not in self._threads.people:
            raise _Refused(100, 2018001, "psid")
        return JSONResponse({"result": "unlink account success"})

    async def _messages(self, request: Request) -> Response:
        body = await request.json()
        self._threads.requests.append(body)
        thread = self._recipient(body)
        if ("message" in body) == ("sender_action" in body):
            raise _Refused(100, 2018014, "message")
        if "sender_action" in body:
            return self._act(thread, body["sender_action"])
        self._check_window(thread, body)
        check_message(body["message"])
        return await self._show(thread, body["message"])

    def _recipient(self, body: dict[str, Any]) -> Thread:
        psid = str(body.get("recipient", {}).get("id", ""))
        if psid not in self._threads.people:
            raise _Refused(100, 2018001, "recipient")
        return self._threads.people[psid]

    def _act(self, thread: Thread, action: str) -> Response:
        if action not in _ACTIONS:
            raise _Refused(100, 0, "sender_action")
        thread.typing = action == "typing_on"
        return JSONResponse({"recipient_id": thread.psid})

    def _check_window(self, thread: Thread, body: dict[str, Any]) -> None:
        kind, tag = body.get("messaging_type"), body.get("tag")
        if kind not in _TYPES or (kind == "MESSAGE_TAG" and tag != "HUMAN_AGENT"):
            raise _Refused(100, 0, "messaging_type" if kind not in _TYPES else "tag")
        window = HUMAN_AGENT_WINDOW if tag == "HUMAN_AGENT" else WINDOW
        if self._threads.now() - thread.opened > window:
            raise _Refused(10, 2018278, "recipient")

    async def _show(self, thread: Thread, message: dict[str, Any]) -> Response:
        fault = self._threads.faults.pop(0) if self._threads.faults else Fault()
        await asyncio.sleep(fault.delay_s)
        if fault.code:
            return _error(fault.code, fault.subcode, "", fault.status)
        mid = f"m_{secrets.token_hex(12)}"
        self._threads.shown(thread.psid, message)
        task = asyncio.create_task(self._echo(thread.psid, mid, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if fault.lost:
            return Response("", 200, media_type="application/json")
        return JSONResponse({"recipient_id": thread.psid, "message_id": mid})


def check_message(message: Any) -> None:
    """The documented limits of a message. Raises the refusal that names the field."""
    if not isinstance(message, dict) or ("text" in message) == ("attachment" in message):
        raise _Refused(100, 2534015, "message")
    if "text" in message and not 0 < _units(message["text"]) <= _TEXT:
        raise _Refused(100, 2534015, "text")
    quick = message.get("quick_replies", [])
    if len(quick) > _QUICK or any(not _labelled(entry) for entry in quick):
        raise _Refused(100, 2534015, "quick_replies")
    if "attachment" in message:
        _check_template(message["attachment"].get("payload", {}))


def _check_template(payload: dict[str, Any]) -> None:
    buttons = payload.get("buttons", [])
    if payload.get("template_type") != "button" or not 1 <= len(buttons) <= _BUTTONS:
        raise _Refused(100, 2534015, "buttons")
    if not 0 < _units(payload.get("text", "")) <= _TEMPLATE_TEXT:
        raise _Refused(100, 2534015, "text")
    if any(entry["type"] == "account_link" and not str(entry.get("url", "")).startswith("http") for entry in buttons):
        raise _Refused(100, 2534015, "url")


def _labelled(entry: dict[str, Any]) -> bool:
    return 0 < len(entry.get("title", "")) <= _TITLE and 0 < len(entry.get("payload", "")) <= _PAYLOAD


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _error(code: int, subcode: int, field: str, status: int) -> Response:
    message = f"({field})" if field else "refused"
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": secrets.token_hex(6)}
    return JSONResponse({"error": error | ({"error_subcode": subcode} if subcode else {})}, status)
