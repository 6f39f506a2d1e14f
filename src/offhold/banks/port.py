"""The port that every bank connector fills. Only `privacy.gate` calls `read`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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


Keep = Callable[[Grant], Awaitable[None]]
"""Stores a grant with new tokens; durable when it returns."""


class Connector(Protocol):
    """Reads for one institution. Raises `errors.BankError` whose code is a `model.access.Failure` value."""

    async def read(self, grant: Grant, request: Read, keep: Keep) -> Rows:
        """Rows of the granted accounts, complete for the period asked or not at all.

        New tokens are given to `keep` before they are first used, whatever becomes of the read: a bank that
        rotates refresh tokens takes each of them once, and a lost one ends the customer's authorisation.
        """
        ...
