"""Which of the customer's accounts a word names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from offhold.answers.book import Book
from offhold.language.normalise import words
from offhold.model.ledger import Account, AccountKind

_KINDS = {
    "card": (AccountKind.card,),
    "visa": (AccountKind.card,),
    "mastercard": (AccountKind.card,),
    "amex": (AccountKind.card,),
    "savings": (AccountKind.savings,),
    "isa": (AccountKind.savings,),
    "current": (AccountKind.current,),
    "debit": (AccountKind.current,),
}
_PLAIN = frozenset("account accounts card bank the my".split())


@dataclass(frozen=True, slots=True)
class Chosen:
    """The accounts that a question is about. `named`: it says so; `unknown`: no account fits the word."""

    accounts: tuple[Account, ...]
    named: bool = False
    unknown: bool = False
    ids: frozenset[str] = field(default=frozenset())


def _chosen(found: Sequence[Account]) -> Chosen:
    return Chosen(tuple(found), True, not found, frozenset(account.account_id for account in found))


def every(book: Book) -> Chosen:
    """All of them."""
    return Chosen(book.rows.accounts, ids=book.account_ids)


def chosen(book: Book, name: str) -> Chosen:
    """By nickname first, then by the sort of account."""
    if not name:
        return every(book)
    if by_name := _by_name(book, name.split()):
        return _chosen(by_name)
    kinds = _KINDS.get(name, ())
    by_kind = [account for account in book.rows.accounts if account.kind in kinds]
    branded = name in ("visa", "mastercard", "amex", "isa")
    if branded and any(words(account.nickname) for account in by_kind) and name != "isa":
        others = {"visa", "mastercard", "amex"} - {name}
        by_kind = [account for account in by_kind if not others & set(words(account.nickname))]
    if not by_kind and name in ("card", "debit"):
        return every(book) if name == "debit" else _chosen(())
    return _chosen(by_kind)


def by_phrase(book: Book, phrase: Sequence[str]) -> Chosen | None:
    """An account whose nickname holds all the words of a phrase; its currency's name counts too."""
    said = [word for part in phrase for word in part.split() if word not in _PLAIN]
    found = _by_name(book, said) if said else []
    return _chosen(found) if found else None


def _by_name(book: Book, said: Sequence[str]) -> list[Account]:
    wanted = [word for word in said if word not in _PLAIN] or list(said)
    return [account for account in book.rows.accounts if all(word in _known(account) for word in wanted)]


def _known(account: Account) -> frozenset[str]:
    spoken = {"EUR": ("euro", "euros", "eur"), "GBP": ("sterling", "pound", "gbp"), "USD": ("dollar", "usd")}
    return frozenset((*words(account.nickname), account.mask, *spoken.get(account.currency, ())))
