"""Small closed parts of a question: accounts, weekdays, limits, exclusions, places. Each takes its words out."""

from __future__ import annotations

import re

from offhold.language.numbers import CARDINALS, ORDINALS

_OUR = r"(?:(?:my|the|our|his|her|your) )?(?:own )?"
_AT = r"(?:(?:on|in|from|with|for|just|only|using|via|through|to|into|off|onto|against) )?"
_ACCOUNTS: tuple[tuple[str, str], ...] = (
    ("debit", r"debit card\b"),
    ("card", r"(?:credit ?cards?|cc|card)\b(?! (?:number|fee|details|payment))(?: account| limit| bill| debt)?"),
    ("visa", r"visa\b(?: card| account)?"),
    ("mastercard", r"mastercard\b(?: card| account)?"),
    ("amex", r"(?:amex|american express)\b(?: card| account)?"),
    ("isa", r"(?:cash )?isa\b(?: account)?"),
    ("savings", r"(?:savings?|saver)\b(?! (?:rate|goal|tip))(?: accounts?| pot)?"),
    ("current", r"current account\b"),
    (
        "current",
        r"(?:current|checking|chequing)\b(?= |$|[?.!,|])(?! (?:month|week|year|quarter|balance|charge))(?: account)?",
    ),
    ("joint", r"joint\b(?: account| one)?"),
)
_ACCOUNT_RULES = tuple((name, re.compile(rf"(?:\b|^){_AT}{_OUR}{pattern}")) for name, pattern in _ACCOUNTS)
_NAMED_ACCOUNT = re.compile(
    r"\b(?:in|from|on|with|into|to|of|is|for) (?:my|the|our) (\w+(?: \w+)?) (?:account|card)\b(?! (?:number|fee))"
)
_NO_NAME = frozenset("bank own main other same which debit credit whole entire".split())
_INTO = re.compile(r"\b(?:to|into|towards?|onto)\b")

_WEEKEND = re.compile(
    r"\b(?:(?:on|at|only|just|during|over) )*(?:the )?weekends?\b(?: only)?|\bsat(?:urdays?)? (?:and|&|or) sun(?:days?)?\b"
)
_WORKDAYS = re.compile(
    r"\b(?:(?:on|only|just|during) )*(?:the )?(?:weekdays?|working days|work days|workdays)\b(?: only)?|\bmon(?:days?)? (?:to|through|-) fri(?:days?)?\b"
)
_PLURAL_DAY = re.compile(
    r"\b(?:on |just |only |every )*(mon|tues|wednes|thurs|fri|satur|sun)days\b(?: only)?|\bevery (mon|tues|wednes|thurs|fri|satur|sun)day\b"
)
_DAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")

_COUNT = r"\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|couple|few"
_FIRST = r"last|latest|top|recent|past|first|most recent|biggest|largest|highest|cheapest|smallest|newest|lowest|priciest|dearest|main"
_LIMIT = re.compile(
    rf"\b(?:{_FIRST}) (?P<n>{_COUNT})\b(?! ?(?:day|week|month|year|full|complete|%|hour))|\b(?P<m>{_COUNT}) (?:\w+ )?(?:{_FIRST}|most expensive)\b"
)
_RANK = re.compile(
    rf"\b({'|'.join(ORDINALS)})[- ](?:biggest|largest|highest|most expensive|priciest|smallest|cheapest|last)\b"
)

_OUT_WORDS = (
    r"(?:everything|all|anything) but|excluding|exclude|excl|except(?: for)?|without|not counting|not including|other than|apart from|aside from|besides|"
    r"leaving out|leave out|ignoring|ignore|minus|but not|and not|setting aside|discounting"
)
_NOT_AFTER_A_VERB = "".join(
    rf"(?<!\b{verb})" for verb in "or did does do has have had is was are were am why if got i we you they it".split()
)
_WITHOUT = re.compile(
    rf"(?:\b(?:{_OUT_WORDS})|[,(] ?not|{_NOT_AFTER_A_VERB} not(?! (?:yet|counting|including|cleared|pending|posted|gone|come|been|my|a|an|the|sure|settled|through|in|on|at|to|so|too|that|it|i|we)\b)(?= \w))\b(?P<what>[^|;?)]+)"
)
_STOP = re.compile(r"\b(?:how|what|which|when|did|show|list|please|in|on|for|over|during|this|last)\b|[,.]")
_GROSS = re.compile(
    r"\b(?:before|ignoring|gross of|not counting|excluding|without) (?:any |the )?(?:refunds|returns)\b"
)
_PLACE = re.compile(
    r"\b(?:in|around|while in|to|over in|down in|out in|near) (?P<place>[a-z][a-z'-]*(?: [a-z][a-z'-]*){0,2})|"
    r"\b(?P<trip>[a-z][a-z'-]*(?: [a-z'-]+)?) (?:trip|holiday|vacation|getaway|city break|break|weekend away|visit)\b"
)


def account(text: str) -> tuple[str, str, str]:
    """(text without them, the account named, the one money went into)."""
    named, into = "", ""
    for name, pattern in _ACCOUNT_RULES:
        found = pattern.search(text)
        if found is None:
            continue
        if _INTO.match(found[0].strip()) and not into:
            into = name
        elif not named:
            named = name
        text = text[: found.start()] + " " + text[found.end() :]
    for found in list(_NAMED_ACCOUNT.finditer(text)):
        if set(found[1].split()) <= _NO_NAME:
            continue
        if _INTO.match(found[0]) and not into:
            into = found[1]
        elif not named:
            named = found[1]
        text = text.replace(found[0], " ")
    return text, named, into


def weekdays(text: str) -> tuple[str, tuple[int, ...], bool]:
    """(text without them, ISO weekdays, whether weekends and weekdays are set against each other)."""
    weekend, workdays = _WEEKEND.search(text), _WORKDAYS.search(text)
    if weekend and workdays:
        rest = _WORKDAYS.sub(" ", _WEEKEND.sub(" ", text))
        return rest, (6, 7) if weekend.start() < workdays.start() else (1, 2, 3, 4, 5), True
    if weekend:
        return _WEEKEND.sub(" ", text), (6, 7), False
    if workdays:
        return _WORKDAYS.sub(" ", text), (1, 2, 3, 4, 5), False
    named = tuple(_DAYS.index(found[1] or found[2]) + 1 for found in _PLURAL_DAY.finditer(text))
    return _PLURAL_DAY.sub(" ", text), named, False


def limit(text: str) -> tuple[str, int, int]:
    """(text without it, how many are wanted or 0, which rank is wanted)."""
    rank = 1
    if found := _RANK.search(text):
        rank = ORDINALS[found[1]]
        text = text.replace(found[1], " ", 1)
    found = _LIMIT.search(text)
    if found is None:
        return text, 0, rank
    said = found["n"] or found["m"]
    start = found.start("n") if found["n"] else found.start("m")
    return text[:start] + " " + text[start + len(said) :], int(said) if said.isdigit() else CARDINALS[said], rank


def without(text: str) -> tuple[str, tuple[str, ...], bool]:
    """(text without them, what is excluded, whether refunds are to be left off)."""
    gross = bool(_GROSS.search(text))
    text = _GROSS.sub(" ", text)
    pieces: list[str] = []
    while found := _WITHOUT.search(text):
        what = found["what"]
        stop = _STOP.search(what, 1)
        end = stop.start() if stop and what[: stop.start()].strip() else len(what)
        pieces += re.split(r"\band\b|\bor\b|\bnor\b|[,/&+]", what[:end])
        text = text[: found.start()] + " | " + what[end:] + text[found.end() :]
    return text, tuple(piece.strip() for piece in pieces if piece.strip()), gross


def places(text: str) -> list[str]:
    """What may be a place ("in Lisbon", "the Lisbon trip"); only the rows can tell."""
    return [found["place"] or found["trip"] for found in _PLACE.finditer(text)]
