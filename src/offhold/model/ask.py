"""The typed meaning of a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from offhold.model.period import Period


class Measure(Enum):
    spend = "spend"
    count = "count"
    list = "list"
    biggest = "biggest"
    smallest = "smallest"
    last = "last"
    first = "first"
    average = "average"
    average_per = "average-per"
    balance = "balance"
    income = "income"
    refunds = "refunds"
    pending = "pending"
    by = "by"
    compare = "compare"
    share = "share"
    saved = "saved"
    happened = "happened"
    subscriptions = "subscriptions"
    next = "next"
    top = "top"
    card_paid = "card-paid"
    unclear = "unclear"


@dataclass(frozen=True, slots=True)
class Bound:
    """`op` is gt, ge, lt, le or eq; `amount` a decimal string in the account's currency."""

    op: str
    amount: str


@dataclass(frozen=True, slots=True)
class Ask:
    """`subject` is the open part ("blue bottle"), resolved later against the customer's own rows; `others` are further
    subjects of a list or comparison; `without` what is excluded. `periods` has a second entry in comparisons.
    `weekdays` are ISO numbers, Monday 1. `account` is a word for one ("savings", "joint"). `figure` asks for an
    amount where a list would do."""

    measure: Measure
    subject: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    account: str = ""
    bounds: tuple[Bound, ...] = ()
    weekdays: tuple[int, ...] = ()
    limit: int = 0
    group_by: str = ""
    unit: str = ""
    available: bool = False
    counted: bool = False
    figure: bool = False

    @property
    def period(self) -> Period | None:
        return self.periods[0] if self.periods else None
