"""The sentence encoder: text → vectors of length 1 whose cosines tell how near two sentences are in meaning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from offhold.language.wordpiece import WordPiece

WIDTH = 384

Vectors = NDArray[np.float32]
Run = Callable[[NDArray[np.int64]], Vectors]


class Encoder:
    """`run` takes the ids of one text (1, length) and gives its levels (4, 384). Loading it is for the caller: this
    room does no input or output."""

    def __init__(self, wordpiece: WordPiece, run: Run) -> None:
        self._wordpiece, self._run = wordpiece, run

    def __call__(self, text: str) -> Vectors:
        """The meaning of a text (384)."""
        vector: Vectors = self.levels(text)[-1]
        return vector

    def levels(self, text: str) -> Vectors:
        """(4, 384), from the wording (first) to the meaning (last): what trained heads look at.

        One text at a time: int8 activations share one scale, so texts encoded together would change each other.
        """
        return self._run(np.array([self._wordpiece(text)], np.int64))
