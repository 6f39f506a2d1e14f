"""Monthly statements, made from the postings: one for each full calendar month on file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from offhold_demo.bank.refusals import not_found
from offhold_demo.bank.rows import Between
from offhold_demo.bank.shapes import View, money, side
from offhold_demo.households import Resource

_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A statement's span: from `start` up to, without, `end`, both at midnight in the bank's zone."""

    statement_id: str
    start: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """The statement's last second."""
        return self.end - timedelta(seconds=1)


def months(view: View, account_id: str) -> list[Month]:
    """The account's statements up to now, newest first."""
    first = view.books.household.opens_at.date()
    starts = list(_first_days(first, view.now.astimezone(view.zone).date()))
    spans = zip(starts, starts[1:], strict=False)
    return [_month(view, account_id, start, end) for start, end in spans][::-1]


def statements(view: View, account_id: str) -> list[Resource]:
    """All of the account's statements."""
    return [statement(view, account_id, month) for month in months(view, account_id)]


def statement(view: View, account_id: str, month: Month) -> Resource:
    """One statement; its amounts only with ReadStatementsDetail."""
    shown: Resource = {
        "AccountId": account_id,
        "StatementId": month.statement_id,
        "Type": "RegularPeriodic",
        "StartDateTime": month.start.isoformat(),
        "EndDateTime": month.last.isoformat(),
        "CreationDateTime": month.end.isoformat(),
    }
    if "ReadStatementsDetail" in view.permissions:
        shown["StatementAmount"] = [
            _amount(view, account_id, "UK.OBIE.PreviousClosingBalance", month.start),
            _amount(view, account_id, "UK.OBIE.ClosingBalance", month.end),
        ]
    return shown


def find_month(view: View, account_id: str, statement_id: str) -> Month:
    """The statement of that id. Raises Refused (400 U011)."""
    for month in months(view, account_id):
        if month.statement_id == statement_id:
            return month
    raise not_found("StatementId")


def within(resource: Resource, wanted: Between) -> bool:
    """Whether the statement lies wholly between the two moments of a filter."""
    ends = (datetime.fromisoformat(resource[name]) for name in ("StartDateTime", "EndDateTime"))
    return all(end.replace(tzinfo=None) in wanted for end in ends)


def _first_days(first: date, last: date) -> Iterator[date]:
    """Every first of a month from `first` to `last`; where `first` is inside a month, from the next one."""
    day = first
    while day <= last:
        if day.day == 1:
            yield day
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _month(view: View, account_id: str, start: date, end: date) -> Month:
    midnight = time(tzinfo=view.zone)
    name = f"{account_id}-{start:%Y-%m}"
    return Month(name, datetime.combine(start, midnight), datetime.combine(end, midnight))


def _amount(view: View, account_id: str, kind: str, moment: datetime) -> Resource:
    balance = view.books.ledger.balance(account_id, moment - _BEFORE)
    currency = view.books.accounts[account_id]["Currency"]
    return {"CreditDebitIndicator": side(balance), "Type": kind, "Amount": money(balance, currency)}
