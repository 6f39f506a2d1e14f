"""The bank's signing keys: RSA for PS256, P-256 for ES256, the two that FAPI 1 Advanced (8.6) allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

ALGORITHMS = ["PS256", "ES256"]


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Private keys by algorithm, kept in memory only."""

    by_algorithm: Mapping[str, RSAKey | ECKey]

    def public(self) -> dict[str, Any]:
        """The JWKS document (RFC 7517)."""
        return {"keys": [key.as_dict(private=False) for key in self.by_algorithm.values()]}

    def sign(self, algorithm: str, claims: dict[str, Any]) -> str:
        """A compact JWS over the claims, naming its key."""
        key = self.by_algorithm[algorithm]
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


@cache
def process_keys() -> SigningKeys:
    """Fresh keys, made once in a process: several banks of one demo share them, a restart changes them."""
    rsa = RSAKey.generate_key(2048, {"use": "sig", "alg": "PS256"}, auto_kid=True)
    curve = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    return SigningKeys({"PS256": rsa, "ES256": curve})


def client_keys(jwks: Mapping[str, Any]) -> KeySet:
    """A client's public keys from its JWKS document."""
    return KeySet.import_key_set({"keys": list(jwks["keys"])})
