"""The least bank of the contract: OIDC discovery, code + PKCE, consents and the OBIE v4 reads."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

AISP = "/open-banking/v4.0/aisp"
CLIENT_ID, CLIENT_SECRET = "offhold-client", "least-secret"


def coffee_rows() -> list[dict[str, Any]]:
    """February 2026: three coffees (4.50, 3.25, 12.00 less a refund of 1.75), groceries; coffee in March."""
    rows = [
        ("t1", "2026-02-02T08:10:00+00:00", "4.50", "Debit", "BLUE BOTTLE COFFEE", "5814"),
        ("t2", "2026-02-11T09:00:00+00:00", "3.25", "Debit", "STARBUCKS 00231", "5814"),
        ("t3", "2026-02-20T15:30:00+00:00", "12.00", "Debit", "BLUE BOTTLE COFFEE", "5814"),
        ("t4", "2026-02-21T15:30:00+00:00", "1.75", "Credit", "BLUE BOTTLE COFFEE REFUND", "5814"),
        ("t5", "2026-02-14T12:00:00+00:00", "61.20", "Debit", "WHOLE FOODS MARKET", "5411"),
        ("t6", "2026-03-03T08:10:00+00:00", "4.75", "Debit", "BLUE BOTTLE COFFEE", "5814"),
        ("t0", "2026-01-30T08:10:00+00:00", "9.99", "Debit", "STARBUCKS 00231", "5814"),
    ]
    return [row(*entry) for entry in rows]


def row(number: str, at: str, amount: str, way: str, text: str, mcc: str) -> dict[str, Any]:
    """A booked card payment or refund of the first account."""
    return {
        "AccountId": "acc-1",
        "TransactionId": number,
        "CreditDebitIndicator": way,
        "Status": "BOOK",
        "BookingDateTime": at,
        "Amount": {"Amount": amount, "Currency": "USD"},
        "TransactionInformation": text,
        "MerchantDetails": {"MerchantName": text.title(), "MerchantCategoryCode": mcc},
        "BankTransactionCode": {"Code": "CCRD", "SubCode": "POSD"},
    }


@dataclass
class LeastBank:
    """`requests` lists what was read, in order. `away` makes every resource answer 503. `instead(request)` may
    replace the answer of any resource, `sign(claims)` the id_token; `described` and `sent_back` are changes to the
    discovery document and to what an authorization response carries. `subject` is who signs in.
    `on_read` is called as a read of transactions arrives."""

    base: str
    rows: list[dict[str, Any]] = field(default_factory=coffee_rows)
    page_size: int = 3
    away: bool = False
    revoked: bool = False
    delay_s: float = 0.0
    instead: Callable[[Request], Response | None] = lambda _request: None
    on_read: Callable[[], None] = lambda: None
    sign: Callable[[dict[str, Any]], str] | None = None
    described: dict[str, Any] = field(default_factory=dict)
    sent_back: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    made: int = 0
    consents: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    subject: str = "cust-1"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}, private=True))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route(f"{AISP}/account-access-consents", self.create_consent, methods=["POST"]),
                Route(f"{AISP}/account-access-consents/{{consent}}", self.consent, methods=["GET", "DELETE"]),
                Route(f"{AISP}/accounts", self.accounts),
                Route(f"{AISP}/accounts/{{account}}/balances", self.balances),
                Route(f"{AISP}/accounts/{{account}}/transactions", self.transactions),
            ]
        )

    async def discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.base,
                "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token",
                "jwks_uri": f"{self.base}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["PS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                **self.described,
            }
        )

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = request.query_params
        assert asked["client_id"] == CLIENT_ID and asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(24)
        intent = next(reversed(self.consents))
        self.consents[intent] = "AUTH"
        self.codes[code] = {"challenge": asked["code_challenge"], "nonce": asked.get("nonce", ""), "intent": intent}
        back = {"code": code, "state": asked["state"], **self.sent_back}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> Response:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, 401)
        form = await request.form()
        if form["grant_type"] == "client_credentials":
            return self._tokens("client")
        if form["grant_type"] == "refresh_token":
            return self._tokens("customer")
        known = self.codes.pop(str(form["code"]), None)
        digest = sha256(str(form["code_verifier"]).encode()).digest()
        if known is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != known["challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.base, "aud": CLIENT_ID, "sub": self.subject, "iat": now, "exp": now + 300}
        claims |= {"nonce": known["nonce"], "openbanking_intent_id": known["intent"]}
        id_token = self.sign(claims) if self.sign else self.signed(claims)
        return self._tokens("customer", id_token=id_token)

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "PS256", "kid": "k1"}, claims, self.key, algorithms=["PS256"])

    def _tokens(self, kind: str, **more: str) -> Response:
        token = secrets.token_urlsafe(16)
        self.tokens[token] = kind
        body = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "accounts", **more}
        if kind == "customer":
            body["refresh_token"] = secrets.token_urlsafe(16)
        return JSONResponse(body)

    def _refused(self, request: Request, kind: str) -> Response | None:
        self.requests.append(request.url.path)
        if self.away:
            return JSONResponse({"Code": "503", "Message": "down", "Errors": []}, 503)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token) != kind:
            return Response(status_code=401)
        if (instead := self.instead(request)) is not None:
            return instead
        if self.revoked and kind == "customer":
            return JSONResponse(
                {"Code": "403", "Message": "revoked", "Errors": [{"ErrorCode": "U000", "Message": "consent"}]}, 403
            )
        return None

    async def create_consent(self, request: Request) -> Response:
        if refused := self._refused(request, "client"):
            return refused
        body = await request.json()
        assert body["Risk"] == {} and "ReadTransactionsDetail" in body["Data"]["Permissions"]
        self.made += 1
        name = f"aac-{self.made}"
        self.consents[name] = "AWAU"
        return JSONResponse(self._consent(name, body["Data"]["Permissions"]), 201)

    async def consent(self, request: Request) -> Response:
        if refused := self._refused(request, "client"):
            return refused
        name = request.path_params["consent"]
        if request.method == "DELETE":
            self.consents.pop(name, None)
            return Response(status_code=204)
        return JSONResponse(self._consent(name, []))

    def _consent(self, name: str, permissions: list[str]) -> dict[str, Any]:
        at = "2026-03-18T12:00:00+00:00"
        data = {
            "ConsentId": name,
            "Status": "CANC" if self.revoked else self.consents[name],
            "CreationDateTime": at,
        }
        data |= {"StatusUpdateDateTime": at, "Permissions": permissions}
        return {"Data": data, "Risk": {}, "Links": {"Self": self.base}, "Meta": {}}

    def _page(self, **data: Any) -> dict[str, Any]:
        return {"Data": data, "Links": {"Self": self.base}, "Meta": {"TotalPages": 1}}

    async def accounts(self, request: Request) -> Response:
        if refused := self._refused(request, "customer"):
            return refused
        account = {"AccountId": "acc-1", "Status": "Enabled", "Currency": "USD", "AccountTypeCode": "CACC"}
        account |= {"AccountCategory": "Personal", "Nickname": "Everyday"}
        other = account | {"AccountId": "acc-2", "Nickname": "Savings", "AccountTypeCode": "SVGS"}
        return JSONResponse(self._page(Account=[account, other]))

    async def balances(self, request: Request) -> Response:
        if refused := self._refused(request, "customer"):
            return refused
        balance = {
            "AccountId": request.path_params["account"],
            "Amount": {"Amount": "1250.40", "Currency": "USD"},
            "CreditDebitIndicator": "Credit",
            "Type": "ITBD",
            "DateTime": "2026-03-18T12:00:00+00:00",
        }
        return JSONResponse(self._page(Balance=[balance]))

    async def transactions(self, request: Request) -> Response:
        if refused := self._refused(request, "customer"):
            return refused
        if "p" not in request.query_params:
            self.on_read()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        first = int(request.query_params.get("p", "0"))
        rows = self.rows if request.path_params["account"] == "acc-1" else []
        page = self._page(Transaction=rows[first : first + self.page_size])
        if first + self.page_size < len(rows):
            following = request.url.include_query_params(p=first + self.page_size)
            page["Links"]["Next"] = f"{self.base}{following.path}?{following.query}"
        return JSONResponse(page)
