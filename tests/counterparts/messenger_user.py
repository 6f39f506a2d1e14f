"""A person on Messenger with one browser: links the chat as the platform does, and holds the browser's key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey

from tests.counterparts import graph
from tests.counterparts.service import Form, World, wait_for
from tests.counterparts.webchat import Visitor

_BACK = "https://www.facebook.com/messenger_platform/account_linking/?x=1"


@dataclass
class Person:
    """`key` is what the consent page's script would have made in this browser."""

    world: World
    psid: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def __post_init__(self) -> None:
        self.browser = Visitor.new(self.world.service.url)

    def link(self, disclosure: str = "sealed") -> None:
        """Through Log In, the bank and the consent page, and back to the chat."""
        token = f"ALT-{self.psid}"
        self.world.graph.linking[token] = self.psid
        asked = {"account_linking_token": token, "redirect_uri": _BACK}
        page = self.browser.follow(self.browser.http.get("/link", params=asked))
        chosen = {"account": ["acc-1"], "purpose": Form(page.text).values("purpose"), "disclosure": disclosure}
        public = json.dumps(self.key.as_dict(private=False))
        form = {**chosen, "decision": "accept", "device_key": public}
        done = self.browser.http.post("/consent", data=form)
        code = parse_qs(urlsplit(done.headers["location"]).query)["authorization_code"][0]
        before = len(self.world.graph.texts(self.psid))
        linked = {"status": "linked", "authorization_code": code}
        graph.post(
            self.world.service.url,
            graph.envelope(graph.messaging(self.psid, self.world.at_ms, account_linking=linked)),
        )
        wait_for(lambda: len(self.world.graph.texts(self.psid)) > before)

    def ask(self, text: str) -> str:
        """Ask in the chat; the path of the link that comes back."""
        before = len(self.messages())
        assert self.world.say(self.psid, text, mid=f"m_{self.psid}_{before}_{text[:20]}") == 200
        sent = wait_for(lambda: self.messages()[before:])[0]
        return urlsplit(sent["message"]["attachment"]["payload"]["buttons"][0]["url"]).path

    def messages(self) -> list[dict[str, Any]]:
        return [body for body in self.world.graph.sent if body["recipient"]["id"] == self.psid]

    def proof(self, path: str, browser: Visitor | None = None, key: ECKey | None = None, challenge: str = "") -> str:
        """What the page's script posts: the challenge signed with the browser's key."""
        http = (browser or self.browser).http
        challenge = challenge or http.get(f"{path}/challenge").json()["challenge"]
        signer = key or self.key
        payload = f"{self.world.service.url} {challenge}".encode()
        signed = jws.serialize_compact({"alg": "ES256", "kid": self.key.thumbprint()}, payload, signer, ["ES256"])
        return json.dumps({"challenge": challenge, "device": [signed]})

    def open(
        self, path: str, proof: str | None = None, browser: Visitor | None = None, **headers: str
    ) -> httpx2.Response:
        """Post the proof; the page that comes."""
        visitor = browser or self.browser
        given = self.proof(path) if proof is None else proof
        return visitor.http.post(path, data={"proof": given}, headers=headers)

    def sign_in_for(self, path: str, browser: Visitor, **headers: str) -> httpx2.Response:
        """Without script: post the page's form, go through the bank, come back."""
        page = browser.http.post(path, data={"proof": ""}, headers=headers)
        while page.is_redirect:
            page = browser.http.get(urljoin(str(page.url), page.headers["location"]), headers=headers)
        return page


FIGURES = re.compile(r"\d+[.,]\d\d|[$€£]\s?\d|blue bottle|starbucks|whole foods", re.I)
