"""Account-access consents at the bank (OBL Read/Write v4.0, Account Access Consents)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx2

from offhold.banks.obie.calls import Calls
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
        response = await self._call("POST", "", {"Data": data, "Risk": {}})
        consent = _data(response).get("ConsentId")
        if response.status_code != 201 or not isinstance(consent, str):
            raise BankError(Failure.bank_unclear.value, status=response.status_code)
        return consent

    async def ended(self, consent: str) -> bool:
        """Whether the bank says that the consent is over."""
        response = await self._call("GET", f"/{consent}")
        return response.status_code == 400 or _data(response).get("Status") in _ENDED

    async def delete(self, consent: str) -> None:
        """Tell the bank that the customer withdrew; one that is gone already is as good."""
        response = await self._call("DELETE", f"/{consent}")
        if response.status_code not in (204, 400, 403, 404):
            raise BankError(Failure.bank_away.value, status=response.status_code)

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx2.Response:
        token = await self._oauth.client_credentials(SCOPE)
        return await self._calls.send(method, f"/account-access-consents{path}", token, body)


def _data(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    data = body.get("Data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}
