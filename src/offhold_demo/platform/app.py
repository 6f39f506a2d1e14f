"""The simulator: what a person can do in it, and the Graph API of the Page."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from offhold_demo.platform.graph import App, Graph
from offhold_demo.platform.sender import Sender
from offhold_demo.platform.threads import Threads


class Platform:
    """`base_url` is where this server is reached; `webhook_url` where it delivers. `me` is the person on the page,
    `name` the Page's."""

    def __init__(
        self, base_url: str, app: App, webhook_url: str, now: Callable[[], datetime], me: str, name: str
    ) -> None:
        self.base_url = base_url
        self.name = name
        self.threads = Threads(now)
        self.sender = Sender(webhook_url, app.app_secret, app.page_id, now, self.threads.crossed)
        self._app_id = app.app_id
        self.me = me
        self.threads.thread(me)
        self.graph = Graph(app, self.threads, self._told)

    async def say(self, psid: str, text: str) -> bool:
        """The person writes; whether the webhook was acknowledged."""
        self.threads.said(psid, text)
        return await self._message(psid, {"text": text})

    async def tap(self, psid: str, title: str) -> bool:
        """The person taps the newest quick reply or button of that title. Raises LookupError when there is none."""
        for kind, entry in self._newest(psid):
            if entry.get("title") == title and entry.get("payload"):
                self.threads.said(psid, title)
                if kind == "quick_reply":
                    return await self._message(psid, {"text": title, "quick_reply": {"payload": entry["payload"]}})
                postback = {"mid": _mid(), "title": title, "payload": entry["payload"]}
                return await self.sender.post(self.sender.event(psid, postback=postback))
        raise LookupError(title)

    async def log_out(self, psid: str) -> bool:
        """The person taps Log Out."""
        return await self.sender.post(self.sender.event(psid, account_linking={"status": "unlinked"}))

    def log_in_address(self, psid: str) -> str:
        """Where the newest Log In button leads. Raises LookupError when there is none."""
        for _kind, button in self._newest(psid):
            if button.get("type") == "account_link":
                back = f"{self.base_url}/linking/return?{urlencode({'psid': psid})}"
                asked = urlencode({"account_linking_token": self.threads.linking_token(psid), "redirect_uri": back})
                return f"{button['url']}{'&' if '?' in button['url'] else '?'}{asked}"
        raise LookupError("log in")

    async def finish_linking(self, psid: str, code: str | None) -> bool:
        """The browser came back; linking is aborted without a code, or when the event is not acknowledged."""
        if not code:
            return False
        linking = {"status": "linked", "authorization_code": code}
        return await self.sender.post(self.sender.event(psid, account_linking=linking))

    def _newest(self, psid: str) -> Iterator[tuple[str, dict[str, str]]]:
        """What can be tapped in a thread, the newest first."""
        for bubble in reversed(self.threads.thread(psid).bubbles):
            yield from (("quick_reply", entry) for entry in bubble.quick_replies)
            yield from (("button", entry) for entry in bubble.buttons)

    async def _message(self, psid: str, message: dict[str, Any]) -> bool:
        return await self.sender.post(self.sender.event(psid, message={"mid": _mid(), **message}))

    async def _told(self, psid: str, mid: str, message: Mapping[str, Any]) -> None:
        """A shown message is told back in one batch: its echo, its delivery, and that it was read."""
        at = self.sender.ms()
        echo = {"is_echo": True, "app_id": int(self._app_id), "mid": mid, "metadata": message.get("metadata", "")}
        await self.sender.post(
            {
                "sender": {"id": self.sender.page_id},
                "recipient": {"id": psid},
                "timestamp": at,
                "message": {**echo, "text": message.get("text", "")},
            },
            self.sender.event(psid, delivery={"mids": [mid], "watermark": at}),
            self.sender.event(psid, read={"watermark": at}),
        )


def _mid() -> str:
    return f"m_{secrets.token_hex(12)}"
