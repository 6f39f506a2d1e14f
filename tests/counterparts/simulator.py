"""The Messenger simulator, served in a thread of the test, and whoever receives its webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhold_demo.platform import App, Platform, application
from tests.counterparts.servers import address, free_socket, serving

APP = App("77001", "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "1020304", "EAAreftoken")
PROOF = "020c06a18c112e86ceec18190ce4bd1439ad3b8b9e670511787f8e6ff33fc61e"
MAYA = "6001"


@dataclass
class World:
    """A simulator that serves, its clock, and what its webhooks brought. `statuses` answer them, the last for ever."""

    platform: Platform
    url: str
    now: datetime = datetime(2026, 3, 18, 12, tzinfo=UTC)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])

    async def receive(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.signatures.append(request.headers["x-hub-signature-256"])
        return Response(status_code=self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])

    def events(self) -> list[dict[str, Any]]:
        return [event for body in self.bodies for entry in json.loads(body)["entry"] for event in entry["messaging"]]

    def post(self, body: Any, token: str = APP.page_token, proof: str | None = PROOF, page: str = "me") -> Any:
        """One call of the Send API; the answer's JSON."""
        asked = {"appsecret_proof": proof} if proof else {}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx2.post(
            f"{self.url}/v26.0/{page}/messages",
            params=asked,
            content=raw,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        ).json()

    def send(self, message: Any, psid: str = MAYA, **more: Any) -> Any:
        return self.post({"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": message, **more})

    @property
    def shown(self) -> list[str]:
        return [bubble.text for bubble in self.platform.threads.thread(MAYA).answers]


@contextmanager
def simulated() -> Iterator[World]:
    """A simulator and the receiver of its webhooks."""
    there, here = free_socket(), free_socket()
    made: list[World] = []

    def now() -> datetime:
        return made[0].now if made else datetime(2026, 3, 18, 12, tzinfo=UTC)

    platform = Platform(address(here), APP, f"{address(there)}/hook", now, MAYA, "Demo Bank")
    made.append(World(platform, address(here)))
    receiver = Starlette(routes=[Route("/hook", made[0].receive, methods=["POST"])])
    with serving(receiver, there), serving(application(platform), here):
        yield made[0]
