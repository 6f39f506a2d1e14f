"""A read of bank data: what is asked for, why, and what came back instead of rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from offhold.model.ledger import Rows
from offhold.model.period import Period


class Purpose(StrEnum):
    """Closed list of W3C DPV 2.3 leaf terms, matched by exact identifier and never by subsumption.

    `dpv:RequestedServiceProvision` covers the questions a customer asks. The forbidden terms exist so that
    a request that names one is refused by name.
    """

    requested_service = "dpv:RequestedServiceProvision"
    advertising = "dpv:Advertising"
    targeted_advertising = "dpv:TargetedAdvertising"
    marketing = "dpv:Marketing"
    sale = "dpv:SellDataToThirdParties"
    profiling = "dpv:Personalisation"


FORBIDDEN = frozenset(Purpose) - {Purpose.requested_service}


class Data(StrEnum):
    """Kinds of bank data. Transactions imply accounts: a row without its account cannot be read."""

    accounts = "accounts"
    balances = "balances"
    transactions = "transactions"


@dataclass(frozen=True, slots=True)
class Read:
    """The least data an answer needs. `period` None with transactions: all the history consented to."""

    data: frozenset[Data]
    period: Period | None = None


class Failure(StrEnum):
    """Why a read gave no rows. Each is a normal outcome with its own reply."""

    not_linked = "not-linked"
    consent_ended = "consent-ended"
    """Withdrawn, expired or refused here, or revoked at the bank: the customer must link again."""
    forbidden = "forbidden"
    """The purpose or data is outside what the customer agreed to."""
    bank_login = "bank-login"
    """The bank wants the customer to sign in again (OBIE U028)."""
    bank_busy = "bank-busy"
    bank_away = "bank-away"
    bank_unclear = "bank-unclear"
    """The bank's answer breaks its own schema: no figure can be trusted."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No rows. `retry_after_s`: whole seconds until asking again makes sense, when known."""

    failure: Failure
    retry_after_s: int | None = None


Access = Rows | Refused
