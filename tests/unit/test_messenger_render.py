"""Bodies of the Send API: shapes, limits, and other people's words made harmless."""

from __future__ import annotations

from typing import Any

import pytest

from offhold.channels.messenger.render import foreign, render, split, unlinked
from offhold.model.answer import Answer, AnswerKind, EvidenceRow
from offhold.model.message import Button, Choice, Contact, Reply
from offhold.model.money import Money

CONTACT = Contact("messenger", "1020304", "6001")
LINK = "https://bank.example/link"


def drawn(reply: Reply) -> list[dict[str, Any]]:
    """The messages of a reply; every body is a reply to the person within the window."""
    bodies = render(reply, CONTACT, LINK, lambda action: f"signed:{action}")
    for body in bodies:
        assert body["recipient"] == {"id": "6001"} and body["messaging_type"] == "RESPONSE"
        assert set(body) == {"recipient", "messaging_type", "message"}, "no tag can be produced"
    return [body["message"] for body in bodies]


def rows(count: int, label: str = "Cafe") -> Answer:
    shown = tuple(EvidenceRow(f"{day + 1} Mar 2026", label, Money(450, "USD"), day == 0) for day in range(count))
    return Answer(AnswerKind.money, (Money(450, "USD"),), "You spent $4.50.", rows=shown)


def test_a_text_is_one_text() -> None:
    assert drawn(Reply("thanks", "You're welcome.")) == [{"text": "You're welcome."}]


def test_choices_are_quick_replies_of_twenty_characters_and_a_signed_payload() -> None:
    choices = (Choice("A very long title that goes on", "ask:a"), Choice("Short", "ask:b"))
    (message,) = drawn(Reply("x", "Which?", choices))
    assert message["quick_replies"] == [
        {"content_type": "text", "title": "A very long title", "payload": "signed:ask:a"},
        {"content_type": "text", "title": "Short", "payload": "signed:ask:b"},
    ]


def test_at_most_thirteen_choices_none_empty_none_oversize() -> None:
    many = tuple(Choice(f"Choice {number}", "a") for number in range(20))
    assert len(drawn(Reply("x", "Which?", many))[0]["quick_replies"]) == 13
    odd = (Choice("\u200b", "a"), Choice("Long", "x" * 1_000), Choice("Fine", "a"))
    assert [tap["title"] for tap in drawn(Reply("x", "Which?", odd))[0]["quick_replies"]] == ["Fine"]
    assert "quick_replies" not in drawn(Reply("x", "Which?", odd[:2]))[0]


def test_log_in_is_an_account_link_and_log_out_has_nothing_else() -> None:
    (message,) = drawn(Reply("link.offer", "Tap Log In.", button=Button.log_in))
    assert message["attachment"] == {
        "type": "template",
        "payload": {
            "template_type": "button",
            "text": "Tap Log In.",
            "buttons": [{"type": "account_link", "url": LINK}],
        },
    }
    (message,) = drawn(Reply("x", "Tap.", button=Button.log_out))
    assert message["attachment"]["payload"]["buttons"] == [{"type": "account_unlink"}]


def test_a_button_under_a_long_text_loses_none_of_it() -> None:
    text = "One sentence of some length stands here. " * 40
    messages = drawn(Reply("x", text, (Choice("Yes", "a"),), button=Button.log_in))
    shown = [m["text"] if "text" in m else m["attachment"]["payload"]["text"] for m in messages]
    assert " ".join(shown) == text.strip() and len(messages) == 3
    assert all(len(part) <= 640 for part in shown)
    assert "attachment" in messages[-1] and "quick_replies" in messages[-1]
    assert all(set(message) == {"text"} for message in messages[:-1])


def test_rows_follow_the_figure_ten_at_most_and_the_rest_is_counted() -> None:
    lines = drawn(Reply("x", "You spent $4.50.", answer=rows(12)))[0]["text"].split("\n")
    assert lines[0] == "You spent $4.50." and len(lines) == 12
    assert lines[1] == "• $4.50 Cafe, 1 Mar 2026 (pending)" and lines[2] == "• $4.50 Cafe, 2 Mar 2026"
    assert lines[-1] == "… and 2 more"


def test_a_long_text_is_cut_between_sentences_and_choices_hang_on_its_end() -> None:
    text = "A sentence with $1,234.56 in it. " * 80
    messages = drawn(Reply("x", text, (Choice("Yes", "a"),)))
    assert len(messages) == 2 and " ".join(m["text"] for m in messages) == text.strip()
    assert all(m["text"].endswith("in it.") for m in messages)
    assert ["quick_replies" in m for m in messages] == [False, True]


def test_no_burst_of_more_than_five_and_the_cut_is_seen() -> None:
    messages = drawn(Reply("x", "Words and more words. " * 1_000))
    assert len(messages) == 5
    assert messages[-1]["text"].endswith("…") and len(messages[-1]["text"]) <= 1_800


@pytest.mark.threat(70)
def test_a_merchant_named_like_a_link_is_none_in_figure_or_row() -> None:
    reply = Reply("x", "Did you mean evil.example or http://a.b?", answer=rows(1, "PAY-PAL.evil.com/x"))
    text = drawn(reply)[0]["text"]
    assert "evil.example" not in text and "http://" not in text and ".com" not in text
    assert "$4.50" in text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("STARBUCKS  #12\n SEATTLE", "STARBUCKS #12 SEATTLE"),
        ("https://evil.example/pay", "evil example/pay"),
        ("hxxp+a://evil", "evil"),
        ("www.evil.com", "evil com"),
        ("Amazon.com", "Amazon com"),
        ("evil．com", "evil com"),
        ("evil。com", "evil com"),
        ("пример.рф", "пример рф"),
        ("1.50 coffee", "1.50 coffee"),
        ("St. John", "St. John"),
        ("\u202eeliF\u202c", "eliF"),
        ("a\u200bb\u0000c\ufeffd", "abcd"),
        ("x" * 60, "x" * 40),
        ("ＢＡＮＫ", "BANK"),
        ("\U000e0041\ud800", ""),
    ],
)
def test_foreign_text_is_made_harmless(written: str, shown: str) -> None:
    assert foreign(written) == shown


@pytest.mark.parametrize("text", ["e.g. coffee", "$1,234.56. Next", "1.5 to 2.5", "that's it.No", "3 pm."])
def test_ordinary_words_survive_the_link_breaker_or_lose_a_full_stop_at_most(text: str) -> None:
    assert unlinked(text).replace(" ", "") in (text.replace(" ", ""), text.replace(" ", "").replace(".N", "N"))


def test_a_cut_never_parts_a_letter_from_its_accent_or_a_pair_of_halves() -> None:
    assert list(split("e\u0301" * 3, 3)) == ["e\u0301", "e\u0301", "e\u0301"]
    assert list(split("\U0001f600" * 3, 5)) == ["\U0001f600" * 2, "\U0001f600"]
    family = "\U0001f468\u200d\U0001f469"
    assert list(split("ab" + family, 5)) == ["ab", family]
    assert list(split("e" + "\u0301" * 9, 4)) == ["e" + "\u0301" * 3, "\u0301" * 4, "\u0301" * 2]
