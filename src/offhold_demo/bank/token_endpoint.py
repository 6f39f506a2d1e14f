"""PAR (RFC 9126), token (RFC 6749, 7636) and revocation (RFC 7009) endpoints."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from offhold_demo.bank.clients import NO_STORE, OAuthRefused
from offhold_demo.bank.config import Client
from offhold_demo.bank.pushed import AuthorizationRequest, RequestError, read_request
from offhold_demo.bank.state import Bank
from offhold_demo.bank.tokens import Code, Family

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


async def form_of(request: Request) -> dict[str, str]:
    """The form, each parameter once (RFC 6749 3.2). Raises OAuthRefused."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise OAuthRefused("invalid_request", "The body must be a form.")
    pairs = (await request.form()).multi_items()
    form = {name: value for name, value in pairs if isinstance(value, str)}
    if len(form) != len(pairs):
        raise OAuthRefused("invalid_request", "A parameter came twice.")
    return form


def subject(issuer: str, customer: str) -> str:
    """A customer as clients know them: an opaque id, the same at every sign-in."""
    return str(uuid5(NAMESPACE_URL, f"{issuer}/customers/{customer}"))


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class TokenEndpoints:
    """The endpoints that a client calls by itself, without a browser."""

    bank: Bank

    async def par(self, request: Request) -> Response:
        """Keep an authorization request for its browser: 201 with request_uri and expires_in."""
        try:
            client, form = await self._caller(request, "par")
            pushed = self._pushed(client, form)
        except OAuthRefused as refused:
            return refused.response()
        seconds = self.bank.config.par_seconds
        uri = self.bank.pushed.push(pushed, self.bank.clock(), seconds)
        return JSONResponse({"request_uri": uri, "expires_in": seconds}, 201, headers=NO_STORE)

    async def token(self, request: Request) -> Response:
        """Exchange a grant for tokens."""
        try:
            client, form = await self._caller(request, "token")
            granted = self._granted(client, form)
        except OAuthRefused as refused:
            return refused.response()
        return JSONResponse(granted, headers=NO_STORE)

    async def revoke(self, request: Request) -> Response:
        """Forget a token: 200 whether it was known or not."""
        try:
            client, form = await self._caller(request, "revoke")
        except OAuthRefused as refused:
            return refused.response()
        self.bank.tokens.revoke(form.get("token", ""), client.client_id)
        return Response(headers=NO_STORE)

    async def _caller(self, request: Request, endpoint: str) -> tuple[Client, dict[str, str]]:
        form = await form_of(request)
        address = f"{self.bank.config.issuer}/{endpoint}"
        authorization = request.headers.get("authorization", "")
        return self.bank.door.client(authorization, form, address, self.bank.clock()), form

    def _pushed(self, client: Client, form: dict[str, str]) -> AuthorizationRequest:
        if "request_uri" in form:
            raise OAuthRefused("invalid_request", "request_uri has no place here.")
        try:
            return read_request(self.bank.config, form | {"client_id": client.client_id})
        except RequestError as error:
            raise OAuthRefused(error.error, error.description) from error

    def _granted(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        match form.get("grant_type"):
            case "client_credentials":
                return self._for_client(client, form)
            case "authorization_code":
                return self._for_code(client, form)
            case "refresh_token":
                return self._for_refresh(client, form)
        raise OAuthRefused("unsupported_grant_type", "Code, refresh token or client credentials.")

    def _for_client(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        if form.get("scope") != "accounts":
            raise OAuthRefused("invalid_scope", "scope must be accounts.")
        return self._access(Family(token_urlsafe(16), client.client_id, "accounts"))

    def _for_code(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        code = self.bank.tokens.take_code(form.get("code", ""), client.client_id, self.bank.clock())
        if code is None or not _matches(code, form):
            raise OAuthRefused("invalid_grant", "The code is unknown, used, too old or not for this.")
        return self._for_customer(code.family) | {"id_token": self._id_token(code)}

    def _for_refresh(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        token = form.get("refresh_token", "")
        family = self.bank.tokens.take_refresh(token, client.client_id, self.bank.clock())
        if family is None or not self._still_authorised(family):
            raise OAuthRefused("invalid_grant", "The refresh token is no good any more.")
        return self._for_customer(family)

    def _still_authorised(self, family: Family) -> bool:
        consent = self.bank.consents.find(family.consent_id, self.bank.clock())
        return consent is not None and consent.status == "AUTH"

    def _for_customer(self, family: Family) -> dict[str, Any]:
        seconds = self.bank.config.refresh_token_seconds
        refresh = self.bank.tokens.issue_refresh(family, self.bank.clock(), seconds)
        return self._access(family) | {"refresh_token": refresh}

    def _access(self, family: Family) -> dict[str, Any]:
        seconds = self.bank.access_seconds()
        token = self.bank.tokens.issue_access(family, self.bank.clock(), seconds)
        return {"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": family.scope}

    def _id_token(self, code: Code) -> str:
        """OIDC Core 2, with the consent it stands for (OBIE security profile)."""
        config, now = self.bank.config, int(self.bank.clock().timestamp())
        claims = {
            "iss": config.issuer,
            "sub": subject(config.issuer, code.family.customer),
            "aud": code.family.client_id,
            "iat": now,
            "exp": now + 300,
            "openbanking_intent_id": code.family.consent_id,
        }
        if code.request.nonce:
            claims["nonce"] = code.request.nonce
        return self.bank.keys.sign(config.id_token_alg, claims)


def _matches(code: Code, form: dict[str, str]) -> bool:
    """Whether the one who brings the code is the one who asked for it (RFC 6749 4.1.3, RFC 7636 4.6)."""
    verifier = form.get("code_verifier", "")
    if form.get("redirect_uri") != code.request.redirect_uri or not _VERIFIER.fullmatch(verifier):
        return False
    return compare_digest(s256(verifier), code.request.challenge)
