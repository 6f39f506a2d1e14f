"""Customers on their way through the pages: with and without script, by keyboard, with keys and passkeys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from tests.counterparts.messenger_user import FIGURES
from tests.counterparts.service import QUESTION
from tests.counterparts.site import Site, Visit


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    with site.visit() as opened:
        yield opened


def _style(page: Page, name: str) -> list[str]:
    wanted = ("width", "height", "fontSize", "fontWeight", "borderWidth", "borderColor", "backgroundColor", "color")
    button = page.get_by_role("button", name=name, exact=True)
    return [str(button.evaluate("(one, name) => getComputedStyle(one)[name]", name)) for name in wanted]


def _authenticator(visit: Visit) -> None:
    """A passkey device that always says yes (WebAuthn, virtual authenticators)."""
    devtools = visit.context.new_cdp_session(visit.page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )


def test_yes_and_no_weigh_the_same_and_nothing_is_ticked(site: Site, visit: Visit) -> None:
    for width in (390, 1280):
        visit.page.set_viewport_size({"width": width, "height": 844})
        site.to_consent(visit)
        page = visit.page
        assert _style(page, "Connect") == _style(page, "Don’t connect")
        assert page.locator("input[type=checkbox]:checked").count() == 0
        assert page.locator("input[type=radio]:checked").get_attribute("value") == "sealed"
        assert page.evaluate("document.activeElement === document.body")
        assert page.locator(".main").count() == 0


def test_an_incomplete_form_names_what_is_missing_and_keeps_the_rest(site: Site, visit: Visit) -> None:
    site.to_consent(visit)
    page = visit.page
    page.get_by_label("Answer my questions").check()
    page.locator("input[value=open]").check()
    page.get_by_role("button", name="Connect", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert.get_by_role("link")).to_have_text("Choose at least one account")
    expect(page.get_by_label("Answer my questions")).to_be_checked()
    expect(page.locator("input[value=open]")).to_be_checked()


def test_enter_in_a_field_decides_nothing(site: Site, visit: Visit) -> None:
    site.to_consent(visit)
    visit.page.get_by_label("Answer my questions").press("Enter")
    visit.page.wait_for_timeout(200)
    assert visit.page.url.endswith("/consent") and visit.returned == []
    with site.visit(java_script_enabled=False) as plain:
        site.to_consent(plain)
        plain.page.get_by_label("Everyday").check()
        plain.page.get_by_label("Everyday").press("Enter")
        expect(plain.page.get_by_role("alert")).to_contain_text("Say whether to connect")
        expect(plain.page.get_by_label("Everyday")).to_be_checked()


def test_back_after_a_no_connects_nothing(site: Site, visit: Visit) -> None:
    site.to_consent(visit)
    page = visit.page
    page.get_by_role("button", name="Don’t connect").click()
    assert "authorization_code" not in site.back_in_chat(visit)
    page.goto(f"{site.url}/consent")
    expect(page.get_by_role("heading", level=1)).to_have_text("Let’s start again")


def test_two_taps_open_the_answer_where_the_chat_was_connected(site: Site, visit: Visit) -> None:
    page, psid = visit.page, site.connect(visit)
    address = site.ask(psid, QUESTION)
    page.goto(address)  # the first tap is in the chat
    page.get_by_role("button", name="Show my answer").click()
    expect(page.locator("h1 .figure")).to_have_text("$18.00")
    expect(page.locator("#title")).to_be_focused()
    expect(page.get_by_text("added up again in this browser")).to_be_visible()
    amounts = page.locator(".scroll tbody td:last-child").all_inner_texts()
    assert sum(Decimal(entry.replace("$", "").replace("−", "-")) for entry in amounts) == Decimal("18.00")
    expect(page.locator("tr.refund")).to_contain_text(re.compile("Refund.*−", re.S))


@pytest.mark.threat(40)
def test_a_sum_that_is_not_right_is_not_called_checked(site: Site, visit: Visit) -> None:
    page, psid = visit.page, site.connect(visit)
    page.goto(site.ask(psid, QUESTION))

    def tampered(route, request) -> None:  # type: ignore[no-untyped-def]
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-minor="1200"', 'data-minor="1201"'))

    page.route(re.compile(r"/s/[^/]+$"), lambda route, request: tampered(route, request))
    page.get_by_role("button", name="Show my answer").click()
    expect(page.locator("h1 .figure")).to_have_text("$18.00")
    expect(page.get_by_text("added up again in this browser")).to_be_hidden()


@pytest.mark.threat(41)
def test_figures_leave_the_page_in_time_and_on_demand(site: Site, visit: Visit) -> None:
    page, psid = visit.page, site.connect(visit)
    page.clock.install()

    def opened() -> None:
        page.goto(site.ask(psid, QUESTION))
        page.get_by_role("button", name="Show my answer").click()
        expect(page.locator("#title")).to_be_focused()  # the page's script runs
        expect(page.locator("h1 .figure")).to_have_text("$18.00")

    def gone() -> None:
        expect(page.get_by_role("heading", name="This page is cleared")).to_be_focused()
        assert "18.00" not in page.content()

    opened()
    page.clock.fast_forward("04:58")
    expect(page.locator("h1 .figure")).to_be_visible()
    page.clock.fast_forward("00:03")
    gone()
    opened()
    page.get_by_text("Hide it now").click()
    gone()
    opened()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    gone()
    opened()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.fast_forward("01:01")
    gone()
    page.get_by_role("link", name="Show again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This answer was opened before")
    opened()
    page.goto(f"{site.url}/chat")
    page.go_back()
    page.wait_for_timeout(300)
    assert "18.00" not in page.content()


def test_another_browser_is_shown_other_ways_and_the_banks_sign_in_works(site: Site, visit: Visit) -> None:
    psid = site.connect(visit)
    address = site.ask(psid, QUESTION)
    with site.visit() as other:
        page = other.page
        page.goto(address)
        page.get_by_role("button", name="Show my answer").click()
        expect(page.get_by_role("heading", name="Other ways to open it")).to_be_focused()
        assert "18.00" not in page.content()
        page.get_by_role("button", name="Sign in at Least Bank").click()
        expect(page.locator("h1 .figure")).to_have_text("$18.00")


def test_a_passkey_opens_the_answer_where_the_key_is_gone(site: Site, visit: Visit) -> None:
    page = visit.page
    _authenticator(visit)
    psid = site.to_consent(visit)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Your passkey is ready")).to_be_visible()
    page.get_by_label("Answer my questions").check()
    page.get_by_label("Everyday").check()
    page.get_by_role("button", name="Connect", exact=True).click()
    site.finish(psid, visit)
    page.goto(site.ask(psid, QUESTION))
    page.evaluate("new Promise((done) => { indexedDB.deleteDatabase('offhold').onsuccess = done; })")
    page.get_by_role("button", name="Show my answer").click()
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.locator("h1 .figure")).to_have_text("$18.00")


def test_a_passkey_that_was_not_made_stops_nothing(site: Site, visit: Visit) -> None:
    page = visit.page
    site.to_consent(visit)
    page.get_by_label("Everyday").check()
    page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new Error('cancelled')); }")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("No passkey was made")).to_be_visible()
    expect(page.get_by_label("Everyday")).to_be_checked()


def test_the_keyboard_alone_connects_asks_and_opens(site: Site, visit: Visit) -> None:
    page = visit.page
    psid = site.to_consent(visit)

    def tab_to(words: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            label = page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).innerText ?? ''")
            if words in label:
                ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
                assert ring == "3px", f"{words}: the focus is not seen"
                return
        raise AssertionError(f"{words} cannot be reached")

    tab_to("Answer my questions")
    page.keyboard.press("Space")
    tab_to("Everyday")
    page.keyboard.press("Space")
    tab_to("Sealed")
    tab_to("Don’t connect")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    site.finish(psid, visit)
    page.goto(site.ask(psid, QUESTION))
    tab_to("Show my answer")
    page.keyboard.press("Enter")
    expect(page.locator("h1 .figure")).to_have_text("$18.00")
    expect(page.locator("#title")).to_be_focused()
    tab_to("Something looks wrong")
    tab_to("Hide it now")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This page is cleared")).to_be_focused()


def test_everything_works_without_script(site: Site) -> None:
    with site.visit(java_script_enabled=False) as plain:
        page, psid = plain.page, site.connect(plain)
        page.goto(site.ask(psid, QUESTION))
        page.get_by_role("button", name="Show my answer").click()
        expect(page.locator("h1 .figure")).to_have_text("$18.00")
        page.get_by_label("Your next question").fill("and in January?")
        page.get_by_role("button", name="Ask").click()
        expect(page.locator("h1 .figure")).to_have_text("$9.99")
        page.get_by_text("Hide it now").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("This answer was opened before")
        site.sign_in(plain)
        page.get_by_label("Your message").fill(QUESTION)
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#messages > li").last).to_contain_text("$18.00")


def test_the_chat_goes_on_in_two_tabs_and_after_a_reload(site: Site, visit: Visit) -> None:
    page = visit.page
    site.sign_in(visit)
    other = visit.context.new_page()
    other.goto(f"{site.url}/chat")
    box = page.get_by_label("Your message")
    box.fill(QUESTION)
    box.press("Enter")
    for tab in (page, other):
        expect(tab.locator("#messages > li").last).to_contain_text("$18.00")
        assert tab.locator("#messages > li.mine").last.inner_text().startswith("You")
        assert tab.locator(".sending").count() == 0
    expect(box).to_be_focused()
    before = page.locator("#messages > li").count()
    page.reload()
    assert page.locator("#messages > li").count() == before
    assert page.locator("[role=log]").count() == 1 and page.locator("ol[role]").count() == 0


def test_a_message_that_was_not_sent_is_kept_and_sent_again(site: Site, visit: Visit) -> None:
    page = visit.page
    site.sign_in(visit)
    page.route("**/chat/messages", lambda route: route.abort())
    box = page.get_by_label("Your message")
    box.fill("thanks a lot")
    box.press("Enter")
    expect(page.get_by_text("Not sent.")).to_be_visible()
    page.unroute("**/chat/messages")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#messages > li.mine:not(.sending)").last).to_contain_text("thanks a lot")
    assert page.get_by_text("thanks a lot").count() == 1


def test_the_chat_by_keyboard(site: Site, visit: Visit) -> None:
    page = visit.page
    site.sign_in(visit)
    box = page.get_by_label("Your message")
    box.fill("one")
    box.press("Shift+Enter")
    assert box.input_value() == "one\n"
    box.fill("")
    box.press("ArrowUp")
    assert page.evaluate("document.activeElement.tagName") == "LI"
    page.keyboard.press("Escape")
    expect(box).to_be_focused()


def test_your_data_shows_connections_and_ends_them(site: Site, visit: Visit) -> None:
    page = visit.page
    psid = site.connect(visit, disclosure="open")
    page.goto(f"{site.url}/me")
    page.get_by_role("button", name="Sign in at Least Bank").click()
    expect(page.get_by_role("heading", name="Messenger")).to_contain_text("Full")
    page.get_by_role("button", name="Show no figures there").click()
    expect(page.get_by_role("heading", name="Messenger")).to_contain_text("Sealed")
    site.ask(psid, QUESTION)
    page.get_by_role("button", name="Disconnect Messenger").click()
    expect(page.get_by_role("heading", name="Messenger")).to_have_count(0)
    expect(page.get_by_text("You disconnected").first).to_be_visible()


@pytest.mark.threat(30)
def test_nothing_that_went_to_the_platform_for_sealed_chats_held_a_figure(site: Site, visit: Visit) -> None:
    psid = site.connect(visit)
    for question in (QUESTION, "what's my balance?", "my last 5 purchases", "coffee by month", "whole foods in 2026"):
        site.ask(psid, question)
    for body in site.sent(psid):
        body["message"].pop("metadata", None)
        for button in body["message"].get("attachment", {}).get("payload", {}).get("buttons", []):
            button.pop("url")
        assert not FIGURES.search(str(body["message"])), body
