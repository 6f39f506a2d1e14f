"""The open part of a question → rows of this customer: categories, merchants, people, places, notes. What fits
nothing is said to be unknown; nothing is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from offhold.answers import names
from offhold.answers.book import Book, Entry
from offhold.answers.brands import is_person
from offhold.answers.categories import Kind, said
from offhold.answers.places import Place
from offhold.language.carrier import CARRIER, KIN
from offhold.language.lexicon import CATEGORY_WORDS, CODE_WORDS, LOOSE_WORDS, QUALIFIERS, leaves, title
from offhold.language.normalise import words

_CURRENCIES = {
    word: code
    for code, spoken in {
        "EUR": "euro euros eur", "USD": "usd dollars", "GBP": "gbp pounds sterling", "SGD": "sgd", "MYR": "myr ringgit",
        "THB": "thb baht", "IDR": "idr rupiah", "JPY": "jpy yen", "CHF": "chf francs", "AUD": "aud", "CAD": "cad",
        "INR": "inr rupees", "HKD": "hkd", "CNY": "cny yuan", "KRW": "krw won", "VND": "vnd dong", "TRY": "lira",
        "PLN": "pln zloty", "SEK": "sek", "DKK": "dkk", "NOK": "nok", "MXN": "mxn pesos",
    }.items()
    for word in spoken.split()
}  # fmt: skip
_TRIP = frozenset("trip trips holiday vacation vacations travels stay".split())


@dataclass(frozen=True, slots=True)
class Subject:
    """What a phrase means; an entry must fit every part that is set. `notes` are words of a payment's text, `text` a
    pattern of it. `unknown` are words that mean nothing here, `choices` what they could mean: then nothing may be
    answered. `label` reads well in a sentence."""

    label: str
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    text: re.Pattern[str] | None = None
    place: Place | None = None
    currency: str = ""
    pending: bool = False
    accounts: frozenset[str] = frozenset()
    unknown: str = ""
    choices: tuple[str, ...] = ()
    items: bool = False
    any_of: tuple[Subject, ...] = ()

    def holds(self, entry: Entry) -> bool:
        """Whether an entry is about it, or about one of several. Cheap tests first."""
        if self.any_of:
            return any(part.holds(entry) for part in self.any_of)
        row = entry.row
        return (
            (not self.codes or row.mcc in self.codes)
            and (not self.pending or entry.pending)
            and (not self.categories or entry.category in self.categories)
            and (not self.currency or self.currency in (row.amount.currency, row.original and row.original.currency))
            and (not self.brands or entry.brand in self.brands)
            and (self.place is None or self.place.holds(row, entry.category))
            and (not self.notes or self.notes <= frozenset(words(row.description)))
            and (self.text is None or bool(self.text.search(said(row))))
        )

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.label)


EVERYTHING = Subject("")


def several(book: Book, phrases: Sequence[Sequence[str]], spoken: Sequence[str] = ()) -> tuple[Subject, ...]:
    """The phrases of a question, each resolved; a note or a sister service belongs to the name before it."""
    extra, taken = book.brands.spoken(spoken, CARRIER) if spoken else (frozenset(), frozenset())
    found: list[Subject] = []
    for phrase in phrases:
        left = tuple(part for part in phrase if part not in taken)
        if not left:
            continue
        before = found[-1] if found else None
        found.append(_beside(book, before, left, phrases) or subject(book, left, spoken))
        if before and found[-1].notes and before.brands and found[-1].brands == before.brands:
            del found[-2]
    found += [_merchants(book, frozenset({brand}), words(book.brands.title(brand))) for brand in sorted(extra)]
    return tuple(_merged_parents(found))


def _beside(book: Book, before: Subject | None, phrase: Sequence[str], phrases: Sequence[Sequence[str]]) -> Subject | None:
    """A phrase that only means something beside the one before: "grab incl food", "cassie: for dog food"."""
    if before is None or not before.brands:
        return None
    flat = _flat(phrase)
    first = _flat(phrases[0])
    if sisters := book.brands.called((*first, *flat)):
        return _merchants(book, sisters, (*first, *flat))
    return _noted(book, before, flat)


def _noted(book: Book, person: Subject, flat: Sequence[str]) -> Subject | None:
    notes = frozenset(word for word in flat if word not in KIN) or frozenset(flat)
    if not person.brands or not all(is_person(e.row) for e in book.entries if e.brand in person.brands):
        return None
    for wanted in (frozenset(flat), notes):
        made = replace(person, label=f"{person.label}, {' '.join(flat)}", notes=wanted)
        if any(made.holds(entry) for entry in book.entries):
            return made
    return None


def _merged_parents(found: list[Subject]) -> list[Subject]:
    """ "Travel, flights and hotels" is travel: a category said beside one that holds it adds nothing."""
    pure = [s for s in found if s.categories and not (s.brands or s.codes or s.place or s.text)]
    return [
        one
        for one in found
        if not any(one is not other and one in pure and one.categories < other.categories for other in pure)
    ]


def subject(book: Book, phrase: Sequence[str], spoken: Sequence[str] = ()) -> Subject:
    """A phrase of one subject. All its words must be accounted for."""
    if not phrase:
        return EVERYTHING
    whole, flat = " ".join(phrase), _flat(phrase)
    if whole == "gas":
        return _gas(book)
    if whole == "shopping" and " the shopping" in " ".join(spoken) + " ":
        return Subject(whole, unknown=whole, choices=("groceries", "clothes and other shopping"))
    if whole in CATEGORY_WORDS:
        return _category(CATEGORY_WORDS[whole])
    if named := _atom(book, phrase):
        return named
    if qualified := _qualified(book, phrase):
        return qualified
    return _segments(book, list(phrase))


def _flat(phrase: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for part in phrase for word in part.split())


def _category(key: str) -> Subject:
    return Subject(title(key), categories=frozenset(leaves(key)))


def _gas(book: Book) -> Subject:
    """Fuel, or the gas utility: whichever this customer has; both or none ask back."""
    fuel = any(entry.category == "fuel" for entry in book.entries)
    utility = any(entry.category == "gas" for entry in book.entries)
    if fuel == utility:
        return Subject("gas", unknown="gas", choices=("fuel for the car", "the gas bill"))
    return Subject("gas", categories=frozenset({"fuel" if fuel else "gas"}))


def _atom(book: Book, phrase: Sequence[str]) -> Subject | None:
    """A phrase that is one thing as a whole, without guessing at its spelling."""
    whole, flat = " ".join(phrase), _flat(phrase)
    if brands := book.brands.called(flat):
        return _merchants(book, book.brands.meant(flat) or brands, flat)
    if whole in CATEGORY_WORDS:
        return _category(CATEGORY_WORDS[whole])
    if whole in _CURRENCIES:
        return Subject(whole, currency=_CURRENCIES[whole])
    if whole == "pending":
        return Subject(whole, pending=True)
    if (place := book.places.named(whole)) and (place.forms or place.code or place.home):
        return Subject(f"purchases in {whole.title()}" if not place.home else "purchases abroad", place=place)
    if all(map(book.brands.knows, flat)) and (brands := book.brands.meant(flat)):
        return _merchants(book, brands, flat)
    if whole in CODE_WORDS and any(entry.row.mcc in CODE_WORDS[whole] for entry in book.entries):
        return Subject(whole, codes=CODE_WORDS[whole])
    return _category(LOOSE_WORDS[whole]) if whole in LOOSE_WORDS else None


def _merchants(book: Book, brands: frozenset[str], flat: Sequence[str]) -> Subject:
    whole = " ".join(flat)
    people = sorted(brand for brand in brands if any(e.brand == brand and is_person(e.row) for e in book.entries))
    if len(people) > 1:
        return Subject(whole, unknown=whole, choices=tuple(map(book.brands.title, people)))
    if len(book.brands.first_words(brands)) > 1 and len(brands) > 3:
        return Subject(whole, unknown=whole)
    titles = sorted({book.brands.title(brand) for brand in brands}, key=len)
    return Subject(titles[0] if len(titles) == 1 else whole.title(), brands=brands)


def _qualified(book: Book, phrase: Sequence[str]) -> Subject | None:
    """ "Car insurance", "property tax", "overdraft fees": a category narrowed by what the payee's text says."""
    key = next((CATEGORY_WORDS[part] for part in phrase if part in CATEGORY_WORDS), "")
    others = [word for part in phrase if part not in CATEGORY_WORDS for word in part.split() if word != "premium"]
    for qualifying, text in QUALIFIERS.get(key, {}).items():
        if others and set(others) <= set(qualifying.split()):
            made = replace(_category(key), label=" ".join(phrase), text=re.compile(rf"\b(?:{text})\b"))
            if any(made.holds(entry) for entry in book.entries):
                return made
            return _only_one(book, key, phrase)
    return None


def _only_one(book: Book, key: str, phrase: Sequence[str]) -> Subject | None:
    """The one payee of a category when its text says nothing finer."""
    brands = {entry.brand for entry in book.entries if entry.category in leaves(key)}
    return replace(_category(key), label=" ".join(phrase), brands=frozenset(brands)) if len(brands) == 1 else None


def _segments(book: Book, phrase: list[str]) -> Subject:
    """Part merchant, part category, place or note: the longest parts that mean something, left to right."""
    parts: list[Subject] = []
    left: list[str] = []
    index = 0
    while index < len(phrase):
        size, found = next(
            ((n, atom) for n in range(len(phrase) - index, 0, -1) if (atom := _atom(book, phrase[index : index + n]))),
            (1, None),
        )
        if found is None:
            left.append(phrase[index])
        elif found.unknown:
            return found
        else:
            parts.append(found)
        index += size
    made = _joined(book, parts, phrase)
    return _accounted(book, made, left, phrase) if left else _there(book, made, parts, phrase)


def _joined(book: Book, parts: Sequence[Subject], phrase: Sequence[str]) -> Subject:
    """All parts at once; categories beside one another add up, merchants too."""
    made = Subject(" ".join(phrase) if len(parts) > 1 else parts[0].label if parts else "")
    for part in parts:
        made = replace(
            made,
            categories=made.categories | part.categories,
            brands=made.brands | part.brands,
            codes=made.codes | part.codes,
            place=part.place or made.place,
            currency=part.currency or made.currency,
            pending=part.pending or made.pending,
        )
    return made


def _accounted(book: Book, made: Subject, left: list[str], phrase: Sequence[str]) -> Subject:
    """The words still open: a name spelt otherwise, a note of the payments found so far; else they are unknown."""
    flat = [word for word in _flat(left) if word not in _TRIP]
    if made.narrows and all(word in KIN for word in flat):
        return made
    if made.brands and (noted := _noted(book, made, flat)):
        return noted
    if made.brands:
        noted = replace(made, label=" ".join(phrase), notes=frozenset(flat))
        if any(noted.holds(entry) for entry in book.entries):
            return noted
    if brands := book.brands.meant(flat):
        named = _merchants(book, brands, flat)
        if named.unknown:
            return named
        return _there(book, _joined(book, [made, named] if made.narrows else [named], phrase), [made, named], phrase)
    if not made.narrows and (noted_only := _by_note(book, flat)):
        return noted_only
    if made.categories and len(brands := {e.brand for e in book.entries if made.holds(e) and set(flat) <= set(words(said(e.row)))}) > 0:
        return replace(made, label=" ".join(phrase), brands=frozenset(brands))
    return Subject(" ".join(phrase), unknown=" ".join(flat), items=bool(made.brands))


def _by_note(book: Book, flat: Sequence[str]) -> Subject | None:
    """A payment known by its note alone ("badminton"), or by a name beside a note."""
    wanted = frozenset(word for word in flat if word not in KIN)
    if not wanted:
        return None
    made = Subject(" ".join(flat), notes=wanted)
    return made if any(made.holds(entry) for entry in book.entries if is_person(entry.row)) else None


def _there(book: Book, made: Subject, parts: Sequence[Subject], phrase: Sequence[str]) -> Subject:
    """Parts that never meet in a row: a bank's rows hold no items, so that is said."""
    if len(parts) < 2 or any(made.holds(entry) for entry in book.entries):
        return made
    if made.brands and made.codes:
        return replace(made, codes=frozenset())
    return Subject(" ".join(phrase), unknown=" ".join(phrase), items=True)


def income(book: Book, phrase: Sequence[str]) -> Subject:
    """A sort of income, or a payer."""
    flat = _flat(phrase)
    for label, (spoken, text) in sorted(names.INCOME.items(), key=lambda item: -len(item[0])):
        known = set(spoken.split())
        if set(flat) <= known and (len(label.split()) == 1 or set(label.split()) <= set(flat)):
            made = Subject(label, text=names.pattern(text))
            if label == "interest":
                return made
            if any(made.holds(e) for e in book.entries if e.kind is Kind.income):
                return made
            return Subject(" ".join(flat), unknown=" ".join(flat))
    payers = [e for e in book.entries if e.kind in (Kind.income, Kind.interest, Kind.received)]
    open_words = [word for word in flat if not any(word in spoken.split() for spoken, _ in names.INCOME.values())]
    hinted = [names.pattern(text) for spoken, text in names.INCOME.values() if set(flat) - set(open_words) & set(spoken.split())]
    for wanted in (flat, tuple(open_words)):
        brands = book.brands.meant(wanted) & {e.brand for e in payers} if wanted else frozenset()
        if brands:
            made = _merchants(book, brands, wanted)
            if made.unknown or wanted == flat:
                return made
            narrowed = [replace(made, text=text) for text in hinted]
            return next((one for one in narrowed if any(one.holds(e) for e in payers)), made)
    return Subject(" ".join(flat), unknown=" ".join(flat))
