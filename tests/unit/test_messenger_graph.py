"""The Graph client against answers of every kind, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx2
import pytest

from offhold.channels.messenger.graph import GraphClient
from offhold.channels.port import SendOutcome, SendResult
from offhold.config import MessengerSettings
from offhold.errors import LinkRefused

SECRET, TOKEN, PAGE = "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "EAAreftoken", "1020304"
PROOF = "020c06a18c112e86ceec18190ce4bd1439ad3b8b9e670511787f8e6ff33fc61e"
BODY = {"recipient": {"id": "6001"}, "messaging_type": "RESPONSE", "message": {"text": "hi", "metadata": "ob_1"}}
YES = {"recipient_id": "6001", "message_id": "m_1"}
SETTINGS = MessengerSettings.model_validate(
    {"app_id": "1", "app_secret": SECRET, "verify_token": "v", "page_id": PAGE, "page_token": TOKEN}
)


class Wire:
    """A transport that notes requests and answers from a list, the last answer for ever; its clock is set by hand."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.requests: list[httpx2.Request] = []
        self.answers = list(answers)
        self.now = 1_000.0
        self.client = GraphClient(
            httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer)), SETTINGS, lambda: self.now
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send(self) -> SendOutcome:
        return run(lambda: self.client.send(BODY))


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(work())


def answered(body: Any, status: int = 200, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, content=body if isinstance(body, bytes) else json.dumps(body), headers=named)


def error(code: int, subcode: int = 0, status: int = 400, **headers: str) -> httpx2.Response:
    envelope = {"message": "quotes the input", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return answered({"error": envelope | ({"error_subcode": subcode} if subcode else {})}, status, **headers)


def test_every_call_has_version_bearer_and_the_published_proof() -> None:
    wire = Wire(answered(YES))
    wire.send()
    (request,) = wire.requests
    assert str(request.url).startswith(f"https://graph.facebook.com/v26.0/{PAGE}/messages?")
    assert dict(request.url.params) == {"appsecret_proof": PROOF}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(request.content) == BODY


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (answered(YES), SendResult.sent),
        (answered({"recipient_id": "6001"}), SendResult.sent),
        (error(10, 2018278), SendResult.window_closed),
        (error(10, 2018278, status=200), SendResult.window_closed),
        (error(1, 1357046, status=500), SendResult.sent),
        (error(551, status=500), SendResult.unreachable),
        (answered({"error": {"code": "10"}}, 400), SendResult.rejected),
        (answered(b"", 502), SendResult.retry),
        (answered(b"<html>", 503), SendResult.retry),
        (answered(b"", 200), SendResult.unknown),
        (answered(b"[]", 200), SendResult.unknown),
        (answered(b"[" * 100_000, 200), SendResult.unknown),
        (answered(b"", 404), SendResult.unknown),
        (httpx2.ConnectError("x"), SendResult.retry),
        (httpx2.ConnectTimeout("x"), SendResult.retry),
        (httpx2.PoolTimeout("x"), SendResult.retry),
        (httpx2.ReadTimeout("x"), SendResult.unknown),
        (httpx2.WriteError("x"), SendResult.unknown),
        (httpx2.RemoteProtocolError("x"), SendResult.unknown),
    ],
)
def test_the_body_counts_before_the_status_and_silence_is_unknown(
    answer: httpx2.Response | Exception, result: SendResult
) -> None:
    outcome = Wire(answer).send()
    assert outcome.result is result
    assert "quotes" not in outcome.detail


def test_a_rate_limit_holds_the_whole_page_for_as_long_as_told() -> None:
    usage = json.dumps({"1": [{"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": 3}]})
    wire = Wire(error(613, X_Business_Use_Case_Usage=usage), answered(YES))
    assert wire.send() == SendOutcome(SendResult.wait, 180, "613-0")
    wire.now += 179.5
    assert wire.send() == SendOutcome(SendResult.wait, 1, "613-0")
    assert len(wire.requests) == 1
    wire.now += 1
    assert wire.send().result is SendResult.sent and len(wire.requests) == 2


@pytest.mark.threat(71)
@pytest.mark.parametrize("code", [4, 190])
def test_without_a_word_it_waits_a_minute_doubling_to_half_an_hour_and_starts_anew(code: int) -> None:
    wire = Wire(*[error(code)] * 7, answered(YES), error(code))
    waits = []
    for _ in range(7):
        waits.append(wire.send().retry_after_s)
        wire.now += waits[-1] or 0
    assert waits == [60, 120, 240, 480, 960, 1800, 1800]
    assert wire.send().result is SendResult.sent
    assert wire.send().retry_after_s == 60


def test_what_concerns_one_message_holds_nobody_back() -> None:
    wire = Wire(error(10, 2018278), error(100), error(551), answered(YES))
    assert [wire.send().result.value for _ in range(4)] == ["window-closed", "rejected", "unreachable", "sent"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X_App_Usage": '{"call_count":75,"total_time":1}'},
        {"X_App_Usage": '{"call_count":1,"total_cputime":80}'},
        {"X_Business_Use_Case_Usage": '{"1":[{"type":"messenger","total_time":90}]}'},
    ],
)
def test_typing_is_left_out_while_calls_are_scarce(headers: dict[str, str]) -> None:
    wire = Wire(answered(YES, **headers), answered(YES))
    wire.send()
    run(lambda: wire.client.typing("6001"))
    assert len(wire.requests) == 1
    wire.send()
    run(lambda: wire.client.typing("6001"))
    assert json.loads(wire.requests[-1].content) == {"recipient": {"id": "6001"}, "sender_action": "typing_on"}


def test_typing_is_left_out_while_the_page_is_held() -> None:
    wire = Wire(error(190), answered(YES))
    wire.send()
    run(lambda: wire.client.typing("6001"))
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "header", ["", "x", "[]", "1", '{"1":1}', '{"1":[1]}', '{"1":[{"estimated_time_to_regain_access":"soon"}]}']
)
def test_a_usage_header_of_another_shape_is_nothing(header: str) -> None:
    wire = Wire(error(4, X_Business_Use_Case_Usage=header, X_App_Usage=header))
    assert wire.send().retry_after_s == 60


@pytest.mark.parametrize("answer", [httpx2.ReadTimeout("x"), error(190), answered(b"", 500)])
def test_typing_that_fails_is_of_no_consequence(answer: httpx2.Response | Exception) -> None:
    run(lambda: Wire(answer).client.typing("6001"))


def test_a_linking_token_names_its_person_on_our_page_only() -> None:
    wire = Wire(answered({"id": PAGE, "recipient": "6001"}), answered({"id": "999", "recipient": "6001"}))
    assert run(lambda: wire.client.psid_of("ALT")) == "6001"
    assert wire.requests[0].url.params["account_linking_token"] == "ALT"
    with pytest.raises(LinkRefused, match="link-expired"):
        run(lambda: wire.client.psid_of("ALT"))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error(10303), "link-expired"),
        (answered({"id": PAGE, "recipient": 6001}), "link-expired"),
        (answered(b"", 503), "platform-away"),
        (httpx2.ConnectError("x"), "platform-away"),
    ],
)
def test_a_linking_token_that_tells_nothing_is_refused(answer: httpx2.Response | Exception, code: str) -> None:
    with pytest.raises(LinkRefused) as refused:
        run(lambda: Wire(answer).client.psid_of("ALT"))
    assert refused.value.code == code


def apps(app_id: str, *fields: str) -> httpx2.Response:
    return answered({"data": [{"id": "2", "subscribed_fields": ["feed"]}, {"id": app_id, "subscribed_fields": fields}]})


@pytest.mark.parametrize("held", [apps("1", "a"), apps("2", "a", "b"), answered({"data": []}), error(2), answered(b"")])
def test_a_subscription_that_lacks_a_field_is_made_again(held: httpx2.Response) -> None:
    wire = Wire(held, answered({"success": "true"}))
    assert run(lambda: wire.client.subscribe(frozenset("ab")))
    assert [request.method for request in wire.requests] == ["GET", "POST"]
    assert wire.requests[1].url.path == f"/v26.0/{PAGE}/subscribed_apps"
    assert dict(wire.requests[1].url.params) == {"appsecret_proof": PROOF, "subscribed_fields": "a,b"}


def test_a_subscription_that_stands_is_left_alone() -> None:
    wire = Wire(apps("1", "b", "a", "c"))
    assert run(lambda: wire.client.subscribe(frozenset("ab"))) and len(wire.requests) == 1


@pytest.mark.parametrize("answer", [error(190), answered(b"", 404), answered({"data": "x"}), httpx2.ConnectError("x")])
def test_a_subscription_that_cannot_be_had_is_said(answer: httpx2.Response | Exception) -> None:
    assert not run(lambda: Wire(answer).client.subscribe(frozenset("ab")))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (answered({"result": "unlink account success"}), True),
        (error(100, 2018001), True),
        (answered(b"", 404), True),
        (error(190), False),
        (error(2), False),
        (answered(b"", 502), False),
        (httpx2.ReadTimeout("x"), False),
    ],
)
def test_unlinking_is_tried_again_only_where_that_may_help(answer: httpx2.Response | Exception, told: bool) -> None:
    wire = Wire(answer)
    assert run(lambda: wire.client.unlink("6001")) is told
    assert json.loads(wire.requests[0].content) == {"psid": "6001"}
    assert wire.requests[0].url.path == "/v26.0/me/unlink_accounts"
