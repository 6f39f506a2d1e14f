"""Whatever arrives or is to be said, Messenger's parser and renderer keep their promises."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from offhold.channels.messenger import render
from offhold.channels.messenger.webhook import parse
from offhold.channels.port import Event
from offhold.errors import MalformedWebhook, UnknownObject
from offhold.model.message import Choice, Contact, Reply

PAGE, APP = "102", "77"
CONTACT = Contact("messenger", PAGE, "6001")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
part = st.fixed_dictionaries(
    {},
    optional={
        "mid": anything | st.just("m_1"),
        "text": anything | st.text(max_size=80),
        "is_echo": st.booleans(),
        "is_deleted": st.booleans(),
        "quick_reply": anything | st.fixed_dictionaries({"payload": st.text()}),
        "app_id": anything | st.just(APP),
        "metadata": anything,
        "num_edit": anything,
        "status": anything | st.just("linked"),
        "payload": anything,
        "attachments": anything,
    },
)
person = st.just({"id": "6001"}) | st.just({"id": PAGE}) | anything
messaging = st.fixed_dictionaries(
    {"sender": person, "recipient": person},
    optional={
        "timestamp": anything | st.just(1_789_000_000_000),
        **{name: part | anything for name in ("message", "message_edit", "postback", "account_linking", "reaction")},
        **{name: anything for name in ("referral", "order", "optin", "delivery", "policy_enforcement", "new_kind")},
    },
)
items = anything | st.lists(messaging | anything, max_size=4)
entry = st.fixed_dictionaries(
    {"id": st.just(PAGE) | anything},
    optional={"time": anything, "messaging": items, "standby": items, "changes": items},
)
envelope = st.fixed_dictionaries({"object": st.just("page"), "entry": st.lists(entry | anything, max_size=3)})


@given(envelope)
def test_every_object_of_an_envelope_becomes_one_event_or_one_name(value: dict[str, Any]) -> None:
    found = parse(json.dumps(value).encode(), {PAGE: APP})
    assert len(found.events) + len(found.dropped) == sum(map(_objects, value["entry"]))
    for event in found.events:
        _holds(event)
    assert all(re.fullmatch(r"[a-z:_-]+", name) for name in found.dropped)


def _objects(entry: Any) -> int:
    """What an entry stands for: itself where it is refused whole, else the objects in its lists."""
    if not isinstance(entry, dict) or entry.get("id") not in (PAGE, int(PAGE)) or entry["id"] is True:
        return 1
    lists = [entry.get(name, []) for name in ("messaging", "standby", "changes")]
    return sum(len(items) if isinstance(items, list) else 1 for items in lists)


def _holds(event: Event) -> None:
    assert event.contact.page == PAGE and event.contact.address.isascii()
    assert 0 <= event.at_ms < 10**15 and event.key.startswith(event.kind.value)
    json.dumps(dict(event.body)).encode()
    for value in event.body.values():
        assert isinstance(value, str) and len(value) <= 20_000
    _seen(str(event.body.get("text", "")))


@given(st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    with suppress(MalformedWebhook, UnknownObject):
        parse(body, {PAGE: APP})


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400) | st.text(
    st.sampled_from("a1.,! \n\u0301\u200d\ufe0f\U0001f600é"), max_size=400
)


@given(texts, st.integers(2, 60))
def test_split_keeps_the_limit_and_loses_only_white_space(text: str, limit: int) -> None:
    parts = list(render.split(text, limit))
    assert all(len(part.encode("utf-16-le")) // 2 <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    for part in parts:
        part.encode()


@given(texts)
def test_foreign_text_is_short_seen_and_no_link(text: str) -> None:
    made = render.foreign(text)
    assert len(made) <= 40 and made == made.strip() and "\n" not in made
    _seen(made)
    _no_link(made)


hosts = st.from_regex(
    r"(https?://|HTTP://|www\.|ftp://)?[a-z0-9-]{1,10}[.．。｡][a-zа-я]{2,6}(/[a-z]*)?", fullmatch=True
)


@given(st.text(max_size=10), hosts, st.text(max_size=10))
def test_no_address_survives_in_foreign_text(before: str, host: str, after: str) -> None:
    _no_link(render.foreign(f"{before} {host} {after}"))


@given(texts.filter(str.strip), st.lists(st.builds(Choice, st.text(max_size=40), st.text(max_size=600)), max_size=20))
def test_a_reply_is_within_every_limit_of_the_platform(text: str, choices: list[Choice]) -> None:
    bodies = render.render(Reply("x", text, tuple(choices)), CONTACT, "https://b/link", lambda action: action * 2)
    assert 1 <= len(bodies) <= 5
    for body in bodies:
        assert len(body["message"]["text"].encode("utf-16-le")) // 2 <= 2_000
        taps = body["message"].get("quick_replies", [])
        assert len(taps) <= 13
        for tap in taps:
            assert 0 < len(tap["title"].encode("utf-16-le", "surrogatepass")) // 2 <= 20
            assert len(tap["payload"]) <= 1_000
            _seen(tap["title"])


def _seen(text: str) -> None:
    hidden = [char for char in text if char not in "\n\t" and unicodedata.category(char)[0] == "C"]
    assert not hidden, hidden


def _no_link(text: str) -> None:
    assert not re.search(r"(?i)://|\bwww[.。]|[^\W_][.。][^\W\d_]{2}", text), text
