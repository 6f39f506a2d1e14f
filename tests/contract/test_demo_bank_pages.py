"""The demo bank's pages: what they show, what they forbid a browser to do, and that they need no script."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.contract.demo_bank_world import CALLBACK, PEOPLE, SECRETIVE, World, play

from offhold_demo.bank import BankConfig, Client, build_bank
from offhold_demo.bank.walk import Walk, returned

HOSTILE = Client("offhold", (CALLBACK,), name='<script>alert(1)</script>"', secret="secret")


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def strict(page: Response, also_to: str = "") -> None:
    """Headers that keep other hosts and scripts out."""
    rules = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'" and "script-src" not in rules
    assert rules["form-action"] == f"'self' {also_to}".strip()
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert page.headers["cache-control"] == "no-store"
    tags = Tags(page.text)
    assert not tags.named("script") and not tags.named("img")
    assert not any(name.startswith("on") or name == "style" for _, each in tags.found for name in each)
    assert "not a real bank" in page.text


async def begun(walk: Walk) -> str:
    """The address of the customer's page."""
    page = (await walk.visit(walk.parameters(await walk.consent()))).headers["location"]
    return "https://bank.test" + page


def test_the_sign_in_page_lists_the_people_and_escapes_the_client() -> None:
    async def story(world: World) -> None:
        page = await world.walk.http.get(await begun(world.as_client(HOSTILE)))
        strict(page)
        radios = [each for each in Tags(page.text).named("input") if each["type"] == "radio"]
        assert [each["value"] for each in radios] == ["maya", "tom"]
        assert "&lt;script&gt;" in page.text and "Any password works" in page.text

    play(story, clients=(HOSTILE,))


def test_the_consent_page_shows_what_until_when_and_masked_numbers() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        times = {
            "ExpirationDateTime": "2026-06-30T23:00:00-07:00",
            "TransactionFromDateTime": "2025-01-01T00:00:00Z",
        }
        parameters = walk.parameters(await walk.consent(**times))
        path = (await walk.visit(parameters)).headers["location"]
        await walk.sign_in(path, "maya")
        page = await walk.http.get("https://bank.test" + path)
        strict(page, "https://offhold.test")
        for text in ("Maya Okafor", "Until 30 June 2026", "Transactions from 1 January 2025", "•••• 9023"):
            assert text in page.text
        numbers = [each["Account"][0]["Identification"] for each in PEOPLE[0].accounts]
        assert not any(number in page.text for number in numbers)
        buttons = Tags(page.text).named("button")
        assert [each["value"] for each in buttons] == ["deny", "allow"]
        assert buttons[0].keys() == buttons[1].keys()
        boxes = [each for each in Tags(page.text).named("input") if each["type"] == "checkbox"]
        assert len(boxes) == 3 and not any("checked" in each for each in boxes)

    play(story)


def test_a_wrong_name_or_no_password_stays_at_the_sign_in() -> None:
    async def story(world: World) -> None:
        address = await begun(world.walk)
        for form in ({"username": "mallory", "password": "x"}, {"username": "maya", "password": ""}):
            answer = await world.walk.http.post(address + "/login", data=form)
            assert answer.status_code == 400 and 'role="alert"' in answer.text
        assert "Who are you today" in (await world.walk.http.get(address)).text

    play(story)


def test_nothing_chosen_is_asked_again() -> None:
    async def story(world: World) -> None:
        address = await begun(world.walk)
        path = address.removeprefix("https://bank.test")
        await world.walk.sign_in(path, "maya")
        answer = await world.walk.decide(path, [])
        assert answer.status_code == 400 and "Choose at least one account" in answer.text

    play(story)


def test_the_page_is_only_for_the_browser_that_began_and_only_for_a_while() -> None:
    async def story(world: World) -> None:
        address = await begun(world.walk)
        kept = dict(world.walk.http.cookies)
        world.walk.http.cookies.clear()
        form = {"username": "maya", "password": "x"}
        assert (await world.walk.http.get(address)).status_code == 400
        assert (await world.walk.http.post(address + "/login", data=form)).status_code == 400
        world.walk.http.cookies.update(kept)
        assert (await world.walk.http.get(address)).status_code == 200
        world.clock.move(15 * 60)
        assert (await world.walk.http.get(address)).status_code == 400

    play(story)


def test_no_decision_without_signing_in_and_none_twice() -> None:
    async def story(world: World) -> None:
        path = (await begun(world.walk)).removeprefix("https://bank.test")
        accounts = world.walk.accounts("maya")
        assert (await world.walk.decide(path, accounts)).status_code == 400
        await world.walk.sign_in(path, "maya")
        assert "code" in returned(await world.walk.decide(path, accounts))
        assert (await world.walk.decide(path, accounts)).status_code == 400

    play(story)


@pytest.mark.parametrize("issuer", ["https://bank.test", "http://bank.test"])
def test_cookies_are_for_their_page_and_closed_to_scripts(issuer: str) -> None:
    async def story(world: World) -> None:
        answer = await world.walk.visit(world.walk.parameters(await world.walk.consent()))
        cookie = answer.headers["set-cookie"]
        assert f"Path={answer.headers['location']}" in cookie
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie
        assert ("Secure" in cookie) is issuer.startswith("https")

    play(story, issuer=issuer)


DASHBOARD = "https://bank.test/dashboard"


async def signed_in(world: World, username: str) -> Response:
    form = {"username": username, "password": "demo"}
    await world.walk.http.post(DASHBOARD + "/login", data=form)
    return await world.walk.http.get(DASHBOARD)


def test_the_dashboard_stops_a_consent_and_its_tokens_at_once() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("maya")
        page = await signed_in(world, "maya")
        strict(page)
        fields = {each["name"]: each["value"] for each in Tags(page.text).named("input")}
        assert fields["consent"] == linked["consent_id"] and "•••• 9023" in page.text
        stopped = await world.walk.http.post(DASHBOARD + "/revoke", data=fields)
        assert stopped.status_code == 303
        assert "Nobody may read" in (await world.walk.http.get(DASHBOARD)).text
        answer = await world.walk.get("/accounts", linked["access_token"])
        assert (answer.status_code, answer.json()["Errors"][0]["ErrorCode"]) == (403, "U009")
        form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"]}
        assert (await world.walk.token(**form)).json()["error"] == "invalid_grant"
        token = await world.walk.client_token()
        consent = await world.walk.get(f"/account-access-consents/{linked['consent_id']}", token)
        assert consent.json()["Data"]["Status"] == "CANC"

    play(story)


def test_the_dashboard_shows_and_stops_only_ones_own() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("maya")
        mine = await world.walk.link("tom")
        page = await signed_in(world, "tom")
        fields = {each["name"]: each["value"] for each in Tags(page.text).named("input")}
        assert fields["consent"] == mine["consent_id"] and linked["consent_id"] not in page.text
        await world.walk.http.post(DASHBOARD + "/revoke", data=fields | {"consent": linked["consent_id"]})
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 200

    play(story)


def test_the_dashboard_takes_no_form_from_elsewhere() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("maya")
        await signed_in(world, "maya")
        for form in ({"consent": linked["consent_id"]}, {"consent": linked["consent_id"], "token": "guess"}):
            assert (await world.walk.http.post(DASHBOARD + "/revoke", data=form)).status_code == 400
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 200

    play(story)


def test_a_dashboard_session_ends() -> None:
    async def story(world: World) -> None:
        assert "signed in as" in (await signed_in(world, "maya")).text
        world.clock.move(15 * 60)
        assert "Who are you today" in (await world.walk.http.get(DASHBOARD)).text

    play(story)


def test_the_style_sheet_is_the_banks_own() -> None:
    async def story(world: World) -> None:
        page = await world.walk.http.get(await begun(world.walk))
        (link,) = Tags(page.text).named("link")
        sheet = await world.walk.http.get("https://bank.test" + str(link["href"]))
        assert sheet.headers["content-type"].startswith("text/css")
        assert "url(" not in sheet.text and "@import" not in sheet.text
        assert "prefers-color-scheme: dark" in sheet.text

    play(story)


def test_a_bank_can_live_beside_others_under_a_path() -> None:
    async def walked() -> None:
        config = BankConfig("https://banks.test/pennine", (SECRETIVE,), households=PEOPLE)
        app = Starlette(routes=[Mount("/pennine", app=build_bank(config))])
        async with AsyncClient(transport=ASGITransport(app)) as http:
            walk = Walk(http, config, SECRETIVE)
            token = (await walk.link("tom"))["access_token"]
            body = (await walk.get("/accounts", token)).json()
            assert body["Links"]["Self"] == "https://banks.test/pennine/open-banking/v4.0/aisp/accounts"
            following = (await walk.get("/transactions", token)).json()["Links"]["Next"]
            assert (await walk.get(following, token)).status_code == 200

    asyncio.run(walked())
