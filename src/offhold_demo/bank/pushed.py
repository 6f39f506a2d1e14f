"""Authorization requests: read from parameters, and kept where a client pushed them first (RFC 9126)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from offhold.errors import OffholdError
from offhold_demo.bank.config import BankConfig, Client

URN = "urn:ietf:params:oauth:request_uri:"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPES = {"openid", "accounts"}


class RequestError(OffholdError):
    """An authorization request that cannot go on. `error` is the OAuth code (RFC 6749 4.1.2.1, OIDC Core
    3.1.2.6). `answer_to`: the address the client is told at, empty where none may be trusted."""

    code = "authorization-request"

    def __init__(self, error: str, description: str, answer_to: str = "", state: str = "") -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.answer_to = answer_to
        self.state = state


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that was checked. `consent_id` is the OBIE intent; `challenge` the PKCE S256 challenge."""

    client_id: str
    redirect_uri: str
    scope: str
    challenge: str
    consent_id: str
    state: str = ""
    nonce: str = ""


def client_of(config: BankConfig, client_id: str) -> Client:
    """The registered client. Raises RequestError."""
    for client in config.clients:
        if client.client_id == client_id:
            return client
    raise RequestError("invalid_client", "This client is not registered.")


def read_request(config: BankConfig, parameters: Mapping[str, str]) -> AuthorizationRequest:
    """Check the parameters of one request. Raises RequestError, which says whether the client may be told."""
    client = client_of(config, parameters.get("client_id", ""))
    address = parameters.get("redirect_uri", "")
    if address not in client.redirect_uris:
        raise RequestError("invalid_request", "The redirect address is not registered for this client.")
    state = parameters.get("state", "")
    problem = _problem(parameters)
    if problem:
        raise RequestError(*problem, answer_to=address, state=state)
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=address,
        scope=parameters["scope"],
        challenge=parameters["code_challenge"],
        consent_id=_intent(parameters),
        state=state,
        nonce=parameters.get("nonce", ""),
    )


def _problem(parameters: Mapping[str, str]) -> tuple[str, str] | None:
    """The first thing wrong, as error and description."""
    scope = set(parameters.get("scope", "").split())
    checks = (
        ("request" in parameters, "request_not_supported", "Request objects are not taken."),
        (
            parameters.get("response_type") != "code",
            "unsupported_response_type",
            "response_type must be code.",
        ),
        (
            parameters.get("response_mode", "query") != "query",
            "invalid_request",
            "response_mode must be query.",
        ),
        (not scope >= _SCOPES or bool(scope - _SCOPES), "invalid_scope", "scope must be openid accounts."),
        (parameters.get("code_challenge_method") != "S256", "invalid_request", "PKCE with S256 is required."),
        (
            not _CHALLENGE.fullmatch(parameters.get("code_challenge", "")),
            "invalid_request",
            "No S256 challenge.",
        ),
        (parameters.get("prompt") == "none", "login_required", "The customer has to sign in."),
        (not _intent(parameters), "invalid_request", "claims.id_token.openbanking_intent_id is missing."),
    )
    return next(((error, description) for wrong, error, description in checks if wrong), None)


def _intent(parameters: Mapping[str, str]) -> str:
    """The consent's id from the claims parameter (OIDC Core 5.5); empty where it is not there."""
    try:
        claims: Any = json.loads(parameters.get("claims", ""))
        value = claims["id_token"]["openbanking_intent_id"]["value"]
    except (ValueError, KeyError, TypeError):
        return ""
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class _Pushed:
    request: AuthorizationRequest
    expires: datetime


@dataclass(slots=True)
class PushedRequests:
    """Requests waiting for their browser."""

    _waiting: dict[str, _Pushed] = field(default_factory=dict)

    def push(self, request: AuthorizationRequest, now: datetime, seconds: int) -> str:
        """Keep it for so long; the request_uri under which it is found."""
        self._waiting = {uri: each for uri, each in self._waiting.items() if each.expires > now}
        uri = URN + token_urlsafe(24)
        self._waiting[uri] = _Pushed(request, now + timedelta(seconds=seconds))
        return uri

    def take(self, uri: str, client_id: str, now: datetime) -> AuthorizationRequest:
        """The request, once. Raises RequestError where it is unknown, worn out or another client's."""
        found = self._waiting.get(uri)
        if found is None or found.expires <= now or found.request.client_id != client_id:
            raise RequestError("invalid_request_uri", "The request has expired or was never made.")
        del self._waiting[uri]
        return found.request
