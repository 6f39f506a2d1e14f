"""Manners of a Messenger conversation, against `offhold serve` in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx2
import pytest
from starlette.responses import Response
from tests.counterparts import graph
from tests.counterparts.service import QUESTION, World, deployed, wait_for

COFFEE = "You spent $18.00 on coffee"


def post(world: World, psid: str, at_ms: int | None = None, **what: Any) -> int:
    event = graph.messaging(psid, world.at_ms if at_ms is None else at_ms, **what)
    return graph.post(world.service.url, graph.envelope(event))


@pytest.fixture(scope="module")
def serving_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service for all tests that only talk to it, each as another person."""
    with deployed(tmp_path_factory.mktemp("messenger")) as world:
        world.service.start()
        yield world


@pytest.fixture
def world(serving_all: World) -> World:
    serving_all.graph.answer = lambda _body: None
    return serving_all


_people = count(6001)


@pytest.fixture
def psid() -> str:
    return str(next(_people))


def texts(world: World, psid: str, number: int) -> list[str]:
    """What the person was shown: `number` messages, with none left to come."""
    wait_for(lambda: len(world.graph.texts(psid)) >= number)
    wait_for(world.service.settled)
    shown = world.graph.texts(psid)
    assert len(shown) == number, shown
    return shown


def once(answer: Callable[[dict[str, Any]], Response | None]) -> Callable[[dict[str, Any]], Response | None]:
    """An answer for the first message only."""
    met: list[dict[str, Any]] = []

    def choose(body: dict[str, Any]) -> Response | None:
        met.append(body)
        return answer(body) if len(met) == 1 else None

    return choose


def test_a_lost_subscription_is_taken_up_again(world: World) -> None:
    wait_for(lambda: "messaging_account_linking" in world.graph.subscribed)
    assert {"messages", "messaging_postbacks", "message_edits", "message_echoes"} <= set(world.graph.subscribed)


def test_the_first_words_say_that_a_bot_speaks_and_then_not_for_a_day(counterparts: World) -> None:
    world = counterparts
    world.service.start()
    world.say("6001", QUESTION)
    assert "a program and not a person" in texts(world, "6001", 1)[0]
    world.say("6001", "help")
    assert "not a person" not in texts(world, "6001", 2)[1]
    (world.service.folder / "clock").write_text("2026-03-19T12:30:00-07:00")
    world.at_ms += 88_200_000
    world.say("6001", "help")
    assert "a program and not a person" in texts(world, "6001", 3)[2]


def test_messages_are_answered_in_the_order_they_were_said(world: World, psid: str) -> None:
    world.linked(psid)
    late = graph.message(psid, "thanks", "m_b", world.at_ms + 20)
    early = graph.message(psid, QUESTION, "m_a", world.at_ms + 10)
    assert graph.post(world.service.url, graph.envelope(late, early)) == 200
    shown = texts(world, psid, 3)
    assert COFFEE in shown[1] and shown[2] == "You're welcome."


def test_two_people_in_one_batch_are_answered_apart(world: World, psid: str) -> None:
    both = [graph.message(psid, "thanks", f"m_{psid}", world.at_ms) for psid in (psid, psid + "2")]
    assert graph.post(world.service.url, graph.envelope(*both)) == 200
    assert len(texts(world, psid, 1)) == len(texts(world, psid + "2", 1)) == 1


def test_a_redelivered_message_is_answered_once(world: World, psid: str) -> None:
    before = world.service.metric("offhold_inbox_duplicate_total")
    for _ in range(3):
        assert world.say(psid, "thanks", mid="m_same") == 200
    both = [graph.message(psid, "thanks", "m_same", world.at_ms)] * 2
    assert graph.post(world.service.url, graph.envelope(*both)) == 200
    texts(world, psid, 1)
    assert world.service.metric("offhold_inbox_duplicate_total") == before + 4


def test_linking_told_twice_links_once(world: World, psid: str) -> None:
    code = world.link(psid)
    linking = {"status": "linked", "authorization_code": code}
    assert post(world, psid, account_linking=linking) == 200
    assert "connected" in texts(world, psid, 1)[0]
    assert post(world, psid, account_linking=linking) == 200
    texts(world, psid, 1)


@pytest.mark.threat(68)
def test_a_used_code_in_another_event_changes_nothing_and_says_so(world: World, psid: str) -> None:
    code = world.link(psid)
    linking = {"status": "linked", "authorization_code": code}
    assert post(world, psid, account_linking=linking) == 200
    texts(world, psid, 1)
    assert post(world, psid, world.at_ms + 5_000, account_linking=linking) == 200
    assert texts(world, psid, 2)[1].startswith("You're connected already")
    world.say(psid, QUESTION)
    assert COFFEE in texts(world, psid, 3)[2]


@pytest.mark.threat(67)
def test_the_code_of_another_persons_chat_does_not_link(world: World, psid: str) -> None:
    code = world.link(psid)
    linking, asked = {"status": "linked", "authorization_code": code}, len(world.bank.requests)
    assert post(world, psid + "6", account_linking=linking) == 200
    assert "nothing was connected" in texts(world, psid + "6", 1)[0]
    world.say(psid + "6", QUESTION)
    assert "permission" in texts(world, psid + "6", 2)[1]
    assert len(world.bank.requests) == asked
    assert post(world, psid, account_linking=linking) == 200
    assert texts(world, psid, 1)[0].count("Done, you're connected") == 1


@pytest.mark.parametrize("code", ["", "made-up", "\u00e4" * 100])
def test_a_code_that_is_none_of_ours_does_not_link(world: World, psid: str, code: str) -> None:
    assert post(world, psid, account_linking={"status": "linked", "authorization_code": code}) == 200
    assert "nothing was connected" in texts(world, psid, 1)[0]


@pytest.mark.threat(68)
def test_a_code_five_minutes_old_does_not_link(counterparts: World) -> None:
    world = counterparts
    world.service.start()
    code = world.link("6001")
    (world.service.folder / "clock").write_text("2026-03-18T12:05:01-07:00")
    assert post(world, "6001", account_linking={"status": "linked", "authorization_code": code}) == 200
    assert "nothing was connected" in texts(world, "6001", 1)[0]


def test_log_in_tapped_by_someone_linked_changes_nothing_until_it_is_done_anew(world: World, psid: str) -> None:
    world.linked(psid)
    world.graph.linking["ALT-again"] = psid
    page = httpx2.get(
        f"{world.service.url}/link",
        params={"account_linking_token": "ALT-again", "redirect_uri": "https://www.facebook.com/back"},
    )
    assert page.status_code == 303 and page.headers["location"].startswith(world.bank.base)
    world.say(psid, QUESTION)
    assert COFFEE in texts(world, psid, 2)[1]


def test_a_linking_that_was_not_acknowledged_leaves_no_link(counterparts: World) -> None:
    world = counterparts
    world.service.start(FAILPOINTS="accept.before-commit:error")
    code = world.link("6001")
    assert post(world, "6001", account_linking={"status": "linked", "authorization_code": code}) == 503
    world.service.stop()
    world.service.start()
    world.say("6001", QUESTION)
    assert "permission" in texts(world, "6001", 1)[0]


def test_unlinking_here_is_told_to_the_platform_until_it_knows(counterparts: World) -> None:
    world = counterparts
    world.service.start()
    world.linked("6001")
    world.graph.unlink_status = 503
    world.say("6001", "unlink")
    assert "disconnected" in texts(world, "6001", 2)[1]
    wait_for(lambda: world.graph.unlinked == ["6001"])
    world.graph.unlink_status = 200
    (world.service.folder / "clock").write_text("2026-03-18T12:06:00-07:00")
    wait_for(lambda: len(world.graph.unlinked) == 2)
    (world.service.folder / "clock").write_text("2026-03-18T12:30:00-07:00")
    world.say("6001", QUESTION)
    assert "permission" in texts(world, "6001", 3)[2]
    assert world.graph.unlinked == ["6001", "6001"]


def test_unlinking_at_the_platform_ends_the_link(world: World, psid: str) -> None:
    world.linked(psid)
    assert post(world, psid, account_linking={"status": "unlinked"}) == 200
    assert "disconnected" in texts(world, psid, 2)[1]
    world.say(psid, QUESTION)
    assert "permission" in texts(world, psid, 3)[2]


def edited(mid: str, text: str, number: int = 1) -> dict[str, Any]:
    return {"mid": mid, "text": text, "num_edit": number}


def test_an_edit_of_a_waiting_message_is_what_is_answered(counterparts: World) -> None:
    world = counterparts
    world.service.start(FAILPOINTS="lane.claimed:delay=1500@1")
    world.say("6001", "thanks", mid="m_1")
    assert post(world, "6001", message_edit=edited("m_1", "help")) == 200
    assert "Ask me about balances" in texts(world, "6001", 1)[0]


@pytest.mark.threat(69)
def test_an_edit_during_the_turn_is_answered_and_the_old_words_are_not(counterparts: World) -> None:
    world = counterparts
    world.service.start(FAILPOINTS="turn.before-commit:delay=1500@1")
    world.say("6001", "thanks", mid="m_1")
    wait_for(lambda: world.graph.typing)
    assert post(world, "6001", message_edit=edited("m_1", "help")) == 200
    shown = texts(world, "6001", 1)
    assert "Ask me about balances" in shown[0] and "welcome" not in shown[0]


def test_an_edit_of_an_answered_message_is_refused_once(world: World, psid: str) -> None:
    world.say(psid, "thanks", mid="m_1")
    texts(world, psid, 1)
    for number in (1, 2, 3):
        assert post(world, psid, message_edit=edited("m_1", "unlink", number)) == 200
    assert "I only act on new ones" in texts(world, psid, 2)[1]


@pytest.mark.threat(69)
def test_a_message_taken_back_before_its_answer_is_not_answered(counterparts: World) -> None:
    world = counterparts
    world.service.start(FAILPOINTS="turn.before-commit:delay=1500@1")
    world.say("6001", QUESTION, mid="m_1")
    assert post(world, "6001", message={"mid": "m_1", "is_deleted": True}) == 200
    texts(world, "6001", 0)
    world.say("6001", "thanks", mid="m_2")
    assert "welcome" in texts(world, "6001", 1)[0]


def test_an_event_a_day_old_gets_no_figure(world: World, psid: str) -> None:
    world.linked(psid)
    old, asked = world.at_ms - 24 * 3_600_000 - 1, len(world.bank.requests)
    assert post(world, psid, old, message={"mid": "m_1", "text": QUESTION}) == 200
    assert "too old" in texts(world, psid, 2)[1]
    assert len(world.bank.requests) == asked


@pytest.mark.parametrize(
    "what",
    [
        {"message": {"mid": "m_1", "attachments": [{"type": "audio", "payload": {"url": "https://cdn.example/v"}}]}},
        {"message": {"mid": "m_1", "attachments": [{"type": "sticker", "payload": {"sticker_id": 369239263222822}}]}},
        {"message": {"mid": "m_1", "is_unsupported": True}},
        {"message": {"mid": "m_1", "text": "\u200f\u200b"}},
        {"postback": {"title": "Get Started", "payload": "v1.start"}},
        {"postback": {"title": "Old button", "payload": "v1.YXNrOmI.n.1.x"}},
        {"referral": {"ref": "lk_1", "source": "SHORTLINK", "type": "OPEN_THREAD"}},
        {"order": {"products": []}},
        {"message": {"mid": "m_1", "text": "\U0001f600" * 5_000}},
    ],
)
def test_whatever_a_person_sends_is_answered(world: World, psid: str, what: dict[str, Any]) -> None:
    assert post(world, psid, **what) == 200
    assert texts(world, psid, 1)


@pytest.mark.parametrize("answer", [lambda _body: Response("", 200), lambda _body: graph.refusal(1)])
def test_an_echo_is_never_answered_and_settles_a_send_of_unknown_outcome(
    counterparts: World, answer: Callable[[dict[str, Any]], Response]
) -> None:
    """Shown, but we heard nothing, or an error that may come with a message shown: the echo says so."""
    world = counterparts
    world.service.start(LIMITS__ECHO_WAIT_SECONDS="5")
    shown: list[str] = []

    def swallow(body: dict[str, Any]) -> Response | None:
        shown.append(body["message"]["metadata"])
        return answer(body) if len(shown) == 1 else None

    world.graph.answer = swallow
    world.say("6001", "thanks")
    metadata = wait_for(lambda: shown and shown[0])
    message = {"is_echo": True, "app_id": graph.APP_ID, "mid": "m_e", "metadata": metadata, "text": "x"}
    event = {"sender": {"id": graph.PAGE_ID}, "recipient": {"id": "6001"}, "timestamp": world.at_ms, "message": message}
    assert graph.post(world.service.url, graph.envelope(event)) == 200
    wait_for(world.service.settled)
    assert len(shown) == 1


def test_another_applications_echo_settles_nothing(counterparts: World) -> None:
    world = counterparts
    world.service.start(LIMITS__ECHO_WAIT_SECONDS="1")
    met: list[str] = []

    def swallow(body: dict[str, Any]) -> Response | None:
        met.append(body["message"]["metadata"])
        return Response("", 200) if len(met) == 1 else None

    world.graph.answer = swallow
    world.say("6001", "thanks")
    metadata = wait_for(lambda: met and met[0])
    message = {"is_echo": True, "app_id": 263902037430900, "mid": "m_e", "metadata": metadata}
    event = {"sender": {"id": graph.PAGE_ID}, "recipient": {"id": "6001"}, "timestamp": world.at_ms, "message": message}
    assert graph.post(world.service.url, graph.envelope(event)) == 200
    wait_for(world.service.settled)
    assert met == [metadata, metadata], "the same message, once more and no oftener"
    assert world.service.metric("offhold_events_dropped_total", kind="echo-other") == 1


def test_a_closed_window_drops_what_waits_and_the_next_message_is_answered(world: World, psid: str) -> None:
    world.graph.answer = once(lambda _body: graph.refusal(10, 2018278))
    world.say(psid, "thanks")
    wait_for(lambda: world.service.metric("offhold_sends_total", outcome="window-closed") == 1)
    world.say(psid, "help")
    assert "balances" in texts(world, psid, 1)[0]


def test_a_passing_trouble_is_tried_again(world: World, psid: str) -> None:
    world.graph.answer = once(lambda _body: graph.refusal(2))
    world.say(psid, "thanks")
    assert "welcome" in texts(world, psid, 1)[0]
    assert world.service.metric("offhold_sends_total", outcome="retry") == 1


def test_a_dead_token_stops_every_send_of_the_page(counterparts: World) -> None:
    world = counterparts
    world.service.start()
    met: list[str] = []

    def refuse(body: dict[str, Any]) -> Response:
        met.append(body["recipient"]["id"])
        return graph.refusal(190, 460)

    world.graph.answer = refuse
    world.say("6001", "thanks")
    wait_for(lambda: met)
    for psid in ("6002", "6003"):
        world.say(psid, "thanks")
    wait_for(lambda: world.service.metric("offhold_sends_total", outcome="paused") == 3)
    assert met == ["6001"]
    assert "messenger.held" in (world.service.folder / "serve.log").read_text()


def test_policy_enforcement_is_an_alarm_in_the_log(world: World, psid: str) -> None:
    event = {"recipient": {"id": graph.PAGE_ID}, "timestamp": 1, "policy_enforcement": {"action": "block"}}
    entries = [{"id": graph.PAGE_ID, "time": 1, "messaging": [event]}]
    assert graph.post(world.service.url, {"object": "page", "entry": entries}) == 200
    assert world.service.metric("offhold_events_dropped_total", kind="policy_enforcement") == 1
    assert "webhook.alarm" in (world.service.folder / "serve.log").read_text()


def test_who_says_stop_hears_one_more_word_and_then_nothing(world: World, psid: str) -> None:
    world.say(psid, "stop")
    texts(world, psid, 1)
    world.say(psid, QUESTION)
    assert post(world, psid, message={"mid": "m_x", "attachments": [{"type": "image"}]}) == 200
    texts(world, psid, 1)
    world.say(psid, "start")
    texts(world, psid, 2)
