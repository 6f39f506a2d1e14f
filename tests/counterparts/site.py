"""What the browser tests do over and over: open a browser, link a chat, ask in it, judge a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.counterparts import graph
from tests.counterparts.service import World, wait_for

PICTURES = Path(__file__).parents[2] / "build" / "pictures"
WIDTHS = (320, 390, 1280)
_BACK = "https://www.facebook.com/messenger_platform/account_linking/?x=1"
_AXE = (files("axe_core_python") / "axe.min.js").read_text()
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visit:
    """A page in a browser context of its own, and every request that it made."""

    page: Page
    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)


@dataclass
class Site:
    """`visit` opens a browser; the rest are the steps of a customer in it."""

    world: World
    browser: Browser
    people: Iterator[int] = field(default_factory=lambda: itertools.count(9_001))

    @property
    def url(self) -> str:
        return self.world.service.url

    @contextmanager
    def visit(self, width: int = 390, height: int = 844, **options: Any) -> Iterator[Visit]:
        """A clean browser profile. The platform's own site is only noted, never reached."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        visit = Visit(context.new_page(), context)

        def platform(route: Route) -> None:
            visit.returned.append(route.request.url)
            route.fulfill(status=200, content_type="text/html", body="<title>Back in the chat</title>")

        context.route("https://www.facebook.com/**", platform)
        visit.page.on("request", lambda request: visit.requests.append(request))
        yield visit
        context.close()

    def to_consent(self, visit: Visit) -> str:
        """From the Log In button of a new person's chat to the consent page; who it is."""
        psid = str(next(self.people))
        self.world.graph.linking[f"ALT-{psid}"] = psid
        visit.page.goto(f"{self.url}/link?account_linking_token=ALT-{psid}&redirect_uri={quote(_BACK, safe='')}")
        visit.page.wait_for_url("**/consent")
        return psid

    def connect(self, visit: Visit, disclosure: str = "sealed") -> str:
        """Connect a new person's chat in this browser."""
        psid = self.to_consent(visit)
        page = visit.page
        page.get_by_label("Answer my questions").check()
        page.get_by_label("Everyday").check()
        page.locator(f"input[value={disclosure}]").check()
        page.get_by_role("button", name="Connect", exact=True).click()
        self.finish(psid, visit)
        return psid

    def back_in_chat(self, visit: Visit) -> str:
        """Wait for the platform's own page; the address that the browser was sent to."""
        expect(visit.page).to_have_title("Back in the chat")
        return visit.returned[-1]

    def finish(self, psid: str, visit: Visit) -> None:
        """The platform tells that the login is done."""
        code = parse_qs(urlsplit(self.back_in_chat(visit)).query)["authorization_code"][0]
        linked = {"status": "linked", "authorization_code": code}
        before = len(self.sent(psid))
        graph.post(self.url, graph.envelope(graph.messaging(psid, self.world.at_ms, account_linking=linked)))
        wait_for(lambda: len(self.sent(psid)) > before)

    def sent(self, psid: str) -> list[dict[str, Any]]:
        """What the platform was given for this person."""
        return [body for body in self.world.graph.sent if body["recipient"]["id"] == psid]

    def ask(self, psid: str, text: str) -> str:
        """Ask in the sealed chat; the address of the link that comes back."""
        before = len(self.sent(psid))
        self.world.say(psid, text, mid=f"m_{psid}_{before}")
        sent = wait_for(lambda: self.sent(psid)[before:])[0]
        return str(sent["message"]["attachment"]["payload"]["buttons"][0]["url"])

    def sign_in(self, visit: Visit) -> None:
        """Into the web chat, through the consent page where it comes up."""
        page = visit.page
        visit.context.clear_cookies()
        page.goto(f"{self.url}/chat")
        page.get_by_role("button", name="Sign in at Least Bank").click()
        page.wait_for_url("**/c*")
        if page.url.endswith("/consent"):
            page.get_by_label("Answer my questions").check()
            page.get_by_label("Everyday").check()
            page.get_by_role("button", name="Connect", exact=True).click()
        page.wait_for_url("**/chat")


def violations(page: Page) -> list[str]:
    """What axe finds wrong. It runs in the page's own policy, by way of the debugger."""
    page.evaluate(_AXE)
    found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", _TAGS)
    return [f"{entry['id']}: {entry['nodes'][0]['html'][:150]}" for entry in found["violations"]]


def sideways(page: Page) -> int:
    """How many pixels the page scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Keep how the page looks."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
