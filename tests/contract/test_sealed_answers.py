"""Sealed answers from outside: the channel carries a knock, the link opens nothing, the proof opens once."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from joserfc.jwk import ECKey
from tests.counterparts.messenger_user import FIGURES, Person
from tests.counterparts.service import QUESTION, Form, World, wait_for
from tests.counterparts.webchat import Visitor

_SCHEMA = json.loads((Path(__file__).parents[1] / "standards" / "answer.schema.json").read_text())
_CRAWLERS = ("facebookexternalhit/1.1", "Mozilla/5.0 (compatible; Twitterbot/1.0)", "WhatsApp/2.23")
_JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def person(shared_world: World) -> Person:
    someone = Person(shared_world, "8001")
    someone.link()
    return someone


def _later(world: World, **by: float) -> None:
    clock = world.service.folder / "clock"
    clock.write_text((datetime.fromisoformat(clock.read_text()) + timedelta(**by)).isoformat())


@pytest.mark.threat(30)
def test_the_channel_carries_one_constant_line_and_the_bank_is_not_asked(person: Person) -> None:
    before = len(person.world.bank.requests)
    said = []
    for question in (QUESTION, "what's my balance?", "show my last 5 purchases", "groceries in February"):
        person.ask(question)
        said.append(json.loads(json.dumps(person.messages()[-1])))
    for body in said:
        body["message"].pop("metadata")
        body["message"]["attachment"]["payload"]["buttons"][0].pop("url")
    assert all(body == said[0] for body in said)
    assert not any(char.isdigit() for char in said[0]["message"]["attachment"]["payload"]["text"])
    assert len(person.world.bank.requests) == before


@pytest.mark.threat(31)
def test_nobody_sees_an_answer_by_fetching_its_link(person: Person) -> None:
    path = person.ask(QUESTION)
    before = len(person.world.bank.requests)
    for agent in _CRAWLERS:
        crawler = Visitor.new(person.world.service.url)
        page = crawler.http.get(path, headers={"user-agent": agent})
        assert page.status_code == 200 and "A sealed answer for you" in page.text
        said = re.sub(r"<svg.*?</svg>", "", page.text.partition("<main")[2], flags=re.S)
        assert not FIGURES.search(said.replace(path, "")) and "coffee" not in said
        assert crawler.http.head(path).status_code == 200
        assert crawler.http.get(path, headers=_JSON).status_code == 401
    assert len(person.world.bank.requests) == before
    assert "$18.00" in person.open(path).text, "the link is still unused"


def test_the_key_of_the_browser_opens_figure_rows_and_rule(person: Person) -> None:
    page = person.open(person.ask(QUESTION))
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "no-referrer"
    for shown in ("$18.00", "12.00", "4.50", "3.25", "−$1.75", "Refund", "Refunds are taken off", "<svg", QUESTION):
        assert shown in page.text, shown
    assert "9.99" not in page.text and "4.75" not in page.text


def test_a_program_with_a_proof_gets_the_answer_in_the_published_shape(person: Person) -> None:
    answer = person.open(person.ask(QUESTION), **_JSON).json()
    jsonschema.validate(answer, _SCHEMA)
    assert (answer["kind"], answer["value"], answer["currency"]) == ("money", "18.00", "USD")


def test_without_script_the_banks_sign_in_opens_it(person: Person) -> None:
    path = person.ask(QUESTION)
    page = person.sign_in_for(path, Visitor.new(person.world.service.url))
    assert page.url.path == path and "$18.00" in page.text


def test_a_program_that_signs_in_gets_json(person: Person) -> None:
    page = person.sign_in_for(person.ask(QUESTION), Visitor.new(person.world.service.url), **_JSON)
    assert page.json()["value"] == "18.00"


@pytest.mark.threat(32)
def test_each_proof_opens_once(person: Person) -> None:
    path = person.ask(QUESTION)
    proof = person.proof(path)
    assert "$18.00" in person.open(path, proof).text
    for again in (
        person.open(path, proof),
        person.browser.http.get(path),
        person.browser.http.get(path, headers=_JSON),
    ):
        assert "18.00" not in again.text
    assert "opened before" in person.browser.http.get(path).text
    assert "$18.00" in person.open(path).text, "a new proof asks anew"


@pytest.mark.threat(33)
def test_a_key_that_is_not_this_chats_opens_nothing(person: Person) -> None:
    path, other = person.ask(QUESTION), person.ask("what's my balance?")
    stranger = ECKey.generate_key("P-256")
    challenge = person.browser.http.get(f"{other}/challenge").json()["challenge"]
    own = person.browser.http.get(f"{path}/challenge").json()["challenge"]
    elsewhere = json.loads(person.proof(path, challenge=challenge))["device"]
    wrong = {
        "a signature of another challenge": json.dumps({"challenge": own, "device": elsewhere}),
        "another key": person.proof(path, key=stranger),
        "another link's challenge": person.proof(path, challenge=challenge),
        "a challenge of one's own": person.proof(path, challenge="1773860400000.guess.guess"),
        "no signature": json.dumps({"challenge": challenge, "device": ["a.b.c", 3, None]}),
        "no proof": json.dumps({"device": []}),
        "not JSON": "{",
        "a list": "[]",
    }
    for what, proof in wrong.items():
        page = person.open(path, proof, browser=Visitor.new(person.world.service.url))
        assert page.status_code == 403 and "18.00" not in page.text, what
        assert "Sign in at Least Bank" in page.text


@pytest.mark.threat(34)
def test_somebody_elses_sign_in_opens_nothing(person: Person) -> None:
    path = person.ask(QUESTION)
    before = len([entry for entry in person.world.bank.requests if "transactions" in entry])
    person.world.bank.subject = "cust-2"
    try:
        page = person.sign_in_for(path, Visitor.new(person.world.service.url))
    finally:
        person.world.bank.subject = "cust-1"
    assert page.status_code == 403 and "somebody else" in page.text and "18.00" not in page.text
    assert len([entry for entry in person.world.bank.requests if "transactions" in entry]) == before


def test_links_that_are_not_ours_say_so_and_no_more(person: Person) -> None:
    http = Visitor.new(person.world.service.url).http
    path = person.ask(QUESTION)
    for forged in ("/s/x", path[:-1], path + "A", "/s/" + "A" * 43, "/s/" + "A" * 5000, "/s/%00"):
        for page in (http.get(forged), http.post(forged, data={"proof": "{}"})):
            assert page.status_code in (404, 405), forged
            assert "18.00" not in page.text


@pytest.mark.threat(35)
def test_a_form_of_another_site_opens_nothing(person: Person) -> None:
    path = person.ask(QUESTION)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert person.open(path, **foreign).status_code == 403


def test_the_conversation_goes_on_on_the_page_and_only_there(person: Person) -> None:
    path = person.ask(QUESTION)
    page = person.open(path)
    token = Form(page.text).values("form")[0]
    following = person.browser.http.post(f"{path}/next", data={"form": token, "text": "and in January?"})
    assert "$9.99" in following.text
    assert person.browser.http.post(f"{path}/next", data={"form": "guess", "text": "x"}).status_code == 403
    stranger = Visitor.new(person.world.service.url)
    assert "9.99" not in stranger.http.post(f"{path}/next", data={"form": token, "text": "and in January?"}).text


def test_a_follow_up_in_the_chat_is_understood_behind_the_link(person: Person) -> None:
    person.ask(QUESTION)
    assert "$9.99" in person.open(person.ask("and in January?")).text


def test_something_looks_wrong_gets_a_person(person: Person) -> None:
    path = person.ask(QUESTION)
    token = Form(person.open(path).text).values("form")[0]
    page = person.browser.http.post(f"{path}/next", data={"form": token, "text": "talk to a person"})
    assert "case" in page.text
    assert json.loads(person.world.service.command("status", "--json").stdout)["cases"]["waiting"] == 1


@pytest.mark.threat(38)
def test_a_key_of_one_chat_is_no_sign_in_to_another(person: Person) -> None:
    person.open(person.ask(QUESTION))
    assert person.browser.http.get("/chat/events").status_code == 401


def test_an_old_link_asks_for_the_same_proof_and_then_answers(world: World) -> None:
    person = Person(world, "8002")
    person.link()
    path = person.ask(QUESTION)
    stale = person.proof(path)
    _later(world, minutes=6)
    page = person.browser.http.get(path)
    assert "This link has ended" in page.text and "18.00" not in page.text
    assert "18.00" not in person.open(path, stale).text, "a challenge lives two minutes"
    page = person.open(path)
    assert "$18.00" in page.text
    _later(world, minutes=6)
    late = {"form": Form(page.text).values("form")[0], "text": "and in January?"}
    assert "9.99" not in person.browser.http.post(f"{path}/next", data=late).text, "the page is long cleared"
    _later(world, days=2)
    world.service.stop()
    world.service.start()  # the hourly sweep also runs at start
    wait_for(lambda: person.browser.http.get(path).status_code == 404)


def test_a_chat_that_was_disconnected_reads_nothing(world: World) -> None:
    person = Person(world, "8003")
    person.link()
    path = person.ask(QUESTION)
    said = len(person.messages())
    world.say("8003", "unlink")
    wait_for(lambda: len(person.messages()) > said)
    before = len(world.bank.requests)
    page = person.sign_in_for(path, Visitor.new(world.service.url))
    assert page.status_code == 409 and "no longer connected" in page.text
    assert not [entry for entry in world.bank.requests[before:] if "transactions" in entry]


def test_a_bank_that_is_away_is_said_and_the_question_kept(world: World) -> None:
    person = Person(world, "8004")
    person.link()
    path = person.ask(QUESTION)
    world.bank.away = True
    assert "Your money is safe" in person.open(path).text
    world.bank.away = False
    assert "$18.00" in person.open(path).text
