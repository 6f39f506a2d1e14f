"""Merchants under any descriptor and spelling: one brand a row, and what a phrase of the customer means among them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from offhold.language.normalise import words
from offhold.model.ledger import Transaction

_PREFIX = re.compile(
    r"^(?:refund|reversal|rvsl|return|purchase|pos|sq|tst|paypal|pp|sumup|zettle|iz|sp|dd|tm|google|card purchase|"
    r"(?:zelle|paynow|faster payment|venmo|fast transfer)(?: (?:to|from|received|payment|transfer))*|payment to|bill payment)\b[ *:]*"
)
_LEGAL = frozenset("ltd limited plc llc inc gmbh pte llp co corp the uk us usa gb com www".split())
_SISTERS = frozenset(
    "eats prime gas petrol fuel membership food pay music icloud store pfs pump video express plus one bank driver "
    "music insurance fuels".split()
)
_CLOSE = 5
_FAR = 8


def stem(row: Transaction) -> tuple[str, ...]:
    """The leading words of the descriptor without processors, numbers and codes."""
    text = row.description.casefold()
    for _ in range(2):
        text = _PREFIX.sub("", text.lstrip())
    said = [word for word in words(text.replace("*", " ")) if not any(char.isdigit() for char in word)]
    return tuple(said[:4])


class Brands:
    """The brand of each row. A descriptor that somewhere stands beside a merchant's name takes that name."""

    def __init__(self, rows: Iterable[Transaction]) -> None:
        rows = tuple(rows)
        named: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row.merchant_name:
                for key in self._keys(row):
                    named[key][_squash(row.merchant_name)] += 1
        self._named = {key: seen.most_common(1)[0][0] for key, seen in named.items() if _clear(seen)}
        self._of = {id(row): self._brand(row) for row in rows}
        self._titles: dict[str, Counter[str]] = defaultdict(Counter)
        self._words: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            brand = self._of[id(row)]
            self._titles[brand][row.merchant_name or " ".join(stem(row)[:3]).title()] += 1
            self._words[brand] |= set(words(row.merchant_name)) | set(stem(row)) | set(words(row.payee))
        self._names = {brand: self._name_words(brand) for brand in self._words}

    @staticmethod
    def _keys(row: Transaction) -> tuple[tuple[str, ...], ...]:
        said = stem(row)
        return ((*said[:2], row.mcc), (*said[:1], row.mcc)) if said else ()

    def _brand(self, row: Transaction) -> str:
        if row.merchant_name:
            return _squash(row.merchant_name)
        known = next((self._named[key] for key in self._keys(row) if key in self._named), None)
        if known:
            return known
        said = stem(row)
        return "".join(said[:2]) or "unnamed"

    def of(self, row: Transaction) -> str:
        """The brand's key."""
        return self._of[id(row)]

    def title(self, brand: str) -> str:
        """The brand as people write it."""
        names = [name for name, _ in self._titles[brand].most_common() if name]
        mixed = [name for name in names if not name.isupper()]
        return (mixed or names or [brand])[0]

    def _name_words(self, brand: str) -> frozenset[str]:
        return frozenset(words(self.title(brand))) - _LEGAL

    def meant(self, phrase: Sequence[str]) -> frozenset[str]:
        """Brands that a phrase names, empty when none: all its words, exactly before roughly; sisters stay apart."""
        asked = [word for word in phrase if word not in _LEGAL] or list(phrase)
        for close in (_equal, _same, _begins, _nearly):
            found = {brand for brand, known in self._words.items() if _covers(asked, known, close)}
            squashed = "".join(asked)
            found |= {brand for brand in self._words if len(squashed) >= 4 and _joined(brand, squashed)}
            if found:
                return self._without_sisters(frozenset(asked), found)
        return frozenset()

    def _without_sisters(self, asked: frozenset[str], found: set[str]) -> frozenset[str]:
        exact = {brand for brand in found if self._names[brand] == asked}
        if not exact:
            return frozenset(found)
        return frozenset(exact | {brand for brand in found if not (self._words[brand] - asked) & _SISTERS})

    def first_words(self, brands: Iterable[str]) -> frozenset[str]:
        """How many really different names a set of brands has."""
        return frozenset(words(self.title(brand))[0] if words(self.title(brand)) else brand for brand in brands)


def _clear(seen: Counter[str]) -> bool:
    """One name, or nearly: a key that stands for several merchants names none of them."""
    (_, most), total = seen.most_common(1)[0], sum(seen.values())
    return most * 10 >= total * 9


def _squash(name: str) -> str:
    return "".join(word for word in words(name) if word not in _LEGAL) or "".join(words(name))


def _joined(brand: str, squashed: str) -> bool:
    return brand == squashed or (
        brand.startswith(squashed) and len(squashed) >= _CLOSE and len(brand) - len(squashed) <= 6
    )


def _covers(asked: Sequence[str], known: Iterable[str], close: object) -> bool:
    return all(any(close(word, other) for other in known) for word in asked)  # type: ignore[operator]


def _equal(word: str, other: str) -> bool:
    return word == other


def _same(word: str, other: str) -> bool:
    return word == other or word == other + "s" or other == word + "s"


def _begins(word: str, other: str) -> bool:
    return len(word) >= 4 and other.startswith(word)


def _nearly(word: str, other: str) -> bool:
    if len(word) < _CLOSE or abs(len(word) - len(other)) > 2 or word[0] != other[0]:
        return False
    return distance(word, other) <= (2 if len(word) >= _FAR else 1)


@lru_cache(maxsize=4096)
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
