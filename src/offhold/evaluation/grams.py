"""TF-IDF of word and letter n-grams (Salton and Buckley 1988: logarithmic counts, smoothed inverse frequencies)."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from offhold.language.normalise import plain, words

_WORDS = (1, 2)
_LETTERS = (2, 5)
_LEAST_TEXTS = 2  # an n-gram of one training text says nothing about others


class Grams:
    """Text → sparse row of weights, the word part and the letter part each of length 1."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = Counter(gram for text in texts for part in _parts(text) for gram in set(part))
        self._columns = {gram: column for column, gram in enumerate(sorted(_often(counted)))}
        self._rarity = [1 + math.log((1 + len(texts)) / (1 + counted[gram])) for gram in self._columns]

    def __call__(self, texts: Sequence[str]) -> csr_matrix:
        """(texts, n-grams), float32."""
        weights, columns, ends = array("f"), array("i"), [0]
        for text in texts:
            for part in _parts(text):
                row = self._weighed(Counter(part))
                columns.extend(row)
                weights.extend(row.values())
            ends.append(len(columns))
        shape = (len(texts), len(self._columns))
        return csr_matrix((np.array(weights), np.array(columns), ends), shape=shape)

    def _weighed(self, counted: Counter[str]) -> dict[int, float]:
        row = {
            self._columns[gram]: (1 + math.log(count)) * self._rarity[self._columns[gram]]
            for gram, count in counted.items()
            if gram in self._columns
        }
        length = math.sqrt(sum(weight * weight for weight in row.values())) or 1.0
        return {column: weight / length for column, weight in row.items()}


def _often(counted: Counter[str]) -> Iterator[str]:
    return (gram for gram, texts in counted.items() if texts >= _LEAST_TEXTS)


def _parts(text: str) -> tuple[list[str], list[str]]:
    """The n-grams of words, and those of letters within a word with a space at both its ends. Words are joined by a
    space and letter n-grams start with a mark, so the two kinds never meet."""
    said = words(text)
    pairs = [
        " ".join(said[start : start + size])
        for size in range(_WORDS[0], _WORDS[1] + 1)
        for start in range(len(said) - size + 1)
    ]
    letters = []
    for word in plain(text).split():
        padded = f" {word} "
        letters += [
            "\t" + padded[i : i + n] for n in range(_LETTERS[0], _LETTERS[1] + 1) for i in range(len(padded) - n + 1)
        ]
    return pairs, letters
