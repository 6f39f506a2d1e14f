"""Periods in words → calendar days: the rules of `intervals` found in a text, and how "since", "between" and "than"
join them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from offhold.language.calendar import EVER, Now, a_year_before, month_end, months_back
from offhold.language.intervals import RULES, UNIT, no_such_day
from offhold.language.spelling import spelled
from offhold.model.period import Period

_DAY_STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """Periods in the order said, and the text without their words. `future`: a period that has not begun. `no_day`: a
    day that no calendar has. `earlier`: "than the same month last year"."""

    periods: tuple[Period, ...]
    rest: str
    future: bool = False
    earlier: bool = False
    no_day: bool = False


_SINCE = re.compile(
    r"\b(?:since|from|starting|beginning|as of)(?: (?:on|in|the|about))*(?: (?:start|beginning|first) of)?(?: the)? *$"
)
_SINCE_EVENT = re.compile(r"\bsince (?:i|we|my|our|the|it|they|he|she)\b(?: [a-z']+){0,6} (?:in |on |at |of )?$")
_AFTER = re.compile(r"\bafter(?: the end of)? *$")
_UNTIL = re.compile(r"^ *(?:to|until|till|through|thru|and|up to|-) *(?:the )?(?:end of )?(?:the )?$")
_BETWEEN = re.compile(r"\b(?:between|from|since) *(?:the )?$")
_BEFORE = re.compile(r"\b(?:before|prior to) *$")
_UP_TO = re.compile(r"\b(?:up to|until|till|through)(?: the)?(?: end of)? *$")
_TO_TODAY = re.compile(
    r"^ *(?:to|until|till|through|up to|-) *(?:today|now|date|the present|present)\b|^ *(?:onwards?|forward|on *(?:$|[?.!,]))|^ *(?:\|)? *so far\b"
)
_FUTURE = re.compile(
    r"\b(?:next|coming|upcoming|following) (?:few )?(?:days?|week|month|quarter|year|weekend|\d+ |jan|feb|mar|apr|may\b|jun|jul|aug|sep|oct|nov|dec|spring|summer|autumn|fall|winter|christmas)|\btomorrow\b"
)
_ALL = re.compile(r"\b(?:of )?(?:all[ -]time|so far|to date|all in)\b")
_LEAD = re.compile(
    r"(?:\b(?:in|on|during|for|over|within|of|from|at|the|through|throughout|across|whole|all|back|by|entire)\b ?)+$"
)
_SAME = re.compile(
    r"\b(?:the )?(?:same (?:month|period|time|week|quarter|day)|this time) (?:(?:of )?last year|(?:the|a) year (?:before|ago|earlier))|\b(?:the|a) year (?:before(?! last)|ago|earlier)\b"
)
_ELLIPSIS = re.compile(
    rf"\b(?P<first>this|last) {UNIT}\b(?P<between>[^|]{{0,40}}?\b(?:vs|versus|than|or|compared? (?:to|with)|against|over)) (?P<second>last|this|the (?:one before|last one|previous(?: one)?))(?! \w*(?:week|month|quarter|year|yr))(?=$|[ ?.!,])"
)
_LISTED = re.compile(
    r"\b((?:this|last) (?:week|month|quarter|year)) (and|n|&|plus) ((?:last|this) (?:week|month|quarter|year))\b"
)
_VERSUS = re.compile(r"\b(?:vs|versus|compared?(?: to| with)?|than|or|against|difference)\b")


_BEYOND = re.compile(r"\b(?:3[2-9]|[4-9]\d)(?:st|nd|rd|th) (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")


class _Said(Mapping[str, str]):
    """A match's groups; those that took no part read as empty text."""

    def __init__(self, found: re.Match[str]) -> None:
        self._groups = {name: (value or "").strip() for name, value in found.groupdict().items()}

    def __getitem__(self, name: str) -> str:
        return self._groups.get(name, "")

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


def find(text: str, today: date, locale: str, anchor: Period | None = None) -> Found:
    """Every period that plain `text` names, and the text without them."""
    now = Now(today, locale, anchor)
    if _BEYOND.search(text):
        return Found((), text, no_day=True)
    text = _ELLIPSIS.sub(_spelled_out, spelled(text))
    if _VERSUS.search(text):
        text = _LISTED.sub(r"\1 vs \3", text)
    earlier = bool(_SAME.search(text))
    text = _SAME.sub(" ", text)
    marks: list[tuple[int, int, Period | None]] = []
    taken = text
    for pattern, build in RULES:
        for found in pattern.finditer(taken):
            marks.append((found.start(), found.end(), build(_Said(found), now)))
        for start, end, _ in marks:
            taken = taken[:start] + "\0" * (end - start) + taken[end:]
    marks.sort(key=lambda mark: mark[0])
    if any(period is None for _, _, period in marks):
        missing = any(no_such_day(text[start:end], today) for start, end, period in marks if period is None)
        return Found((), _rest(text, [(start, end) for start, end, _ in marks]), future=not missing, no_day=missing)
    known = [(start, end, period) for start, end, period in marks if period]
    return _joined(text, known, now, earlier)


def _spelled_out(found: re.Match[str]) -> str:
    """ "This month vs last" → "this month vs last month"."""
    second = "this" if found["second"] == "this" else "last" if found["first"] == "this" else "previous"
    return f"{found['first']} {found['unit']}{found['between']} {second} {found['unit']}"


def _joined(text: str, marks: list[tuple[int, int, Period]], now: Now, earlier: bool) -> Found:
    """ "since X", "between X and Y", "before X" change the span they stand by."""
    periods: list[Period] = []
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(marks):
        start, end, period = marks[index]
        following = marks[index + 1] if index + 1 < len(marks) else None
        if following and _linked(text[:start], text[end : following[0]]):
            period = _through(period, following[2])
            start, end = _leading(text, start, _BETWEEN), following[1]
            index += 1
        else:
            period, start = _bounded(text, start, period, now)
        if found := _TO_TODAY.match(text[end:]):
            period, end = Period(period.first, now.today), end + found.end()
        periods.append(period)
        spans.append((_leading(text, start, _LEAD), end))
        index += 1
    rest = _rest(text, spans)
    kept = _apart(periods, text)
    return Found(kept, _ALL.sub(" ", rest), bool(_FUTURE.search(rest)), earlier)


def _linked(lead: str, between: str) -> bool:
    """Whether two periods are the ends of one span; "and" alone lists them."""
    if not _UNTIL.match(between):
        return False
    return "and" not in between or bool(_BETWEEN.search(lead)) and "difference between" not in lead


def _bounded(text: str, start: int, period: Period, now: Now) -> tuple[Period, int]:
    lead = text[:start]
    if (found := _AFTER.search(lead)) and period.last < now.today:
        return Period(period.last + _DAY_STEP, now.today), found.start()
    if found := _SINCE.search(lead):
        return Period(period.first, now.today), found.start()
    if found := _BEFORE.search(lead):
        return Period(EVER, period.first - _DAY_STEP), found.start()
    if found := _UP_TO.search(lead):
        return Period(EVER, period.last), found.start()
    if found := _SINCE_EVENT.search(lead):
        return Period(period.first, now.today), found.start()
    return period, start


def _apart(periods: list[Period], text: str) -> tuple[Period, ...]:
    """One period said twice is one; "this December than last December" are two of them."""
    if len(periods) == 2 and periods[0] == periods[1]:
        if _VERSUS.search(text):
            return periods[0], a_year_before(_whole_month(periods[0]))
        return (periods[0],)
    if len(periods) == 2 and not _VERSUS.search(text):
        first, second = periods
        if first.first <= second.first and second.last <= first.last:
            return (second,)
        if second.first <= first.first and first.last <= second.last:
            return (first,)
    return tuple(periods)


def _whole_month(period: Period) -> Period:
    if period.first.day == 1 and (period.first.year, period.first.month) == (period.last.year, period.last.month):
        return Period(period.first, month_end(period.first.year, period.first.month))
    return period


def _through(first: Period, last: Period) -> Period:
    """From one to the other; a first that lies later was meant a year before ("between November and February")."""
    begin = first.first if first.first <= last.first else months_back(first.first, 12)
    return Period(begin, last.last)


def _leading(text: str, start: int, pattern: re.Pattern[str]) -> int:
    found = pattern.search(text[:start])
    return found.start() if found else start


def _rest(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} | {text[end:]}"
    return text
