"""When to say a label and when to say none: thresholds from leave-one-out scores of the training sentences alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offhold.evaluation.features import Floats
from offhold.evaluation.heads import Trained
from offhold.evaluation.metrics import f1

MOST_LOST = 0.006  # share of the training sentences that rejection may cost: right without it, refused with it
_NEAREST_SHARE = 0.5
_CUTS = np.arange(0.20, 0.61, 0.01)


@dataclass(frozen=True, slots=True)
class Scope:
    """A message is in scope when its familiarity is at least `least`. Familiarity adds the highest score and, half as
    much, the nearness to training sentences, each in standard deviations from the training mean."""

    best_mean: float
    best_spread: float
    nearest_mean: float
    nearest_spread: float
    least: float

    def familiar(self, scores: Floats, nearest: Floats) -> Floats:
        """`scores` (messages, labels) and `nearest` (messages) → one figure a message; higher is more familiar."""
        best = (scores.max(axis=1) - self.best_mean) / self.best_spread
        found: Floats = best + _NEAREST_SHARE * (nearest - self.nearest_mean) / self.nearest_spread
        return found


def scope(trained: Trained) -> Scope:
    """The strictest `least` at which no more than `MOST_LOST` of the in-scope training sentences are lost."""
    inside = trained.targets.any(axis=1)
    scores, nearest = trained.scores[inside], trained.nearest[inside]
    best = scores.max(axis=1)
    measured = Scope(_mean(best), _spread(best), _mean(nearest), _spread(nearest), -np.inf)
    right = scores.argmax(axis=1) == trained.targets[inside].argmax(axis=1)
    familiar = np.sort(measured.familiar(scores, nearest)[right])
    lost = min(int(MOST_LOST * len(scores)), len(familiar) - 1)
    return replace(measured, least=float(familiar[lost]) if len(familiar) else -np.inf)


def label_cut(trained: Trained) -> float:
    """Where several labels may hold: the score from which one is said, by the best micro-F1 on training sentences."""
    truth = trained.targets > 0
    return float(max(_CUTS, key=lambda cut: f1(truth, trained.scores >= cut)))


def _mean(values: Floats) -> float:
    return float(values.mean())


def _spread(values: Floats) -> float:
    """Standard deviation; 1 where all values are equal."""
    return float(values.std()) or 1.0
