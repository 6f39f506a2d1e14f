"""Your data proves itself in the browser, and says so when it cannot."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from tests.counterparts.service import wait_for
from tests.counterparts.site import Site, Visit, violations

SEED = 20260318


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    """Your data, of a customer whose looks are all in the published tree. The page's policy is set aside so that a
    test may call the module itself."""
    with site.visit(bypass_csp=True) as visit:
        _signed_in(site, visit)
        yield visit.page


def _signed_in(site: Site, visit: Visit) -> None:
    page = visit.page
    site.connect(visit, disclosure="open")
    page.goto(f"{site.url}/me")
    page.get_by_role("button", name="Sign in at Least Bank").click()
    page.wait_for_url("**/me")
    wait_for(lambda: not _bundle(page)["waiting"])


def _bundle(page: Page) -> dict[str, Any]:
    return page.evaluate("fetch('/me/proofs').then((reply) => reply.json())")  # type: ignore[no-any-return]


def _verdict(page: Page, bundle: dict[str, Any], kept: dict[str, Any] | None = None) -> str:
    """What the module says: "holds", or why not."""
    script = """async ([bundle, kept]) => {
      const module = await import('/static/log-verify.js');
      try { await module.verifyBundle(bundle, kept); return 'holds'; } catch (error) { return error.message; }
    }"""
    return str(page.evaluate(script, [bundle, kept]))


def _kept(page: Page, bundle: dict[str, Any]) -> dict[str, Any]:
    script = "async (bundle) => (await import('/static/log-verify.js')).verifyBundle(bundle)"
    return page.evaluate(script, bundle)  # type: ignore[no-any-return]


def test_the_page_says_that_the_log_is_proved(site: Site) -> None:
    with site.visit() as visit:  # under the page's own strict policy
        _signed_in(site, visit)
        page = visit.page
        page.reload()
        status = page.locator("[data-proofs]")
        expect(status).to_have_attribute("data-verdict", "holds")
        expect(status).to_contain_text("none changed, none missing")
        assert violations(page) == []
        with page.expect_download() as started:
            page.get_by_role("link", name="Download the proofs").click()
        assert json.loads(started.value.path().read_text())["proofs"]


def _serve(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    def changed(route: Route) -> None:
        reply = route.fetch()
        bundle = reply.json()
        change(bundle)
        route.fulfill(response=reply, body=json.dumps(bundle))

    page.route("**/me/proofs*", changed)


@pytest.mark.threat(105)
def test_one_flipped_byte_turns_the_page_red(site: Site) -> None:
    with site.visit() as visit:
        _signed_in(site, visit)
        page = visit.page

        def flip(bundle: dict[str, Any]) -> None:
            text = bundle["proofs"][0]
            at = text.index("extra ") + 60
            bundle["proofs"][0] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]

        _serve(page, flip)
        page.reload()
        status = page.locator("[data-proofs]")
        expect(status).to_have_attribute("data-verdict", "broken")
        expect(status).to_have_class("problems")
        expect(status).to_contain_text("does not hold")
        assert violations(page) == []


@pytest.mark.threat(105)
def test_every_flipped_byte_is_refused(page: Page) -> None:
    bundle, chance = _bundle(page), random.Random(SEED)
    assert _verdict(page, bundle) == "holds"
    for number, text in enumerate(bundle["proofs"]):
        for at in chance.sample(range(len(text)), 60):
            proofs = list(bundle["proofs"])
            proofs[number] = text[:at] + chr(ord(text[at]) ^ (1 << chance.randrange(5))) + text[at + 1 :]
            checkpoint = at > text.index("\n\n") and number > 0  # only the first proof's checkpoint is read
            assert checkpoint or _verdict(page, {**bundle, "proofs": proofs}) != "holds", (number, at)


@pytest.mark.threat(107)
def test_a_line_left_out_or_moved_is_refused(page: Page) -> None:
    bundle = _bundle(page)
    proofs = bundle["proofs"]
    assert len(proofs) >= 2
    for wrong in (proofs[1:], proofs[::-1], [proofs[0], proofs[0]]):
        assert "missing" in _verdict(page, {**bundle, "proofs": wrong})


@pytest.mark.threat(102)
def test_a_log_that_is_taken_back_or_begun_anew_is_refused(page: Page) -> None:
    before = _bundle(page)
    kept = _kept(page, before)
    assert _verdict(page, before, kept) == "holds"
    later = {**kept, "size": kept["size"] + 16}
    assert "older than the one you saw" in _verdict(page, before, later)
    assert "missing" in _verdict(page, before, {**kept, "lines": kept["lines"] + 1})
    assert "not the one you saw" in _verdict(page, before, {**kept, "head": "0" * 64})
    assert "not the one you saw" in _verdict(page, before, {**kept, "vkey": kept["vkey"] + "x"})
    other_root = base64.b64encode(bytes(32)).decode()
    assert "did not grow" in _verdict(page, before, {**kept, "root": other_root})


def test_growth_is_proved_from_the_visit_before(site: Site, page: Page) -> None:
    kept = _kept(page, _bundle(page))
    with site.visit() as other:
        site.connect(other, disclosure="open")
    script = "(size) => fetch(`/me/proofs?since=${size}`).then((reply) => reply.json())"

    def grown() -> dict[str, Any] | None:
        bundle: dict[str, Any] = page.evaluate(script, kept["size"])
        return bundle if bundle["growth"] else None

    bundle = wait_for(grown)
    assert _verdict(page, bundle, kept) == "holds"
    assert _verdict(page, {**bundle, "growth": bundle["growth"][1:]}, kept) != "holds"


def test_proofs_are_for_the_customer_alone(site: Site) -> None:
    with site.visit() as visit:
        reply = visit.page.request.get(f"{site.url}/me/proofs")
        assert reply.status == 403 and "proofs" not in reply.text()
        _signed_in(site, visit)
        for wrong in ("-1", "x", "1" * 16, "٣"):
            assert visit.page.request.get(f"{site.url}/me/proofs?since={wrong}").status == 400
        assert visit.page.request.get(f"{site.url}/me/proofs?since=999999").ok
