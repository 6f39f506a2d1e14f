"""The faults that strike an answer on its way out: a body cut short, a body against the schema."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from offhold_demo.bank.faults import Faults


@dataclass(slots=True)
class Tampering:
    """A `send` that holds the head of an answer back until its whole body is there."""

    faults: Faults
    send: Send
    _head: Message = field(default_factory=dict)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        body = message.get("body", b"")
        if self._head["status"] == 200 and self.faults.take("break_bodies"):
            body = against_schema(body)
            MutableHeaders(scope=self._head)["Content-Length"] = str(len(body))
        await self.send(self._head)
        cut = self.faults.take("drop_bodies")
        sent = body[: len(body) // 2] if cut else body
        await self.send({"type": "http.response.body", "body": sent, "more_body": cut})


def against_schema(body: bytes) -> bytes:
    """The same resources with every amount signed and a property that no schema has."""
    document = json.loads(body)
    _sign(document)
    document["Surprise"] = True
    return json.dumps(document).encode()


def _sign(part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _sign(each)
    elif isinstance(part, dict):
        if isinstance(part.get("Amount"), str):
            part["Amount"] = f"-{part['Amount']}"
        for each in part.values():
            _sign(each)
