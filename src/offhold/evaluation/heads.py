"""Intent heads: kernel ridge regression over sentence vectors and TF-IDF, with leave-one-out scores in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, cholesky, lapack

from offhold.errors import ConfigurationError
from offhold.evaluation.features import Features, Floats, learnt
from offhold.evaluation.grams import Grams

Levels = Callable[[str], Floats]

MOST_ROWS = 30_000  # the kernel takes 4 bytes for each pair of rows: 3.6 GB at this bound
# Of the Gaussian kernel, exp(-sharpness) at a right angle. Sharp where one label excludes the others, gentle where
# labels add up; by leave-one-out and cross-validation on public training sets (docs/explanation/understanding.md).
SHARP, GENTLE = 4.0, 1.0
GRAMS_SHARE = 0.25
RIDGE = 0.1
NEAREST = 5
_BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Heads:
    """One score for each label: `dual` weighs the likeness to each training sentence, `primal` each n-gram. `meanings`
    are the sentence vectors of what is in scope."""

    levels: Levels
    features: Features
    grams: Grams
    known: Floats
    sizes: Floats
    meanings: Floats
    dual: Floats
    primal: Floats
    sharpness: float

    def __call__(self, text: str) -> tuple[Floats, float]:
        """Scores (labels), near 1 where the label holds and near 0 where not; and the mean cosine to the five nearest
        training sentences that are in scope."""
        levels = self.levels(text)
        asked = self.features(levels)[np.newaxis]
        likeness = _likeness(asked @ self.known.T, _sizes(asked), self.sizes, self.sharpness)[0]
        scores: Floats = likeness @ self.dual + (self.grams([text]) @ self.primal)[0]
        return scores, float(_nearest(self.meanings @ levels[-1]))


@dataclass(frozen=True, slots=True)
class Trained:
    """Heads, and for each training sentence what they would say had they not seen it (leave-one-out)."""

    heads: Heads
    targets: Floats
    scores: Floats
    nearest: Floats


def train(levels_of: Levels, texts: Sequence[str], targets: Floats, sharpness: float) -> Trained:
    """`targets` (texts, labels) holds 1 where the label holds; a row of zeros is out of scope.

    Kernel ridge regression: Saunders, Gammerman and Vovk 1998; its leave-one-out residual is the dual weight over the
    diagonal of the inverse (Cawley and Talbot 2004). Raises ConfigurationError beyond `MOST_ROWS`.
    """
    if len(texts) > MOST_ROWS:
        raise ConfigurationError((f"{len(texts):,} training rows; at most {MOST_ROWS:,} fit in memory",))
    levels = np.stack([levels_of(text) for text in texts])
    features, meanings, grams = learnt(levels), levels[:, -1].copy(), Grams(texts)
    known, found, inside = features(levels), grams(texts), np.flatnonzero(targets.any(axis=1))
    sizes = _sizes(known)
    kernel = np.empty((len(texts), len(texts)), np.float32)
    nearest = np.empty(len(texts), np.float32)
    for rows in _blocks(len(texts)):
        kernel[rows] = _likeness(known[rows] @ known.T, sizes[rows], sizes, sharpness)
        kernel[rows] += GRAMS_SHARE * (found[rows] @ found.T).toarray()
        cosines = meanings[rows] @ meanings.T
        cosines[np.arange(len(cosines)), np.arange(len(texts))[rows]] = -1  # not its own neighbour
        nearest[rows] = _nearest(cosines[:, inside])
    kernel[np.diag_indices_from(kernel)] += RIDGE
    lower = cholesky(kernel.T, lower=True, overwrite_a=True, check_finite=False)
    inverse, _ = lapack.spotri(lower, lower=1, overwrite_c=1)
    dual = np.ascontiguousarray(blas.ssymm(1.0, inverse, targets, lower=1))
    scores = np.asarray(targets - dual / np.diag(inverse)[:, np.newaxis], np.float32)
    primal = np.asarray(GRAMS_SHARE * (found.T @ dual), np.float32)
    heads = Heads(levels_of, features, grams, known, sizes, meanings[inside], dual, primal, sharpness)
    return Trained(heads, targets, scores, nearest)


def _sizes(rows: Floats) -> Floats:
    """Squared length of each row."""
    found: Floats = np.einsum("ij,ij->i", rows, rows)
    return found


def _likeness(inner: Floats, sizes: Floats, others: Floats, sharpness: float) -> Floats:
    """Gaussian kernel from the inner products (some, others) and the squared lengths of both."""
    found: Floats = np.exp(sharpness * (inner - (sizes[:, np.newaxis] + others) / 2))
    return found


def _nearest(cosines: Floats) -> Floats:
    """Mean of the five highest along the last axis (fewer where there are fewer)."""
    kept = min(NEAREST, cosines.shape[-1])
    found: Floats = np.partition(cosines, -kept, axis=-1)[..., -kept:].mean(axis=-1)
    return found


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, _BLOCK):
        yield slice(start, start + _BLOCK)
