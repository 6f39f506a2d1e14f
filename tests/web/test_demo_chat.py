"""The simulator's phone page in a browser: with and without script, by keyboard, at both widths, in both themes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.counterparts.simulator import MAYA, World, simulated

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def world() -> Iterator[World]:
    with simulated() as world:
        yield world


def opened(browser: Browser, world: World, **options: Any) -> Page:
    page = browser.new_context(**{"viewport": {"width": 390, "height": 844}, **options}).new_page()
    page.goto(world.url)
    return page


def conversation(world: World) -> None:
    """A message of each kind, the last with quick replies."""
    threads = world.platform.threads
    threads.said(MAYA, "What did I spend?")
    link = [
        {"type": "account_link", "url": "https://bank.example/link"},
        {"type": "web_url", "url": "https://bank.example/s/1", "title": "Open my answer"},
        {"type": "account_unlink"},
    ]
    threads.shown(MAYA, {"attachment": {"payload": {"template_type": "button", "text": "Tap.", "buttons": link}}})
    threads.shown(MAYA, chips())
    threads.crossed(True, "POST /v26.0/me/messages", b'{"message":{"text":"<b>"}}', 200)


def chips() -> dict[str, Any]:
    titles = ("My balance", "A person")
    taps = [{"content_type": "text", "title": title, "payload": title} for title in titles]
    return {"text": "Which?", "quick_replies": taps}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_is_accessible_and_fits(browser: Browser, world: World, width: int, scheme: Any) -> None:
    conversation(world)
    page = opened(browser, world, viewport={"width": width, "height": 844}, color_scheme=scheme)
    expect(page.get_by_role("button", name="My balance")).to_be_visible()
    found = Axe().run(page)["violations"]
    assert [(entry["id"], [node["html"] for node in entry["nodes"]]) for entry in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_says_what_it_is_and_what_to_ask(browser: Browser, world: World) -> None:
    page = opened(browser, world)
    expect(page.get_by_text("A simulator, not Facebook Messenger.")).to_be_visible()
    expect(page.get_by_text("Here it is 18 March 2026.")).to_be_visible()
    page.get_by_role("button", name="What's my balance?").click()
    expect(page.locator(".mine")).to_contain_text("What's my balance?")
    assert world.events()[0]["message"]["text"] == "What's my balance?"


def test_with_a_script_a_conversation_needs_the_keyboard_only(browser: Browser, world: World) -> None:
    page = opened(browser, world)
    page.get_by_role("textbox", name="Message to Demo Bank").press_sequentially("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".mine")).to_contain_text("hello")
    expect(page.get_by_role("textbox")).to_have_value("")
    world.platform.threads.thread(MAYA).typing = True
    expect(page.locator("#typing")).to_be_visible()
    world.send(chips())
    expect(page.locator("#typing")).to_be_hidden()
    page.get_by_role("button", name="A person").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mine").last).to_contain_text("A person")
    expect(page.locator(".taps")).to_have_count(0)
    expect(page.locator("#wire")).to_contain_text('"payload":"A person"')
    assert page.url == f"{world.url}/"


def test_without_a_script_the_answer_is_on_the_page_that_comes_back(browser: Browser, world: World) -> None:
    page = opened(browser, world, java_script_enabled=False)
    page.get_by_role("textbox").fill("hello")
    world.platform.threads.shown(MAYA, {"text": "too early to count"})
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".mine")).to_contain_text("hello")
    world.send(chips())
    page.get_by_role("link", name="Refresh").click()
    page.reload()
    page.get_by_role("button", name="My balance").click()
    expect(page.locator(".mine").last).to_contain_text("My balance")
    assert world.events()[-1]["message"]["quick_reply"]["payload"] == "My balance"


def test_log_in_leads_to_the_bank_and_back_without_a_code_is_a_cancelled_login(browser: Browser, world: World) -> None:
    world.send({"attachment": {"type": "template", "payload": log_in(f"{world.url}/static/chat.css")}})
    page = opened(browser, world)
    page.get_by_role("link", name="Log In").click()
    assert "account_linking_token=" in page.url and "redirect_uri=" in page.url
    page.goto(f"{world.url}/linking/return?psid={MAYA}")
    expect(page.get_by_text("Logging in was cancelled. Nothing is connected.")).to_be_visible()


def log_in(url: str) -> dict[str, Any]:
    return {"template_type": "button", "text": "Tap.", "buttons": [{"type": "account_link", "url": url}]}


def test_what_anyone_writes_is_shown_and_never_run(browser: Browser, world: World) -> None:
    hostile = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    page = opened(browser, world)
    world.platform.threads.said(MAYA, hostile)
    world.platform.threads.shown(MAYA, {"text": hostile, "quick_replies": [{"title": '"><b>', "payload": "p"}]})
    expect(page.locator(".theirs .bubble")).to_contain_text(hostile)
    page.reload()
    expect(page.locator(".mine .bubble")).to_contain_text(hostile)
    expect(page.get_by_role("button", name='"><b>')).to_be_visible()
    assert "owned" not in page.title()
