"""A descriptor as people would write it: the bank prints "SQ *TIMELESS COFFEE", a customer reads "Timeless Coffee"."""

from __future__ import annotations

import re

_PROCESSOR = re.compile(
    r"^(?:(?:sq|tst|sumup|zettle|iz|paypal|pp|sp|pos|dd)\b ?\*? ?|(?:card purchase|contactless|debit card|nets qr)\b ?)"
    r"+",
    re.I,
)
_BANKISH = frozenset(
    "web ppd online billpay bill bil pay pmt pymt payment payments giro util autopay refund reversal dir dep inc "
    "inc. ltd llc plc limited ccd ach".split()
)
_ACRONYMS = frozenset(
    "aarp irs ira usa uk eu us aia aib iras ovo nyt ymca atm ups ikea ocbc uob dbs itx ee ebmud esb edf "
    "ebay usps aa".split()
)
_SHORTENED = frozenset("mgmt blvd pkwy ctr mkt svc svcs".split())
_SMALL = frozenset("and at by for from in of on the to".split())
_WORD = re.compile(r"[^\s-]+")


def readable(printed: str) -> str:
    """The name without processors and bank words, no longer shouted; a name in mixed case stays as it is."""
    if any(char.islower() for char in printed):
        return printed
    said = _PROCESSOR.sub("", printed).split()
    while len(said) > 1 and (said[-1].casefold() in _BANKISH):
        said.pop()
    first, *others = said or [printed]
    return " ".join(
        [_cased(first), *(word.lower() if word.lower() in _SMALL else _cased(word) for word in others)]
    ).strip(" ,")


def _cased(word: str) -> str:
    return _WORD.sub(lambda found: _one(found[0]), word)


def _one(word: str) -> str:
    plain = word.casefold()
    vowels = any(letter in "aeiouy" for letter in plain) or plain in _SHORTENED
    spoken = vowels and "&" not in word and plain not in _ACRONYMS
    return word[:1] + plain[1:] if spoken else word
