"""Linking from a separate process: every way in which it must not work, and that nothing leaks on the way."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.counterparts.bank import CLIENT_ID, CLIENT_SECRET, LeastBank
from tests.counterparts.service import BACK, QUESTION, Browser, World, code_of, deployed, wait_for

SECRETS = ("acc-1", CLIENT_SECRET, "Bearer", "Traceback", "eyJ", "sqlite", "authorization_code")


CLOCK = "2026-03-18T12:00:00-07:00"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service for the tests that change nothing in it for good: starting one takes longer than most of them."""
    with deployed(tmp_path_factory.mktemp("linking")) as world:
        world.service.start()
        yield world


@pytest.fixture
def world(deployment: World) -> Iterator[World]:
    """A customer of its own for each test, whom nobody has linked; the bank and the clock as they were."""
    bank = deployment.bank
    clock = deployment.service.folder / "clock"
    clock.write_text(CLOCK)
    bank.subject = secrets.token_hex(4)
    bank.requests.clear()
    deployment.at_ms = World.at_ms
    yield deployment
    bank.sign, bank.sent_back, bank.away = None, {}, False


def refused(world: World, page: httpx2.Response, reason: str, status: int = 400) -> None:
    """A plain page that names nothing, and says by its code why; the reason is counted."""
    assert page.status_code == status, page.text
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "no-referrer"
    assert f"Code: {reason}<" in page.text and "<form" not in page.text
    assert not [word for word in (*SECRETS, world.bank.subject) if word in page.text]
    assert world.service.metric("offhold_page_refused_total", reason=reason) >= 1


def unlinked(world: World, psid: str) -> None:
    """The person is still asked to log in, and the bank is not read for them."""
    before, reads = len(world.graph.texts(psid)), len(world.bank.requests)
    world.say(psid, QUESTION)
    wait_for(lambda: len(world.graph.texts(psid)) > before)
    assert "Log In" in world.graph.texts(psid)[-1] and len(world.bank.requests) == reads


def move_clock(world: World, **by: float) -> None:
    clock = world.service.folder / "clock"
    clock.write_text((datetime.fromisoformat(clock.read_text()) + timedelta(**by)).isoformat())


# From the platform


@pytest.mark.parametrize(
    "back",
    [
        "",
        "https://evil.test/",
        "https://www.facebook.com.evil.test/",
        "https://www.facebook.com@evil.test/",
        "https://www.facebook.com:8443/",
        "http://www.facebook.com/",
        "javascript:alert(1)",
        "//evil.test/",
        "https://evil.test\\@www.facebook.com/",
    ],
)
def test_the_way_back_leads_to_the_platform_alone(world: World, back: str) -> None:
    with world.browser() as browser:
        page = browser.get(f"{world.service.url}/link", params=world.log_in("7001") | {"redirect_uri": back})
    refused(world, page, "link-broken")
    assert world.bank.requests == []


def test_a_link_is_refused_without_a_token_with_an_unknown_one_or_with_two(world: World) -> None:
    login = world.log_in("7002")
    with world.browser() as browser:
        refused(world, browser.open({"redirect_uri": BACK}), "link-broken")
        refused(world, browser.open(login | {"account_linking_token": "x" * 3000}), "link-broken")
        twice = urlencode([*login.items(), ("redirect_uri", "https://evil.test/")])
        refused(world, browser.get(f"{world.service.url}/link?{twice}"), "link-broken")
        refused(world, browser.open(login | {"account_linking_token": "unknown"}), "link-expired")
        refused(world, browser.open(login | {"institution": "elsewhere"}), "unknown-institution")
    assert world.bank.requests == []


@pytest.mark.threat(20)
def test_a_linking_token_begins_one_login(world: World) -> None:
    login = world.log_in("7003")
    with world.browser() as browser:
        browser.begin(login)
    made = world.bank.made
    with world.browser() as stranger:
        refused(world, stranger.open(login), "link-used")
    assert world.bank.made == made


# From the bank


def callback(world: World, address: str, **changes: str | None) -> str:
    """The bank's answer with parameters changed; None takes one away."""
    parts = urlsplit(address)
    given: dict[str, Any] = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    kept = {name: value for name, value in given.items() if value is not None}
    return parts._replace(query=urlencode(kept)).geturl()


@pytest.mark.threat(21)
@pytest.mark.parametrize("state", [None, "", "guessed"])
def test_a_state_that_is_not_this_browsers_is_refused(world: World, state: str | None) -> None:
    with world.browser() as browser:
        back = browser.begin(world.log_in("7010"))
        refused(world, browser.get(callback(world, back, state=state)), "link-foreign")
        refused(world, browser.get(f"{back}&state=second"), "link-foreign")
    unlinked(world, "7010")


@pytest.mark.threat(21)
def test_the_callback_opened_in_another_browser_is_refused(world: World) -> None:
    with world.browser() as victim, world.browser() as other, world.browser() as forger:
        back = victim.begin(world.log_in("7011"))
        refused(world, other.get(back), "link-foreign")
        other.begin(world.log_in("7012"))
        refused(world, other.get(back), "link-foreign")
        state = parse_qs(urlsplit(back).query)["state"][0]
        refused(world, forger.get(back, headers={"cookie": f"offhold-link={state}.guess"}), "link-foreign")
        assert victim.follow(victim.get(back)).status_code == 200


@pytest.mark.threat(22)
def test_a_callback_works_once(world: World) -> None:
    with world.browser() as browser:
        back = browser.begin(world.log_in("7013"))
        cookie = browser.cookies["offhold-link"]
        assert browser.get(back).is_redirect
        assert browser.cookies["offhold-link"] != cookie
        refused(world, browser.get(back), "link-expired")
        refused(world, httpx2.get(back, headers={"cookie": f"offhold-link={cookie}"}), "link-expired")


@pytest.mark.threat(23)
def test_a_code_of_another_login_is_refused_by_the_bank(world: World) -> None:
    """Code injection: the code challenge and the nonce belong to the login that began it."""
    with world.browser() as attacker, world.browser() as victim:
        stolen = parse_qs(urlsplit(attacker.begin(world.log_in("7014"))).query)["code"][0]
        back = victim.begin(world.log_in("7015"))
        refused(world, victim.get(callback(world, back, code=stolen)), "login-failed", 502)
        refused(world, victim.get(f"{world.service.url}/consent"), "link-expired")
    unlinked(world, "7015")


@pytest.mark.threat(24)
@pytest.mark.parametrize("iss", ["https://evil.test", ""])
def test_an_answer_of_another_issuer_is_refused(world: World, iss: str) -> None:
    """Mix-up (RFC 9207): the code would be taken to the wrong bank."""
    world.bank.sent_back = {"iss": iss}
    with world.browser() as browser:
        refused(world, browser.get(browser.begin(world.log_in("7016"))), "link-foreign")


@pytest.mark.threat(24)
def test_a_bank_that_promises_its_name_has_to_give_it(counterparts: World) -> None:
    counterparts.bank.described = {"authorization_response_iss_parameter_supported": True}
    counterparts.service.start()
    with counterparts.browser() as browser:
        refused(counterparts, browser.get(browser.begin(counterparts.log_in("7017"))), "link-foreign")
        counterparts.bank.sent_back = {"iss": counterparts.bank.base}
        assert browser.open(counterparts.log_in("7017")).status_code == 200


def test_the_callback_of_another_institution_is_refused(world: World) -> None:
    with world.browser() as browser:
        back = browser.begin(world.log_in("7018"))
        refused(world, browser.get(back.replace("/institutions/least/", "/institutions/other/")), "link-foreign")


@pytest.mark.parametrize("error", ["server_error", "invalid_request", "<script>alert(1)</script>"])
def test_an_error_of_the_bank_is_a_plain_page(world: World, error: str) -> None:
    with world.browser() as browser:
        back = browser.begin(world.log_in("7019"))
        page = browser.get(callback(world, back, code=None, error=error, error_description=error))
        refused(world, page, "login-failed", 502)
        assert "script" not in page.text
        refused(world, browser.get(callback(world, back, code=None)), "login-failed", 502)


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_discovery_document_of_someone_else_begins_nothing(counterparts: World, described: dict[str, Any]) -> None:
    counterparts.bank.described = described
    counterparts.service.start()
    with counterparts.browser() as browser:
        refused(counterparts, browser.open(counterparts.log_in("7020")), "login-failed", 502)
    assert counterparts.bank.requests == []


def _compact(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    mac = hmac.digest(secret, b".".join(parts), "sha256") if secret else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def _unsigned(_bank: LeastBank, claims: dict[str, Any]) -> str:
    return _compact({"alg": "none"}, claims)


def _by_shared_secret(bank: LeastBank, claims: dict[str, Any]) -> str:
    """The public key taken for a shared secret (algorithm confusion)."""
    return _compact({"alg": "HS256", "kid": "k1"}, claims, bank.key.as_pem(private=False))


def _by_another_key(bank: LeastBank, claims: dict[str, Any]) -> str:
    key = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
    return jwt.encode({"alg": "PS256", "kid": "k1"}, claims, key, algorithms=["PS256"])


def _with(**changes: Any) -> Callable[[LeastBank, dict[str, Any]], str]:
    def sign(bank: LeastBank, claims: dict[str, Any]) -> str:
        changed = claims | {name: value(claims) if callable(value) else value for name, value in changes.items()}
        return bank.signed({name: value for name, value in changed.items() if value is not None})

    return sign


@pytest.mark.threat(25)
@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _by_shared_secret,
        _by_another_key,
        lambda bank, claims: "",
        lambda bank, claims: "a.b.c",
        _with(aud="another-client"),
        _with(aud=[CLIENT_ID, "another-client"]),
        _with(aud=None),
        _with(iss="https://evil.test"),
        _with(nonce="another"),
        _with(nonce=None),
        _with(exp=lambda claims: claims["iat"] - 600, iat=lambda claims: claims["iat"] - 900),
        _with(iat=lambda claims: claims["iat"] + 3600, exp=lambda claims: claims["iat"] + 3900),
        _with(exp=None),
        _with(exp=float("inf")),
        _with(sub=None),
        _with(sub=""),
        _with(openbanking_intent_id="aac-of-someone-else"),
    ],
)
def test_an_id_token_that_does_not_hold_links_nobody(
    world: World, forge: Callable[[LeastBank, dict[str, Any]], str]
) -> None:
    (world.service.folder / "clock").unlink()
    world.bank.sign = lambda claims: forge(world.bank, claims)
    with world.browser() as browser:
        refused(world, browser.get(browser.begin(world.log_in("7021"))), "login-failed", 502)
        refused(world, browser.get(f"{world.service.url}/consent"), "link-expired")


def test_a_good_id_token_links(world: World) -> None:
    (world.service.folder / "clock").unlink()
    for forge in (_with(), _with(aud=[CLIENT_ID]), _with(aud=[CLIENT_ID, "other"], azp=CLIENT_ID)):
        world.bank.sign = lambda claims, forge=forge: forge(world.bank, claims)  # type: ignore[misc]
        with world.browser() as browser:
            assert browser.open(world.log_in("7022")).status_code == 200


# The consent page


def consent_page(world: World, browser: Browser, psid: str) -> httpx2.Response:
    page = browser.open(world.log_in(psid))
    assert page.status_code == 200, page.text
    return page


def test_nobody_sees_the_consent_page_without_having_come_the_whole_way(world: World) -> None:
    with world.browser() as browser:
        refused(world, browser.get(f"{world.service.url}/consent"), "link-foreign")
        refused(world, browser.post(f"{world.service.url}/consent", data={"decision": "accept"}), "link-foreign")
        browser.begin(world.log_in("7030"))
        refused(world, browser.get(f"{world.service.url}/consent"), "link-expired")
        refused(world, browser.post(f"{world.service.url}/consent", data={"decision": "accept"}), "link-expired")


@pytest.mark.threat(26)
@pytest.mark.parametrize(
    "answer",
    [
        {"account": ["acc-9"]},
        {"account": ["acc-1", "acc-9"]},
        {"account": ["acc-1"], "purpose": ["dpv:Advertising"]},
        {"account": ["acc-1"], "purpose": ["dpv:RequestedServiceProvision", "dpv:Marketing"]},
        {"account": ["acc-1"], "disclosure": "public"},
        {"account": ["acc-1"], "disclosure": ["open", "sealed"]},
        {"account": ["acc-1"], "disclosure": ""},
        {"account": ["acc-1"], "decision": "maybe"},
        {"account": ["acc-1"], "decision": ["accept", "decline"]},
        {"account": ["acc-1\x00"]},
    ],
)
def test_a_form_that_says_what_was_not_on_offer_is_refused(world: World, answer: dict[str, Any]) -> None:
    with world.browser() as browser:
        page = consent_page(world, browser, "7031")
        refused(world, browser.decide(page, **answer), "form-broken")
    unlinked(world, "7031")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"account=acc-1&" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"a=1&" * 200, "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe=%ff", "application/x-www-form-urlencoded", 400),
        (b'{"decision":"accept"}', "application/json", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b"", "", 415),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(world: World, body: bytes, kind: str, status: int) -> None:
    with world.browser() as browser:
        consent_page(world, browser, "7032")
        for content in (body, iter([body])):  # by length, and in chunks without one
            page = browser.post(f"{world.service.url}/consent", content=content, headers={"content-type": kind})
            refused(world, page, "form-broken", status)


def test_nothing_ticked_asks_again(world: World) -> None:
    with world.browser() as browser:
        page = consent_page(world, browser, "7033")
        again = browser.decide(page, account=[])
        assert again.status_code == 422 and 'role="alert"' in again.text
        assert browser.decide(again, account=["acc-1"]).is_redirect


@pytest.mark.threat(27)
@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.test"}]
)
def test_a_form_sent_from_another_site_is_refused(world: World, headers: dict[str, str]) -> None:
    with world.browser() as browser:
        consent_page(world, browser, "7034")
        answer = {"account": "acc-1", "disclosure": "open", "decision": "accept"}
        page = browser.post(f"{world.service.url}/consent", data=answer, headers=headers)
        refused(world, page, "link-foreign", 403)


def test_two_presses_lead_to_one_link(world: World) -> None:
    with world.browser() as browser:
        page = consent_page(world, browser, "7035")
        cookies = dict(browser.cookies)
        codes = []
        for _ in range(2):
            browser.cookies.update(cookies)
            codes.append(code_of(browser.decide(page, account=["acc-1"])))
        browser.cookies.update(cookies)
        refused(world, browser.decide(page, account=["acc-1", "acc-2"]), "link-used")
    assert codes[0] == codes[1] != ""
    assert world.confirm("7035", codes[0]) == 200
    wait_for(lambda: "connected" in "".join(world.graph.texts("7035")))
    assert world.confirm("7035", codes[0]) == 200
    wait_for(lambda: len(world.graph.texts("7035")) > 1)
    assert "connected already" in world.graph.texts("7035")[-1]


@pytest.mark.threat(67)
def test_a_code_links_the_chat_it_was_made_for_and_no_other(world: World) -> None:
    code = world.link("7036")
    for psid, wrong in (("7037", code), ("7036", "guessed"), ("7036", "")):
        before = len(world.graph.texts(psid))
        assert world.confirm(psid, wrong) == 200
        wait_for(lambda psid=psid, before=before: len(world.graph.texts(psid)) > before)
        assert "did not work" in world.graph.texts(psid)[-1]
    unlinked(world, "7037")


def test_an_attempt_and_a_code_run_out(world: World) -> None:
    with world.browser() as browser:
        back = browser.begin(world.log_in("7038"))
        move_clock(world, minutes=11)
        refused(world, browser.get(back), "link-expired")
    code = world.link("7039")
    move_clock(world, minutes=6)
    assert world.confirm("7039", code) == 200
    wait_for(lambda: world.graph.texts("7039"))
    assert "did not work" in world.graph.texts("7039")[-1]


# No, and again


def declined(world: World, psid: str) -> None:
    with world.browser() as browser:
        page = consent_page(world, browser, psid)
        done = browser.decide(page, decision="decline")
        assert done.headers["location"] == BACK and code_of(done) == ""
        refused(world, browser.get(f"{world.service.url}/consent"), "link-foreign")


def last(world: World, psid: str, text: str) -> dict[str, Any]:
    """What the bot sends for a text, as the Graph server got it."""
    before = len(world.graph.sent)
    world.say(psid, text)
    wait_for(lambda: len(world.graph.sent) > before)
    return world.graph.sent[-1]["message"]


def test_a_no_tells_the_bank_and_is_remembered_for_ninety_days(world: World) -> None:
    declined(world, "7040")
    wait_for(lambda: f"aac-{world.bank.made}" not in world.bank.consents)
    assert "You chose not to connect" in last(world, "7040", QUESTION)["text"]
    assert "attachment" in last(world, "7040", "connect")
    world.at_ms += 89 * 86_400_000
    move_clock(world, days=89)
    assert "You chose not to connect" in last(world, "7040", QUESTION)["text"]
    world.at_ms += 2 * 86_400_000
    move_clock(world, days=2)
    assert "attachment" in last(world, "7040", QUESTION)


def test_a_no_at_the_bank_is_a_no(world: World) -> None:
    with world.browser() as browser:
        back = browser.begin(world.log_in("7041"))
        done = browser.get(callback(world, back, code=None, error="access_denied"))
        assert done.headers["location"] == BACK
    assert "You chose not to connect" in last(world, "7041", QUESTION)["text"]


def test_a_yes_after_a_no_counts(world: World) -> None:
    declined(world, "7042")
    world.linked("7042")
    assert "$18.00" in json.dumps(last(world, "7042", QUESTION))


def linked(world: World, psid: str) -> str:
    """The bank's name of the consent under which the person was linked just now."""
    world.linked(psid)
    return f"aac-{world.bank.made}"


def test_linking_again_replaces_the_link_and_the_bank_is_told(world: World) -> None:
    first, second = linked(world, "7043"), linked(world, "7043")
    wait_for(lambda: first not in world.bank.consents)
    assert second in world.bank.consents
    assert "$18.00" in json.dumps(last(world, "7043", QUESTION))


def test_the_same_customer_from_another_chat_ends_the_first_link(world: World) -> None:
    first, second = linked(world, "7044"), linked(world, "7045")
    wait_for(lambda: first not in world.bank.consents)
    assert second in world.bank.consents
    unlinked(world, "7044")


@pytest.mark.threat(29)
def test_another_customer_cannot_take_over_a_linked_chat(world: World) -> None:
    first = linked(world, "7046")
    world.bank.subject = "another-customer"
    with world.browser() as browser:
        refused(world, browser.get(browser.begin(world.log_in("7046"))), "already-linked")
    wait_for(lambda: f"aac-{world.bank.made}" not in world.bank.consents)
    assert first in world.bank.consents
    assert "$18.00" in json.dumps(last(world, "7046", QUESTION))


def test_a_bank_that_is_away_while_linking_is_said_to_be_away(world: World) -> None:
    world.bank.away = True
    with world.browser() as browser:
        refused(world, browser.open(world.log_in("7047")), "bank-away", 502)


def test_refusals_are_logged_without_what_they_refused(world: World) -> None:
    login = world.log_in("7048")
    with world.browser() as browser:
        back = browser.begin(login)
        refused(world, browser.get(callback(world, back, state="guessed-state")), "link-foreign")
    until = time.monotonic() + 5
    log = world.service.folder / "serve.log"
    while "page.refused" not in log.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    text = log.read_text()
    assert '"reason": "link-foreign"' in text
    query = parse_qs(urlsplit(back).query)
    hidden = ("guessed-state", query["code"][0], query["state"][0], "7048", login["account_linking_token"])
    assert [word for word in hidden if word in text] == []
