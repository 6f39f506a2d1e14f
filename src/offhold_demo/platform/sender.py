"""Webhooks as the platform sends them: ASCII JSON with escaped slashes, signed over those very bytes, tried again."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx2

_TRIES = 4
_PAUSE_S = 0.3
_DEADLINE_S = 5.0

Crossed = Callable[[bool, str, bytes, int], None]


def wire(envelope: Mapping[str, Any]) -> bytes:
    """The bytes of an envelope: `\\u00e4` for what is not ASCII, `\\/` for a slash."""
    return json.dumps(envelope, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signature(body: bytes, secret: str) -> str:
    """X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Sender:
    """Posts to `url`. Like the platform it waits five seconds for a 200 and tries again when there is none.
    `crossed` notes every attempt."""

    url: str
    secret: str
    page_id: str
    now: Callable[[], datetime]
    crossed: Crossed

    async def post(self, *events: Mapping[str, Any]) -> bool:
        """Deliver events in one batch; whether they were acknowledged."""
        entries = [{"id": self.page_id, "time": self.ms(), "messaging": [event]} for event in events]
        return await self.deliver(wire({"object": "page", "entry": entries}))

    async def deliver(self, body: bytes, sign: bool = True) -> bool:
        """Deliver raw bytes, signed or, for a test of refusal, not."""
        headers = {"Content-Type": "application/json"}
        if sign:
            headers["X-Hub-Signature-256"] = signature(body, self.secret)
        async with httpx2.AsyncClient(timeout=_DEADLINE_S) as http:
            for attempt in range(_TRIES):
                await asyncio.sleep(_PAUSE_S * attempt)
                status = await self._once(http, body, headers)
                self.crossed(False, f"POST {urlsplit(self.url).path}", body, status)
                if status == 200:
                    return True
        return False

    async def _once(self, http: httpx2.AsyncClient, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            return (await http.post(self.url, content=body, headers=dict(headers))).status_code
        except httpx2.HTTPError:
            return 0

    def ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def event(self, psid: str, **what: Any) -> dict[str, Any]:
        """One messaging object from a person to the Page."""
        return {"sender": {"id": psid}, "recipient": {"id": self.page_id}, "timestamp": self.ms(), **what}
