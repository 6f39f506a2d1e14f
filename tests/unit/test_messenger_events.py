"""Every kind of event that the platform documents: what it is taken for, and what is kept of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from offhold.channels.messenger.events import ALARMS
from offhold.channels.messenger.webhook import parse
from offhold.channels.port import Batch, Event, EventKind
from offhold.errors import MalformedWebhook, UnknownObject

PAGE, APP, PSID, AT = "102030405060708", "1517776481860111", "6001002003004005", 1_789_000_000_111


def batch(*items: Any, entry: dict[str, Any] | None = None) -> Batch:
    """One entry with these objects, parsed as our Page's."""
    entries = [{"id": PAGE, "time": AT + 389, "messaging": list(items), **(entry or {})}]
    return parse(json.dumps({"object": "page", "entry": entries}).encode(), {PAGE: APP})


def item(**what: Any) -> dict[str, Any]:
    return {"sender": {"id": PSID}, "recipient": {"id": PAGE}, "timestamp": AT, **what}


def one(*items: Any) -> Event:
    found = batch(*items)
    assert found.dropped == ()
    (event,) = found.events
    return event


def dropped(*items: Any) -> tuple[str, ...]:
    found = batch(*items)
    assert found.events == ()
    return found.dropped


def echo(**more: Any) -> dict[str, Any]:
    message = {"is_echo": True, "app_id": int(APP), "mid": "m_1", "metadata": "ob_1", "text": "hi", **more}
    return {"sender": {"id": PAGE}, "recipient": {"id": PSID}, "timestamp": AT, "message": message}


@pytest.mark.parametrize(
    ("message", "body"),
    [
        ({"mid": "m_1", "text": "what did I spend"}, {"text": "what did I spend"}),
        ({"mid": "m_1", "text": "Balance", "quick_reply": {"payload": "v1.x"}}, {"text": "Balance", "payload": "v1.x"}),
        ({"mid": "m_1", "text": "yes", "reply_to": {"mid": "m_0", "is_self_reply": False}}, {"text": "yes"}),
        ({"mid": "m_1", "text": "balance", "commands": [{"name": "balance"}]}, {"text": "balance"}),
        ({"mid": "m_1", "attachments": [{"type": "image", "payload": {"url": "https://cdn"}}]}, {}),
        ({"mid": "m_1", "attachments": [{"type": "fallback", "payload": None}]}, {}),
        ({"mid": "m_1", "text": "see", "attachments": [{"type": "fallback"}]}, {"text": "see"}),
        ({"mid": "m_1", "attachments": [{"type": "sticker", "payload": {"sticker_id": 369239263222822}}]}, {}),
        ({"mid": "m_1", "is_unsupported": True}, {}),
        ({"mid": "m_1"}, {}),
        ({"mid": "m_1", "text": None, "quick_reply": "x"}, {}),
    ],
)
def test_a_message_is_answered_whatever_it_holds_and_no_attachment_is_kept(
    message: dict[str, Any], body: dict[str, Any]
) -> None:
    event = one(item(message=message))
    assert (event.kind, event.key, event.body) == (EventKind.message, "message|m_1", body)
    assert event.for_lane and event.opens_window
    assert (event.contact.page, event.contact.address, event.at_ms) == (PAGE, PSID, AT)


def test_a_basket_is_a_message_without_words() -> None:
    event = one(item(order={"products": [{"id": "1"}]}))
    assert event.kind is EventKind.message and event.body == {} and event.for_lane


@pytest.mark.threat(63)
def test_an_echo_of_ours_settles_and_is_never_answered() -> None:
    event = one(echo())
    assert event.kind is EventKind.echo and not event.for_lane and not event.opens_window
    assert event.body == {"metadata": "ob_1"} and event.contact.address == PSID
    assert one(echo(app_id=APP)).kind is EventKind.echo


@pytest.mark.threat(64)
@pytest.mark.parametrize("app_id", [263902037430900, "26390203743090"])
def test_what_a_person_or_another_application_said_is_not_ours_to_settle(app_id: Any) -> None:
    assert dropped(echo(app_id=app_id)) == ("echo-other",)


def test_an_echo_that_no_page_of_ours_sent_is_malformed() -> None:
    assert dropped({**echo(), "sender": {"id": "999"}}) == ("malformed",)
    assert dropped(echo(mid=None, metadata=None)) == ("malformed",)


def test_a_retraction_names_its_message_and_is_not_answered() -> None:
    event = one(item(message={"mid": "m_1", "is_deleted": True}))
    assert (event.kind, event.key, event.about) == (EventKind.unsend, "unsend|m_1", "message|m_1")
    assert not event.for_lane and not event.opens_window


@pytest.mark.parametrize("number", [2, "2"])
def test_an_edit_names_its_message_and_opens_nothing(number: Any) -> None:
    event = one(item(message_edit={"mid": "m_1", "text": "new", "num_edit": number}))
    assert (event.kind, event.key, event.about) == (EventKind.edit, "edit|m_1#2", "message|m_1")
    assert event.body == {"text": "new"} and event.for_lane and not event.opens_window


def test_a_postback_opens_and_a_missing_payload_is_empty() -> None:
    start = {"mid": "m_1", "title": "Get Started", "payload": "v1.start", "referral": {"ref": "lk_1"}}
    event = one(item(postback=start))
    assert (event.kind, event.key, event.body) == (EventKind.postback, "postback|m_1", {"payload": "v1.start"})
    assert event.opens_window
    assert one(item(postback={"title": "Get Started"})).body == {"payload": ""}


def test_a_postback_without_mid_is_known_by_all_of_itself() -> None:
    first, other = item(postback={"payload": "a"}), item(postback={"payload": "b"})
    assert one(first).key == one(dict(reversed(first.items()))).key != one(other).key


def test_a_referral_opens_and_is_greeted() -> None:
    event = one(item(referral={"ref": "lk_3f", "source": "SHORTLINK", "type": "OPEN_THREAD"}))
    assert event.kind is EventKind.referral and event.opens_window and event.for_lane


@pytest.mark.parametrize("action", ["react", "unreact"])
def test_a_reaction_opens_the_window_and_is_not_answered(action: str) -> None:
    event = one(item(reaction={"mid": "m_1", "action": action}))
    assert event.kind is EventKind.reaction and event.opens_window and not event.for_lane


def test_linking_is_answered_opens_nothing_and_may_come_in_seconds() -> None:
    linked = item(account_linking={"status": "linked", "authorization_code": "c0de"})
    event = one({**linked, "timestamp": 1_789_000_000})
    assert event.body == {"status": "linked", "code": "c0de"} and event.at_ms == 1_789_000_000_000
    assert event.for_lane and not event.opens_window
    assert one(item(account_linking={"status": "unlinked"})).body == {"status": "unlinked", "code": ""}
    assert dropped(item(account_linking={"status": "maybe"})) == ("malformed",)


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ({"optin": {"type": "notification_messages"}}, "optin"),
        ({"delivery": {"mids": ["m_1"], "watermark": 1}}, "delivery"),
        ({"read": {"watermark": 1}}, "read"),
        ({"pass_thread_control": {"new_owner_app_id": "1"}}, "pass_thread_control"),
        ({"take_thread_control": {"previous_owner_app_id": None}}, "take_thread_control"),
        ({"request_thread_control": {"requested_owner_app_id": 1}}, "request_thread_control"),
        ({"response_feedback": {"feedback": "Good response", "mid": "m_1"}}, "response_feedback"),
        ({"messaging_feedback": {"feedback_screens": []}}, "messaging_feedback"),
        ({"game_play": {}}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_what_asks_for_no_answer_is_dropped_by_name(what: dict[str, Any], name: str) -> None:
    assert dropped(item(**what)) == (name,)


def test_routing_and_policy_come_without_a_sender_and_policy_is_an_alarm() -> None:
    policy = {"recipient": {"id": PAGE}, "timestamp": 1, "policy_enforcement": {"action": "block", "reason": "r"}}
    roles = {"recipient": {"id": PAGE}, "timestamp": 1, "app_roles": {APP: ["primary_receiver"]}}
    assert dropped(policy, roles) == ("policy_enforcement", "app_roles")
    assert "policy_enforcement" in ALARMS


@pytest.mark.threat(63)
def test_standby_is_never_answered_though_the_same_message_may_be() -> None:
    message = item(message={"mid": "m_1", "text": "hi"})
    found = batch(message, entry={"standby": [message]})
    assert [event.key for event in found.events] == ["message|m_1"] and found.dropped == ("standby",)
    assert batch(entry={"messaging": [], "standby": [message]}).events == ()


def test_the_dashboards_test_button_wraps_a_messaging_object() -> None:
    change = {"field": "messages", "value": item(message={"mid": "m_1", "text": "hi"})}
    assert [event.key for event in batch(entry={"messaging": [], "changes": [change]}).events] == ["message|m_1"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"field": "business_integrity", "value": {"status": "x"}}, "change:business_integrity"),
        ({"field": "message_template_status_update", "value": {}}, "change:message_template_status_update"),
        ({"field": "messenger_template_status_update", "value": {}}, "change:messenger_template_status_update"),
        ({"field": "anything<b>", "value": {}}, "change:other"),
        ({"field": "feed", "value": 1}, "malformed"),
        (None, "malformed"),
    ],
)
def test_page_fields_are_counted_under_names_of_ours(change: Any, name: str) -> None:
    assert batch(entry={"messaging": [], "changes": [change]}).dropped == (name,)


@pytest.mark.threat(62)
@pytest.mark.parametrize(
    "broken",
    [
        None,
        1,
        [],
        "x",
        item(message="text"),
        item(message_edit={"text": "no mid", "num_edit": 1}),
        item(message_edit={"mid": "m_1", "num_edit": 1}),
        item(message={"is_deleted": True}),
        {**item(message={"mid": "m_1", "text": "hi"}), "recipient": {"id": "999"}},
        {**item(message={"mid": "m_1", "text": "hi"}), "sender": {"user_ref": "u1"}},
        {**item(message={"mid": "m_1", "text": "hi"}), "sender": {"id": True}},
        {**item(message={"mid": "m_1", "text": "hi"}), "timestamp": -1},
        {**item(message={"mid": "m_1", "text": "hi"}), "timestamp": 10**15},
        {**item(message={"mid": "m_1", "text": "hi"}), "timestamp": "soon"},
    ],
)
def test_a_broken_event_is_counted_and_its_neighbours_are_kept(broken: Any) -> None:
    good = item(message={"mid": "m_2", "text": "hi"})
    found = batch(broken, good)
    assert found.dropped == ("malformed",) and [event.key for event in found.events] == ["message|m_2"]


@pytest.mark.parametrize(
    ("given", "at_ms"), [(AT, AT), (str(AT), AT), (1_789_000_000, 1_789_000_000_000), ("1789000000", 1_789_000_000_000)]
)
def test_a_time_is_read_in_all_the_ways_it_is_written(given: Any, at_ms: int) -> None:
    assert one({**item(message={"mid": "m_1"}), "timestamp": given}).at_ms == at_ms


def test_an_event_without_a_time_has_its_entrys() -> None:
    without = item(message={"mid": "m_1"})
    del without["timestamp"]
    assert one(without).at_ms == AT + 389


def test_ids_beyond_two_to_the_53_survive_as_numbers() -> None:
    big = 2**63 + 1
    event = one({**item(message={"mid": "m_1"}), "sender": {"id": big}})
    assert event.contact.address == str(big)


@pytest.mark.threat(62)
def test_another_page_is_dropped_whole() -> None:
    assert batch(item(message={"mid": "m_1"}), entry={"id": "999"}).dropped == ("unknown-page",)


def test_an_entry_may_carry_nothing_and_a_batch_several() -> None:
    entries = [{"id": PAGE, "time": AT}, {"id": PAGE, "messaging": [item(message={"mid": "m_1"})]}, 7]
    found = parse(json.dumps({"object": "page", "entry": entries}).encode(), {PAGE: APP})
    assert [event.key for event in found.events] == ["message|m_1"] and found.dropped == ("malformed",)


@pytest.mark.threat(65)
@pytest.mark.parametrize(
    "text",
    [
        "my card is 4111 1111 1111 1111",
        "my card is 4111\u200b1111\u200b1111\u200b1111",
        "my card is \uff14" + "\uff11" * 15,
        "GB82 WEST 1234 5698 7654 32",
        "password: hunter2",
    ],
)
def test_a_secret_is_taken_out_before_anything_keeps_it(text: str) -> None:
    for event in (
        one(item(message={"mid": "m_1", "text": text})),
        one(item(message_edit={"mid": "m_1", "num_edit": 1, "text": text})),
    ):
        kept = str(event.body["text"])
        assert "[removed]" in kept
        assert "1111" not in kept and "5698" not in kept and "hunter2" not in kept


def test_text_loses_what_is_not_seen_and_keeps_what_is() -> None:
    event = one(item(message={"mid": "m_1", "text": "\u202ecoffee\u202c\u0000 in\nCaf\u00e9 \ud83d\ude00"}))
    assert event.body["text"] == "coffee in\nCaf\u00e9 \U0001f600"


def test_half_a_surrogate_is_replaced() -> None:
    body = json.dumps(
        {"object": "page", "entry": [{"id": PAGE, "messaging": [item(message={"mid": "m_1", "text": "X"})]}]}
    )
    found = parse(body.replace('"X"', r'"a\ud83d b"').encode(), {PAGE: APP})
    assert found.events[0].body["text"] == "a\ufffd b"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"object":"page"}',
        b'{"object":"page","entry":{}}',
        b'{"object":"page","entry":[NaN]}',
        b'{"object":"page","entry":' + b"[" * 100_000,
        b'{"object":"page","entry":[{"id":' + b"9" * 5_000 + b"}]}",
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedWebhook):
        parse(body, {PAGE: APP})


@pytest.mark.parametrize("name", ["instagram", "whatsapp_business_account", "", None, 1])
def test_another_product_is_refused_by_name(name: Any) -> None:
    with pytest.raises(UnknownObject):
        parse(json.dumps({"object": name, "entry": []}).encode(), {PAGE: APP})
