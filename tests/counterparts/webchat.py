"""A program that uses the web chat by the contract's names: signs in, posts, listens."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx2

from tests.counterparts.service import Form, wait_for


@dataclass
class Event:
    """One server-sent event."""

    id: str
    name: str
    data: Any


@dataclass
class Listener:
    """Reads the stream in a thread until `stop`."""

    http: httpx2.Client
    headers: dict[str, str]
    events: list[Event] = field(default_factory=list)
    status: int = 0
    ended: bool = False

    def start(self) -> Listener:
        threading.Thread(target=self._read, daemon=True).start()
        wait_for(lambda: self.status)
        return self

    def _read(self) -> None:
        try:
            with self.http.stream("GET", "/chat/events", headers=self.headers, timeout=60) as stream:
                self.status = stream.status_code
                seen: dict[str, str] = {}
                for line in stream.iter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        seen[name] = value
                    elif "data" in seen:
                        data = json.loads(seen["data"])
                        self.events.append(Event(seen.get("id", ""), seen.get("event", "message"), data))
                        seen = {}
        except httpx2.HTTPError:
            pass
        self.ended = True

    def replies(self) -> list[Event]:
        return [event for event in self.events if event.name == "message"]


@dataclass
class Visitor:
    """One browser without scripts."""

    base: str
    http: httpx2.Client

    @classmethod
    def new(cls, base: str) -> Visitor:
        return cls(base, httpx2.Client(base_url=base, follow_redirects=False, timeout=15))

    def follow(self, page: httpx2.Response) -> httpx2.Response:
        while page.is_redirect:
            page = self.http.get(urljoin(str(page.url), page.headers["location"]))
        return page

    def submit(self, page: httpx2.Response, **fields: Any) -> httpx2.Response:
        """Fill the page's first form in and follow where it leads."""
        form = Form(page.text)
        hidden = {entry["name"]: entry.get("value", "") for entry in form.inputs if entry["type"] == "hidden"}
        return self.follow(self.http.post(urljoin(str(page.url), form.action), data={**hidden, **fields}))

    def sign_in(self, accounts: tuple[str, ...] = ("acc-1",), decision: str = "accept") -> httpx2.Response:
        """From /chat through the bank, and the consent page where it comes up; the page that follows."""
        page = self.submit(self.follow(self.http.get("/chat")))
        if 'name="account"' in page.text:
            fields = {"account": list(accounts), "purpose": Form(page.text).values("purpose"), "decision": decision}
            page = self.submit(page, **fields)
        return page

    def say(self, text: str, **more: str) -> httpx2.Response:
        return self.http.post("/chat/messages", json={"text": text, **more})

    def listen(self, **headers: str) -> Listener:
        return Listener(self.http, {"Accept": "text/event-stream", **headers}).start()
