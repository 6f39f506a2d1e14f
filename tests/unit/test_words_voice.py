"""The voice of the texts: short, plain, calm (reading grade by Flesch and Kincaid, 1975)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Message, Pattern, TextElement

import offhold

_CATALOGUE = (Path(offhold.__file__).parent / "words" / "en.ftl").read_text()
_CHARACTERS, _SENTENCES, _GRADE = 300, 4, 7.0
_BANNED = re.compile(
    r"\b(hurry|last chance|don't miss|unlock|recommended for you|people like you|oops|sure!|great question|"
    r"reach(ing)? out|debit|remit|utili[sz]e|ledger)\b",
    re.I,
)
_SHOUTING = re.compile(r"[!\u203c\u2600-\u27bf\U0001f300-\U0001faff]")


def _plain(pattern: Pattern) -> str:
    """The text with a short word in the place of each argument."""
    return "".join(part.value if isinstance(part, TextElement) else "ten" for part in pattern.elements)


TEXTS = {
    entry.id.name: _plain(entry.value)
    for entry in FluentParser().parse(_CATALOGUE).body
    if isinstance(entry, Message) and entry.value and not entry.id.name.startswith("count-")
}


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith("le") and groups > 1
    return max(1, groups - silent)


def grade(text: str) -> float:
    """Flesch-Kincaid grade level."""
    words = re.findall(r"[a-z']+", text.lower())
    sentences = max(1, len(re.findall(r"[.!?]+(?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_short_and_calm(key: str) -> None:
    text = TEXTS[key]
    assert len(text) <= _CHARACTERS
    assert len(re.findall(r"[.?]+(?:\s|$)", text)) <= _SENTENCES
    assert not _SHOUTING.search(text) and not _BANNED.search(text)


@pytest.mark.parametrize("group", sorted({key.partition("-")[0] for key in TEXTS}))
def test_a_group_of_texts_reads_at_grade_seven_or_below(group: str) -> None:
    text = " ".join(text for key, text in TEXTS.items() if key.partition("-")[0] == group)
    assert grade(text) <= _GRADE


def test_the_grade_tells_plain_from_bureaucratic() -> None:
    assert grade("You spent ten on food. I looked at all of it.") < 3
    assert grade("Notwithstanding the aforementioned stipulations, remuneration is ascertainable.") > 14
