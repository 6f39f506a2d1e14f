"""The simulator of the Messenger Platform, with an independent client (fbmessenger) and a receiver of its webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import requests
from fbmessenger import MessengerClient, quick_replies
from fbmessenger.elements import Button, Text
from fbmessenger.sender_actions import SenderAction
from tests.counterparts.service import wait_for
from tests.counterparts.simulator import APP, MAYA, PROOF, World, simulated

from offhold.channels.messenger.webhook import signature_holds
from offhold_demo.platform.sender import signature, wire
from offhold_demo.platform.threads import Closes, Fault


@pytest.fixture
def world() -> Iterator[World]:
    with simulated() as world:
        yield world


@pytest.fixture(scope="module")
def steady() -> Iterator[World]:
    """One simulator for all tests that leave nothing behind but bubbles."""
    with simulated() as world:
        yield world


@pytest.fixture
def client(world: World) -> MessengerClient:
    found = MessengerClient(APP.page_token, app_secret=APP.app_secret)
    found.graph_url = f"{world.url}/v26.0"
    return found


def refusal(answer: Any) -> tuple[int, int, str]:
    error = answer["error"]
    return error["code"], error.get("error_subcode", 0), error["message"].strip("()")


def test_an_independent_client_sends_text_chips_buttons_and_dots(world: World, client: MessengerClient) -> None:
    answer = client.send(Text("Hello").to_dict(), MAYA)
    assert answer["recipient_id"] == MAYA and answer["message_id"].startswith("m_")
    chips = quick_replies.QuickReplies([quick_replies.QuickReply("Balance", "v1.b")])
    assert "message_id" in client.send(Text("Which?", quick_replies=chips).to_dict(), MAYA)
    link = Button("account_link", url="https://bank.example/link").to_dict()  # its templates need Python 3.9
    assert "message_id" in client.send(button(**link), MAYA)
    assert world.shown == ["Hello", "Which?", "x"]
    assert client.send_action(SenderAction("typing_on").to_dict(), MAYA) == {"recipient_id": MAYA}
    assert world.platform.threads.thread(MAYA).typing
    assert client.unlink_account(MAYA) == {"result": "unlink account success"}
    assert refusal(client.unlink_account("999"))[:2] == (100, 2018001)


def test_the_page_is_subscribed_to_by_naming_fields(world: World, client: MessengerClient) -> None:
    assert refusal(client.subscribe_app_to_page()) == (100, 0, "subscribed_fields")
    edge, asked = f"{world.url}/v26.0/me/subscribed_apps", {"appsecret_proof": PROOF, "access_token": APP.page_token}
    assert httpx2.get(edge, params=asked).json() == {"data": []}
    assert httpx2.post(edge, params={**asked, "subscribed_fields": "messages"}).json() == {"success": True}
    assert httpx2.get(edge, params=asked).json()["data"][0]["subscribed_fields"] == ["messages"]


def test_without_token_proof_or_page_nothing_works(world: World) -> None:
    body = {"recipient": {"id": MAYA}, "messaging_type": "RESPONSE", "message": {"text": "x"}}
    assert refusal(world.post(body, token="other")) == (190, 467, "access_token")
    assert refusal(world.post(body, proof=None)) == (100, 0, "appsecret_proof")
    assert refusal(world.post(body, proof="0" * 64)) == (100, 0, "appsecret_proof")
    assert refusal(world.post(body, page="999")) == (100, 33, "page")
    assert "message_id" in world.post(body, page=APP.page_id)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(steady: World, body: bytes) -> None:
    assert refusal(steady.post(body)) == (100, 0, "body")


@pytest.mark.parametrize("recipient", [{"id": "999"}, {"id": 6001}, {}, "6001", None, {"user_ref": MAYA}])
def test_an_unknown_person_cannot_be_reached(steady: World, recipient: Any) -> None:
    body = {"recipient": recipient, "messaging_type": "RESPONSE", "message": {"text": "x"}}
    assert refusal(steady.post(body))[:2] == (100, 2018001)


def test_a_message_or_an_action_never_both(steady: World) -> None:
    assert refusal(steady.send({"text": "x"}, sender_action="typing_on"))[1] == 2018014
    assert refusal(steady.post({"recipient": {"id": MAYA}}))[1] == 2018014
    assert refusal(steady.post({"recipient": {"id": MAYA}, "sender_action": "dance"}))[2] == "sender_action"


def chip(**changed: Any) -> dict[str, Any]:
    return {"text": "x", "quick_replies": [{"content_type": "text", "title": "t", "payload": "p", **changed}]}


def button(**given: Any) -> dict[str, Any]:
    payload = {"template_type": "button", "text": "x", "buttons": [given]}
    return {"attachment": {"type": "template", "payload": payload}}


def template(**changed: Any) -> dict[str, Any]:
    whole = button(type="account_unlink")
    whole["attachment"]["payload"] |= changed
    return whole


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("x", "message"),
        ({}, "message"),
        ({"text": "x", "attachment": {}}, "message"),
        ({"text": ""}, "text"),
        ({"text": 1}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"text": "\U0001f600" * 1_001}, "text"),
        ({"text": "x", "metadata": "m" * 1_001}, "metadata"),
        ({"text": "x", "quick_replies": {}}, "quick_replies"),
        ({"text": "x", "quick_replies": chip()["quick_replies"] * 14}, "quick_replies"),
        (chip(content_type="location"), "quick_replies.content_type"),
        (chip(title="t" * 21), "quick_replies.title"),
        (chip(title=""), "quick_replies.title"),
        (chip(payload="p" * 1_001), "quick_replies.payload"),
        ({"attachment": "x"}, "attachment.type"),
        ({"attachment": {"type": "template"}}, "template_type"),
        (template(template_type="receipt"), "template_type"),
        (template(text="x" * 641), "payload.text"),
        (template(buttons=[]), "buttons"),
        (template(buttons=[{"type": "account_unlink"}] * 4), "buttons"),
        (button(type="game_play"), "buttons.type"),
        (button(type="account_unlink", title="t"), "buttons.title"),
        (button(type="account_link", url="http://bank.example"), "buttons.url"),
        (button(type="account_link", url="https://bank.example", title="t"), "buttons.title"),
        (button(type="web_url", url="https://bank.example", title="t" * 21), "buttons.title"),
        (button(type="postback", title="t"), "buttons.payload"),
        (button(type="phone_number", title="t", payload="0123"), "buttons.payload"),
    ],
)
def test_every_limit_is_refused_by_the_name_of_its_field(steady: World, message: Any, field: str) -> None:
    before = len(steady.shown)
    assert refusal(steady.send(message)) == (100, 2534015, field)
    assert len(steady.shown) == before


@pytest.mark.parametrize(
    "message",
    [
        {"text": "x" * 2_000},
        {"text": "\U0001f600" * 1_000},
        {"text": "x", "quick_replies": chip(title="t" * 20, payload="p" * 1_000)["quick_replies"] * 13},
        template(text="x" * 640, buttons=[{"type": "account_unlink"}] * 3),
        button(type="web_url", url="https://bank.example/s/1", title="t" * 20),
        button(type="postback", title="t", payload="p"),
        button(type="phone_number", title="t", payload="+15550100"),
    ],
)
def test_what_is_just_within_the_limits_is_shown(steady: World, message: Any) -> None:
    before = len(steady.shown)
    assert "message_id" in steady.send(message)
    assert len(steady.shown) == before + 1


def test_the_window_is_a_day_from_the_persons_last_act(world: World) -> None:
    asyncio.run(world.platform.say(MAYA, "hi"))
    world.now += timedelta(hours=24)
    assert "message_id" in world.send({"text": "x"})
    world.now += timedelta(seconds=1)
    assert refusal(world.send({"text": "x"})) == (10, 2018278, "recipient")
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert "message_id" in world.send({"text": "x"}, **tagged)
    world.now += timedelta(days=6)
    assert refusal(world.send({"text": "x"}, **tagged)) == (10, 2018278, "recipient")
    asyncio.run(world.platform.say(MAYA, "hi again"))
    assert "message_id" in world.send({"text": "x"})


@pytest.mark.parametrize("tag", ["ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE", None, ["x"]])
def test_the_dead_tags_are_refused(steady: World, tag: Any) -> None:
    assert refusal(steady.send({"text": "x"}, messaging_type="MESSAGE_TAG", tag=tag)) == (100, 0, "tag")


def test_a_tag_without_its_type_and_a_missing_type_are_refused(steady: World) -> None:
    assert refusal(steady.send({"text": "x"}, tag="HUMAN_AGENT")) == (100, 0, "tag")
    assert refusal(steady.send({"text": "x"}, messaging_type=None)) == (100, 0, "messaging_type")


def test_faults_come_on_order_one_for_each_message(world: World) -> None:
    world.platform.threads.faults += [
        Fault(code=613, subcode=2534040, status=200, headers=(("X-App-Usage", '{"call_count":100}'),)),
        Fault(delay_s=0.01),
    ]
    assert refusal(world.send({"text": "one"}))[:2] == (613, 2534040)
    assert "message_id" in world.send({"text": "two"})
    assert world.shown == ["two"] and world.platform.threads.faults == []


@pytest.mark.parametrize(("closes", "shown"), [(Closes.before, []), (Closes.after, ["x"])])
def test_a_cut_connection_tells_the_caller_nothing(
    world: World, client: MessengerClient, closes: Closes, shown: list[str]
) -> None:
    world.platform.threads.faults.append(Fault(closes=closes))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.send(Text("x").to_dict(), MAYA)
    assert world.shown == shown
    assert world.platform.threads.wire[0].status == 0
    assert "message_id" in client.send(Text("y").to_dict(), MAYA)


def test_a_shown_message_is_told_back_as_echo_delivery_and_read(world: World) -> None:
    mid = world.send({"text": "x", "metadata": "ob_1"})["message_id"]
    wait_for(lambda: len(world.events()) == 3)
    echo, delivery, read = world.events()
    assert echo["message"] == {"is_echo": True, "app_id": 77001, "mid": mid, "metadata": "ob_1", "text": "x"}
    assert echo["sender"] == {"id": APP.page_id} and echo["recipient"] == {"id": MAYA}
    assert delivery["delivery"]["mids"] == [mid] and "watermark" in read["read"]
    world.platform.threads.faults.append(Fault(echoes=False))
    world.send({"text": "y"})
    world.send({"text": "z"})
    wait_for(lambda: len(world.events()) == 6)
    assert world.events()[3]["message"]["text"] == "z"


def test_webhooks_are_ascii_escaped_and_signed_over_their_bytes(world: World) -> None:
    assert asyncio.run(world.platform.say(MAYA, "äöå / 10% \U0001f600"))
    (body,) = world.bodies
    assert rb'"text":"\u00e4\u00f6\u00e5 \/ 10% \ud83d\ude00"' in body and body.isascii()
    assert signature_holds([world.signatures[0].encode()], body, [APP.app_secret])
    assert json.loads(body)["entry"][0]["messaging"][0]["sender"] == {"id": MAYA}


def test_the_signature_is_the_published_vectors() -> None:
    event = {"sender": {"id": "6001002003004005"}, "recipient": {"id": "102030405060708"}, "timestamp": 1789000000111}
    event["message"] = {"mid": "m_ref-1", "text": "äöå / 10%"}
    entry = {"id": "102030405060708", "time": 1789000000500, "messaging": [event]}
    body = wire({"object": "page", "entry": [entry]}).replace(b"%", rb"\u0025")
    assert signature(body, APP.app_secret) == "sha256=a85d65326dd92d3b3238b366459db2079d407f39220f6ae375177aa16421caa6"


def test_a_webhook_is_tried_again_with_the_same_bytes_until_it_is_acknowledged(world: World) -> None:
    world.statuses = [500, 403, 200]
    assert asyncio.run(world.platform.say(MAYA, "hi"))
    assert len(world.bodies) == 3 and len(set(world.bodies)) == 1
    assert [entry.status for entry in world.platform.threads.wire] == [500, 403, 200]


def test_a_webhook_that_nobody_acknowledges_is_given_up(world: World) -> None:
    world.statuses = [503]
    assert not asyncio.run(world.platform.finish_linking(MAYA, "code"))
    assert len(world.bodies) == 4


def test_taps_bring_the_payload_of_the_newest_of_that_name(world: World) -> None:
    world.send(chip(title="Yes", payload="old"))
    world.send(chip(title="Yes", payload="new"))
    wait_for(lambda: len(world.events()) == 6)
    assert asyncio.run(world.platform.tap(MAYA, "Yes"))
    assert world.events()[-1]["message"]["quick_reply"] == {"payload": "new"}
    world.send(button(type="postback", title="Go", payload="v1.go"))
    wait_for(lambda: len(world.events()) == 10)
    assert asyncio.run(world.platform.tap(MAYA, "Go"))
    assert world.events()[-1]["postback"]["payload"] == "v1.go"
    with pytest.raises(LookupError):
        asyncio.run(world.platform.tap(MAYA, "No"))


def test_a_linking_token_lives_five_minutes_and_names_its_person(world: World) -> None:
    world.send(button(type="account_link", url="https://bank.example/link?a=1"))
    asked = httpx2.URL(world.platform.log_in_address(MAYA))
    assert asked.host == "bank.example" and asked.params["a"] == "1"
    assert asked.params["redirect_uri"].startswith(f"{world.url}/linking/return?")
    query = {"fields": "recipient", "appsecret_proof": PROOF, "access_token": APP.page_token}
    query["account_linking_token"] = asked.params["account_linking_token"]
    assert httpx2.get(f"{world.url}/v26.0/me", params=query).json() == {"id": APP.page_id, "recipient": MAYA}
    world.now += timedelta(minutes=5, seconds=1)
    assert refusal(httpx2.get(f"{world.url}/v26.0/me", params=query).json())[0] == 10303


def test_everything_that_crossed_is_kept_byte_for_byte_and_no_token_with_it(world: World) -> None:
    body = b'{ "recipient": {"id":"6001"},  "messaging_type":"RESPONSE","message":{"text":"x"} }'
    world.post(body)
    wait_for(lambda: len(world.platform.threads.wire) == 2)
    first, second = world.platform.threads.wire
    assert (first.inwards, first.line, first.body, first.status) == (True, "POST /v26.0/me/messages", body, 200)
    assert (second.inwards, second.body) == (False, world.bodies[0])
    assert APP.page_token not in str(world.platform.threads.wire)
