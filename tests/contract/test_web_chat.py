"""The web chat from outside, by the contract's names alone."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import jsonschema
import pytest
from tests.counterparts.service import QUESTION, Form, World, wait_for
from tests.counterparts.webchat import Visitor

_SCHEMA = json.loads((Path(__file__).parents[1] / "standards" / "answer.schema.json").read_text())


def _signed_in(world: World) -> Visitor:
    visitor = Visitor.new(world.service.url)
    page = visitor.sign_in()
    assert page.status_code == 200 and page.url.path == "/chat", page.text
    return visitor


def test_a_question_is_answered_in_the_stream_with_text_and_answer(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    listener = visitor.listen()
    assert visitor.say(QUESTION).status_code == 202
    reply = wait_for(lambda: [event for event in listener.replies() if "$18.00" in event.data["text"]])[0]
    jsonschema.validate(reply.data["answer"], _SCHEMA)
    assert reply.data["answer"]["value"] == "18.00" and reply.data["answer"]["currency"] == "USD"
    assert "$18.00" in reply.data["text"] and reply.data["answer"]["text"] == reply.data["text"]
    assert sorted(reply.data["answer"]["evidence"]) == ["t1", "t2", "t3", "t4"]


def test_nothing_of_the_web_chat_reaches_the_platform(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    listener = visitor.listen()
    visitor.say(QUESTION)
    wait_for(lambda: [event for event in listener.replies() if event.data["answer"]])
    assert shared_world.graph.sent == []


def test_a_stream_resumes_after_the_last_event_it_saw(world: World) -> None:
    visitor = _signed_in(world)
    listener = visitor.listen()
    visitor.say(QUESTION)
    seen = wait_for(lambda: [event for event in listener.replies() if event.data["answer"]])[0]
    visitor.say("and in January?")
    wait_for(lambda: len([event for event in listener.replies() if event.data["answer"]]) == 2)
    again = visitor.listen(**{"Last-Event-ID": seen.id})
    wait_for(lambda: again.replies())
    assert [event.data["text"] for event in again.replies()] == [listener.replies()[-1].data["text"]]


def test_a_reply_given_while_nobody_listened_comes_with_the_next_stream(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    visitor.say(QUESTION)
    wait_for(lambda: "$18.00" in visitor.http.get("/chat").text)
    late = visitor.listen()
    assert wait_for(lambda: [event for event in late.replies() if "$18.00" in event.data["text"]])


def test_two_pages_of_one_customer_show_the_same(world: World) -> None:
    visitor = _signed_in(world)
    one, other = visitor.listen(), visitor.listen()
    visitor.say("thanks")
    for listener in (one, other):
        wait_for(lambda listener=listener: [e for e in listener.replies() if "welcome" in e.data["text"]])
        assert {"said": "thanks"} in [event.data for event in listener.events if event.name == "said"]


def test_a_form_without_script_gives_the_page_with_its_answer(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    page = visitor.http.get("/chat")
    token = Form(page.text).values("token")[0]
    done = visitor.follow(visitor.http.post("/chat/messages", data={"text": QUESTION, "token": token, "id": "n1"}))
    assert "$18.00" in done.text and "Blue Bottle Coffee" in done.text and "12.00" in done.text


def test_the_same_form_sent_twice_is_said_once(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    token = Form(visitor.http.get("/chat").text).values("token")[0]
    for _ in range(2):
        visitor.http.post("/chat/messages", data={"text": "thanks", "token": token, "id": "same"})
    assert visitor.http.get("/chat").text.count('<p class="bubble">thanks</p>') == 1


def test_a_later_sign_in_needs_no_consent_again_and_finds_what_was_said(world: World) -> None:
    _signed_in(world).say("thanks")
    elsewhere = Visitor.new(world.service.url)
    page = elsewhere.submit(elsewhere.follow(elsewhere.http.get("/chat")))
    assert page.url.path == "/chat" and "thanks" in page.text


def test_messenger_and_web_chat_stand_side_by_side(world: World) -> None:
    world.linked("7001", disclosure="open")
    visitor = _signed_in(world)
    said = len(world.graph.texts("7001"))
    world.say("7001", QUESTION)
    wait_for(lambda: any("$18.00" in text for text in world.graph.texts("7001")[said:]))
    listener = visitor.listen()
    visitor.say(QUESTION)
    wait_for(lambda: [event for event in listener.replies() if event.data["answer"]])


def test_who_is_not_signed_in_is_told_so_and_says_nothing(world: World) -> None:
    visitor = Visitor.new(world.service.url)
    assert visitor.say(QUESTION).status_code == 401
    assert visitor.http.get("/chat/events").status_code == 401
    assert visitor.http.post("/chat/messages", data={"text": "x"}).headers["location"] == "/chat"
    assert visitor.http.get("/chat/messages/1").status_code == 404
    assert world.bank.requests == []


@pytest.mark.threat(37)
def test_a_session_ends_after_fifteen_idle_minutes(world: World) -> None:
    visitor = _signed_in(world)
    (world.service.folder / "clock").write_text("2026-03-18T12:14:00-07:00")
    assert visitor.say("thanks").status_code == 202
    (world.service.folder / "clock").write_text("2026-03-18T12:30:00-07:00")
    assert visitor.say("thanks").status_code == 401
    assert "You were signed out" in visitor.http.get("/chat").text


@pytest.mark.threat(35)
@pytest.mark.threat(36)
def test_a_form_of_another_site_is_refused(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert visitor.http.post("/chat/messages", json={"text": "never said"}, headers=foreign).status_code == 403
    assert visitor.http.post("/chat/messages", data={"text": "never said", "token": "guess"}).status_code == 403
    assert visitor.http.post("/chat/sign-out", data={"token": "guess"}).status_code == 403
    assert "never said" not in visitor.http.get("/chat").text


def test_broken_messages_are_refused_in_words(shared_world: World) -> None:
    visitor = _signed_in(shared_world)
    post = visitor.http.post
    json_type = {"Content-Type": "application/json"}
    for body in (b"", b"[]", b"{", b'{"text": 3}', b'{"text": "  "}', b'{"text": null}', b"\xff\xfe", b"[" * 9000):
        assert post("/chat/messages", content=body, headers=json_type).status_code in (400, 413)
    assert visitor.say("x" * 2001).status_code == 413
    assert post("/chat/messages", content=b'{"text": "\\ud800 thanks"}', headers=json_type).status_code == 202


def test_what_was_said_is_forgotten_after_the_days_the_page_names(world: World) -> None:
    visitor = _signed_in(world)
    visitor.say("thanks")
    assert "kept for 30 days" in visitor.http.get("/chat").text
    (world.service.folder / "clock").write_text("2026-04-20T12:00:00-07:00")

    def gone() -> bool:
        later = Visitor.new(world.service.url)
        return "thanks" not in later.submit(later.follow(later.http.get("/chat"))).text

    wait_for(gone)


def test_declining_for_the_web_chat_connects_nothing(world: World) -> None:
    visitor = Visitor.new(world.service.url)
    page = visitor.sign_in(decision="decline")
    assert page.url.path == "/chat" and "Sign in" in page.text
    assert visitor.say(QUESTION).status_code == 401


def test_an_open_stream_does_not_hold_up_the_end_of_the_service(world: World) -> None:
    visitor = _signed_in(world)
    listener = visitor.listen()
    assert world.service.stop(signal.SIGTERM) == 0
    wait_for(lambda: listener.ended)
    assert "graceful" not in (world.service.folder / "serve.log").read_text(), "the stream was waited for, then cut"
