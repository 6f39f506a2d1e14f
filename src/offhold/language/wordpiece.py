"""WordPiece, as the uncased BERT models read text (Devlin et al. 2018; Wu et al. 2016, section 4.1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

MOST_TOKENS = 64  # both ends included; a longer text is cut, as in the encoder's training
_MOST_CHARS = 4_000  # no text of 62 pieces that means anything is longer; bounds the work on hostile input
_MOST_WORD_CHARS = 100
_ASCII_SYMBOLS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")  # BERT splits at these, "$" and "^" included
_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """Text → ids of the vocabulary. `vocabulary` lists the pieces in the order of their ids; id 0 is [PAD]."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: index for index, piece in enumerate(vocabulary)}
        self._unknown, self._first, self._last = (self._ids[mark] for mark in ("[UNK]", "[CLS]", "[SEP]"))

    def __call__(self, text: str) -> list[int]:
        """At most 64 ids, [CLS] and [SEP] around the pieces."""
        pieces: list[int] = []
        for word in _words(text[:_MOST_CHARS]):
            pieces += self._pieces(word)
            if len(pieces) >= MOST_TOKENS - 2:
                break
        return [self._first, *pieces[: MOST_TOKENS - 2], self._last]

    def _pieces(self, word: str) -> list[int]:
        """Greedy longest match from the left; a word with an unmatched rest is one [UNK]."""
        if len(word) > _MOST_WORD_CHARS:
            return [self._unknown]
        found, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(mark + word[start:end])
                if piece is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return [self._unknown]
        return found


def _words(text: str) -> Iterator[str]:
    """Lower-case words without marks; each symbol and each CJK character is a word of its own."""
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _dropped(char))
    for run in kept.split():
        bare = (char for char in unicodedata.normalize("NFD", run.lower()) if unicodedata.category(char) != "Mn")
        word = ""
        for char in bare:
            if not _alone(char):
                word += char
                continue
            if word:
                yield word
            yield char
            word = ""
        if word:
            yield word


def _dropped(char: str) -> bool:
    return char == "\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs")


@lru_cache(maxsize=4_096)
def _alone(char: str) -> bool:
    """Whether the character is a word of its own."""
    point = ord(char)
    return char in _ASCII_SYMBOLS or unicodedata.category(char)[0] == "P" or any(a <= point <= b for a, b in _CJK)
