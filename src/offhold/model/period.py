"""Spans of calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Calendar days from `first` to `last`, both included, in the customer's time zone."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends before it begins")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def padded(self, days: int) -> Period:
        """The same span with `days` more on both sides (banks ignore the zone of a filter: OBIE v4)."""
        return Period(self.first - timedelta(days=days), self.last + timedelta(days=days))
