"""What a stranger, a broken network or an odd platform may send: a clear status, a count, nothing lost, an answer.

Body and signature of the vector were published with the platform's description (reference on webhooks, signature).
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.counterparts import graph
from tests.counterparts.service import World, deployed, wait_for

PAGE = "102030405060708"
NOW_MS = 1_789_000_000_111
VECTOR = (
    rb'{"object":"page","entry":[{"id":"102030405060708","time":1789000000500,"messaging":[{"sender":{"id":'
    rb'"6001002003004005"},"recipient":{"id":"102030405060708"},"timestamp":1789000000111,"message":{"mid":"m_ref-1",'
    rb'"text":"\u00e4\u00f6\u00e5 \/ 10\u0025"}}]}]}'
)
VECTOR_SIGNATURE = "sha256=a85d65326dd92d3b3238b366459db2079d407f39220f6ae375177aa16421caa6"
LIMIT = 4 * 1024 * 1024
REFUSED, DROPPED = "offhold_webhook_refused_total", "offhold_events_dropped_total"
_numbers = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service on the vector's Page and day, for all tests: each is another person."""
    with deployed(tmp_path_factory.mktemp("bad-input")) as world:
        world.service.more["CHANNELS__MESSENGER__PAGE_ID"] = PAGE
        now = datetime.fromtimestamp(NOW_MS / 1000, UTC)
        (world.service.folder / "clock").write_text(now.isoformat())
        world.service.start()
        yield world


@pytest.fixture
def psid() -> str:
    return str(6_001_002_003_005_000 + next(_numbers))


def event(psid: Any, at: Any = NOW_MS, page: Any = PAGE, **what: Any) -> dict[str, Any]:
    return {"sender": {"id": psid}, "recipient": {"id": page}, "timestamp": at, **what}


def message(psid: Any, text: Any = "hello", mid: Any = None, **more: Any) -> dict[str, Any]:
    return event(psid, message={"mid": mid or f"m_{next(_numbers)}", "text": text}, **more)


def envelope(*events: Any, page: Any = PAGE, **more: Any) -> dict[str, Any]:
    entries = [{"id": page, "time": NOW_MS, "messaging": [one]} for one in events]
    return {"object": "page", "entry": entries, **more}


def post(world: World, body: bytes, headers: dict[str, str] | None = None) -> int:
    address = f"{world.service.url}/channels/messenger/webhook"
    given = graph.signed(body) if headers is None else headers
    response = graph.HTTP.post(address, content=body, headers=given)
    assert response.status_code == 200 or response.content == b"", "a refusal tells nothing"
    return response.status_code


def said(world: World, psid: str, number: int = 1) -> list[str]:
    """What the person was told: so many messages within 30 seconds, and no more of them."""
    wait_for(lambda: len(world.graph.texts(psid)) >= number)
    wait_for(world.service.settled)
    texts = world.graph.texts(psid)
    assert len(texts) == number, texts
    return texts


class Counts:
    """How far a metric moved since this was made."""

    def __init__(self, world: World, name: str, **labels: str) -> None:
        self._read = lambda: world.service.metric(name, **labels)
        self._before = self._read()

    def moved(self) -> float:
        return self._read() - self._before


def raw(world: World, head: str, *pieces: bytes) -> int:
    """Speak HTTP by hand; the status, as soon as it is there."""
    with socket.create_connection(("127.0.0.1", urlsplit(world.service.url).port or 0), timeout=10) as connection:
        start = f"POST /channels/messenger/webhook HTTP/1.1\r\nHost: offhold\r\n{head}\r\n\r\n"
        connection.sendall(start.encode("latin-1"))
        for piece in pieces:
            connection.sendall(piece)
        return int(connection.recv(64).split()[1])


# Refused whole


def _unsigned(_body: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json"}


def _sha1_alone(_body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": "sha1=4b8e4a0e4e4b9f0e7b8f9d1c2a3b4c5d6e7f8091"}


def _forged(body: bytes) -> dict[str, str]:
    return graph.signed(body, "another-secret")


def _of_another_body(_body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": VECTOR_SIGNATURE}


def _upper_case(body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": graph.signed(body)["X-Hub-Signature-256"].upper()}


def _twice_in_one(body: bytes) -> dict[str, str]:
    value = graph.signed(body)["X-Hub-Signature-256"]
    return {"X-Hub-Signature-256": f"{value}, {value}"}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (_unsigned, "unsigned"),
        (_sha1_alone, "unsigned"),
        (_forged, "signature"),
        (_of_another_body, "signature"),
        (_upper_case, "signature"),
        (_twice_in_one, "signature"),
    ],
)
def test_what_the_platform_did_not_sign_is_refused_and_the_real_message_answered(
    world: World, psid: str, headers: Any, reason: str
) -> None:
    refused, accepted = Counts(world, REFUSED, reason=reason), Counts(world, "offhold_inbox_accepted_total")
    body = graph.on_the_wire(envelope(message(psid)))
    assert post(world, body, headers(body)) == 403
    assert (refused.moved(), accepted.moved()) == (1, 0)
    assert post(world, body) == 200
    said(world, psid)


def test_the_published_vector_is_accepted_and_answered(world: World) -> None:
    headers = {"X-Hub-Signature-256": VECTOR_SIGNATURE, "Content-Type": "application/json"}
    assert post(world, VECTOR, headers) == 200
    said(world, "6001002003004005")


def test_the_vector_parsed_and_written_again_is_refused(world: World) -> None:
    refused = Counts(world, REFUSED, reason="signature")
    again = json.dumps(json.loads(VECTOR), separators=(",", ":")).encode()
    assert post(world, again, {"X-Hub-Signature-256": VECTOR_SIGNATURE}) == 403
    assert refused.moved() == 1


@pytest.mark.parametrize("encoding", ["gzip", "identity", "br"])
def test_an_encoded_body_is_refused_unread(world: World, psid: str, encoding: str) -> None:
    refused = Counts(world, REFUSED, reason="encoding")
    body = graph.on_the_wire(envelope(message(psid)))
    assert post(world, body, {**graph.signed(body), "Content-Encoding": encoding}) == 415
    assert refused.moved() == 1
    assert post(world, body) == 200
    said(world, psid)


def test_a_length_over_the_limit_is_refused_before_the_body_is_sent(world: World) -> None:
    refused = Counts(world, REFUSED, reason="too-large")
    assert raw(world, f"Content-Length: {LIMIT + 1}") == 413
    assert refused.moved() == 1


def test_a_body_that_grows_over_the_limit_is_refused(world: World, psid: str) -> None:
    refused = Counts(world, REFUSED, reason="too-large")
    chunk = b"%x\r\n%s\r\n" % (2**16, b" " * 2**16)
    assert raw(world, "Transfer-Encoding: chunked", *[chunk] * (LIMIT // 2**16), b"1\r\n \r\n") == 413
    assert refused.moved() == 1


def test_a_body_of_the_limit_is_taken_chunked_or_not(world: World, psid: str) -> None:
    body = graph.on_the_wire(envelope(message(psid)))
    padded = body + b" " * (LIMIT - len(body))
    assert post(world, padded) == 200
    signature = graph.signed(padded)["X-Hub-Signature-256"]
    head = f"Transfer-Encoding: chunked\r\nX-Hub-Signature-256: {signature}"
    assert raw(world, head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(padded), padded)) == 200
    said(world, psid)


@pytest.mark.parametrize(
    "length", ["-1", "1e3", "12 34", "\xb2", "9" * 400], ids=["negative", "float", "two", "exponent", "huge"]
)
def test_a_length_that_is_none_is_refused(world: World, length: str) -> None:
    assert raw(world, f"Content-Length: {length}") in (400, 413)
    assert graph.HTTP.get(f"{world.service.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"\x00\xff\xfe binary \x80 junk" * 50,
        b'\xef\xbb\xbf{"object":"page","entry":[]}',
        b'{"object":"page","entry":[{"id":"102030405060708","time":NaN}]}',
        b'{"object":"page","entry":' + b"1" * 5_000 + b"}",
        b'{"object":"page","entry":{}}',
        b'{"object":"page"}',
        b"[]",
        b"[" * 200_000 + b"]" * 200_000,
        b'{"object":"page","entry":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    ],
    ids="empty cut words junk bom nan digits object missing list deep deep-objects".split(),
)
def test_what_is_no_envelope_is_refused(world: World, body: bytes) -> None:
    refused = Counts(world, REFUSED, reason="malformed")
    assert post(world, body) == 400
    assert refused.moved() == 1


@pytest.mark.parametrize("name", ["instagram", "whatsapp_business_account", "user", "", 1, None])
def test_another_product_is_not_found(world: World, name: Any) -> None:
    refused = Counts(world, REFUSED, reason="unknown-object")
    assert post(world, graph.on_the_wire({"object": name, "entry": []})) == 404
    assert refused.moved() == 1


def test_a_verification_with_another_token_is_refused(world: World) -> None:
    refused = Counts(world, REFUSED, reason="verify")
    asked = {"hub.mode": "subscribe", "hub.challenge": "007", "hub.verify_token": "guess"}
    address = f"{world.service.url}/channels/messenger/webhook"
    assert graph.HTTP.get(address, params=asked).status_code == 403
    assert refused.moved() == 1
    right = graph.HTTP.get(address, params=asked | {"hub.verify_token": graph.VERIFY})
    assert (right.status_code, right.text) == (200, "007")


# Dropped alone: the good beside it is answered


_NESTED: Any = json.loads('{"a":' * 400 + "1" + "}" * 400)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"sender": {"id": "1"}, "recipient": {"id": PAGE}, "timestamp": NOW_MS, "new_thing": {}}, "unknown"),
        ("text", "malformed"),
        (None, "malformed"),
        ([], "malformed"),
        ({}, "unknown"),
        ({"message": {"mid": "m", "text": "x"}}, "malformed"),
        (event("", message={"mid": "m_a", "text": "x"}), "malformed"),
        (event({"id": "1"}, message={"mid": "m_b", "text": "x"}), "malformed"),
        (event("1", page="99", message={"mid": "m_c", "text": "x"}), "malformed"),
        (event("1", at="yesterday", message={"mid": "m_d", "text": "x"}), "malformed"),
        (event("1", at=-5, message={"mid": "m_e", "text": "x"}), "malformed"),
        (event("1", at=10**30, message={"mid": "m_f", "text": "x"}), "malformed"),
        (event("1" * 5_000, message={"mid": "m_g", "text": "x"}), "malformed"),
        (event("1", read={"watermark": 1}), "read"),
        (event("1", delivery={"mids": ["m"], "watermark": 1}), "delivery"),
        (event("1", optin={"ref": "x"}), "optin"),
    ],
)
def test_a_bad_event_is_counted_and_the_good_one_beside_it_answered(
    world: World, psid: str, bad: Any, kind: str
) -> None:
    dropped = Counts(world, DROPPED, kind=kind)
    assert post(world, graph.on_the_wire(envelope(bad, message(psid), bad))) == 200
    assert dropped.moved() == 2
    said(world, psid)


def test_another_pages_events_are_counted_and_not_answered(world: World, psid: str) -> None:
    dropped = Counts(world, DROPPED, kind="unknown-page")
    stranger = "7" + psid[1:]
    body = envelope(message(psid))
    body["entry"].append({"id": "999", "time": NOW_MS, "messaging": [message(stranger, page="999")]})
    assert post(world, graph.on_the_wire(body)) == 200
    assert dropped.moved() == 1
    said(world, psid)
    assert world.graph.texts(stranger) == []


def test_nesting_within_a_message_does_no_harm(world: World, psid: str) -> None:
    deep = event(psid, referral={"ref": "x", "source": _NESTED})
    assert post(world, graph.on_the_wire(envelope(deep))) == 200
    said(world, psid)


# Odd, but a person is waiting


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u0631\u062d\u0628\u0627 \u0643\u0645 \u0623\u0646\u0641\u0642\u062a",
        "\u202egnol woh\u202c",
        "\u200b\u200d\u2060\ufeff",
        "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd",
        "   \t\n ",
        "",
        "x" * 10_000,
        "how much did I spend on coffee " * 330,
        "\x00\x01\x1b[31m\x7f\x9f",
        "'; drop table inbox; --",
        "{{7*7}} {% raw %} ${7*7} %s %n",
        "\ud83d half a pair",
        "a\u0301" * 2_000,
        "9" * 5_000,
    ],
    ids=(
        "rtl override zero-width emoji blank empty long long-question controls sql template surrogate marks digits"
    ).split(),
)
def test_whatever_is_said_is_answered_once(world: World, psid: str, text: str) -> None:
    accepted = Counts(world, "offhold_inbox_accepted_total")
    assert post(world, graph.on_the_wire(envelope(message(psid, text)))) == 200
    assert accepted.moved() == 1
    said(world, psid)


@pytest.mark.parametrize("text", [7, None, True, ["a"], {"a": 1}], ids=repr)
def test_a_text_that_is_none_is_answered(world: World, psid: str, text: Any) -> None:
    assert post(world, graph.on_the_wire(envelope(message(psid, text)))) == 200
    said(world, psid)


def test_two_people_interleaved_in_a_batch_are_answered_apart_and_in_order(world: World, psid: str) -> None:
    other = "8" + psid[1:]
    words = ["hello", "thanks", "help"]
    events = [message(who, text, at=NOW_MS + at) for at, text in enumerate(words) for who in (psid, other)]
    assert post(world, graph.on_the_wire(envelope(*events))) == 200
    mine, theirs = said(world, psid, 3), said(world, other, 3)
    assert mine == theirs and len(set(mine)) == 3


def test_a_replayed_body_is_counted_and_answered_once(world: World, psid: str) -> None:
    twice, accepted = Counts(world, "offhold_inbox_duplicate_total"), Counts(world, "offhold_inbox_accepted_total")
    body = graph.on_the_wire(envelope(message(psid)))
    assert [post(world, body) for _ in range(3)] == [200, 200, 200]
    assert (accepted.moved(), twice.moved()) == (1, 2)
    said(world, psid)


def test_the_same_mid_many_times_at_once_is_answered_once(world: World, psid: str) -> None:
    twice, accepted = Counts(world, "offhold_inbox_duplicate_total"), Counts(world, "offhold_inbox_accepted_total")
    body = graph.on_the_wire(envelope(message(psid)))
    together, statuses = threading.Barrier(8), []

    def deliver() -> None:
        together.wait()
        statuses.append(post(world, body))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert (accepted.moved(), twice.moved()) == (1, 7)
    said(world, psid)


def test_numbers_as_ids_are_read_to_the_last_digit(world: World, psid: str) -> None:
    person = 9_007_199_254_740_993 + next(_numbers)  # beyond 2^53: a float would lose it
    body = envelope(message(person, mid=next(_numbers), page=int(PAGE)), page=int(PAGE))
    assert post(world, graph.on_the_wire(body)) == 200
    said(world, str(person))


@pytest.mark.parametrize("at", [NOW_MS // 1000, str(NOW_MS // 1000), str(NOW_MS)])
def test_seconds_and_digits_in_a_string_are_times(world: World, psid: str, at: Any) -> None:
    assert post(world, graph.on_the_wire(envelope(message(psid, "hello", at=at)))) == 200
    [text] = said(world, psid)
    assert post(world, graph.on_the_wire(envelope(message(psid, "hello", at=NOW_MS - 25 * 3_600_000)))) == 200
    assert said(world, psid, 2)[1] != text, "a day-old message is answered otherwise"


@pytest.mark.parametrize(
    "what",
    [
        {"postback": {"mid": "m_p1", "payload": "\ud800" * 10}},
        {"message": {"mid": "m_q1", "text": "x", "quick_reply": {"payload": "v1.\ud800.a.b.c"}}},
        {"account_linking": {"status": "linked", "authorization_code": "\ud800\udfff\ud800"}},
        {"account_linking": {"status": "linked"}},
        {"message": {"mid": "\ud800", "text": "hello"}},
        {"message": {"text": "hello"}},
        {"message": {}},
    ],
    ids="postback quick-reply code no-code mid no-mid nothing".split(),
)
def test_lone_surrogates_and_missing_parts_are_answered(world: World, psid: str, what: dict[str, Any]) -> None:
    assert post(world, graph.on_the_wire(envelope(event(psid, **what)))) == 200
    [text] = said(world, psid)
    assert "wrong on our side" not in text
