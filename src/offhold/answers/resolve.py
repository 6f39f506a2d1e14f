"""The open part of a question → rows of this customer: categories, merchants, people, places, notes. What fits
nothing is said to be unknown; nothing is dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from offhold.answers import names
from offhold.answers.book import Book, Entry
from offhold.answers.brands import is_person
from offhold.answers.categories import Kind
from offhold.answers.places import Place
from offhold.language.carrier import CARRIER, KIN
from offhold.language.lexicon import CATEGORY_WORDS, CODE_WORDS, LOOSE_WORDS, QUALIFIERS, RAILS, leaves, title
from offhold.language.normalise import words
from offhold.language.spelling import nearest

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
_SPOKEN = frozenset(w for w in (*CATEGORY_WORDS, *LOOSE_WORDS, *CODE_WORDS, "public") if " " not in w) - CARRIER
_SAME_STAY_DAYS = 5
_SAID_WITH_BILLS = frozenset(("premium", "giro"))
_VERBS = frozenset("eat ate eaten eating drink drank drinking tickets ticket games game goods habit fee fees".split())
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
    days: tuple[tuple[date, date], ...] = ()
    currency: str = ""
    pending: bool = False
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
            and (not self.days or any(first <= row.day <= last for first, last in self.days))
            and (not self.categories or entry.category in self.categories)
            and (not self.currency or self.currency in (row.amount.currency, row.original and row.original.currency))
            and (not self.brands or entry.brand in self.brands)
            and (self.place is None or self.place.holds(row, entry.category))
            and (not self.notes or _notes_hold(self.notes, entry.words))
            and (self.text is None or bool(self.text.search(entry.said)))
        )

    @property
    def constrained(self) -> bool:
        """Whether there is anything to tell rows apart by; a phrase that says something must be."""
        parts = (self.categories, self.brands, self.codes, self.notes, self.text, self.place, self.currency)
        return any(parts) or self.pending or bool(self.any_of)

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.label)


EVERYTHING = Subject("")


def _notes_hold(notes: frozenset[str], said_there: Sequence[str]) -> bool:
    known = {word.rstrip("s") for word in said_there}
    return all(note.rstrip("s") in known for note in notes)


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
        if before and not before.unknown and found[-1].place and not before.place:
            found[-2:] = [
                _there(book, _joined(book, [before, found[-1]], (before.label, *left)), [before, found[-1]], left)
            ]
        if before and found[-1].notes and before.brands and found[-1].brands == before.brands:
            del found[-2]
    found += [_merchants(book, frozenset({brand}), words(book.brands.title(brand))) for brand in sorted(extra)]
    return tuple(_merged_parents([one for index, one in enumerate(found) if one not in found[:index]]))


def excluded(book: Book, phrase: Sequence[str], beside: Sequence[Sequence[str]]) -> Subject:
    """What a question leaves out; "not counting gas" beside "Costco" is Costco Gas."""
    before = subject(book, beside[0]) if beside else None
    return _beside(book, before, tuple(phrase), beside) or subject(book, phrase)


def _beside(
    book: Book, before: Subject | None, phrase: Sequence[str], phrases: Sequence[Sequence[str]]
) -> Subject | None:
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
    if not person.brands or not person.brands <= book.brands.people:
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
        and not any(one in pure and other not in pure and one.categories == other.categories for other in found)
    ]


def subject(book: Book, phrase: Sequence[str], spoken: Sequence[str] = ()) -> Subject:
    """A phrase of one subject. All its words must be accounted for."""
    if not phrase:
        return EVERYTHING
    if "cheque" in phrase and book.brands.knows("check"):
        phrase = tuple("check" if word == "cheque" else word for word in phrase)
    phrase = tuple(_repaired(book, part.removeprefix("the ")) for part in phrase)
    whole = " ".join(phrase)
    if whole == "gas":
        return _gas(book)
    if whole == "shopping" and " the shopping" in " ".join(spoken) + " ":
        return Subject(whole, unknown=whole, choices=("groceries", "clothes and other shopping"))
    if whole in CATEGORY_WORDS:
        return _category(CATEGORY_WORDS[whole])
    if qualified := _qualified(book, phrase):
        return qualified
    if named := _atom(book, phrase):
        return named
    return _segments(book, list(phrase))


def _repaired(book: Book, word: str) -> str:
    """A misspelt word of the lexicon, unless some payee of the customer is called that."""
    known = " " in word or word in CARRIER or book.brands.knows(word)
    return word if known else nearest(word, _SPOKEN)


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
        named = _merchants(book, book.brands.meant(flat) or brands, flat)
        if not (named.unknown and book.places.named(whole)):
            return named
    if whole in CATEGORY_WORDS:
        return _category(CATEGORY_WORDS[whole])
    if whole in _CURRENCIES:
        return Subject(whole, currency=_CURRENCIES[whole])
    if whole == "pending":
        return Subject(whole, pending=True)
    if whole in RAILS:
        sent = Subject(whole, text=re.compile(rf"\b(?:{RAILS[whole]})\b"))
        return sent if any(map(sent.holds, book.spending())) else None
    if (place := book.places.named(whole)) and (place.forms or place.code or place.home):
        return Subject(f"purchases in {whole.title()}" if not place.home else "purchases abroad", place=place)
    if all(map(book.brands.knows, flat)) and (brands := book.brands.meant(flat)):
        return _merchants(book, brands, flat)
    if whole in CODE_WORDS and any(entry.row.mcc in CODE_WORDS[whole] for entry in book.entries):
        return Subject(whole, codes=CODE_WORDS[whole])
    if whole not in LOOSE_WORDS:
        return None
    return _by_note(book, flat) or _category(LOOSE_WORDS[whole])


def _merchants(book: Book, brands: frozenset[str], flat: Sequence[str]) -> Subject:
    whole = " ".join(flat)
    people = sorted(brands & book.brands.people)
    if len(people) > 1:
        return Subject(whole, unknown=whole, choices=tuple(map(book.brands.readable, people)))
    if len(book.brands.first_words(brands)) > 1 and len(brands) > 3:
        return Subject(whole, unknown=whole)
    titles = sorted({book.brands.readable(brand) for brand in brands}, key=len)
    rightly_spelt = all(map(book.brands.knows, flat))
    return Subject(whole.title() if len(titles) > 1 and rightly_spelt else titles[0], brands=brands)


def _qualified(book: Book, phrase: Sequence[str]) -> Subject | None:
    """ "Car insurance", "property tax", "overdraft fees": a category narrowed by what the payee's text says."""
    flat = _flat(phrase)
    if "insurance" in flat and {"pet", "dog", "cat"} & set(flat):
        return Subject("pet insurance", categories=frozenset({"pets"}), codes=frozenset({"6300"}))
    key = next((key for word in reversed(flat) if (key := CATEGORY_WORDS.get(word, "")) in QUALIFIERS), "")
    if not key and {"medicare", "supplement"} & set(flat):
        key = "insurance"
    others = [word for word in flat if CATEGORY_WORDS.get(word) != key and word not in _SAID_WITH_BILLS]
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
    return _accounted(book, made, parts, left, phrase) if left else _there(book, made, parts, phrase)


def _stays(book: Book, place: Place) -> tuple[tuple[date, date], ...]:
    """The days between purchases made at a place, a stay each: rides and fees there do not name it."""
    days = sorted({entry.row.day for entry in book.entries if place.holds(entry.row, entry.category)})
    stays: list[tuple[date, date]] = []
    for day in days:
        if stays and (day - stays[-1][1]).days <= _SAME_STAY_DAYS:
            stays[-1] = (stays[-1][0], day)
        else:
            stays.append((day, day))
    return tuple(stays)


def _joined(book: Book, parts: Sequence[Subject], phrase: Sequence[str]) -> Subject:
    """All parts at once; categories beside one another add up, merchants too."""
    labels = {part.label for part in parts}
    made = Subject(" ".join(phrase) if len(labels) > 1 else parts[0].label if parts else "")
    for part in parts:
        made = replace(
            made,
            categories=made.categories | part.categories,
            brands=made.brands | part.brands,
            codes=made.codes | part.codes,
            notes=made.notes | part.notes,
            text=part.text or made.text,
            place=part.place or made.place,
            currency=part.currency or made.currency,
            pending=part.pending or made.pending,
        )
    return made


def _accounted(book: Book, made: Subject, parts: Sequence[Subject], left: list[str], phrase: Sequence[str]) -> Subject:
    """The words still open: a name spelt otherwise, a note of the payments found so far; else they are unknown."""
    flat = [word for word in _flat(left) if word not in _TRIP]
    if made.narrows and all(word in KIN for word in flat):
        return _there(book, made, parts, phrase)
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
    telling = frozenset(e.brand for e in book.entries if made.holds(e) and set(flat) <= set(words(e.said)))
    if made.categories and telling:
        return replace(made, label=" ".join(phrase), brands=telling)
    return Subject(" ".join(phrase), unknown=" ".join(flat or phrase), items=bool(made.brands))


def _by_note(book: Book, flat: Sequence[str]) -> Subject | None:
    """A payment known by its note alone ("badminton"), or by a name beside a note."""
    wanted = frozenset(word for word in flat if word not in KIN) or frozenset(flat)
    made = Subject(" ".join(flat), notes=wanted)
    return made if any(made.holds(entry) for entry in book.entries if is_person(entry.row)) else None


def _there(book: Book, made: Subject, parts: Sequence[Subject], phrase: Sequence[str]) -> Subject:
    """Parts that never meet in a row: a bank's rows hold no items, so that is said."""
    if len(parts) < 2 or any(made.holds(entry) for entry in book.entries):
        return made
    if people := next((part for part in parts if part.brands and not part.categories), None):
        rest = [word for word in _flat(phrase) if word not in _flat(words(people.label))]
        if noted := _noted(book, people, rest):
            return noted
        if all(word in _VERBS for word in rest):
            return people
    if made.brands and made.codes:
        return replace(made, codes=frozenset())
    if made.place and (stays := _stays(book, made.place)):
        away = replace(made, place=None, days=stays)
        if any(away.holds(entry) for entry in book.entries):
            return away
    return Subject(" ".join(phrase), unknown=" ".join(phrase), items=True)


def income(book: Book, phrase: Sequence[str]) -> Subject:
    """A sort of income, or a payer, or both ("the teachers pension")."""
    flat = _flat(phrase)
    if found := _income_sort(book, flat):
        return found
    payers = [entry for entry in book.entries if entry.kind in (Kind.income, Kind.interest, Kind.received)]
    paying = frozenset(entry.brand for entry in payers)
    if brands := book.brands.meant(flat) & paying:
        return _merchants(book, brands, flat)
    sorts = [(set(spoken.split()), text) for spoken, text in names.INCOME.values()]
    rest = [word for word in flat if not any(word in spoken for spoken, _ in sorts)]
    brands = book.brands.meant(rest) & paying if rest else frozenset[str]()
    if not brands:
        return Subject(" ".join(flat), unknown=" ".join(flat))
    payer = _merchants(book, brands, rest)
    narrowed = (replace(payer, text=names.pattern(text)) for spoken, text in sorts if spoken & set(flat))
    return next((one for one in narrowed if any(map(one.holds, payers))), payer)


def _income_sort(book: Book, flat: Sequence[str]) -> Subject | None:
    """Salary, pension, interest and so on: by the payer's own words, the more telling first."""
    earned = [entry for entry in book.entries if entry.kind is Kind.income]
    for label, (spoken, text) in sorted(names.INCOME.items(), key=lambda item: -len(item[0])):
        several_words = len(label.split()) > 1
        if not set(flat) <= set(spoken.split()) or (several_words and not set(label.split()) <= set(flat)):
            continue
        tellings = [Subject(label, text=names.pattern(known)) for known in (names.SURELY.get(label, text), text)]
        if label == "interest":
            return tellings[0]
        found = next((one for one in tellings if any(map(one.holds, earned))), None)
        return found or Subject(" ".join(flat), unknown=" ".join(flat))
    return None
