"""Metadata of the authorization server (OpenID Connect Discovery 1.0, RFC 8414) and its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from offhold_demo.bank.config import BankConfig
from offhold_demo.bank.signing import ALGORITHMS, SigningKeys

SCOPES = ("openid", "accounts")


def metadata(config: BankConfig) -> dict[str, Any]:
    """The discovery document."""
    return {
        "issuer": config.issuer,
        "authorization_endpoint": f"{config.issuer}/authorize",
        "token_endpoint": f"{config.issuer}/token",
        "pushed_authorization_request_endpoint": f"{config.issuer}/par",
        "require_pushed_authorization_requests": config.require_par,
        "revocation_endpoint": f"{config.issuer}/revoke",
        "jwks_uri": f"{config.issuer}/jwks",
        "scopes_supported": list(SCOPES),
        "claims_supported": ["sub", "openbanking_intent_id"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ALGORITHMS,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


@dataclass(frozen=True, slots=True)
class Discovery:
    """The two documents that anyone may read."""

    config: BankConfig
    keys: SigningKeys

    async def configuration(self, request: Request) -> JSONResponse:
        return JSONResponse(metadata(self.config))

    async def jwks(self, request: Request) -> JSONResponse:
        return JSONResponse(self.keys.public())
