"""Periods in words → calendar days. Conventions: spendqa section 4 (week starts by locale, past preference)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from offhold.model.period import Period

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may(?! (?:i|we|you)\b)|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?P<year>20\d\d)"
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_NUMBERS = {
    "one": 1, "a": 1, "an": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fourteen": 14, "thirty": 30, "sixty": 60, "ninety": 90,
}  # fmt: skip
_N = r"(?P<n>\d{1,4}|" + "|".join(_NUMBERS) + ")"
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 14)}


@dataclass(frozen=True, slots=True)
class Found:
    """Periods in the order said, and the text without their words."""

    periods: tuple[Period, ...]
    rest: str
    future: bool = False


@dataclass(frozen=True, slots=True)
class _Now:
    today: date
    locale: str

    @property
    def week_start(self) -> date:
        first = 6 if self.locale in ("en-US", "en-SG") else 0
        return self.today - timedelta(days=(self.today.weekday() - first) % 7)

    @property
    def day_first(self) -> bool:
        return self.locale != "en-US"


def _month_end(year: int, month: int) -> date:
    index = year * 12 + month
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)


def _months_back(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, _month_end(year, month).day))


def _month_number(name: str) -> int:
    return _MONTHS.split("|").index(name[:3]) + 1


def _span(now: _Now, first: date, last: date) -> Period | None:
    """Periods end at today; one that has not begun is none."""
    return Period(first, min(last, now.today)) if first <= now.today and first <= last else None


def _this(found: re.Match[str], now: _Now) -> Period | None:
    return _span(now, _unit_start(found["unit"], now), now.today)


def _unit_start(unit: str, now: _Now) -> date:
    today = now.today
    match unit:
        case "week" | "wk":
            return now.week_start
        case "month" | "mth":
            return today.replace(day=1)
        case "quarter":
            return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        case _:
            return date(today.year, 1, 1)


def _last(found: re.Match[str], now: _Now) -> Period | None:
    end = _unit_start(found["unit"], now) - timedelta(days=1)
    match found["unit"]:
        case "week" | "wk":
            return Period(end - timedelta(days=6), end)
        case "month" | "mth":
            return Period(end.replace(day=1), end)
        case "quarter":
            return Period(_months_back(end.replace(day=1), 2), end)
        case _:
            return Period(date(end.year, 1, 1), end)


def _this_and_last(found: re.Match[str], now: _Now) -> Period | None:
    last, this = _last(found, now), _this(found, now)
    return Period(last.first, this.last) if last and this else None


def _before_last(found: re.Match[str], now: _Now) -> Period | None:
    last = _last(found, now)
    return _last(found, _Now(last.first, now.locale)) if last else None


def _past_one(found: re.Match[str], now: _Now) -> Period | None:
    if found["unit"] in ("week", "wk"):
        return Period(now.today - timedelta(days=6), now.today)
    months = {"month": 1, "mth": 1, "quarter": 3}.get(found["unit"], 12)
    return Period(_months_back(now.today, months) + timedelta(days=1), now.today)


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBERS[text]


def _last_n(found: re.Match[str], now: _Now) -> Period | None:
    number, unit = _count(found["n"]), found["unit"]
    full = bool(found["full"])
    if number == 0 or number > 3_660:
        return None
    if unit.startswith("day"):
        return Period(now.today - timedelta(days=number - 1), now.today)
    if unit.startswith(("week", "wk")):
        return Period(now.today - timedelta(days=7 * number - 1), now.today)
    months = number * (12 if unit.startswith(("year", "yr")) else 1)
    if months > 1_200:
        return None
    if full:
        end = now.today.replace(day=1) - timedelta(days=1)
        return Period(_months_back(end.replace(day=1), months - 1), end)
    return Period(_months_back(now.today, months) + timedelta(days=1), now.today)


def _month_period(month: int, year: int | None, now: _Now) -> Period | None:
    if year is None:
        year = now.today.year - (month > now.today.month)
    return _span(now, date(year, month, 1), _month_end(year, month))


def _named_month(found: re.Match[str], now: _Now) -> Period | None:
    return _month_period(_month_number(found["month"]), int(found["year"]) if found["year"] else None, now)


def _month_relative_year(found: re.Match[str], now: _Now) -> Period | None:
    year = now.today.year - (found["which"] == "last")
    return _month_period(_month_number(found["month"]), year, now)


def _year(found: re.Match[str], now: _Now) -> Period | None:
    year = int(found["year"])
    return _span(now, date(year, 1, 1), date(year, 12, 31))


def _quarter(found: re.Match[str], now: _Now) -> Period | None:
    first = int(found["quarter"]) * 3 - 2
    year = int(found["year"]) if found["year"] else now.today.year
    if not found["year"] and date(year, first, 1) > now.today:
        year -= 1
    return _span(now, date(year, first, 1), _month_end(year, first + 2))


def _season(found: re.Match[str], now: _Now) -> Period | None:
    first, last = _SEASONS[found["season"]]
    year = int(found["year"]) if found["year"] else now.today.year
    if not found["year"]:
        year -= date(year, first, 1) > now.today
        if found["which"] == "last" and now.today <= _month_end(year, last):
            year -= 1
    return _span(now, date(year, first, 1), _month_end(year, last))


def _date(year: int | None, month: int, day: int, now: _Now) -> date | None:
    try:
        if year is not None:
            return date(year, month, day)
        this = date(now.today.year, month, day)
        return this if this <= now.today else date(now.today.year - 1, month, day)
    except ValueError:
        return None


def _one_day(found: re.Match[str], now: _Now) -> Period | None:
    day = _date(int(found["year"]) if found["year"] else None, _month_number(found["month"]), int(found["day"]), now)
    return _span(now, day, day) if day else None


def _numeric(found: re.Match[str], now: _Now) -> Period | None:
    first, second = int(found["one"]), int(found["two"])
    month, day = (second, first) if now.day_first else (first, second)
    year = int(found["year"]) if found["year"] else None
    made = _date(year + 2000 if year is not None and year < 100 else year, month, day, now)
    return _span(now, made, made) if made else None


def _iso(found: re.Match[str], now: _Now) -> Period | None:
    day = _date(int(found["year"]), int(found["one"]), int(found["two"]), now)
    return _span(now, day, day) if day else None


def _back(days: int) -> Callable[[re.Match[str], _Now], Period | None]:
    return lambda _found, now: Period(now.today - timedelta(days=days), now.today - timedelta(days=days))


def _weekday(found: re.Match[str], now: _Now) -> Period | None:
    number = _WEEKDAYS.index(found["weekday"][:3])
    back = (now.today.weekday() - number) % 7
    if back == 0 and found["which"] in ("last", "past", "previous"):
        back = 7
    day = now.today - timedelta(days=back)
    return Period(day, day)


def _weekend(found: re.Match[str], now: _Now) -> Period | None:
    since_saturday = (now.today.weekday() - 5) % 7
    saturday = now.today - timedelta(days=since_saturday)
    if found["which"] == "this":
        return _span(now, saturday, saturday + timedelta(days=1)) if since_saturday < 2 else None
    if since_saturday < 2:
        saturday -= timedelta(days=7)
    return Period(saturday, saturday + timedelta(days=1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (anonymous algorithm, Meeus)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


_HOLIDAYS: dict[str, Callable[[int], date]] = {
    r"christmas eve|xmas eve": lambda year: date(year, 12, 24),
    r"christmas(?: day)?|xmas": lambda year: date(year, 12, 25),
    r"boxing day": lambda year: date(year, 12, 26),
    r"new year'?s eve|nye": lambda year: date(year, 12, 31),
    r"new year'?s(?: day)?": lambda year: date(year, 1, 1),
    r"valentine'?s(?: day)?": lambda year: date(year, 2, 14),
    r"halloween": lambda year: date(year, 10, 31),
    r"good friday": lambda year: easter(year) - timedelta(days=2),
    r"easter monday": lambda year: easter(year) + timedelta(days=1),
    r"easter(?: sunday)?": easter,
    r"black friday": lambda year: _nth_weekday(year, 11, 3, 4) + timedelta(days=1),
    r"thanksgiving": lambda year: _nth_weekday(year, 11, 3, 4),
    r"labou?r day": lambda year: _nth_weekday(year, 9, 0, 1),
    r"(?:the )?(?:4th|fourth) of july|independence day|july 4th": lambda year: date(year, 7, 4),
}


def _holiday(build: Callable[[int], date]) -> Callable[[re.Match[str], _Now], Period | None]:
    def made(found: re.Match[str], now: _Now) -> Period | None:
        year = int(found["year"]) if found["year"] else now.today.year
        day = build(year)
        if not found["year"] and day > now.today:
            day = build(year - 1)
        return _span(now, day, day)

    return made


def _tax_year(found: re.Match[str], now: _Now) -> Period | None:
    year = now.today.year - ((now.today.month, now.today.day) < (4, 6))
    if found["which"] == "last":
        return Period(date(year - 1, 4, 6), date(year, 4, 5))
    return Period(date(year, 4, 6), now.today)


_UNIT = r"(?P<unit>week|wk|month|mth|quarter|year|yr)"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Now], Period | None]], ...] = tuple(
    (re.compile(rf"\b(?:{pattern})(?![\w/])"), build)
    for pattern, build in (
        (rf"{_YEAR}-(?P<one>\d\d)-(?P<two>\d\d)", _iso),
        (r"(?P<one>\d{1,2})/(?P<two>\d{1,2})(?:/(?P<year>\d{4}|\d\d))?", _numeric),
        (rf"(?:the )?{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?", _one_day),
        (rf"{_MONTH} (?:the )?{_DAY}(?:,? {_YEAR})?(?!\d)", _one_day),
        (rf"{_MONTH},? (?:of )?(?P<which>last|this) (?:year|yr)", _month_relative_year),
        (rf"(?P<which>last|this) (?:year|yr)'?s? {_MONTH}", _month_relative_year),
        (rf"(?:last |this |the month of |all of |whole of )?{_MONTH}(?:,? (?:of )?(?P<year>20\d\d))?", _named_month),
        (rf"(?:the )?(?:last|past|previous) (?P<full>full |complete )?{_N} (?P<full2>full |complete )?(?P<unit>days?|weeks?|wks?|months?|years?|yrs?)", _last_n),
        (rf"(?P<full>full |complete )?{_N} (?P<unit>days?|weeks?) (?:back|to today)", _last_n),
        (rf"(?:this|last) {_UNIT} (?:and|n|&|plus) (?:last|this|the one before)(?: (?:week|month|year|yr))?", _this_and_last),
        (rf"(?:the )?{_UNIT} before last", _before_last),
        (rf"(?:the )?past {_UNIT}", _past_one),
        (rf"(?:the )?(?:last|previous) {_UNIT}", _last),
        (rf"(?:so far )?(?:this|the current) {_UNIT}(?: so far| to date)?|(?P<ytd>ytd|year to date|yr to date)", _this),
        (r"(?:the )?(?P<which>this|last|current)?(?: ?uk)? ?tax year", _tax_year),
        (rf"q(?P<quarter>[1-4])(?: (?:of )?{_YEAR})?", _quarter),
        (rf"(?P<which>last |this )?(?P<season>spring|summer|autumn|fall|winter)(?: (?:of )?{_YEAR})?", _season),
        (r"(?P<which>this|last|past|previous|the) weekend", _weekend),
        *((rf"(?:last |this |on )?(?:{name})(?: (?:of )?{_YEAR})?", _holiday(build)) for name, build in _HOLIDAYS.items()),
        (r"(?:the )?day before yesterday", _back(2)),
        (r"yesterday", _back(1)),
        (r"today|tonight", _back(0)),
        (rf"(?:on |this )?(?P<which>last |past |previous )?{_WEEKDAY}(?!s)", _weekday),
        (_YEAR, _year),
    )
)  # fmt: skip
_SINCE = re.compile(
    r"\b(?:since(?: [a-z']+){0,6}?|from|after|starting)(?: the)?(?: (?:start|beginning|first) of)?(?: the)? *$"
)
_UNTIL = re.compile(r"^ *(?:to|until|till|through|thru|and|-) *(?:the )?(?:end of )?$")
_BETWEEN = re.compile(r"\b(?:between|from) *$")
_BEFORE = re.compile(r"\bbefore *$")
_TO_TODAY = re.compile(r"^ *(?:to|until|till|through|-) *(?:today|now|date)\b|^ *(?:onwards?|on\b)")
_FUTURE = re.compile(
    r"\b(?:next|coming|upcoming|following) (?:week|month|quarter|year|\d+ |" + _MONTHS + r")|\btomorrow\b"
)
_ALL = re.compile(r"\b(?:of )?(?:all[ -]time|ever|in total|overall|altogether|so far|to date|all in)\b")
_LEAD = re.compile(r"\b(?:in|on|during|for|over|within|of|from|at|the|through|throughout|per)(?: the)? *$")


def find(text: str, today: date, locale: str) -> Found:
    """Every period that plain `text` names, and the text without them."""
    now = _Now(today, locale)
    marks: list[tuple[int, int, Period | None]] = []
    taken = text
    for pattern, build in _RULES:
        for found in pattern.finditer(taken):
            period = build(_Groups(found), now)  # type: ignore[arg-type]
            marks.append((found.start(), found.end(), period))
        for start, end, _ in marks:
            taken = taken[:start] + "\0" * (end - start) + taken[end:]
    marks.sort(key=lambda mark: mark[0])
    if any(period is None for _, _, period in marks):
        return Found((), _rest(text, [(start, end) for start, end, _ in marks]), future=True)
    known = [(start, end, period) for start, end, period in marks if period]
    return _joined(text, known, now)


class _Groups:
    """A match whose missing groups read as empty text."""

    def __init__(self, found: re.Match[str]) -> None:
        self._groups = found.groupdict()

    def __getitem__(self, name: str) -> str:
        value = (self._groups.get(name) or "").strip()
        if name == "full":
            return value or (self._groups.get("full2") or "").strip()
        return value or ("year" if name == "unit" else "")


def _joined(text: str, marks: list[tuple[int, int, Period]], now: _Now) -> Found:
    """ "since X", "between X and Y", "before X" change the span they stand by."""
    periods: list[Period] = []
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(marks):
        start, end, period = marks[index]
        lead = text[:start]
        following = marks[index + 1] if index + 1 < len(marks) else None
        between = text[end : following[0]] if following else ""
        if following and _UNTIL.match(between) and (_BETWEEN.search(lead) or "and" not in between):
            period = _through(period, following[2])
            start, end = _leading(lead, start, _BETWEEN), following[1]
            index += 1
        elif found := _SINCE.search(lead):
            period, start = Period(period.first, now.today), found.start()
        elif found := _BEFORE.search(lead):
            period, start = Period(date(1970, 1, 1), period.first - timedelta(days=1)), found.start()
        if found := _TO_TODAY.match(text[end:]):
            period, end = Period(period.first, now.today), end + found.end()
        periods.append(period)
        spans.append((_leading(text[:start], start, _LEAD), end))
        index += 1
    rest = _rest(text, spans)
    if len(periods) == 2 and periods[0] == periods[1]:
        earlier = _months_back(periods[1].first, 12)
        periods[1] = Period(earlier, _month_end(earlier.year, earlier.month))  # "this December than last December"
    return Found(tuple(periods), _ALL.sub(" ", rest), bool(_FUTURE.search(rest)))


def _through(first: Period, last: Period) -> Period:
    """From one to the other; a first that lies later was meant a year before ("between November and February")."""
    begin = first.first if first.first <= last.first else _months_back(first.first, 12)
    return Period(begin, last.last)


def _leading(text: str, start: int, pattern: re.Pattern[str]) -> int:
    found = pattern.search(text)
    return found.start() if found else start


def _rest(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} | {text[end:]}"
    return text
