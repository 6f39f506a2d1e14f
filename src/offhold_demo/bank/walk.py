"""The whole way from a consent to tokens over HTTP, playing both the client and the customer at the pages.

For demos and tests that need a linked customer without a browser. The sign-in and consent forms are sent as a
browser without scripts sends them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from httpx2 import AsyncClient, Response

from offhold_demo.bank.config import AISP_PATH, BankConfig, Client
from offhold_demo.bank.permissions import PERMISSIONS
from offhold_demo.bank.token_endpoint import s256

OFFHOLD_PERMISSIONS = (
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
    "ReadTransactionsDetail",
)
EVERYTHING = tuple(sorted(PERMISSIONS))


@dataclass(slots=True)
class Walk:
    """`http` must reach the bank, keep cookies, and not follow redirects. `client` is one with a secret."""

    http: AsyncClient
    config: BankConfig
    client: Client
    verifier: str = field(default_factory=lambda: token_urlsafe(48))

    async def token(self, **form: str) -> Response:
        """Ask the token endpoint."""
        return await self.post("token", **form)

    async def post(self, endpoint: str, **form: str) -> Response:
        """Send a form to one of the OAuth endpoints as the client. Credentials are form-encoded first
        (RFC 6749 2.3.1)."""
        credentials = (quote_plus(self.client.client_id), quote_plus(self.client.secret))
        return await self.http.post(f"{self.config.issuer}/{endpoint}", data=form, auth=credentials)

    async def client_token(self) -> str:
        """The client's own access token."""
        answer = await self.token(grant_type="client_credentials", scope="accounts")
        return str(answer.raise_for_status().json()["access_token"])

    async def consent(self, permissions: Sequence[str] = OFFHOLD_PERMISSIONS, **times: str) -> str:
        """A new consent's id. `times`: the DateTime fields of its Data."""
        body = {"Data": {"Permissions": list(permissions), **times}, "Risk": {}}
        address = f"{self.config.issuer}{AISP_PATH}/account-access-consents"
        headers = {"Authorization": f"Bearer {await self.client_token()}"}
        answer = await self.http.post(address, json=body, headers=headers)
        return str(answer.raise_for_status().json()["Data"]["ConsentId"])

    def parameters(self, consent_id: str, **changes: str) -> dict[str, str]:
        """A correct authorization request, but for the changes."""
        claims = {"id_token": {"openbanking_intent_id": {"value": consent_id, "essential": True}}}
        correct = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": "openid accounts",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            "claims": json.dumps(claims),
        }
        return correct | changes

    async def visit(self, parameters: dict[str, str]) -> Response:
        """Open the authorization endpoint: a redirect to the customer's page, or to the client with an error."""
        return await self.http.get(f"{self.config.issuer}/authorize", params=parameters)

    async def sign_in(self, page: str, username: str) -> Response:
        """Send the sign-in form of the customer's page (its path)."""
        form = {"username": username, "password": "demo"}
        return await self.http.post(self._at(page) + "/login", data=form)

    async def decide(self, page: str, accounts: Sequence[str], decision: str = "allow") -> Response:
        """Send the consent form: a redirect to the client."""
        form = {"account": list(accounts), "decision": decision}
        return await self.http.post(self._at(page) + "/decision", data=form)

    async def code(self, username: str, accounts: Sequence[str], consent_id: str) -> str:
        """From a consent to the code that the client is sent."""
        page = (await self.visit(self.parameters(consent_id))).headers["location"]
        await self.sign_in(page, username)
        decided = await self.decide(page, accounts)
        return returned(decided)["code"]

    async def exchange(self, code: str, **changes: str) -> Response:
        """Bring the code to the token endpoint."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": self.verifier,
        }
        return await self.token(**(form | changes))

    async def link(
        self,
        username: str,
        permissions: Sequence[str] = OFFHOLD_PERMISSIONS,
        accounts: Sequence[str] | None = None,
        **times: str,
    ) -> dict[str, Any]:
        """All of it: the token answer, with the consent's id as `consent_id`. `accounts`: all where None."""
        consent_id = await self.consent(permissions, **times)
        chosen = self.accounts(username) if accounts is None else accounts
        answer = await self.exchange(await self.code(username, chosen, consent_id))
        return dict(answer.raise_for_status().json()) | {"consent_id": consent_id}

    def accounts(self, username: str) -> list[str]:
        """The ids of all the customer's accounts."""
        household = next(each for each in self.config.households if each.username == username)
        return [account["AccountId"] for account in household.accounts]

    async def get(self, path: str, token: str, **headers: str) -> Response:
        """Read a resource: a path under the AISP base, or a whole address."""
        address = path if "://" in path else f"{self.config.aisp_url}{path}"
        return await self.http.get(address, headers={"Authorization": f"Bearer {token}", **headers})

    def _at(self, page: str) -> str:
        parts = urlsplit(self.config.issuer)
        return f"{parts.scheme}://{parts.netloc}{page}"


def returned(redirect: Response) -> dict[str, str]:
    """The parameters with which a browser is sent back to the client."""
    query = urlsplit(redirect.headers["location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}
