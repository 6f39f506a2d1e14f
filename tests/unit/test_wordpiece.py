"""Our WordPiece against the ids of the reference tokenizer, and bad input."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhold.language.wordpiece import MOST_TOKENS, WordPiece

REFERENCE = Path(__file__).parent.parent / "data" / "encoder_reference.jsonl"
WORDPIECE = WordPiece(files("offhold.models").joinpath("vocab.txt").read_text(encoding="utf-8").splitlines())
FIRST, LAST = 101, 102


def reference() -> list[dict[str, Any]]:
    return [json.loads(line) for line in REFERENCE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("entry", reference(), ids=lambda entry: ascii(entry["text"][:20]))
def test_the_ids_are_those_of_the_reference_tokenizer(entry: dict[str, Any]) -> None:
    assert WORDPIECE(entry["text"]) == entry["ids"]


@given(st.text())
def test_any_text_gives_known_ids_between_the_two_marks(text: str) -> None:
    ids = WORDPIECE(text)
    assert ids[0] == FIRST and ids[-1] == LAST
    assert 2 <= len(ids) <= MOST_TOKENS
    assert all(0 < piece < 30_522 for piece in ids)


def test_a_text_of_a_million_characters_costs_no_more_than_its_beginning() -> None:
    assert WORDPIECE("how much " * 120_000) == WORDPIECE("how much " * 40)


def test_a_word_of_several_pieces_is_cut_at_the_bound_too() -> None:
    for words_before in range(8):  # so that the bound falls on each piece of a word once
        ids = WORDPIECE("a " * words_before + "flibbertigibbets " * 20)
        assert len(ids) == MOST_TOKENS and ids[-1] == LAST
