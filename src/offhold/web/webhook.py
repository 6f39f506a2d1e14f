"""The platform's door: verify, parse, commit, and only then say 200 (Messenger Platform, Webhooks)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from offhold.channels.messenger import webhook
from offhold.channels.messenger.events import ALARMS
from offhold.channels.port import Batch
from offhold.config import Settings
from offhold.errors import MalformedWebhook, OffholdError, UnknownObject
from offhold.journal.inbox import Accepted
from offhold.ops.metrics import Metrics

PATH = "/channels/messenger/webhook"
_HEADER = b"x-hub-signature-256"
_SAFE = {"X-Content-Type-Options": "nosniff"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Intake:
    """`accept` makes a batch durable; `wake` starts work on its lanes."""

    accept: Callable[[Batch], Awaitable[Accepted]]
    wake: Callable[[frozenset[str]], None]


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def routes(settings: Settings, intake: Intake, metrics: Metrics) -> list[BaseRoute]:
    """GET answers the platform's verification, POST takes its events."""
    messenger = settings.channels.messenger

    async def verify(request: Request) -> Response:
        status, body = webhook.challenge(request.query_params.multi_items(), messenger.verify_token.get_secret_value())
        if status != 200:
            metrics.webhook_refused.labels("verify").inc()
        return Response(body, status, media_type="text/plain", headers=_SAFE)

    async def receive(request: Request) -> Response:
        try:
            batch = await _batch(request, settings)
        except _Refused as refused:
            metrics.webhook_refused.labels(refused.reason).inc()
            return Response(status_code=refused.status, headers=_SAFE)
        for kind in batch.dropped:
            metrics.events_dropped.labels(kind).inc()
            if kind in ALARMS:
                log.error("webhook.alarm", reason=kind)
        try:
            accepted = await intake.accept(batch)
        except OffholdError as error:
            log.error("webhook.not_accepted", code=error.code)
            metrics.webhook_refused.labels("store").inc()
            return Response(status_code=503, headers=_SAFE)
        metrics.inbox_accepted.inc(accepted.new)
        metrics.inbox_duplicate.inc(accepted.duplicates)
        intake.wake(accepted.lanes)
        return Response("EVENT_RECEIVED", media_type="text/plain", headers=_SAFE)

    return [Route(PATH, verify, methods=["GET"]), Route(PATH, receive, methods=["POST"])]


async def _batch(request: Request, settings: Settings) -> Batch:
    """The verified events of a request. The signature is over the bytes on the wire, so it comes before parsing."""
    if "content-encoding" in request.headers:
        raise _Refused(415, "encoding")
    body = await _body(request, settings.limits.body_bytes)
    signatures = [value for name, value in request.headers.raw if name == _HEADER]
    messenger = settings.channels.messenger
    if not webhook.signature_holds(signatures, body, messenger.secrets):
        raise _Refused(403, "signature" if signatures else "unsigned")
    try:
        return webhook.parse(body, {messenger.page_id: messenger.app_id})
    except UnknownObject as error:
        raise _Refused(404, error.code) from error
    except MalformedWebhook as error:
        raise _Refused(400, error.code) from error


async def _body(request: Request, limit: int) -> bytes:
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > limit:
        raise _Refused(413, "too-large")
    pieces = bytearray()
    try:
        async for piece in request.stream():
            pieces += piece
            if len(pieces) > limit:
                raise _Refused(413, "too-large")
    except ClientDisconnect as error:
        raise _Refused(400, "disconnected") from error
    return bytes(pieces)
