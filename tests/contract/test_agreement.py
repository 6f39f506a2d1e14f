"""The institution's data-sharing agreement, and the public list, from outside."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from tests.counterparts.service import QUESTION, World, wait_for

from offhold.keys.signing import SigningKey

BANK_KEY = SigningKey(bytes(range(32)))
AGREEMENT = {
    "type": "offhold/agreement/v1",
    "institution": "least",
    "data": ["accounts", "balances"],
    "purposes": ["dpv:RequestedServiceProvision"],
    "days": 30,
    "first": "2026-01-01",
    "last": "2026-12-31",
}


def _signed(world: World, **changes: object) -> Path:
    file = world.service.folder / "agreement.json"
    file.write_text(json.dumps(BANK_KEY.sign({**AGREEMENT, **changes})))
    world.service.more = {
        "INSTITUTIONS__LEAST__AGREEMENT_FILE": str(file),
        "INSTITUTIONS__LEAST__AGREEMENT_KEY": BANK_KEY.public,
    }
    return file


@pytest.mark.threat(50)
def test_who_agrees_to_more_gets_what_the_agreement_allows(counterparts: World) -> None:
    world = counterparts
    _signed(world)
    world.service.start()
    world.linked("p1")
    world.say("p1", QUESTION)
    said = wait_for(lambda: [text for text in world.graph.texts("p1") if "doesn't let me" in text])
    assert said and "Least Bank" in said[0]
    world.say("p1", "what is my balance?")
    wait_for(lambda: world.service.metric("offhold_gate_decisions_total", decision="allow", purpose=PURPOSE) >= 2)
    assert not [path for path in world.bank.requests if "transactions" in path]


PURPOSE = "dpv:RequestedServiceProvision"


@pytest.mark.threat(50)
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"institution": "other"}, "it is for another institution"),
        ({"purposes": ["dpv:Marketing"]}, "forbidden purpose"),
        ({"purposes": ["dpv:ServiceProvision"]}, "dpv:ServiceProvision"),
        ({"days": 366}, "days must be 1 to 365"),
        ({"type": "offhold/receipt/v1"}, "its type is not"),
    ],
)
def test_an_agreement_that_is_none_stops_the_start(counterparts: World, changes: dict[str, object], says: str) -> None:
    _signed(counterparts, **changes)
    refused = counterparts.service.command("serve", "--port", "0")
    assert refused.returncode == 2
    assert "OFFHOLD_INSTITUTIONS__LEAST__AGREEMENT_FILE" in refused.stderr and says in refused.stderr


@pytest.mark.threat(50)
@pytest.mark.parametrize("forgery", ["altered", "another key", "unsigned", "missing"])
def test_a_forged_agreement_stops_the_start(counterparts: World, forgery: str) -> None:
    file = _signed(counterparts)
    match forgery:
        case "altered":
            file.write_text(file.read_text().replace('"balances"', '"transactions"'))
        case "another key":
            file.write_text(json.dumps(SigningKey(bytes(32)).sign(AGREEMENT)))
        case "unsigned":
            file.write_text(json.dumps(AGREEMENT))
        case "missing":
            file.unlink()
    refused = counterparts.service.command("serve", "--port", "0")
    assert refused.returncode == 2
    assert "AGREEMENT_FILE" in refused.stderr


@pytest.mark.threat(50)
def test_outside_its_days_nothing_is_read_and_doctor_says_so(counterparts: World) -> None:
    world = counterparts
    _signed(world, last="2026-03-17")
    world.service.start()
    browser = httpx2.Client(follow_redirects=True)
    world.graph.linking["ALT-p1"] = "p1"
    back = "https://www.facebook.com/messenger_platform/account_linking/?x=1"
    page = browser.get(f"{world.service.url}/link", params={"account_linking_token": "ALT-p1", "redirect_uri": back})
    assert page.status_code >= 400
    assert not [path for path in world.bank.requests if path.endswith("/accounts")]
    assert "not in force today" in world.service.command("doctor").stdout


def test_the_disclosure_list_is_public(world: World) -> None:
    shown = httpx2.get(f"{world.service.url}/policy")
    assert shown.status_code == 200
    listed = httpx2.get(f"{world.service.url}/policy", headers={"Accept": "application/json"}).json()
    command = json.loads(world.service.command("policy", "table", "--json").stdout)
    assert listed == command
    assert listed["sha256"] in shown.text
    assert "Transactions" in shown.text
    rules = httpx2.get(f"{world.service.url}/policy/offhold.cedar").text
    assert '@id("never")' in rules
