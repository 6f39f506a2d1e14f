"""Account-access consents at the bank (OBL Read/Write v4.0, Account Access Consents)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from offhold.banks.obie.calls import BankAnswer, Calls
from offhold.errors import BankError
from offhold.identity.oauth import OAuthClient
from offhold.model.access import Failure

SCOPE = "accounts"
PERMISSIONS = (
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadTransactionsDetail",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
)
_ENDED = frozenset({"CANC", "EXPD", "RJCT", "Revoked", "Rejected"})


class BankConsents:
    """Made, looked at and deleted with a token of our own; never with the customer's."""

    def __init__(self, calls: Calls, oauth: OAuthClient) -> None:
        self._calls = calls
        self._oauth = oauth

    async def create(self, expires: datetime, first: datetime) -> str:
        """Ask for the least permissions that the answers need; returns the bank's ConsentId."""
        data = {
            "Permissions": list(PERMISSIONS),
            "ExpirationDateTime": expires.isoformat(timespec="seconds"),
            "TransactionFromDateTime": first.isoformat(timespec="seconds"),
        }
        answer = await self._call("POST", "", {"Data": data, "Risk": {}})
        consent = _data(answer).get("ConsentId")
        if answer.status != 201 or not isinstance(consent, str) or not consent:
            raise BankError(Failure.bank_unclear.value, status=answer.status)
        return consent

    async def ended(self, consent: str) -> bool:
        """Whether the bank says that the consent is over; it answers 400 for one that was deleted."""
        answer = await self._call("GET", f"/{quote(consent, safe='')}")
        return answer.status == 400 or _data(answer).get("Status") in _ENDED

    async def delete(self, consent: str) -> None:
        """Tell the bank that the customer withdrew; one that is gone already is as good."""
        answer = await self._call("DELETE", f"/{quote(consent, safe='')}")
        if answer.status not in (204, 400, 403, 404):
            raise BankError(Failure.bank_away.value, status=answer.status)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> BankAnswer:
        token = await self._oauth.client_credentials(SCOPE)
        return await self._calls.send(method, f"/account-access-consents{path}", token, body)


def _data(answer: BankAnswer) -> Mapping[str, Any]:
    data = answer.body.get("Data") if answer.body else None
    return data if isinstance(data, dict) else {}
