"""Figures over labelled predictions, each by its textbook definition."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
_STATM = Path("/proc/self/statm")  # Linux: proc(5), second field, pages


def f1(truth: Flags, said: Flags) -> float:
    """2·TP / (2·TP + FP + FN) over all entries of both; 0 where nothing is true and nothing is said."""
    wrong = int((truth ^ said).sum())
    right = 2 * int((truth & said).sum())
    return right / (right + wrong) if right + wrong else 0.0


def macro_f1(truth: Flags, said: Flags) -> float:
    """Mean of F1 over the columns (labels) that occur in the truth."""
    columns = [f1(truth[:, column], said[:, column]) for column in np.flatnonzero(truth.any(axis=0))]
    return float(np.mean(columns)) if columns else 0.0


def auroc(positive: NDArray[np.floating], negative: NDArray[np.floating]) -> float:
    """Chance that a positive scores above a negative, ties as half (Mann–Whitney U)."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).mean() / (2 * len(negative)))


def resident_mb() -> float:
    """Resident memory of this process in MB (10^6 bytes): now on Linux, elsewhere the most there has been."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
