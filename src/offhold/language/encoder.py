"""The sentence encoder: text → a vector of length 1 whose cosines tell how near two sentences are in meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from offhold.language.wordpiece import WordPiece

WIDTH = 384
_BATCH = 32

Vectors = NDArray[np.float32]
Run = Callable[[NDArray[np.int64]], Vectors]


class Encoder:
    """`run` takes ids (batch, length), 0 for padding, and gives vectors (batch, 384). Loading it is for the caller:
    this room does no input or output."""

    def __init__(self, wordpiece: WordPiece, run: Run) -> None:
        self._wordpiece, self._run = wordpiece, run

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, in their order. Encodes texts of like length together."""
        ids = [self._wordpiece(text) for text in texts]
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        found = np.empty((len(ids), WIDTH), np.float32)
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            batch = np.zeros((len(chosen), len(ids[chosen[-1]])), np.int64)
            for row, index in enumerate(chosen):
                batch[row, : len(ids[index])] = ids[index]
            found[chosen] = self._run(batch)
        return found
