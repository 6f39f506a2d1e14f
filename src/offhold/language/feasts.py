"""Days with a name → dates. Fixed days, days counted in a month, Easter by rule, moon feasts by table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

_DAY = timedelta(days=1)
Find = Callable[[int], date | None]


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (anonymous algorithm; Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def nth(month: int, weekday: int, number: int) -> Find:
    """The `number`th weekday (Monday 0) of a month; -1 is the last."""

    def find(year: int) -> date:
        if number > 0:
            first = date(year, month, 1)
            return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
        last = date(year + month // 12, month % 12 + 1, 1) - _DAY
        return last - timedelta(days=(last.weekday() - weekday) % 7)

    return find


def _fixed(month: int, day: int) -> Find:
    return lambda year: date(year, month, day)


def _from_easter(days: int) -> Find:
    return lambda year: easter(year) + timedelta(days=days)


def _after(find: Find, days: int) -> Find:
    def moved(year: int) -> date | None:
        day = find(year)
        return day + timedelta(days=days) if day else None

    return moved


def _table(*days: str) -> Find:
    known = {date.fromisoformat(day).year: date.fromisoformat(day) for day in days}
    return known.get


_MOTHERS = r"mother'?s'? day|mothering sunday"
_THANKSGIVING = nth(11, 3, 4)
FEASTS: dict[str, Find] = {
    r"chinese new year|lunar new year|cny": _table(
        "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26"
    ),
    r"hari raya(?: puasa)?|eid(?: al[- ]fitr)?": _table(
        "2023-04-22", "2024-04-10", "2025-03-31", "2026-03-21", "2027-03-10", "2028-02-27"
    ),
    r"hari raya haji|eid al[- ]adha": _table(
        "2023-06-29", "2024-06-17", "2025-06-07", "2026-05-27", "2027-05-17", "2028-05-05"
    ),
    r"deepavali|diwali": _table("2023-11-12", "2024-10-31", "2025-10-20", "2026-11-08", "2027-10-28", "2028-10-17"),
    r"vesak(?: day)?": _table("2023-06-02", "2024-05-22", "2025-05-12", "2026-05-31", "2027-05-20", "2028-05-09"),
    r"christmas eve|xmas eve": _fixed(12, 24),
    r"christmas(?: day)?|xmas(?: day)?": _fixed(12, 25),
    r"boxing day|st\.? stephen'?s day": _fixed(12, 26),
    r"new year'?s eve|nye|hogmanay": _fixed(12, 31),
    r"new year'?s?(?: day)?": _fixed(1, 1),
    r"burns night": _fixed(1, 25),
    r"valentine'?s?(?: day)?": _fixed(2, 14),
    r"(?:st\.?|saint) patrick'?s?(?: day)?|paddy'?s day": _fixed(3, 17),
    r"(?:the )?(?:4th|fourth) of july|independence day|july 4th": _fixed(7, 4),
    r"juneteenth": _fixed(6, 19),
    r"veterans'? day": _fixed(11, 11),
    r"halloween": _fixed(10, 31),
    r"(?:bonfire|guy fawkes) night": _fixed(11, 5),
    r"national day": _fixed(8, 9),
    r"good friday": _from_easter(-2),
    r"easter monday": _from_easter(1),
    r"easter(?: sunday)?": easter,
    r"pancake day|shrove tuesday": _from_easter(-47),
    r"black friday": _after(_THANKSGIVING, 1),
    r"cyber monday": _after(_THANKSGIVING, 4),
    r"thanksgiving(?: day)?": _THANKSGIVING,
    r"labou?r day": nth(9, 0, 1),
    r"memorial day": nth(5, 0, -1),
    r"(?:mlk|martin luther king)(?: jr)?(?: day)?": nth(1, 0, 3),
    r"president'?s'? day": nth(2, 0, 3),
    r"columbus day|indigenous peoples'? day": nth(10, 0, 2),
    _MOTHERS: nth(5, 6, 2),
    r"father'?s'? day": nth(6, 6, 3),
    r"(?:early )?may (?:day|bank holiday)": nth(5, 0, 1),
    r"(?:late may|spring) bank holiday": nth(5, 0, -1),
    r"(?:late )?(?:summer|august) bank holiday": nth(8, 0, -1),
}  # fmt: skip
"""Pattern → the day in a year, or None where the table ends. Longer names stand before shorter ones."""
BRITISH = {_MOTHERS: _from_easter(-21)}
"""What means another day in Britain and Ireland."""
