"""Days, weeks, months, quarters and years as customers count them (conventions: weeks start by locale)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from offhold.model.period import Period

_DAY = timedelta(days=1)
_SUNDAY_FIRST = ("en-US", "en-SG", "en-CA", "en-AU")
EVER = date(1970, 1, 1)
"""Where "before X" begins: older than any account history."""


@dataclass(frozen=True, slots=True)
class Now:
    """The customer's date and habits. `anchor` is the period spoken of before, for "the month before that"."""

    today: date
    locale: str
    anchor: Period | None = None

    @property
    def day_first(self) -> bool:
        return self.locale != "en-US"

    def week_start(self, day: date) -> date:
        first = 6 if self.locale in _SUNDAY_FIRST else 0
        return day - timedelta(days=(day.weekday() - first) % 7)

    def span(self, first: date, last: date) -> Period | None:
        """A period ends at today; one that has not begun is none."""
        return Period(first, min(last, self.today)) if first <= self.today and first <= last else None


def month_end(year: int, month: int) -> date:
    """The last day of a month; months beyond 12 run into the next year."""
    index = year * 12 + month
    return date(index // 12, index % 12 + 1, 1) - _DAY


def months_back(day: date, months: int) -> date:
    """The same day that many months before, or the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, month_end(year, month).day))


def unit(name: str) -> str:
    """day, week, fortnight, month, quarter or year, from any spelling of it."""
    short = {"wk": "week", "mth": "month", "mo": "month", "qtr": "quarter", "yr": "year", "d": "day"}
    stem = name.strip().rstrip("s")
    return short.get(stem, stem)


def calendar_unit(name: str, now: Now, back: int = 0) -> Period:
    """The whole week, month, quarter or year that holds today, or lies `back` of them before."""
    today = now.today
    match name:
        case "day":
            day = today - timedelta(days=back)
            return Period(day, day)
        case "week" | "fortnight":
            length = 7 if name == "week" else 14
            first = now.week_start(today) - timedelta(days=length * back + length - 7)
            return Period(first, first + timedelta(days=length - 1))
        case "month" | "quarter" | "year":
            size = {"month": 1, "quarter": 3, "year": 12}[name]
            start = today.replace(day=1, month=(today.month - 1) // size * size + 1)
            first = months_back(start, size * back)
            return Period(first, months_back(first, -size) - _DAY)
    raise ValueError(name)


def rolling(name: str, number: int, now: Now) -> Period:
    """That many units ending today, today included: 7 days, or from the day after the same day a month ago."""
    if name in ("day", "week", "fortnight"):
        days = number * {"day": 1, "week": 7, "fortnight": 14}[name]
        return Period(now.today - timedelta(days=days - 1), now.today)
    months = number * {"month": 1, "quarter": 3, "year": 12}[name]
    return Period(months_back(now.today, months) + _DAY, now.today)


def full_units(name: str, number: int, now: Now) -> Period:
    """The complete calendar units before the running one."""
    return Period(calendar_unit(name, now, number).first, calendar_unit(name, now, 1).last)


def a_year_before(period: Period) -> Period:
    """The same span one year earlier; a whole month stays whole."""
    first = months_back(period.first, 12)
    whole = period.first.day == 1 and (period.last + _DAY).day == 1
    last = months_back(period.last, 12)
    return Period(first, month_end(last.year, last.month) if whole else last)


def shifted(period: Period, name: str, number: int) -> Period:
    """The unit before a period: "the month before that" of a month, a week of a week."""
    if name in ("day", "week", "fortnight"):
        days = timedelta(days=number * {"day": 1, "week": 7, "fortnight": 14}[name])
        return Period(period.first - days, period.last - days)
    size = number * {"month": 1, "quarter": 3, "year": 12}[name]
    first = months_back(period.first, size)
    if period.first.day != 1:
        return Period(first, months_back(period.last, size))
    return Period(first, months_back(first, -size) - _DAY)
