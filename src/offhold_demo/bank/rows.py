"""Which transactions a request gets: as of now, within the consent, within the filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from offhold_demo.bank.books import Row
from offhold_demo.bank.shapes import View


@dataclass(frozen=True, slots=True)
class Between:
    """Booking times, both ends included, without a zone; None where that side is open."""

    first: datetime | None = None
    last: datetime | None = None

    def __contains__(self, wall: datetime) -> bool:
        return (self.first is None or wall >= self.first) and (self.last is None or wall <= self.last)

    def within(self, other: Between) -> Between:
        """What both allow."""
        firsts = [each for each in (self.first, other.first) if each]
        lasts = [each for each in (self.last, other.last) if each]
        return Between(max(firsts, default=None), min(lasts, default=None))


def rows(view: View, account_ids: list[str], wanted: Between) -> list[Row]:
    """Newest first over all the accounts together."""
    span = wanted.within(Between(view.consent.oldest, view.consent.newest))
    shown = _shown(view)
    found = [
        row
        for account_id in account_ids
        for row in view.books.rows[account_id]
        if row.at <= view.now and row.wall in span and shown(row)
    ]
    return sorted(found, key=lambda row: row.at, reverse=True)


def _shown(view: View) -> Callable[[Row], bool]:
    """Credits, debits, or both, as the consent says."""
    sides = {
        word
        for word, permission in (("Credit", "ReadTransactionsCredits"), ("Debit", "ReadTransactionsDebits"))
        if permission in view.permissions
    }
    return lambda row: row.resource["CreditDebitIndicator"] in sides


def available(view: View) -> tuple[datetime, datetime]:
    """First and last moment for which transactions can be had, for Meta."""
    household = view.books.household
    first = max(household.opens_at, _zoned(view.consent.oldest, household.opens_at))
    last = min(view.now, _zoned(view.consent.newest, view.now))
    return first, max(first, last)


def _zoned(wall: datetime | None, other: datetime) -> datetime:
    """A time without zone in the zone of the other; the other itself where there is none."""
    return wall.replace(tzinfo=other.tzinfo) if wall else other
