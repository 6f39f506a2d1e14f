"""The encoder's levels as one short vector, its axes learnt from the training sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WIDTH = 256


@dataclass(frozen=True, slots=True)
class Features:
    """Levels (…, 4, 384) → (…, 256): each about its training mean at length 1, side by side, on the principal axes
    of the training sentences. Early levels keep the wording that the last one, trained for meaning, lets go."""

    means: Floats
    axes: Floats
    origin: Floats

    def __call__(self, levels: Floats) -> Floats:
        found: Floats = _joined(levels, self.means) @ self.axes - self.origin
        return found


def learnt(levels: Floats) -> Features:
    """From the levels (texts, 4, 384) of the training sentences."""
    means = levels.mean(axis=0)
    means[-1] = 0  # the sentence vector was trained to be compared as it is
    joined = _joined(levels, means)
    axes = _axes(joined - joined.mean(axis=0))
    return Features(means, axes, joined.mean(axis=0) @ axes)


def _axes(centred: Floats) -> Floats:
    """At most `WIDTH` principal axes as columns, the longest first; the cheaper of two ways to the same."""
    rows, columns = centred.shape
    if rows < columns:
        return np.ascontiguousarray(np.linalg.svd(centred, full_matrices=False)[2][:WIDTH].T)
    _, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    return np.ascontiguousarray(axes[:, : -WIDTH - 1 : -1])


def _joined(levels: Floats, means: Floats) -> Floats:
    about = levels - means
    about = about / np.maximum(np.linalg.norm(about, axis=-1, keepdims=True), 1e-9)
    found: Floats = about.reshape(*levels.shape[:-2], -1) / np.sqrt(levels.shape[-2], dtype=np.float32)
    return found
