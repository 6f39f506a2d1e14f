"""What a customer agreed to: which data for which purpose, on which accounts, shown where, for how long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from offhold.model.access import Data, Failure, Purpose
from offhold.model.message import Disclosure


class Event(StrEnum):
    """What can happen to a consent. What runs out needs no event: the clock says so."""

    given = "given"
    renewed = "renewed"
    """Given again in the place of one that still stood or waited to be confirmed."""
    narrowed = "narrowed"
    withdrawn = "withdrawn"
    revoked_at_bank = "revoked-at-bank"
    superseded = "superseded"

    @property
    def ends(self) -> bool:
        return self in (Event.withdrawn, Event.revoked_at_bank, Event.superseded)


@dataclass(frozen=True, slots=True)
class Scope:
    """One purpose, the data it may read and the accounts it may read them of."""

    purpose: Purpose
    data: frozenset[Data]
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Consent:
    """The terms in force after every event. Times in unix milliseconds; `channel` is where the customer asks;
    `notice` the SHA-256 of the page that was shown, empty where none was."""

    id: str
    customer: str
    institution: str
    channel: str
    scopes: tuple[Scope, ...]
    disclosure: Disclosure
    given_ms: int
    reconfirm_ms: int
    expires_ms: int
    history_months: int
    notice: str = ""

    @property
    def accounts(self) -> frozenset[str]:
        return frozenset[str]().union(*(scope.accounts for scope in self.scopes))

    @property
    def purposes(self) -> frozenset[Purpose]:
        return frozenset(scope.purpose for scope in self.scopes)

    def scope(self, purpose: Purpose) -> Scope:
        """What was agreed for this very purpose; nothing where it was not."""
        found = (scope for scope in self.scopes if scope.purpose is purpose)
        return next(found, Scope(purpose, frozenset(), frozenset()))

    def lapse(self, now_ms: int) -> Failure | None:
        """Why the clock forbids its use at `now_ms`, if it does: the only place where that is decided."""
        if not self.given_ms <= now_ms < self.expires_ms:
            return Failure.consent_ended
        return Failure.reconfirm if now_ms >= self.reconfirm_ms else None

    def current(self, now_ms: int) -> bool:
        return self.lapse(now_ms) is None
