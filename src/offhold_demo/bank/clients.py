"""Who calls the token endpoint: `client_secret_basic` and `private_key_jwt` (OIDC Core 9, RFC 7523)."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from starlette.responses import JSONResponse

from offhold.errors import OffholdError
from offhold_demo.bank.config import BankConfig, Client
from offhold_demo.bank.signing import ALGORITHMS, client_keys

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE = timedelta(minutes=5)
SKEW = timedelta(seconds=60)
"""How far a client's clock may be ahead of ours."""

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthRefused(OffholdError):
    """An error of the token, PAR or revocation endpoint (RFC 6749 5.2)."""

    code = "oauth-refused"

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> JSONResponse:
        """The whole answer."""
        headers = NO_STORE | ({"WWW-Authenticate": 'Basic realm="token"'} if self.status == 401 else {})
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, self.status, headers=headers)


def unknown_client(why: str) -> OAuthRefused:
    """The client did not prove who it is."""
    return OAuthRefused("invalid_client", why, 401)


@dataclass(slots=True)
class ClientDoor:
    """Checks a client's credentials. Assertion ids are remembered until their assertion has expired."""

    config: BankConfig
    _seen: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def client(self, authorization: str, form: Mapping[str, str], endpoint: str, now: datetime) -> Client:
        """The client of a request to `endpoint` (its whole address). Raises OAuthRefused."""
        asserted = "client_assertion" in form
        found = self._by_assertion(form, endpoint, now) if asserted else self._by_secret(authorization)
        if form.get("client_id", found.client_id) != found.client_id:
            raise unknown_client("client_id is not the one that was proven.")
        return found

    def _registered(self, client_id: str) -> Client:
        for client in self.config.clients:
            if client.client_id == client_id:
                return client
        raise unknown_client("Unknown client or wrong credentials.")

    def _by_secret(self, authorization: str) -> Client:
        client_id, secret = _basic(authorization)
        client = self._registered(client_id)
        if not client.secret or not compare_digest(client.secret.encode(), secret.encode()):
            raise unknown_client("Unknown client or wrong credentials.")
        return client

    def _by_assertion(self, form: Mapping[str, str], endpoint: str, now: datetime) -> Client:
        assertion = form["client_assertion"]
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise unknown_client("Unknown client_assertion_type.")
        client = self._registered(_claimed_subject(assertion))
        claims = _verified(client, assertion)
        audiences = {self.config.issuer, f"{self.config.issuer}/token", endpoint}
        _check_claims(claims, client.client_id, audiences, now)
        self._use_once(client.client_id, claims, now)
        return client

    def _use_once(self, client_id: str, claims: dict[str, Any], now: datetime) -> None:
        self._seen = {key: until for key, until in self._seen.items() if until > now}
        key = (client_id, claims["jti"])
        if key in self._seen:
            raise unknown_client("The assertion was used before.")
        self._seen[key] = now + LONGEST_LIFE + SKEW


def _basic(authorization: str) -> tuple[str, str]:
    """Both halves, form-decoded as RFC 6749 2.3.1 has them encoded."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise unknown_client("Credentials are missing.")
    try:
        client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise unknown_client("Credentials cannot be read.") from None
    return unquote_plus(client_id), unquote_plus(secret)


def _claimed_subject(assertion: str) -> str:
    """Who the assertion says it is from, not yet believed: only to find the key."""
    try:
        payload = json.loads(extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError):
        raise unknown_client("The assertion cannot be read.") from None
    return str(payload.get("sub", "")) if isinstance(payload, dict) else ""


def _verified(client: Client, assertion: str) -> dict[str, Any]:
    if client.jwks is None:
        raise unknown_client("The client is registered with a secret.")
    try:
        return jwt.decode(assertion, client_keys(client.jwks), algorithms=ALGORITHMS).claims
    except (JoseError, ValueError):
        raise unknown_client("The assertion's signature does not hold.") from None


def _check_claims(claims: dict[str, Any], client_id: str, audiences: set[str], now: datetime) -> None:
    """The claims of RFC 7523 section 3, with the life and skew that FAPI asks for."""
    audience = claims.get("aud")
    named = set(audience) if isinstance(audience, list) else {audience}
    expires, issued, starts = claims.get("exp", 0), claims.get("iat", 0), claims.get("nbf", 0)
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise unknown_client("iss and sub must be the client.")
    if not named & audiences:
        raise unknown_client("The assertion is for someone else.")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise unknown_client("jti is missing.")
    if not all(isinstance(each, int) for each in (expires, issued, starts)):
        raise unknown_client("exp, iat and nbf are whole seconds.")
    moment = now.timestamp()
    if not moment < expires <= (now + LONGEST_LIFE + SKEW).timestamp():
        raise unknown_client("exp is past, or more than five minutes away.")
    if max(issued, starts) > (now + SKEW).timestamp():
        raise unknown_client("The assertion is from the future.")
