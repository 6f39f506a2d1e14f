"""The typed meaning of a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from offhold.model.period import Period


class Measure(Enum):
    """What is worked out over the rows."""

    sum = "sum"
    count = "count"
    list = "list"
    biggest = "biggest"
    smallest = "smallest"
    last = "last"
    first = "first"
    average = "average"
    median = "median"
    average_per = "average-per"
    breakdown = "breakdown"
    top = "top"
    compare = "compare"
    share = "share"
    trend = "trend"
    happened = "happened"
    stopped = "stopped"
    balance = "balance"
    subscriptions = "subscriptions"
    next = "next"
    twice = "twice"
    price_change = "price-change"
    cash_flow = "cash-flow"


class Flow(Enum):
    """Which rows are meant: what left the customer's hands, or one of the ways money comes back, in or across."""

    spending = "spending"
    income = "income"
    received = "received"
    """From people."""
    refunds = "refunds"
    pending = "pending"
    saved = "saved"
    """Between own accounts."""
    card_payments = "card-payments"


class Wanted(Enum):
    """The form of answer that the question's own words ask for."""

    amount = "amount"
    count = "count"
    date = "date"
    yes_no = "yes-no"
    name = "name"
    list = "list"


@dataclass(frozen=True, slots=True)
class Bound:
    """`op` is gt, ge, lt, le or eq; `amount` a decimal string in the account's currency."""

    op: str
    amount: str


@dataclass(frozen=True, slots=True)
class Ask:
    """`subjects` are the open parts ("blue bottle", "lyft"), each resolved later against the customer's own rows;
    `said` all the words of the message, for names that are made of everyday words ("next", "five guys"). `without`
    is what is excluded. A second entry of `periods` (and of `subjects`) is the other side of a comparison; `earlier`
    compares the period with the same one a year before. `weekdays` are ISO numbers, Monday 1. `account` is a word for
    one ("savings", "joint"), `to_account` where money was moved. `of` is what a comparison or ranking weighs."""

    measure: Measure
    flow: Flow = Flow.spending
    wanted: Wanted | None = None
    subjects: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    periods: tuple[Period, ...] = ()
    account: str = ""
    to_account: str = ""
    bounds: tuple[Bound, ...] = ()
    weekdays: tuple[int, ...] = ()
    limit: int = 0
    rank: int = 1
    group_by: str = ""
    unit: str = ""
    of: Measure = Measure.sum
    available: bool = False
    gross: bool = False
    lowest: bool = False
    since_payday: bool = False
    place: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def period(self) -> Period | None:
        return self.periods[0] if self.periods else None
