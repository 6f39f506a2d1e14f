"""Who looked at my data? Understood in many words, answered with who, when, why, what and the proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.counterparts.log import KEYS, LogScene

from offhold.accesslog import leaves
from offhold.accesslog.looks import looks
from offhold.dialogue import decide
from offhold.language.commands import Intent
from offhold.language.understand import understand
from offhold.model.access import Actor, Look, Looked
from offhold.model.message import Conversation, Disclosure, Turn, TurnKind

ASKED = (
    "who looked at my data?",
    "Who has looked at my data",
    "who's been looking at my account",
    "who saw my transactions?",
    "who has seen my data",
    "who accessed my account?",
    "who can see my data",
    "who has access to my data",
    "who read my payments",
    "who else has viewed my account",
    "did anyone look at my data?",
    "has anybody accessed my account",
    "show me the access log",
    "my access history",
    "access log",
)
NOT_ASKED = (
    "who did I pay last month?",
    "who paid me in March",
    "what did I spend at Look Optical",
    "how much did I spend at Data Cafe",
    "show my transactions",
    "look at my account balance",
    "somebody accessed my account!",
    "did anyone pay me",
)


@pytest.mark.parametrize("text", ASKED)
def test_the_question_is_understood(text: str) -> None:
    (meant,) = understand(text, date(2026, 3, 18), "en-GB")
    assert meant.intent is Intent.looks


@pytest.mark.parametrize("text", NOT_ASKED)
def test_other_questions_stay_what_they_are(text: str) -> None:
    assert all(meant.intent is not Intent.looks for meant in understand(text, date(2026, 3, 18), "en-GB"))


def _turn(disclosure: Disclosure = Disclosure.open, linked: bool = True) -> Turn:
    now = datetime(2026, 3, 18, 12, tzinfo=ZoneInfo("America/Los_Angeles"))
    return Turn("1", TurnKind.text, ASKED[0], now, "en-US", "Least Bank", linked, disclosure)


def _look(number: int, actor: Actor = Actor.customer, **more: object) -> Look:
    told = {"act": "read", "data": ("accounts", "transactions"), "allowed": True, **more}
    return Look(number, f"{number:08x}", 1_773_860_400_000, actor, **told)  # type: ignore[arg-type]


def test_the_reply_says_who_when_why_what_and_the_proof() -> None:
    first = decide(_turn(), Conversation(), None)
    assert first.looks and not first.replies
    found = (
        _look(9, Actor.agent),
        _look(8),
        _look(7, allowed=False),
        _look(2, act="consent.offer", data=("accounts",)),
    )
    (reply,) = decide(_turn(), Conversation(), Looked(found)).replies
    for said in ("4 times", "one of our staff", "18 March 12:00", "accounts and transactions", "line 9, 00000009"):
        assert said in reply.text
    for said in ("this bot", "to answer you", "refused", "to list them for your choice", "line 2, 00000002"):
        assert said in reply.text
    assert reply.personal


def test_consents_are_no_looks_and_nobody_is_said_so() -> None:
    (reply,) = decide(_turn(), Conversation(), Looked((_look(1, act="consent.give", data=()),))).replies
    assert reply.key == "looks.none"


def test_the_newest_five_are_shown() -> None:
    found = tuple(_look(number) for number in range(12, 0, -1))
    (reply,) = decide(_turn(), Conversation(), Looked(found)).replies
    assert re.findall(r"line (\d+)", reply.text) == ["12", "11", "10", "9", "8"] and "12 times" in reply.text


def test_in_sealed_mode_the_line_is_always_the_same() -> None:
    decision = decide(_turn(Disclosure.sealed), Conversation(), None)
    assert not decision.looks and [reply.key for reply in decision.replies] == ["looks.sealed"]
    assert not re.search(r"\d", decision.replies[0].text)


def test_who_is_not_linked_is_offered_to_link() -> None:
    decision = decide(_turn(linked=False), Conversation(), None)
    assert not decision.looks and decision.replies[0].key == "link.offer"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[LogScene]:
    made = LogScene(tmp_path)
    yield made
    made.stop()


def test_looks_of_agents_jobs_and_operators_are_leaves_of_one_shape(scene: LogScene) -> None:
    for actor in Actor:
        scene.append("cust", actor=actor.value, req=actor.value)
        scene.append("cust", act="read.outcome", actor=actor.value, req=actor.value, rows=7)
    history = scene.do(lambda c: leaves.history(c, KEYS, "cust"))
    found = tuple(looks(history))
    assert [look.actor for look in found] == list(reversed(Actor))
    assert {(look.rows, look.act, look.allowed) for look in found} == {(7, "read", True)}
    assert [look.proof for look in found] == [leaf.commitment.hex()[:8] for leaf in reversed(history[::2])]
    assert [look.number for look in found] == [7, 5, 3, 1]
