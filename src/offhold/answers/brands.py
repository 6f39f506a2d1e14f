"""Merchants under any descriptor and spelling: one brand a row, and what a phrase of the customer means among them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from offhold.answers.names import ALIASES
from offhold.answers.payees import payee
from offhold.answers.places import TOWN_STARTS, tail
from offhold.answers.readable import readable
from offhold.language.normalise import words
from offhold.language.spelling import distance
from offhold.model.ledger import Transaction

_PREFIX = re.compile(
    r"^(?:refund|reversal|rvsl|return|purchase|pos|sq|tst|paypal|pp|sumup|zettle|iz|sp|dd|tm|google|card purchase|card payment to|contactless|visa|"
    r"debit card|web|giro(?:/standing inst)?|standing order|direct debit|d/d|payment to|bill payment|bill pay)\b[ *:_]*"
)
_DOMAIN = re.compile(r"(?<=[a-z]{5})(?:com)?\d+$")
_LEGAL = frozenset(
    "ltd limited plc llc inc gmbh pte llp co corp the uk us usa gb com www intl international group".split()
)
_SISTERS = frozenset(
    "eats prime gas petrol fuel membership food pay music icloud store pfs pump video express plus one bank driver "
    "insurance fuels mobile money cafe pharmacy travel financial kindle fresh web services tv".split()
)
_TRAVELLED = frozenset(("zelle", "paynow", "faster", "fast", "venmo", "othr"))
_NO_DIGITS = str.maketrans("", "", "0123456789")
_CLOSE, _FAR = 5, 8

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
        text = first if last in TOWN_STARTS and first else text
    said = [_DOMAIN.sub("", word) for word in words(text.replace("*", " ").replace("_", " "))]
    return tuple(word for word in said if word and not any(char.isdigit() for char in word))[:5]


def is_person(row: Transaction) -> bool:
    """Whether the row is a transfer between people, by its code or its rail."""
    return row.own_code in ("FPO", "FPI", "P2P") or (
        not row.mcc and any(word in _TRAVELLED for word in words(row.description)[:2])
    )


@dataclass(frozen=True, slots=True)
class _Printed:
    """What rows that read alike have in common: one entry for each descriptor without its digits."""

    stem: tuple[str, ...]
    name: str
    mcc: str
    person: str
    extra: tuple[str, ...]
    title: str


class Brands:
    """The brand of each row. A descriptor that somewhere stands beside a merchant's name takes that name."""

    def __init__(self, rows: Iterable[Transaction]) -> None:
        rows = tuple(rows)
        kinds: dict[tuple[str, ...], list[Transaction]] = defaultdict(list)
        for row in rows:
            bare = row.description.translate(_NO_DIGITS)
            kinds[row.merchant_name, bare, row.mcc, row.payee, row.own_code].append(row)
        groups = [(_printed(alike[0]), alike) for alike in kinds.values()]
        self._names_by_key = _named(groups)
        self._seconds = _second_words(groups)
        self._of: dict[int, str] = {}
        self._titles: dict[str, Counter[str]] = defaultdict(Counter)
        self._printed: dict[str, Counter[str]] = defaultdict(Counter)
        self._words: dict[str, set[str]] = defaultdict(set)
        self.people: set[str] = set()
        for printed, alike in groups:
            self._learn(printed, alike)
        self._shown: dict[str, str] = {}
        self._readable: dict[str, str] = {}
        self._having: dict[str, set[str]] = defaultdict(set)
        for brand, known in self._words.items():
            for word in known:
                self._having[word].add(brand)
        self._names = {brand: frozenset(words(self.title(brand))) - _LEGAL for brand in self._words}

    def _learn(self, printed: _Printed, alike: list[Transaction]) -> None:
        brand = printed.name or printed.person.replace(" ", "") or self._known(printed)
        for row in alike:
            own = brand or self._priced(printed, row) or self._unnamed(printed)
            self._of[id(row)] = own
            titles = self._titles if row.merchant_name else self._printed
            titles[own][row.merchant_name or printed.title] += 1
            self._words[own].update(printed.person.split() if printed.person else printed.stem, printed.extra)
            if printed.person:
                self.people.add(own)

    def _known(self, printed: _Printed) -> str:
        keys = _keys(printed.stem, printed.mcc)
        return next((_clearest(self._names_by_key[key]) for key in keys if _clearest(self._names_by_key.get(key))), "")

    def _priced(self, printed: _Printed, row: Transaction) -> str:
        """Services billed under one descriptor are told apart by their price."""
        keys = ((*key, str(row.amount.minor)) for key in _keys(printed.stem, printed.mcc))
        return next((name for key in keys if (name := _clearest(self._names_by_key.get(key)))), "")

    def _unnamed(self, printed: _Printed) -> str:
        said = printed.stem
        if not said:
            return "unnamed"
        seconds = self._seconds[said[0], printed.mcc]
        codes = printed.mcc and len(seconds) > 1 and max(seconds.values()) == 1  # an order's code, never the same
        return said[0] if codes else "".join(said[:2])

    def of(self, row: Transaction) -> str:
        """The brand's key."""
        return self._of[id(row)]

    def title(self, brand: str) -> str:
        """The brand as people write it."""
        if brand not in self._shown:
            known = self._titles.get(brand) or self._printed.get(brand) or Counter[str]()
            names = [name for name, _ in known.most_common() if name]
            mixed = [name for name in names if not name.isupper()]
            self._shown[brand] = (mixed or names or [brand])[0]
        return self._shown[brand]

    def readable(self, brand: str) -> str:
        """The brand as a sentence names it."""
        if brand not in self._readable:
            self._readable[brand] = readable(self.title(brand))
        return self._readable[brand]

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
            if name & carried
            and len(words(self.title(brand))) > 1
            and f" {' '.join(words(self.title(brand)))} " in text
        }
        return frozenset(found), frozenset(word for name in found.values() for word in name)

    def meant(self, phrase: Sequence[str]) -> frozenset[str]:
        """Brands that a phrase names, empty when none: all its words, exactly before roughly; sisters stay apart."""
        phrase = words(ALIASES[" ".join(phrase)]) if " ".join(phrase) in ALIASES else phrase
        asked = [word for word in phrase if word not in _LEGAL] or list(phrase)
        squashed = "".join(asked)
        for alike in (_equal, _same, _begins, _nearly):
            found = self._covered(asked, alike)
            if alike is _equal or len(asked) > 1 or alike is _begins:
                found |= {brand for brand in self._words if len(squashed) >= 4 and _joined(brand, squashed)}
            if alike is _nearly and not found:
                found = {brand for brand in self._words if len(squashed) >= _FAR and _nearly(squashed, brand)}
            if found:
                return self._without_sisters(frozenset(asked), found)
        return frozenset()

    def knows(self, word: str) -> bool:
        """Whether any brand has the word."""
        return word in self._having

    def _covered(self, asked: Sequence[str], alike: Alike) -> set[str]:
        """Brands that have, for each word asked, one that is alike."""
        found: set[str] | None = None
        for word in asked:
            near = [word] if alike is _equal else [other for other in self._having if alike(word, other)]
            having = set[str]().union(*(self._having.get(other, ()) for other in near))
            found = having if found is None else found & having
            if not found:
                return set()
        return found or set()

    def _without_sisters(self, asked: frozenset[str], found: set[str]) -> frozenset[str]:
        exact = {brand for brand in found if self._names[brand] == asked}
        if not exact:
            plain = {brand for brand in found if not (self._words[brand] - asked) & _SISTERS}
            return frozenset(plain if plain and len(self.first_words(found)) == 1 else found)
        return frozenset(exact | {brand for brand in found if not (self._words[brand] - asked) & _SISTERS})

    def first_words(self, brands: Iterable[str]) -> frozenset[str]:
        """How many really different names a set of brands has."""
        return frozenset(words(self.title(brand))[0] if words(self.title(brand)) else brand for brand in brands)


def _printed(row: Transaction) -> _Printed:
    name = _squash(row.merchant_name) if row.merchant_name else ""
    person = "" if name else _person(row)
    extra = words(row.merchant_name)
    if not name and not row.mcc and not person:
        extra = tuple(word for word in words(f"{row.description} {row.payee}") if word.isalpha())
    return _Printed(stem(row), name, row.mcc, person, extra, person.title() or row.payee.title() or _as_printed(row))


def _person(row: Transaction) -> str:
    return " ".join(words(row.payee or payee(row.description).name)) if is_person(row) else ""


def _as_printed(row: Transaction) -> str:
    """The start of the descriptor as the bank prints it, without numbers."""
    said = _without_town(row).split()
    cut = next((i for i, word in enumerate(said) if i and any(char.isdigit() for char in word)), len(said))
    return " ".join(said[: min(cut, 4)])


def _without_town(row: Transaction) -> str:
    before, code = tail(row) if row.mcc else ((), "")
    at = row.description.casefold().rfind(f" {before[-1]} {code}") if code else 0
    return row.description[:at] if at > 0 else row.description


Groups = Sequence[tuple[_Printed, list[Transaction]]]


def _named(groups: Groups) -> dict[tuple[str, ...], Counter[str]]:
    """Which names stand beside a descriptor; where they are several, also beside a descriptor at a price."""
    named: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    naming = [(printed, alike) for printed, alike in groups if printed.name]
    for printed, alike in naming:
        for key in _keys(printed.stem, printed.mcc):
            named[key][printed.name] += len(alike)
    shared = {key for key, seen in named.items() if len(seen) > 1}
    for printed, alike in naming:
        for key in shared.intersection(_keys(printed.stem, printed.mcc)):
            for row in alike:
                named[(*key, str(row.amount.minor))][printed.name] += 1
    return dict(named)


def _second_words(groups: Groups) -> dict[tuple[str, str], Counter[str]]:
    seconds: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for printed, alike in groups:
        if len(printed.stem) > 1:
            seconds[printed.stem[0], printed.mcc][printed.stem[1]] += len(alike)
    return seconds


def _keys(said: tuple[str, ...], mcc: str) -> tuple[tuple[str, ...], ...]:
    return ((*said[:2], mcc), (*said[:1], mcc)) if said else ()


def _clearest(seen: Counter[str] | None) -> str:
    """The one name, or nearly the only one: a key that stands for several merchants names none of them."""
    if not seen:
        return ""
    name = max(seen, key=lambda one: seen[one])
    return name if seen[name] * 10 >= seen.total() * 9 else ""


def _squash(name: str) -> str:
    return "".join(word for word in words(name) if word not in _LEGAL) or "".join(words(name))


def _joined(brand: str, squashed: str) -> bool:
    return (
        brand == squashed
        or (len(squashed) >= _FAR and brand.endswith(squashed))
        or (brand.startswith(squashed) and len(squashed) >= _CLOSE and len(brand) - len(squashed) <= 6)
    )


def _equal(word: str, other: str) -> bool:
    return word == other


def _same(word: str, other: str) -> bool:
    return word == other or word in (other + "s", other + "es") or other in (word + "s", word + "es")


def _begins(word: str, other: str) -> bool:
    return len(word) >= 4 and (
        other.startswith(word) or (len(other) >= 5 and word.startswith(other) and len(word) - len(other) <= 3)
    )


def _nearly(word: str, other: str) -> bool:
    word = word.removesuffix("s") if not other.endswith("s") and len(word) > _CLOSE else word
    if len(word) < _CLOSE or abs(len(word) - len(other)) > 2 or word[0] != other[0]:
        return False
    return distance(word, other) <= (2 if len(word) >= _FAR else 1)
