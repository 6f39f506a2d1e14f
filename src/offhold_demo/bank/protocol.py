"""What holds for every request to the resources: headers in and out, error bodies, and the faults."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offhold_demo.bank.faults import Storm
from offhold_demo.bank.refusals import Refused, unauthorised
from offhold_demo.bank.state import Bank
from offhold_demo.bank.tampering import Tampering

_ACCEPTED = {"application/json", "application/*", "*/*"}


@dataclass(frozen=True, slots=True)
class Protocol:
    """Wraps the resources: echoes x-fapi-interaction-id, checks Accept, answers every
    refusal, unknown path (404) and wrong method (405 with Allow) with the OBIE error body."""

    app: ASGIApp
    bank: Bank

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        stamped = _stamped(send, request.headers.get("x-fapi-interaction-id") or str(uuid4()))
        try:
            await self._weather(request)
            _check_headers(request)
            await self.app(scope, receive, Tampering(self.bank.config.faults, stamped))
        except Refused as refused:
            await refused.response()(scope, receive, stamped)
        except HTTPException as error:
            await _of_router(error).response()(scope, receive, stamped)

    async def _weather(self, request: Request) -> None:
        """The faults that strike before a request is looked at."""
        faults = self.bank.config.faults
        if faults.take_revocation():
            self.bank.consents.cancel_all(self.bank.clock())
        if faults.delay_seconds:
            await asyncio.sleep(faults.delay_seconds)
        storm = faults.next_storm(request.url.path)
        if storm:
            raise _struck(storm)


def _stamped(send: Send, interaction: str) -> Send:
    async def stamped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["x-fapi-interaction-id"] = interaction
            headers["Cache-Control"] = "no-store"
        await send(message)

    return stamped


def _struck(storm: Storm) -> Refused:
    if storm.status == 401:
        return unauthorised("invalid_token")
    headers = {"Retry-After": storm.retry_after} if storm.retry_after else {}
    usual = "U000" if storm.status >= 500 else "U042"
    return Refused(storm.status, storm.code or usual, "A fault was asked for.", headers=headers)


def _check_headers(request: Request) -> None:
    """406 unless the client takes JSON."""
    accept = request.headers.get("accept", "*/*")
    offered = {each.partition(";")[0].strip().lower() for each in accept.split(",")}
    if not offered & _ACCEPTED:
        raise Refused(406, "U006", "Only application/json can be had here.", "Accept")


def _of_router(error: HTTPException) -> Refused:
    """404 and 405, as the router says them."""
    return Refused(error.status_code, "U042", error.detail, headers=error.headers)
