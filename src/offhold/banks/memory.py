"""An institution in memory, from one OBIE document (Data.Account, Balance, Transaction; v3.1 or v4.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from offhold.banks.obie import decode
from offhold.banks.obie.rows import movements
from offhold.banks.port import Grant, Keep
from offhold.model.access import Data, Read
from offhold.model.ledger import Rows


class MemoryConnector:
    """Decodes once, then serves reads like any bank. Raises BankError for a document that breaks the standard."""

    def __init__(self, institution: str, document: Mapping[str, Any], zone: ZoneInfo) -> None:
        data = document["Data"]
        self._accounts = tuple(decode.account(entry, institution) for entry in data.get("Account", ()))
        self._balances = tuple(decode.balance(entry, zone) for entry in data.get("Balance", ()))
        self._movements = movements([data.get("Transaction", ())], zone)
        self._first = min((row.day for row in self._movements.rows), default=None)

    @property
    def account_ids(self) -> frozenset[str]:
        """Every account of the document."""
        return frozenset(account.account_id for account in self._accounts)

    async def read(self, grant: Grant, request: Read, keep: Keep) -> Rows:
        """The granted accounts' rows; transactions only within the period asked."""
        mine, period = grant.accounts, request.period
        balances = Data.balances in request.data
        rows = Rows(
            accounts=tuple(entry for entry in self._accounts if entry.account_id in mine),
            balances=tuple(entry for entry in self._balances if balances and entry.account_id in mine),
            first_on_file=self._first,
        )
        if Data.transactions not in request.data or period is None:
            return rows
        kept = (row for row in self._movements.rows if row.account_id in mine and row.day in period)
        return replace(
            rows,
            transactions=tuple(kept),
            covered=period,
            unreadable=self._movements.unreadable,
            twice=sum(row.account_id in mine and row.day in period for row in self._movements.twice),
        )
