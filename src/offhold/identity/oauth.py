"""OAuth 2.0 / OpenID Connect client of one institution: discovery, code + PKCE, refresh.

Sources: RFC 6749, 7636 (PKCE), 9126 (PAR), 9207 (iss), OpenID Connect Core 1.0 section 3.1.3.7, OBIE security
profile (`openbanking_intent_id`).
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, KeySetSerialization

from offhold.errors import BankError
from offhold.identity.headers import date_of, retry_after_s
from offhold.model.access import Failure
from offhold.model.ids import new_token

_ALGORITHMS = ["PS256", "ES256", "RS256"]
_SKEW_S = 60
_TOLERATED_S = 30
_ASSERTION_LIFE_S = 240
_SIZE = 1_000_000
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How we prove to be the client: a shared secret (client_secret_basic) or a private key (private_key_jwt)."""

    client_id: str
    secret: str = ""
    key: Key | None = None
    algorithm: str = "PS256"


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to send the browser, and what must be kept for its return."""

    url: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """`expires_at`: unix seconds. `subject`: the institution's name for the person, from a verified id_token."""

    access_token: str
    refresh_token: str
    expires_at: int
    subject: str = ""


class OAuthClient:
    """Raises BankError: bank-away when nobody answers, bank-unclear when an answer breaks its standard,
    consent-ended when a grant is refused. `now` gives unix seconds.

    Two clocks never agree. An assertion carries the institution's own time (Date header) once it is more than
    30 s from ours, and an id_token is current when either clock says so.
    """

    def __init__(self, issuer: str, credentials: Credentials, http: httpx2.AsyncClient, now: Callable[[], int]) -> None:
        self._issuer = issuer
        self._credentials = credentials
        self._http = http
        self._now = now
        self._metadata: Mapping[str, Any] | None = None
        self._ahead_s = 0

    async def metadata(self) -> Mapping[str, Any]:
        """The institution's own description (OpenID Connect Discovery 4), fetched once."""
        if self._metadata is None:
            address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            found = _object(await self._call("GET", address))
            if found.get("issuer") != self._issuer or not all(_safe(found.get(name)) for name in _ENDPOINTS):
                raise BankError(Failure.bank_unclear.value)
            self._metadata = found
        return self._metadata

    async def client_credentials(self, scope: str) -> str:
        """An access token of our own, for making consents."""
        return (await self._token({"grant_type": "client_credentials", "scope": scope})).access_token

    async def begin(self, redirect_uri: str, scope: str, intent: str, state: str, nonce: str) -> Authorization:
        """The address that starts the customer's login; pushed beforehand where the institution offers it."""
        metadata = await self.metadata()
        verifier = new_token(512)
        asked = {
            "response_type": "code",
            "client_id": self._credentials.client_id,
            "redirect_uri": redirect_uri,
            "scope": f"openid {scope}",
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "claims": json.dumps({"id_token": {"openbanking_intent_id": {"value": intent, "essential": True}}}),
        }
        if _safe(pushed := metadata.get("pushed_authorization_request_endpoint")):
            answer = _object(await self._form(str(pushed), asked))
            if not isinstance(answer.get("request_uri"), str):
                raise BankError(Failure.bank_unclear.value)
            asked = {"client_id": self._credentials.client_id, "request_uri": answer["request_uri"]}
        address = str(metadata["authorization_endpoint"])
        return Authorization(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", verifier)

    async def exchange(self, code: str, verifier: str, redirect_uri: str, nonce: str, intent: str) -> Tokens:
        """Tokens for an authorization code, after the id_token proved itself."""
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        answer = await self._token_answer({**asked, "redirect_uri": redirect_uri})
        subject = await self._subject(str(answer.get("id_token", "")), nonce, intent)
        return self._tokens(answer, subject)

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens; an institution that does not rotate keeps the old refresh token."""
        answer = await self._token_answer({"grant_type": "refresh_token", "refresh_token": refresh_token})
        return self._tokens({"refresh_token": refresh_token, **answer}, "")

    async def issuer_agrees(self, iss: str | None) -> bool:
        """The `iss` of an authorization response (RFC 9207): right when given, and given when promised."""
        promised = (await self.metadata()).get("authorization_response_iss_parameter_supported") is True
        return iss == self._issuer if iss is not None else not promised

    async def _token(self, form: Mapping[str, str]) -> Tokens:
        return self._tokens(await self._token_answer(form), "")

    async def _token_answer(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        return _object(await self._form(str((await self.metadata())["token_endpoint"]), form))

    def _tokens(self, answer: Mapping[str, Any], subject: str) -> Tokens:
        token, life = answer.get("access_token"), answer.get("expires_in", 300)
        if not isinstance(token, str) or not isinstance(life, int):
            raise BankError(Failure.bank_unclear.value)
        return Tokens(token, str(answer.get("refresh_token", "")), self._now() + life, subject)

    async def _subject(self, id_token: str, nonce: str, intent: str) -> str:
        found = _object(await self._call("GET", str((await self.metadata())["jwks_uri"])))
        try:
            keys = KeySet.import_key_set(cast(KeySetSerialization, found))
            claims = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
            self._check(claims, nonce, intent)
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise BankError(Failure.bank_unclear.value) from error
        return str(claims["sub"])

    def _check(self, claims: Mapping[str, Any], nonce: str, intent: str) -> None:
        """OpenID Connect Core 3.1.3.7, and the intent that this login was for. Raises ValueError."""
        audience, us = claims.get("aud"), self._credentials.client_id
        issued, ends, now = int(claims["iat"]), int(claims["exp"]), self._now()
        clocks = (now, now + self._ahead_s)
        holds = (
            claims.get("iss") == self._issuer
            and (audience in (us, [us]) or (isinstance(audience, list) and us in audience and claims.get("azp") == us))
            and isinstance(claims.get("sub"), str)
            and claims["sub"] != ""
            and claims.get("nonce") == nonce
            and any(issued - _SKEW_S <= clock < ends + _SKEW_S for clock in clocks)
            and claims.get("openbanking_intent_id", intent) == intent
        )
        if not holds:
            raise ValueError("id_token")

    async def _form(self, address: str, form: Mapping[str, str]) -> httpx2.Response:
        headers, proof = self._proof()
        return await self._call("POST", address, data={**form, **proof}, headers=headers)

    def _proof(self) -> tuple[dict[str, str], dict[str, str]]:
        credentials = self._credentials
        if credentials.key is None:
            pair = f"{quote(credentials.client_id, safe='')}:{quote(credentials.secret, safe='')}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
        now = self._now() + self._ahead_s
        claims = {
            "iss": credentials.client_id,
            "sub": credentials.client_id,
            "aud": self._issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + _ASSERTION_LIFE_S,
        }
        header = {"alg": credentials.algorithm, "kid": credentials.key.kid}
        assertion = jwt.encode(header, claims, credentials.key, algorithms=[credentials.algorithm])
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {}, {
            "client_id": credentials.client_id,
            "client_assertion_type": kind,
            "client_assertion": assertion,
        }

    async def _call(self, method: str, address: str, **more: Any) -> httpx2.Response:
        try:
            response = await self._http.request(method, address, follow_redirects=False, **more)
        except httpx2.HTTPError as error:
            raise BankError(Failure.bank_away.value) from error
        self._compare_clocks(response)
        if response.status_code == 429:
            raise BankError(Failure.bank_busy.value, status=429, retry_after_s=retry_after_s(response.headers))
        if response.status_code >= 500:
            raise BankError(Failure.bank_away.value, status=response.status_code)
        return response

    def _compare_clocks(self, response: httpx2.Response) -> None:
        if (theirs := date_of(response.headers)) is not None:
            ahead = int(theirs.timestamp()) - self._now()
            self._ahead_s = ahead if abs(ahead) > _TOLERATED_S else 0


def _object(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        value = response.json() if len(response.content) <= _SIZE else None
    except ValueError:
        value = None
    if isinstance(value, dict) and value.get("error") in ("invalid_grant", "access_denied"):
        raise BankError(Failure.consent_ended.value, status=response.status_code)
    if not isinstance(value, dict) or not response.is_success:
        raise BankError(Failure.bank_unclear.value, status=response.status_code)
    return value


def _safe(address: object) -> bool:
    """An endpoint we may call: https, or this machine."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
