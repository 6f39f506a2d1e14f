"""The port that every bank connector fills. Only `privacy.gate` calls `read`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from offhold.model.access import Read
from offhold.model.ledger import Rows


@dataclass(frozen=True, slots=True)
class Grant:
    """A customer's authorisation at one institution.

    `accounts`: the account ids that the customer chose; empty only before the choice, while the consent page asks
    which there are: then all that the bank authorised. `consent_id`: the bank's own consent
    (OBIE account-access-consent). `refresh_token` may be empty where the bank gives none. `expires_at` is
    unix seconds by the bank's clock as far as it was told.
    """

    institution: str
    accounts: frozenset[str]
    consent_id: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows as the bank gave them, and the grant to keep if its tokens changed on the way."""

    rows: Rows
    renewed: Grant | None = None


class Connector(Protocol):
    """Reads for one institution. Raises `errors.BankError` whose code is a `model.access.Failure` value."""

    async def read(self, grant: Grant, request: Read) -> Reading:
        """Rows of the granted accounts, complete for the period asked or not at all."""
        ...
