"""Merchants under any descriptor and spelling: one brand a row, and what a phrase of the customer means among them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from offhold.answers.payees import payee
from offhold.answers.places import tail
from offhold.language.normalise import words
from offhold.language.spelling import distance
from offhold.model.ledger import Transaction

_PREFIX = re.compile(
    r"^(?:refund|reversal|rvsl|return|purchase|pos|sq|tst|paypal|pp|sumup|zettle|iz|sp|dd|tm|google|card purchase|card payment to|contactless|visa|"
    r"debit card|web|giro(?:/standing inst)?|standing order|direct debit|d/d|payment to|bill payment|bill pay)\b[ *:_]*"
)
_DOMAIN = re.compile(r"(?<=[a-z]{5})(?:com)?\d+$")
_LEGAL = frozenset("ltd limited plc llc inc gmbh pte llp co corp the uk us usa gb com www intl international group".split())
_SISTERS = frozenset(
    "eats prime gas petrol fuel membership food pay music icloud store pfs pump video express plus one bank driver "
    "insurance fuels mobile money cafe pharmacy travel financial kindle fresh web services tv".split()
)
_TOWN_STARTS = frozenset(
    "san new santa los las st saint fort round kuala el palm long salt port north south east west great grand cedar little la".split()
)
_TRAVELLED = frozenset(("zelle", "paynow", "faster", "fast", "venmo", "othr"))
_CLOSE, _FAR = 5, 8
_MOST_BRANDS = 3

Alike = Callable[[str, str], bool]


def stem(row: Transaction) -> tuple[str, ...]:
    """The leading words of the descriptor without processors, numbers, codes and the town."""
    text = row.description.casefold()
    for _ in range(2):
        text = _PREFIX.sub("", text.lstrip())
    before, code = tail(row) if row.mcc else ((), "")
    if code and (at := text.rfind(f" {before[-1]} {code}")) > 0:
        text = text[:at]
        first, _, last = text.rpartition(" ")
        text = first if last in _TOWN_STARTS and first else text
    said = [_DOMAIN.sub("", word) for word in words(text.replace("*", " ").replace("_", " "))]
    return tuple(word for word in said if word and not any(char.isdigit() for char in word))[:5]


def is_person(row: Transaction) -> bool:
    """Whether the row is a transfer between people, by its code or its rail."""
    return row.own_code in ("FPO", "FPI", "P2P") or (
        not row.mcc and any(word in _TRAVELLED for word in words(row.description)[:2])
    )


class Brands:
    """The brand of each row. A descriptor that somewhere stands beside a merchant's name takes that name."""

    def __init__(self, rows: Iterable[Transaction]) -> None:
        rows = tuple(rows)
        stems = {id(row): stem(row) for row in rows}
        named: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        priced: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        squashed = {name: _squash(name) for name in {row.merchant_name for row in rows} if name}
        for row in rows:
            if row.merchant_name:
                name = squashed[row.merchant_name]
                for key in _keys(stems[id(row)], row.mcc):
                    named[key][name] += 1
                    priced[(*key, str(row.amount.minor))][name] += 1
        self._named = {key: seen.most_common(1)[0][0] for key, seen in (named | priced).items() if _clear(seen)}
        self._seconds: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in rows:
            if len(said := stems[id(row)]) > 1:
                self._seconds[said[0], row.mcc][said[1]] += 1
        self._of: dict[int, str] = {}
        self._titles: dict[str, Counter[str]] = defaultdict(Counter)
        self._words: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            self._learn(row, stems[id(row)], squashed.get(row.merchant_name, ""))
        self._names = {brand: frozenset(words(self.title(brand))) - _LEGAL for brand in self._words}

    def _learn(self, row: Transaction, said: tuple[str, ...], name: str) -> None:
        person = "" if name else self._person(row)
        brand = name or person.replace(" ", "") or self._brand(row, said)
        self._of[id(row)] = brand
        self._titles[brand][row.merchant_name or person.title() or row.payee.title() or " ".join(said[:3]).title()] += 1
        known = self._words[brand]
        known.update(person.split() if person else said)
        if row.merchant_name:
            known.update(words(row.merchant_name))
        elif not row.mcc and not person:
            known.update(word for word in words(f"{row.description} {row.payee}") if not any(char.isdigit() for char in word))

    @staticmethod
    def _person(row: Transaction) -> str:
        return " ".join(words(row.payee or payee(row.description).name)) if is_person(row) else ""

    def _brand(self, row: Transaction, said: tuple[str, ...]) -> str:
        keys = _keys(said, row.mcc)
        known = next((self._named[key] for key in keys if key in self._named), None)
        known = known or next((self._named[key] for key in ((*k, str(row.amount.minor)) for k in keys) if key in self._named), None)
        if known or not said:
            return known or "unnamed"
        seconds = self._seconds[said[0], row.mcc]
        codes = row.mcc and len(seconds) > 1 and max(seconds.values()) == 1  # an order's code, never the same
        return said[0] if codes else "".join(said[:2])

    def of(self, row: Transaction) -> str:
        """The brand's key."""
        return self._of[id(row)]

    def title(self, brand: str) -> str:
        """The brand as people write it."""
        names = [name for name, _ in self._titles[brand].most_common() if name]
        mixed = [name for name in names if not name.isupper()]
        return (mixed or names or [brand])[0]

    def called(self, phrase: Sequence[str]) -> frozenset[str]:
        """Brands whose whole name is the phrase."""
        asked, whole = frozenset(phrase) - _LEGAL, "".join(phrase)
        return frozenset(brand for brand, name in self._names.items() if name and (name == asked or brand == whole))

    def spoken(self, said: Sequence[str], carried: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """(brands, the words they take) whose whole name of several words is said and holds everyday words ("five
        guys"), which phrases leave out."""
        text = f" {' '.join(said)} "
        found = {
            brand: words(self.title(brand))
            for brand, name in self._names.items()
            if name & carried and len(words(self.title(brand))) > 1 and f" {' '.join(words(self.title(brand)))} " in text
        }
        return frozenset(found), frozenset(word for name in found.values() for word in name)

    def meant(self, phrase: Sequence[str]) -> frozenset[str]:
        """Brands that a phrase names, empty when none: all its words, exactly before roughly; sisters stay apart."""
        asked = [word for word in phrase if word not in _LEGAL] or list(phrase)
        squashed = "".join(asked)
        for alike in (_equal, _same, _begins, _nearly):
            found = {brand for brand, known in self._words.items() if _covers(asked, known, alike)}
            if alike is _equal or len(asked) > 1 or alike is _begins:
                found |= {brand for brand in self._words if len(squashed) >= 4 and _joined(brand, squashed)}
            if alike is _nearly and not found:
                found = {brand for brand in self._words if len(squashed) >= _FAR and _nearly(squashed, brand)}
            if found:
                return self._without_sisters(frozenset(asked), found)
        return frozenset()

    def knows(self, word: str) -> bool:
        """Whether any brand has the word."""
        return any(word in known for known in self._words.values())

    def _without_sisters(self, asked: frozenset[str], found: set[str]) -> frozenset[str]:
        exact = {brand for brand in found if self._names[brand] == asked}
        if not exact:
            plain = {brand for brand in found if not (self._words[brand] - asked) & _SISTERS}
            return frozenset(plain if plain and len(self.first_words(found)) == 1 else found)
        return frozenset(exact | {brand for brand in found if not (self._words[brand] - asked) & _SISTERS})

    def first_words(self, brands: Iterable[str]) -> frozenset[str]:
        """How many really different names a set of brands has."""
        return frozenset(words(self.title(brand))[0] if words(self.title(brand)) else brand for brand in brands)


def _keys(said: tuple[str, ...], mcc: str) -> tuple[tuple[str, ...], ...]:
    return ((*said[:2], mcc), (*said[:1], mcc)) if said else ()


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


def _covers(asked: Sequence[str], known: Iterable[str], alike: Alike) -> bool:
    return all(any(alike(word, other) for other in known) for word in asked)


def _equal(word: str, other: str) -> bool:
    return word == other


def _same(word: str, other: str) -> bool:
    return word == other or word in (other + "s", other + "es") or other in (word + "s", word + "es")


def _begins(word: str, other: str) -> bool:
    return len(word) >= 4 and (other.startswith(word) or (len(other) >= 5 and word.startswith(other) and len(word) - len(other) <= 3))


def _nearly(word: str, other: str) -> bool:
    if len(word) < _CLOSE or abs(len(word) - len(other)) > 2 or word[0] != other[0]:
        return False
    return distance(word, other) <= (2 if len(word) >= _FAR else 1)
