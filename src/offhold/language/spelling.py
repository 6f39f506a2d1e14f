"""Misspelt words of closed classes put right, so that the grammars need not list every slip."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from offhold.language.carrier import CARRIER
from offhold.language.numbers import CARDINALS

_CLOSE, _FAR = 6, 8
_SLIP, _LONGER = 5, 7
_CLOSED = frozenset(
    "january february september october november december wednesday thursday saturday yesterday weekend weekends "
    "christmas thanksgiving halloween quarter previous groceries grocery restaurant restaurants subscription "
    "subscriptions available balance pending transactions transaction purchases purchase electricity pharmacy insurance "
    "category merchant merchants average percentage savings checking mortgage utilities transport entertainment "
    "withdrawals takeaway takeaways dining spending".split()
)
_RIGHT = frozenset("standing sending lending saving saver banking checkin marching pharmacies transported".split())
"""Words near a closed one that are right as they are."""
_SHORT = {
    "lst": "last", "tdy": "today", "yest": "yesterday", "ystd": "yesterday", "mnth": "month", "mnths": "months",
    "wek": "week", "wknd": "weekend", "jan'": "jan", "tues": "tuesday", "yda": "yesterday", "spnd": "spend",
    "spnt": "spent", "hw": "how", "mch": "much", "dinning": "dining", "wat": "what", "wut": "what", "whn": "when",
    "trans": "transactions", "txns": "transactions", "txn": "transaction", "acct": "account", "acc": "account",
    "accnt": "account", "bal": "balance", "sal": "salary", "subs": "subscriptions", "avg": "average", "pls": "please",
    "yr": "year", "yrs": "years", "mth": "month", "mths": "months", "wk": "week", "wks": "weeks", "rn": "now",
}  # fmt: skip
_WORD = re.compile(r"(?<![\w'])[a-z]{2,}(?![\w'])")
_ROUND = {
    word: CARDINALS[word]
    for word in (
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "ninety",
        "hundred",
    )
}
_CASH = r"(?:cash|money|atms?|notes)"
_PHRASES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\bhow many (?=(?:quid|pounds|dollars|bucks|euros)\b)"), "how much "),
    (re.compile(r"\b(?:a )?fiver\b"), "5 pounds"),
    (re.compile(r"\b(?:a )?tenner\b"), "10 pounds"),
    (
        re.compile(rf"\b(?:an? )?({'|'.join(_ROUND)})(?= (?:quid|pounds?|dollars|bucks|euros?)\b)"),
        lambda found: str(_ROUND[found[1]]),
    ),
    (re.compile(rf"\b(?:take|took|taken|taking|get|got|draw|drew|pull|pulled) out\b(?=.*\b{_CASH}\b)"), "withdraw"),
    (re.compile(rf"(\b{_CASH}\b.*)\b(?:take|took|taken|taking|get|got|draw|drew|pull|pulled) out\b"), r"\1withdraw"),
    (re.compile(r"\btake[- ]?home(?: pay)?\b|\bpay packets?\b"), "salary"),
    (re.compile(r"\bche(?:ck|que)s? (?:number |no\.? ?|# ?)?(?=\d{2,})"), "cheque "),
    (re.compile(r"\b(?:me and (?!i\b)[a-z]+|(?!we\b|you\b|more\b|uber\b)[a-z]+ and (?:i|me))\b"), "we"),
)


def spelled(text: str) -> str:
    """Plain text with its closed-class words spelt as the grammars know them; other words are left alone."""
    for pattern, plainly in _PHRASES:
        text = pattern.sub(plainly, text)
    return _WORD.sub(lambda found: _right(found[0]), text)


@lru_cache(maxsize=8_192)
def _right(word: str) -> str:
    if word in _SHORT:
        return _SHORT[word]
    if len(word) < _CLOSE or word in _CLOSED or word in CARRIER or word in _RIGHT or word.rstrip("s") in _CLOSED:
        return word
    allowed = 2 if len(word) >= _FAR else 1
    near = [
        known
        for known in _CLOSED
        if known[0] == word[0]
        and abs(len(known) - len(word)) < 2
        and len(known) >= _CLOSE
        and distance(word, known) <= (allowed if len(known) >= _FAR else 1)
    ]
    return near[0] if len(near) == 1 else word


@lru_cache(maxsize=4_096)
def nearest(word: str, known: frozenset[str]) -> str:
    """The one known word that a slip of the finger makes `word` of, else `word`: a letter too many, too few or swapped;
    a wrong letter only in a longer word, because short ones are often another name ("boots", "books")."""
    if len(word) < _SLIP or word in known:
        return word
    near = [other for other in known if len(other) >= _SLIP and other[0] == word[0] and _slipped(word, other)]
    best = sorted(near, key=lambda other: (distance(word, other), len(other)))
    stems = {other.rstrip("s") for other in best}
    return best[0] if len(stems) == 1 and word.rstrip("s") not in stems else word


def _slipped(word: str, other: str) -> bool:
    if abs(len(word) - len(other)) > 1:
        return False
    apart = distance(word, other)
    swapped = len(word) == len(other) and sorted(word) == sorted(other)
    sure = swapped or len(word) != len(other) or len(word) >= _LONGER
    return apart == 1 and sure or apart == 2 and len(word) >= _FAR


@lru_cache(maxsize=4_096)
def distance(one: str, other: str) -> int:
    """Damerau-Levenshtein distance (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, right in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
