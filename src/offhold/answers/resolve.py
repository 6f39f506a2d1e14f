"""The open part of a question → rows: categories and merchants of this customer, or what could not be understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from offhold.answers.book import Book, Entry
from offhold.language.lexicon import CATEGORY_WORDS, leaves, title
from offhold.language.normalise import words
from offhold.model.ask import Ask, Bound
from offhold.model.ledger import Account, AccountKind
from offhold.model.money import Money


@dataclass(frozen=True, slots=True)
class Subject:
    """What a phrase means: `brands` or a `category`, both at once, or `references` in a payment's text. `label` reads
    well in a sentence. `unknown` are words that mean nothing here: then nothing may be answered."""

    label: str
    category: str = ""
    brands: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    any_of: tuple[Subject, ...] = ()

    def holds(self, entry: Entry) -> bool:
        """Whether an entry is about it, or about one of several."""
        if self.any_of:
            return any(part.holds(entry) for part in self.any_of)
        if self.category and entry.category not in leaves(self.category):
            return False
        if self.brands and entry.brand not in self.brands:
            return False
        return not self.references or self.references <= frozenset(words(entry.row.description))


EVERYTHING = Subject("")


def subject(book: Book, phrase: Sequence[str]) -> Subject:
    """A phrase of one subject. All its words must be accounted for."""
    if not phrase:
        return EVERYTHING
    whole = " ".join(phrase)
    said = [word for part in phrase for word in part.split()]
    brands = book.brands.meant(said)
    if whole in CATEGORY_WORDS and not _is_name(book, brands, said):
        return _category(book, CATEGORY_WORDS[whole], whole)
    if brands:
        return _merchants(book, brands, said, whole)
    return _mixed(book, phrase, whole)


def _is_name(book: Book, brands: frozenset[str], said: Sequence[str]) -> bool:
    """A merchant whose whole name is a category word ("Boots" is not, "Gas" would be)."""
    return any(words(book.brands.title(brand)) == tuple(said) for brand in brands)


def _category(book: Book, key: str, label: str) -> Subject:
    if label == "gas":
        return _gas(book)
    return Subject(label if key in ("coffee",) else title(key), category=key)


def _gas(book: Book) -> Subject:
    """Fuel, or the gas utility: whichever this customer has; both ask back."""
    fuel = any(entry.category == "fuel" for entry in book.entries)
    utility = any(entry.category == "gas" for entry in book.entries)
    if fuel == utility:
        return Subject("gas", unknown=("gas",), choices=("fuel", "gas bill") if fuel else ())
    return Subject("gas", category="fuel" if fuel else "gas")


def _merchants(book: Book, brands: frozenset[str], said: Sequence[str], whole: str) -> Subject:
    people = {brand for brand in brands if _is_person(book, brand)}
    if len(people) > 1:
        return Subject(whole, unknown=(whole,), choices=tuple(sorted(map(book.brands.title, people))))
    names = book.brands.first_words(brands)
    if len(names) > 1 and len(brands) > 3:
        return Subject(whole, unknown=(whole,))
    return Subject(_label(book, brands, said), brands=brands)


def _label(book: Book, brands: frozenset[str], said: Sequence[str]) -> str:
    titles = sorted({book.brands.title(brand) for brand in brands}, key=len)
    return titles[0] if len(titles) == 1 else " ".join(said).title()


def _is_person(book: Book, brand: str) -> bool:
    return any(entry.brand == brand and entry.category == "people" for entry in book.entries)


def _mixed(book: Book, phrase: Sequence[str], whole: str) -> Subject:
    """Part merchant, part category, part payment reference: each word must belong to one of them."""
    category = next((part for part in phrase if part in CATEGORY_WORDS), "")
    others = [word for part in phrase if part != category for word in part.split()]
    if category and others:
        brands = book.brands.meant(others)
        if brands:
            found = Subject(_label(book, brands, others), CATEGORY_WORDS[category], brands)
            if any(found.holds(entry) for entry in book.entries):
                return found
    for index in range(1, len(phrase)):
        for name, note in ((phrase[:index], phrase[index:]), (phrase[index:], phrase[:index])):
            if noted := _noted(book, name, note):
                return noted
    return Subject(whole, unknown=(whole,))


def _noted(book: Book, name: Sequence[str], note: Sequence[str]) -> Subject | None:
    brands = book.brands.meant([word for part in name for word in part.split()])
    notes = frozenset(word for part in note for word in part.split())
    if not brands:
        return None
    found = Subject(f"{_label(book, brands, name)}, {' '.join(note)}", brands=brands, references=notes)
    return found if any(found.holds(entry) for entry in book.entries) else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The accounts that a question is about. `ambiguous` when two fit one word."""

    accounts: tuple[Account, ...]
    named: bool = False
    unknown: bool = False
    ambiguous: bool = False
    ids: frozenset[str] = field(default=frozenset())


_KINDS = {
    "card": (AccountKind.card,),
    "savings": (AccountKind.savings,),
    "isa": (AccountKind.savings,),
    "current": (AccountKind.current,),
    "debit": (AccountKind.current,),
}


def accounts(book: Book, ask: Ask) -> Chosen:
    """By nickname first, then by the sort of account."""
    every = book.rows.accounts
    if not ask.account:
        return Chosen(every, ids=frozenset(account.account_id for account in every))
    by_name = [account for account in every if ask.account in words(f"{account.nickname} {account.description}")]
    by_kind = [account for account in every if account.kind in _KINDS.get(ask.account, ())]
    found = by_name or by_kind
    if ask.account == "savings" and len(by_kind) > 1 and len(by_name) != 1:
        found = by_kind
    ids = frozenset(account.account_id for account in found)
    if not found and ask.account in ("card", "debit"):
        return Chosen(every, ids=frozenset(account.account_id for account in every))
    return Chosen(tuple(found), True, unknown=not found, ambiguous=len(found) > 1, ids=ids)


def named_account(book: Book, phrase: Sequence[str]) -> Chosen | None:
    """An account whose nickname holds all the words of the phrase."""
    said = [word for part in phrase for word in part.split()]
    found = tuple(
        account
        for account in book.rows.accounts
        if said and all(word in words(f"{account.nickname} {account.description}") for word in said)
    )
    if not found:
        return None
    ids = frozenset(account.account_id for account in found)
    return Chosen(found, True, ambiguous=len(found) > 1, ids=ids)


def within(entry: Entry, bounds: Sequence[Bound]) -> bool:
    """Whether the row's amount lies within every bound, in its own currency."""
    return all(_holds(entry.row.amount, bound) for bound in bounds)


def _holds(amount: Money, bound: Bound) -> bool:
    limit = Money.parse(bound.amount, amount.currency).minor
    match bound.op:
        case "gt":
            return amount.minor > limit
        case "ge":
            return amount.minor >= limit
        case "lt":
            return amount.minor < limit
        case "le":
            return amount.minor <= limit
        case _:
            return amount.minor == limit
