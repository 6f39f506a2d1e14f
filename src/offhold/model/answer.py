"""Answers: a value, the rows that prove it, and the rule used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from offhold.model.money import Money
from offhold.model.period import Period


class AnswerKind(Enum):
    money = "money"
    count = "count"
    list = "list"
    table = "table"
    balance = "balance"
    text = "text"
    decline = "decline"
    clarify = "clarify"


@dataclass(frozen=True, slots=True)
class TableRow:
    """`figure` is money, or a whole number for counts. `key` as the question groups: "2026-01", "coffee"."""

    key: str
    figure: Money | int


Value = tuple[Money, ...] | int | tuple[str, ...] | tuple[TableRow, ...] | dict[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Ids of the transactions counted, all of them and no others, and the bounds they were looked for in."""

    transactions: tuple[str, ...] = ()
    period: Period | None = None
    rows_looked_at: int = 0


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A counted row as the customer sees it: `amount` negative where it lowers the figure (a refund)."""

    day: str
    label: str
    amount: Money
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` by `kind`: money/balance → one Money per currency; count → int; list → ids in order;
    table (and balance of several accounts) → rows; text → one of date/answer/name/percent; decline, clarify →
    {"reason": …}. `text` holds the figure. `rule` names how it was counted. `rows` show the evidence. `choices`:
    what may be answered to a question back."""

    kind: AnswerKind
    value: Value
    text: str
    evidence: Evidence = Evidence()
    rule: str = ""
    verdict: str = ""
    rows: tuple[EvidenceRow, ...] = ()
    choices: tuple[str, ...] = ()
