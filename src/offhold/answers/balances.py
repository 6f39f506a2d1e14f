"""What is in the accounts, as the bank states it."""

from __future__ import annotations

from collections.abc import Sequence

from offhold.answers.question import Question, clarify, decline
from offhold.model.answer import Answer, AnswerKind, TableRow
from offhold.model.ledger import AccountKind, Balance, BalanceType
from offhold.model.money import total
from offhold.words import say

_TOGETHER = frozenset(("total", "together", "altogether", "combined"))


def balance(question: Question) -> Answer:
    """One account's figure, or a row for each."""
    if question.period and question.period.last != question.today:
        return decline("then", say("balance.then"))
    wanted = BalanceType.available if question.ask.available else BalanceType.booked
    found = [b for b in question.book.rows.balances if b.kind is wanted and b.account_id in question.chosen.ids]
    if not found:
        return decline("balance", say("balance.none"))
    if len(found) == 1:
        return _one(question, found[0])
    if question.chosen.named:
        return clarify("account", say("ask.account"), tuple(a.nickname for a in question.chosen.accounts))
    if question.ask.available:
        found = [b for b in found if b.account_id in _spendable(question)] or found
        if len(found) == 1:
            return _one(question, found[0])
    return _total(question, found) if _TOGETHER & set(question.ask.said) else _all(question, found)


def _spendable(question: Question) -> frozenset[str]:
    return frozenset(a.account_id for a in question.book.rows.accounts if a.kind is AccountKind.current)


def _one(question: Question, only: Balance) -> Answer:
    account = next(a for a in question.book.rows.accounts if a.account_id == only.account_id)
    name = account.nickname or account.description or say("spoken.account")
    kind = "available" if question.ask.available else "booked"
    if only.amount.minor < 0 and account.kind is AccountKind.card:
        text = say("balance.owed", name=name, figure=abs(only.amount).shown(), kind=kind)
    else:
        text = say("balance.one", name=name, figure=only.amount.shown(), kind=kind)
    return Answer(AnswerKind.balance, (only.amount,), text)


def _total(question: Question, found: Sequence[Balance]) -> Answer:
    """All accounts together, cards as negative, for each currency."""
    codes = sorted({b.amount.currency for b in found})
    sums = tuple(total((b.amount for b in found if b.amount.currency == code), code) for code in codes)
    text = say("balance.total", figure=" and ".join(amount.shown() for amount in sums), number=len(found))
    return Answer(AnswerKind.balance, sums, text)


def _all(question: Question, found: Sequence[Balance]) -> Answer:
    names = {account.account_id: account.nickname or account.account_id for account in question.book.rows.accounts}
    rows = tuple(TableRow(b.account_id, b.amount) for b in found)
    shown = "; ".join(f"{names[b.account_id]} {b.amount.shown()}" for b in found)
    return Answer(AnswerKind.balance, rows, say("balance.all", shown=shown))
