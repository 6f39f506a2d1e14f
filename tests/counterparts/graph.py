"""The least Graph server: remembers messages, names the person behind a linking token, signs webhooks."""

from __future__ import annotations

import contextlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN, VERIFY = (
    "77001",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "1020304",
    "EAAtok",
    "vt",
)
# Everything is on the loopback and without TLS; a connection never outlives the service it went to.
HTTP = httpx2.Client(verify=False, timeout=60, limits=httpx2.Limits(max_keepalive_connections=0))


def on_the_wire(event: dict[str, Any]) -> bytes:
    """ASCII JSON with escaped slashes, as the platform sends it."""
    return json.dumps(event).replace("/", "\\/").encode("ascii")


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


@dataclass
class LeastGraph:
    """`sent` holds each accepted message body, `typing` and `unlinked` whom we were told of. `answer(body)` may
    replace the platform's usual yes, `unlink_status` its yes to unlinking. `echoes_to` is the service that hears of
    every message shown, as a Page's own app does; empty: it hears nothing."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    unlinked: list[str] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=lambda: ["messages"])
    unlink_status: int = 200
    linking: dict[str, str] = field(default_factory=dict)
    answer: Callable[[dict[str, Any]], Response | None] = lambda _body: None
    echoes_to: str = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v26.0/me", self.me),
                Route("/v26.0/{page}/messages", self.messages, methods=["POST"]),
                Route("/v26.0/{page}/subscribed_apps", self.apps, methods=["GET", "POST"]),
                Route("/v26.0/me/unlink_accounts", self.unlink, methods=["POST"]),
            ]
        )

    def _proven(self, request: Request) -> bool:
        proof = hmac.new(APP_SECRET.encode(), PAGE_TOKEN.encode(), sha256).hexdigest()
        bearer = request.headers.get("authorization") == f"Bearer {PAGE_TOKEN}"
        return bearer and request.query_params.get("appsecret_proof") == proof

    async def me(self, request: Request) -> Response:
        assert self._proven(request)
        psid = self.linking.get(request.query_params["account_linking_token"])
        if psid is None:
            return JSONResponse({"error": {"message": "bad", "type": "OAuthException", "code": 10303}}, 400)
        return JSONResponse({"id": PAGE_ID, "recipient": psid})

    async def apps(self, request: Request) -> Response:
        assert self._proven(request)
        if request.method == "POST":
            self.subscribed = request.query_params["subscribed_fields"].split(",")
            return JSONResponse({"success": True})
        return JSONResponse({"data": [{"id": APP_ID, "subscribed_fields": self.subscribed}]})

    async def unlink(self, request: Request) -> Response:
        assert self._proven(request)
        self.unlinked.append((await request.json())["psid"])
        return JSONResponse({"result": "unlink account success"}, self.unlink_status)

    async def messages(self, request: Request) -> Response:
        body = await request.json()
        proof = hmac.new(APP_SECRET.encode(), PAGE_TOKEN.encode(), sha256).hexdigest()
        proven = self._proven(request) or body.get("appsecret_proof") == proof
        assert proven, "every Graph call proves that it holds the app secret"
        if "sender_action" in body:
            self.typing.append(body["recipient"]["id"])
            return JSONResponse({"recipient_id": body["recipient"]["id"]})
        if (instead := self.answer(body)) is not None:
            return instead
        self.sent.append(body)
        mid = f"m_{secrets.token_hex(8)}"
        if self.echoes_to:
            threading.Thread(target=deliver, args=(self.echoes_to, envelope(echo(body, mid))), daemon=True).start()
        return JSONResponse({"recipient_id": body["recipient"]["id"], "message_id": mid})

    def texts(self, psid: str) -> list[str]:
        """What the person was shown, in order."""
        return [shown(body) for body in self.sent if body["recipient"]["id"] == psid]


def shown(body: dict[str, Any]) -> str:
    message = body["message"]
    return message["text"] if "text" in message else message["attachment"]["payload"]["text"]


def message(psid: str, text: str, mid: str, at_ms: int) -> dict[str, Any]:
    return messaging(psid, at_ms, message={"mid": mid, "text": text})


def messaging(psid: str, at_ms: int, **what: Any) -> dict[str, Any]:
    return {"sender": {"id": psid}, "recipient": {"id": PAGE_ID}, "timestamp": at_ms, **what}


def echo(body: dict[str, Any], mid: str) -> dict[str, Any]:
    """What the platform tells the Page's app about a message that it showed."""
    said = {"is_echo": True, "app_id": int(APP_ID), "mid": mid, "metadata": body["message"].get("metadata", "")}
    at_ms = int(time.time() * 1000)
    return {"sender": {"id": PAGE_ID}, "recipient": body["recipient"], "timestamp": at_ms, "message": said}


def envelope(*events: dict[str, Any]) -> dict[str, Any]:
    entries = [{"id": PAGE_ID, "time": event["timestamp"], "messaging": [event]} for event in events]
    return {"object": "page", "entry": entries}


def post(address: str, event: dict[str, Any]) -> int:
    """Deliver a webhook as the platform does; the HTTP status."""
    body = on_the_wire(event)
    return HTTP.post(f"{address}/channels/messenger/webhook", content=body, headers=signed(body)).status_code


def deliver(address: str, event: dict[str, Any], seconds: float = 60.0) -> int:
    """Deliver as the platform does, again and again until it is told 200; how many tries that took."""
    until, tries = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        tries += 1
        with contextlib.suppress(httpx2.TransportError):
            if post(address, event) == 200:
                return tries
        time.sleep(0.05)
    raise TimeoutError(f"no 200 after {tries} tries")


def refusal(code: int, subcode: int = 0) -> Response:
    """The platform's error envelope."""
    envelope = {"message": "no", "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "A"}
    return JSONResponse({"error": envelope}, 400)
