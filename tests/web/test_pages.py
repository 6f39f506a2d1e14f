"""Every page and state, as a browser sees it: accessible, within its frame, of one host, light enough."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.counterparts.service import QUESTION
from tests.counterparts.site import PICTURES, WIDTHS, Site, Visit, picture, sideways, violations

_SCHEMES: tuple[Any, ...] = ("light", "dark")
_PAGE_BYTES = 150_000


def judged(page: Page, name: str) -> list[str]:
    """What is wrong with the page at each width, in each scheme; one picture of each."""
    wrong = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844 if width < 900 else 800})
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            where = f"{name}-{width}-{scheme}"
            wrong += [f"{where}: {entry}" for entry in violations(page)]
            if sideways(page):
                wrong.append(f"{where}: scrolls sideways by {sideways(page)} px")
            if width != WIDTHS[0]:
                picture(page, where)
    return wrong


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    with site.visit() as opened:
        errors: list[str] = []
        opened.page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        opened.page.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        expected = ("status of 4", "status of 5")  # pages that say what went wrong are answered with a status
        assert [entry for entry in errors if not any(part in entry for part in expected)] == []


def test_the_consent_page_in_each_state(site: Site, visit: Visit) -> None:
    site.to_consent(visit)
    wrong = judged(visit.page, "consent")
    visit.page.get_by_role("button", name="Connect", exact=True).click()
    expect(visit.page.get_by_role("alert")).to_be_visible()
    assert wrong + judged(visit.page, "consent-problem") == []


def test_a_sealed_answer_in_each_state(site: Site, visit: Visit) -> None:
    page, psid = visit.page, site.connect(visit)
    address = site.ask(psid, QUESTION)
    page.goto(address)
    wrong = judged(page, "sealed")
    page.get_by_role("button", name="Other ways to open it").click()
    wrong += judged(page, "sealed-other-ways")
    page.get_by_role("button", name="Show my answer").click()
    expect(page.locator("h1 .figure")).to_have_text("$18.00")
    wrong += judged(page, "answer")
    page.locator("summary").click()
    wrong += judged(page, "answer-table")
    expect(page.get_by_text("added up again in this browser")).to_be_visible()
    page.get_by_text("Hide it now").click()
    wrong += judged(page, "cleared")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("This answer was opened before")
    wrong += judged(page, "sealed-used")
    with site.visit() as other:
        other.page.goto(address)
        other.page.get_by_role("button", name="Show my answer now").click()
        expect(other.page.get_by_text("This browser doesn’t hold your key.")).to_be_visible()
        wrong += judged(other.page, "sealed-no-key")
    page.goto(f"{site.url}/s/nothing")
    assert wrong + judged(page, "problem") == []


def test_the_web_chat_in_each_state(site: Site, visit: Visit) -> None:
    page = visit.page
    page.goto(f"{site.url}/chat")
    wrong = judged(page, "chat-start")
    page.get_by_role("button", name="Sign in at Least Bank").click()
    page.wait_for_url("**/c*")
    if page.url.endswith("/consent"):
        wrong += judged(page, "consent-web")
    site.sign_in(visit)
    page.get_by_label("Your message").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#messages > li").last).to_contain_text("$18.00")
    page.get_by_text("How so?").last.click()
    wrong += judged(page, "chat")
    page.goto(f"{site.url}/me")
    wrong += judged(page, "me")
    page.context.clear_cookies()
    page.goto(f"{site.url}/me")
    assert wrong + judged(page, "me-start") == []


def test_a_link_that_ran_out_and_a_bank_that_is_away(site: Site, visit: Visit) -> None:
    page, psid = visit.page, site.connect(visit)
    address, clock = site.ask(psid, QUESTION), site.world.service.folder / "clock"
    now = clock.read_text()
    clock.write_text((datetime.fromisoformat(now) + timedelta(minutes=6)).isoformat())
    site.world.bank.away = True
    try:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text("This link has ended")
        wrong = judged(page, "sealed-ended")
        page.get_by_role("button", name="Show my answer now").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Your money is safe")
        assert wrong + judged(page, "answer-bank-away") == []
        site.world.bank.away = False
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("h1 .figure")).to_have_text("$18.00")
    finally:
        site.world.bank.away = False
        clock.write_text(now)


def _weight(visit: Visit) -> dict[str, int]:
    """Requests and bytes of bodies since the last look; the stream of the chat has no end to measure."""
    ended = [request for request in visit.requests if "/chat/events" not in request.url]
    figures = {"requests": len(visit.requests), "bytes": sum(request.sizes()["responseBodySize"] for request in ended)}
    visit.requests.clear()
    return figures


def test_pages_are_light_and_load_nothing_of_another_host(site: Site, visit: Visit) -> None:
    page, figures = visit.page, {}
    hosts = {urlsplit(site.url).netloc, urlsplit(site.world.bank.base).netloc, "www.facebook.com"}
    psid = site.to_consent(visit)
    visit.requests[:] = [entry for entry in visit.requests if entry.url.startswith(site.url)]
    figures["consent"] = _weight(visit)
    psid = site.connect(visit)
    visit.requests.clear()
    page.goto(site.ask(psid, QUESTION))
    page.wait_for_load_state("networkidle")
    figures["sealed"] = _weight(visit)
    page.get_by_role("button", name="Show my answer").click()
    expect(page.locator("h1 .figure")).to_have_text("$18.00")
    assert {urlsplit(request.url).netloc for request in visit.requests} <= {urlsplit(site.url).netloc}
    figures["answer"] = _weight(visit)
    site.sign_in(visit)
    visit.requests.clear()
    page.goto(f"{site.url}/chat", wait_until="load")
    assert {urlsplit(request.url).netloc for request in visit.requests} <= hosts
    figures["chat"] = _weight(visit)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "weights.json").write_text(json.dumps(figures, indent=1))
    assert all(entry["bytes"] <= _PAGE_BYTES for entry in figures.values()), figures


@pytest.mark.threat(39)
def test_the_policy_stops_scripts_that_are_not_ours(site: Site) -> None:
    with site.visit() as visit:
        _policy_holds(site, visit)


def _policy_holds(site: Site, visit: Visit) -> None:
    site.to_consent(visit)
    policy = visit.page.request.get(f"{site.url}/chat").headers["content-security-policy"]
    assert "unsafe" not in policy and "http:" not in policy.replace(site.world.bank.base, "")
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', 'x')",
        "new DOMParser().parseFromString('x', 'text/html')",
        "document.createElement('script').textContent = 'alert(1)'",
    ):
        with pytest.raises(Exception, match="TrustedHTML|TrustedScript"):
            visit.page.evaluate(f"() => {{ {attempt} }}")


def test_text_may_be_spaced_out_and_twice_as_large(site: Site, visit: Visit) -> None:
    """WCAG 2.2, 1.4.12 and 1.4.4: nothing is cut off and nothing scrolls sideways."""
    page, psid = visit.page, site.connect(visit)
    for address in (site.ask(psid, QUESTION), f"{site.url}/chat"):
        page.goto(address)
        page.evaluate(
            "document.body.style.letterSpacing = '.12em'; document.body.style.wordSpacing = '.16em';"
            "document.body.style.lineHeight = '1.5'"
        )
        assert sideways(page) == 0
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert sideways(page) == 0


def test_nothing_moves_for_who_asked_for_calm(site: Site, visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    site.to_consent(visit)
    moving = visit.page.evaluate(
        "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s'"
        " || getComputedStyle(one).animationName !== 'none').length"
    )
    assert moving == 0


def test_controls_stay_visible_in_forced_colours(site: Site, visit: Visit) -> None:
    visit.page.emulate_media(forced_colors="active")
    site.to_consent(visit)
    for name in ("Connect", "Don’t connect"):
        button = visit.page.get_by_role("button", name=name, exact=True)
        assert button.evaluate("one => getComputedStyle(one).borderStyle") == "solid"
    picture(visit.page, "consent-forced-colours")
