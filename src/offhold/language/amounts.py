"""Bounds on an amount: "over $50", "between 20 and 30 dollars", "£100 or more"."""

from __future__ import annotations

import re

from offhold.model.ask import Bound

_MARK = r"(?:[$£€]|s\$|us\$|sgd|usd|gbp|eur)"
_FIGURE = rf"{_MARK}? ?(?P<amount>\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,2}})?|\d{{1,9}}(?:\.\d{{1,2}})?)"
_NAMED = r" ?(?:dollars?|bucks|pounds?|quid|euros?|usd|gbp|sgd|eur|each)"
_NOT_A_UNIT = (
    r"(?! ?(?:%|st\b|nd\b|rd\b|th\b|days?|weeks?|months?|years?|times|visits|trips|purchases|transactions|orders|full|complete"
    r"|per ?cent|of (?:them|my)|\d|/))"
)
_END = r"(?![\d/])"
_SECOND = _FIGURE.replace("amount", "upper")
_PAIRS = (
    re.compile(rf"\b(?:between|from) {_FIGURE}(?:{_NAMED})? (?:and|to|-) {_SECOND}(?:{_NAMED})?{_END}"),
    re.compile(rf"(?={_MARK}|\d+ ?(?:-|to) ?\d+{_NAMED}){_FIGURE} ?(?:-|to) ?{_SECOND}(?:{_NAMED})?{_END}"),
)
_SINGLES = (
    ("gt", r"(?:over|above|more than|greater than|bigger than|larger than|higher than|exceeding|that exceed(?:ed)?|north of|>)"),
    ("ge", r"(?:at least|minimum of|no less than|>=)"),
    ("lt", r"(?:under|below|less than|smaller than|lower than|cheaper than|fewer than|<)"),
    ("le", r"(?:at most|up to|no more than|maximum of|max(?:imum)?|<=)"),
)  # fmt: skip
_RULES = (
    ("eq", re.compile(rf"\b(?:(?P<kept>go|went|gone|rose|rise|increased?|jump(?:ed)?|raised?)(?: up)?) to {_FIGURE}{_END}")),
    *((op, re.compile(rf"(?:(?<=\s)|^)(?:that (?:are|were|cost) |of |costing )?{words} {_FIGURE}{_END}{_NOT_A_UNIT}(?:{_NAMED})?"))
    for op, words in _SINGLES),
    ("gt", re.compile(rf"(?:(?<=\s)|^)[>] ?{_FIGURE}{_END}")),
    ("lt", re.compile(rf"(?:(?<=\s)|^)[<] ?{_FIGURE}{_END}")),
    ("ge", re.compile(rf"(?:(?<=\s)|^){_FIGURE}{_END}(?:{_NAMED})? ?(?:or more|and (?:over|up|above)|plus\b|or above|\+)")),
    ("le", re.compile(rf"(?:(?<=\s)|^){_FIGURE}{_END}(?:{_NAMED})? ?(?:or less|and under|or under|or below)")),
    ("eq", re.compile(rf"(?:(?<=\s)|^)(?:of|for|to|at|exactly|was|were|cost) (?:exactly )?(?:(?={_MARK})|(?=\d+\.\d\d\b)){_FIGURE}{_END}(?:{_NAMED})?")),
    ("eq", re.compile(rf"(?:(?<=\s)|^)(?:the )?(?:{_MARK} ?|(?=\d+\.\d\d\b))(?P<amount>\d{{1,6}}(?:\.\d{{1,2}})?){_END}(?= (?:charge|payment|purchase|transaction|one)s?\b)")),
)  # fmt: skip


def bounds(text: str) -> tuple[str, tuple[Bound, ...]]:
    """The text without its bounds, and the bounds."""
    taken: list[Bound] = []
    for pattern in _PAIRS:
        if found := pattern.search(text):
            low, high = sorted((_clean(found["amount"]), _clean(found["upper"])), key=_value)
            taken += [Bound("ge", low), Bound("le", high)]
            text = text[: found.start()] + " " + text[found.end() :]
    for op, pattern in _RULES:
        while found := pattern.search(text):
            taken.append(Bound(op, _clean(found["amount"])))
            kept = found["kept"] + " up" if "kept" in pattern.groupindex else ""
            text = f"{text[: found.start()]} {kept} {text[found.end() :]}"
    return text, tuple(taken)


def _clean(amount: str) -> str:
    return amount.replace(",", "")


def _value(amount: str) -> int:
    whole, _, part = amount.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))
