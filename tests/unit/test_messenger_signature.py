"""Verification, signature and the envelope's edges. The vector was published with the platform's description."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256

import pytest

from offhold.channels.messenger.webhook import challenge, signature_holds

SECRET = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
BODY = (
    rb'{"object":"page","entry":[{"id":"102030405060708","time":1789000000500,"messaging":[{"sender":{"id":'
    rb'"6001002003004005"},"recipient":{"id":"102030405060708"},"timestamp":1789000000111,"message":{"mid":"m_ref-1",'
    rb'"text":"\u00e4\u00f6\u00e5 \/ 10\u0025"}}]}]}'
)
HEADER = b"sha256=a85d65326dd92d3b3238b366459db2079d407f39220f6ae375177aa16421caa6"


def sign(body: bytes, secret: str = SECRET) -> bytes:
    return b"sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest().encode()


def test_the_published_vector_holds() -> None:
    assert len(BODY) == 255
    assert signature_holds([HEADER], BODY, [SECRET])


@pytest.mark.threat(60)
def test_a_body_parsed_and_written_again_does_not() -> None:
    again = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    assert sign(again).startswith(b"sha256=9df732b9")
    assert not signature_holds([HEADER], again, [SECRET])


def test_the_key_is_the_secret_as_shown_not_unhexed() -> None:
    unhexed = b"sha256=" + hmac.new(bytes.fromhex(SECRET), BODY, sha256).hexdigest().encode()
    assert not signature_holds([unhexed], BODY, [SECRET])


def test_both_secrets_hold_while_they_rotate_and_no_third() -> None:
    new = "0" * 32
    for secret in (SECRET, new):
        assert signature_holds([sign(BODY, secret)], BODY, [new, SECRET])
    assert not signature_holds([sign(BODY, "1" * 32)], BODY, [new, SECRET])


@pytest.mark.threat(60)
@pytest.mark.parametrize(
    "values",
    [
        [],
        [HEADER, HEADER],
        [HEADER + b", " + HEADER],
        [b" " + HEADER],
        [HEADER + b" "],
        [HEADER + b"\n"],
        [HEADER.upper()],
        [HEADER.replace(b"sha256=", b"SHA256=")],
        [HEADER.removeprefix(b"sha256=")],
        [b"sha1=" + hmac.new(SECRET.encode(), BODY, "sha1").hexdigest().encode()],
        [HEADER[:-1]],
        [HEADER[:-1] + b"0"],
        [b"sha256=" + b"\xe4" * 64],
        [b""],
    ],
)
def test_any_other_header_is_refused(values: list[bytes]) -> None:
    assert not signature_holds(values, BODY, [SECRET])


QUERY = (("hub.mode", "subscribe"), ("hub.challenge", "1158201444"), ("hub.verify_token", "vt"))


@pytest.mark.parametrize("asked", ["1158201444", "007", "CHALLENGE_ACCEPTED", "a.b-c_D", "9" * 256])
def test_the_challenge_comes_back_as_it_came(asked: str) -> None:
    query = [(name, asked if name == "hub.challenge" else value) for name, value in reversed(QUERY)]
    assert challenge(query, "vt") == (200, asked)


@pytest.mark.parametrize(
    ("name", "value"),
    [("hub.verify_token", "other"), ("hub.verify_token", "v\u00e4\ud800"), ("hub.mode", "unsubscribe")],
)
def test_a_wrong_token_or_mode_is_forbidden(name: str, value: str) -> None:
    assert challenge([(key, value if key == name else given) for key, given in QUERY], "vt") == (403, "")


@pytest.mark.threat(61)
@pytest.mark.parametrize("asked", ["", "9" * 257, "<b>", "a b", "a\n", "\u0661"])
def test_an_odd_challenge_is_refused(asked: str) -> None:
    query = [(name, asked if name == "hub.challenge" else value) for name, value in QUERY]
    assert challenge(query, "vt") == (400, "")


@pytest.mark.parametrize("name", [name for name, _ in QUERY])
def test_a_parameter_missing_or_repeated_is_refused(name: str) -> None:
    assert challenge([pair for pair in QUERY if pair[0] != name], "vt") == (400, "")
    assert challenge([*QUERY, *(pair for pair in QUERY if pair[0] == name)], "vt") == (400, "")
