"""The rules of the period grammar: one reading a line, and the days that each makes.

Conventions: spendqa section 4 (past preference, periods end at today, calendar "last", rolling "past").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from offhold.language.calendar import (
    Now,
    calendar_unit,
    full_units,
    month_end,
    months_back,
    rolling,
    shifted,
    unit,
)
from offhold.language.feasts import BRITISH, FEASTS
from offhold.language.numbers import COUNT, ORDINALS, number
from offhold.model.period import Period

Groups = Mapping[str, str]
Build = Callable[[Groups, Now], Period | None]
_DAY_STEP = timedelta(days=1)
_MOST = 1_200
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 14)}
_TAX_YEAR_START = (4, 6)

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may(?! (?:i|we|you)\b)|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?:'(?P<short>\d\d)|(?P<year>20\d\d))"
_OF_YEAR = rf"(?:,? (?:of |in )?(?:{_YEAR}|(?P<which>last|this) (?:year|yr)))?"
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_NTH = r"(?P<day>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)"
_TO = r" ?(?:-|to|and|through|thru|until|till) ?"
_END_DAY = r"(?:the )?(?P<day2>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_WEEKDAY = r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
UNIT = r"(?P<unit>week|wk|fortnight|month|mth|quarter|qtr|year|yr)"
_UNITS = r"(?P<unit>days?|weeks?|wks?|fortnights?|months?|mths?|quarters?|years?|yrs?)"
_N = rf"(?P<n>{COUNT})"
_ORDINAL = r"(?P<ordinal>" + "|".join(ORDINALS) + ")"


def _number_of_month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _said_year(groups: Groups, now: Now) -> int | None:
    if groups["which"]:
        return now.today.year - (groups["which"] == "last")
    if groups["short"]:
        return 2000 + int(groups["short"])
    return int(groups["year"]) if groups["year"] else None


def _date(year: int | None, month: int, day: int, now: Now) -> date | None:
    """A day of the calendar; without a year the latest that has begun."""
    try:
        if year is not None:
            return date(year, month, day)
        this = date(now.today.year, month, day)
        return this if this <= now.today else date(now.today.year - 1, month, day)
    except ValueError:
        return None


_DAY_AND_MONTH = (
    re.compile(rf"\b{_DAY} (?:of )?{_MONTH}{_OF_YEAR}"),
    re.compile(rf"\b{_MONTH} (?:the )?{_DAY}\b{_OF_YEAR}"),
)


def no_such_day(text: str, today: date) -> bool:
    """Whether a text names a day that its month does not have ("31 June", "29 February 2025")."""
    for pattern in _DAY_AND_MONTH:
        if found := pattern.search(text):
            groups = {name: value or "" for name, value in found.groupdict().items()}
            year = _said_year(groups, Now(today, "en-GB")) or today.year
            return int(groups["day"]) > month_end(year, _number_of_month(groups["month"])).day
    return False


def _this(groups: Groups, now: Now) -> Period | None:
    whole = calendar_unit(unit(groups["unit"]), now)
    return Period(whole.first, now.today)


def _last(groups: Groups, now: Now) -> Period | None:
    name = unit(groups["unit"])
    return rolling(name, 1, now) if name == "fortnight" else calendar_unit(name, now, 1)


def _this_and_last(groups: Groups, now: Now) -> Period | None:
    return Period(calendar_unit(unit(groups["unit"]), now, 1).first, now.today)


def _before_last(groups: Groups, now: Now) -> Period | None:
    return calendar_unit(unit(groups["unit"]), now, 2)


def _before_that(groups: Groups, now: Now) -> Period | None:
    if now.anchor is None:
        return None
    return shifted(now.anchor, unit(groups["unit"]), 1)


def _past_one(groups: Groups, now: Now) -> Period | None:
    return rolling(unit(groups["unit"]), 1, now)


def _last_n(groups: Groups, now: Now) -> Period | None:
    count, name = number(groups["n"]), unit(groups["unit"])
    if count == 0 or count > (_MOST if name != "day" else _MOST * 30) or count * 12 > _MOST * 12:
        return None
    return full_units(name, count, now) if groups["full"] or groups["full2"] else rolling(name, count, now)


def _ago(groups: Groups, now: Now) -> Period | None:
    count = number(groups["n"])
    return calendar_unit(unit(groups["unit"]), now, count) if 0 < count <= _MOST else None


def _weekdays_ago(groups: Groups, now: Now) -> Period | None:
    latest = _weekday(now.today - _DAY_STEP, groups["weekday"])
    day = latest - timedelta(days=7 * (number(groups["n"]) - 1))
    return Period(day, day)


def _month(groups: Groups, now: Now) -> Period | None:
    month, year = _number_of_month(groups["month"]), _said_year(groups, now)
    if year is None:
        year = now.today.year - (month > now.today.month)
    return now.span(date(year, month, 1), month_end(year, month))


def _year(groups: Groups, now: Now) -> Period | None:
    year = _said_year(groups, now) or now.today.year
    return now.span(date(year, 1, 1), date(year, 12, 31))


def _part_of_year(groups: Groups, now: Now) -> Period | None:
    """A quarter ("Q3", "the first quarter of 2025") or a half of a year."""
    spoken = groups["number"] or str(ORDINALS[groups["ordinal"]])
    size = 6 if groups["part"].startswith("h") else 3
    first = (int(spoken) - 1) * size + 1
    if first > 12:
        return None
    year = _said_year(groups, now)
    if year is None:
        year = now.today.year - (date(now.today.year, first, 1) > now.today)
    return now.span(date(year, first, 1), month_end(year, first + size - 1))


def _season(groups: Groups, now: Now) -> Period | None:
    first, last = _SEASONS[groups["season"]]
    year = int(groups["year"]) if groups["year"] else now.today.year
    if not groups["year"]:
        year -= date(year, first, 1) > now.today
        if groups["lead"] == "last" and now.today <= month_end(year, last):
            year -= 1
    return now.span(date(year, first, 1), month_end(year, last))


def _one_day(groups: Groups, now: Now) -> Period | None:
    day = _date(_said_year(groups, now), _number_of_month(groups["month"]), int(groups["day"]), now)
    return now.span(day, day) if day else None


def _days_of_month(groups: Groups, now: Now) -> Period | None:
    """ "March 3 to 10", "the 1st to the 15th of February"."""
    month, year = _number_of_month(groups["month"]), _said_year(groups, now)
    first = _date(year, month, int(groups["day"]), now)
    last = _date(first.year if first else year, month, int(groups["day2"]), now)
    return now.span(first, last) if first and last else None


def _nth_of_month(groups: Groups, now: Now) -> Period | None:
    """ "The 5th": the latest one; with a second ordinal the days between."""
    month = now.today.replace(day=1)
    if int(groups["day"]) > now.today.day:
        month = months_back(month, 1)
    first = _date(month.year, month.month, int(groups["day"]), now)
    last = _date(month.year, month.month, int(groups["day2"]), now) if groups["day2"] else first
    return now.span(first, last) if first and last else None


def _numeric(groups: Groups, now: Now) -> Period | None:
    first, second = int(groups["one"]), int(groups["two"])
    month, day = (second, first) if now.day_first else (first, second)
    year = int(groups["year"]) if groups["year"] else None
    made = _date(year + 2000 if year is not None and year < 100 else year, month, day, now)
    return now.span(made, made) if made else None


def _iso(groups: Groups, now: Now) -> Period | None:
    day = _date(int(groups["year"]), int(groups["one"]), int(groups["two"]), now)
    return now.span(day, day) if day else None


def _week_of_month(groups: Groups, now: Now) -> Period | None:
    """The first (second, last…) seven days of a month."""
    month = _month(groups, now)
    if month is None:
        return None
    end = month_end(month.first.year, month.first.month)
    if groups["ordinal"] in ("last", "final"):
        return now.span(end - timedelta(days=6), end)
    first = month.first + timedelta(days=7 * (ORDINALS[groups["ordinal"]] - 1))
    return now.span(first, first + timedelta(days=6))


def _first_months(groups: Groups, now: Now) -> Period | None:
    year, count = int(groups["year"]), number(groups["n"])
    return now.span(date(year, 1, 1), month_end(year, count)) if 0 < count <= 12 else None


def _some_of_month(groups: Groups, now: Now) -> Period | None:
    """The first or last so many weeks or days of a month."""
    month = _month(groups, now)
    days = number(groups["n"]) * (7 if groups["unit"] == "weeks" else 1)
    if month is None or not 0 < days <= 31:
        return None
    end = month_end(month.first.year, month.first.month)
    if groups["ordinal"] == "first":
        return now.span(month.first, min(end, month.first + timedelta(days=days - 1)))
    return now.span(max(month.first, end - timedelta(days=days - 1)), end)


def _week_of_day(groups: Groups, now: Now) -> Period | None:
    day = _one_day(groups, now)
    first = now.week_start(day.first) if day else now.today
    return now.span(first, first + timedelta(days=6)) if day else None


def _back(days: int) -> Build:
    return lambda _groups, now: Period(now.today - timedelta(days=days), now.today - timedelta(days=days))


def _weekday(latest: date, name: str) -> date:
    return latest - timedelta(days=(latest.weekday() - _WEEKDAYS.index(name[:3])) % 7)


def _named_weekday(groups: Groups, now: Now) -> Period | None:
    past = groups["lead"] in ("last", "past", "previous")
    day = _weekday(now.today - _DAY_STEP if past else now.today, groups["weekday"])
    return Period(day, day)


def _weekend(groups: Groups, now: Now) -> Period | None:
    """The latest one that is over; "this weekend" the one now under way, or else that latest one."""
    under_way = now.today.weekday() >= 5
    saturday = _weekday(now.today, "sat")
    if groups["lead"] == "this" and under_way:
        return now.span(saturday, saturday + _DAY_STEP)
    back = 7 * (under_way + bool(groups["before"]))
    saturday -= timedelta(days=back)
    return Period(saturday, saturday + _DAY_STEP)


def _feast(name: str, weekend: bool = False) -> Build:
    def made(groups: Groups, now: Now) -> Period | None:
        build = BRITISH.get(name, FEASTS[name]) if now.locale in ("en-GB", "en-IE") else FEASTS[name]
        year = _said_year(groups, now)
        day = build(year or now.today.year)
        if year is None and (day is None or day > now.today):
            day = build(now.today.year - 1)
        if day is None or not weekend:
            return now.span(day, day) if day else None
        saturday = _weekday(day + timedelta(days=2) if day.weekday() > 2 else day, "sat")
        return now.span(min(saturday, day), max(day, saturday + _DAY_STEP))

    return made


def _tax_year(groups: Groups, now: Now) -> Period | None:
    """The United Kingdom's: from 6 April."""
    year = now.today.year - ((now.today.month, now.today.day) < _TAX_YEAR_START)
    if groups["year"]:
        year = int(groups["year"])
    elif groups["lead"] in ("last", "previous"):
        year -= 1
    return now.span(date(year, *_TAX_YEAR_START), date(year + 1, *_TAX_YEAR_START) - _DAY_STEP)


def _start_of(groups: Groups, now: Now) -> Period | None:
    whole = calendar_unit(unit(groups["unit"]), now, int(groups["lead"] == "last"))
    return now.span(whole.first, whole.last)


_MONTH_OF = rf"(?:the )?(?:last |this |past |month of |all of |whole of |entire )?{_MONTH}(?: month)?{_OF_YEAR}"
RULES: tuple[tuple[re.Pattern[str], Build], ...] = tuple(
    (re.compile(rf"(?<![\w.])(?:{pattern})(?![\w/]|[.,]\d)"), build)
    for pattern, build in (
        (r"(?P<year>20\d\d)-(?P<one>\d\d)-(?P<two>\d\d)", _iso),
        (r"(?:the )?(?:(?P<year>20\d\d) ?[/-] ?(?:20)?\d\d |(?P<lead>this|last|previous|current) )(?:uk )?tax year", _tax_year),
        (r"(?:the )?(?:start|beginning) of (?:the|this) (?:uk )?tax year|(?:the )?tax year", _tax_year),
        (r"(?P<one>\d{1,2})/(?P<two>\d{1,2})(?:/(?P<year>\d{4}|\d\d))?", _numeric),
        *((rf"(?:last |this |past )?(?:{name}) weekend{_OF_YEAR}", _feast(name, weekend=True)) for name in FEASTS),
        *((rf"(?:last |this |past )?(?:{name}){_OF_YEAR}", _feast(name)) for name in FEASTS),
        (rf"(?:the )?week (?:of|starting|beginning|from|commencing) (?:the )?(?:{_MONTH} {_DAY}){_OF_YEAR}", _week_of_day),
        (rf"(?:the )?week (?:of|starting|beginning|from|commencing) (?:the )?(?:{_DAY} (?:of )?{_MONTH}){_OF_YEAR}", _week_of_day),
        (rf"(?:the )?(?P<ordinal>first|last|final) {_N} (?P<unit>weeks|days) of {_MONTH}{_OF_YEAR}", _some_of_month),
        (rf"(?:the )?first {_N} months (?:of|in) (?P<year>20\d\d)", _first_months),
        (rf"(?:a|one) {UNIT} ago", lambda groups, now: calendar_unit(unit(groups["unit"]), now, 1)),
        (rf"(?:the )?(?P<ordinal>last|final|{'|'.join(ORDINALS)}) week of {_MONTH}{_OF_YEAR}", _week_of_month),
        (rf"(?:from |between )?(?:the )?{_DAY}{_TO}{_END_DAY} (?:of )?{_MONTH}{_OF_YEAR}", _days_of_month),
        (rf"(?:from |between )?{_MONTH} (?:the )?{_DAY}{_TO}{_END_DAY}(?! (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)){_OF_YEAR}", _days_of_month),
        (rf"(?:the )?{_DAY} (?:of )?{_MONTH}{_OF_YEAR}", _one_day),
        (rf"{_MONTH} (?:the )?{_DAY}{_OF_YEAR}(?!\d)", _one_day),
        (rf"(?P<which>last|this) (?:year|yr)'?s? {_MONTH}", _month),
        (rf"(?:from |between )?(?:the )?{_NTH}{_TO}(?:the )?(?P<day2>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)", _nth_of_month),
        (rf"the {_NTH}(?! (?:time|biggest|largest|purchase|most|floor))", _nth_of_month),
        (_MONTH_OF, _month),
        (rf"(?:the |these |my )?(?:last|past|previous) (?P<full>full |complete |whole )?{_N} (?P<full2>full |complete |whole |calendar )?{_UNITS}", _last_n),
        (rf"{_N} {_UNITS} (?:back|to today|up to today)", _last_n),
        (rf"{_N} {_UNITS} ago", _ago),
        (rf"{_N} {_WEEKDAY}s? ago", _weekdays_ago),
        (rf"(?:this|last) {UNIT} (?:and|n|&|plus) (?:last|this|the one before|previous)(?: (?:week|month|quarter|year|yr))?", _this_and_last),
        (rf"(?:the )?(?P<part>q|h)(?P<number>[1-4]){_OF_YEAR}(?: so far)?", _part_of_year),
        (r"(?P<which>last|this) (?:year|yr)'?s? (?P<part>q|h)(?P<number>[1-4])", _part_of_year),
        (rf"(?:the )?{_ORDINAL} (?P<part>quarter|half){_OF_YEAR}(?: of the year)?", _part_of_year),
        (rf"(?:the )?{UNIT} before last", _before_last),
        (rf"(?:the )?{UNIT} before(?: that| then)?(?=$|[ ?.!,])(?! (?:last|\w+ing))", _before_that),
        (rf"(?:the )?past {UNIT}", _past_one),
        (rf"(?:the )?(?:start|beginning|first) (?:day )?of (?:the|this|(?P<lead>last)) {UNIT}", _start_of),
        (rf"(?:the )?(?:last|lst|previous|prev) {UNIT}(?:'?s)?", _last),
        (rf"(?:so far )?(?:this|the current|current) {UNIT}(?:'?s)?(?: so far| to date| to now)?", _this),
        (rf"{UNIT}[ -]to[ -]date", _this),
        (r"(?P<unit>y|m|q|w)td|(?P<unit2>yr) to date", lambda groups, now: _this({"unit": {"y": "year", "m": "month", "q": "quarter", "w": "week"}.get(groups["unit"], "year")}, now)),
        (r"(?P<lead>last |this |the |past )?(?P<season>spring|summer|autumn|fall|winter)(?:(?: of)? (?P<year>20\d\d))?(?! (?:moon|house))", _season),
        (r"(?:the )weekend (?P<before>before last)", _weekend),
        (r"(?P<lead>this|last|past|previous|the) weekend", _weekend),
        (r"(?:the )?day before yesterday", _back(2)),
        (r"yesterday|yday|last night|yesterday evening", _back(1)),
        (r"today|tonight|this (?:morning|afternoon|evening)", _back(0)),
        (rf"(?:on |this )?(?P<lead>last |past |previous )?{_WEEKDAY}", _named_weekday),
        (rf"{_YEAR}", _year),
    )
)  # fmt: skip
"""Pattern → what makes the days of it, the longer reading before the shorter."""
