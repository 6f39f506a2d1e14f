"""Figures: a value, what it is held against, and whether it holds."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Progress = Callable[[str], None]
"""Where a measurement says how far it is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`budget` is the most that `value` may be; `floor` the least that `ratio` may be, against a reference of the
    same run. Without a floor, `ratio` is value to budget. All three are None where nothing was promised."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    floor: float | None = None
    ratio: float | None = None

    @property
    def ok(self) -> bool:
        if self.floor is not None:
            return self.ratio is not None and self.ratio >= self.floor
        return self.budget is None or self.value <= self.budget


def against(name: str, value: float, unit: str, budget: float) -> Figure:
    """A figure that must not exceed its budget."""
    return Figure(name, round(value, 3), unit, budget=budget, ratio=round(value / budget, 3))


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` (0 to 1) of all values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": [round(entry, 2) for entry in os.getloadavg()],
    }
