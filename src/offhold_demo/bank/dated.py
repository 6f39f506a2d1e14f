"""The Date header by the bank's own clock: clients measure from it how far their clock is from the bank's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Dated:
    """Wraps the whole bank. A web server in front must not add a Date of its own."""

    app: ASGIApp
    clock: Callable[[], datetime]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = format_datetime(self.clock().astimezone(UTC), usegmt=True)
                MutableHeaders(scope=message)["Date"] = told
            await send(message)

        await self.app(scope, receive, dated)
