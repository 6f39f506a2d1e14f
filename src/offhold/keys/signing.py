"""Signed JSON: receipts that we hand out, agreements that institutions hand us.

A document's `signature` names the Ed25519 key (RFC 8032) and covers everything else in it, in the canonical form of
RFC 8785. Documents hold text, whole numbers, true, false, lists and maps with ASCII names: for those Python's encoder
with sorted keys is canonical.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from offhold.errors import OffholdError

MAX_BYTES = 1_000_000


class NotSigned(OffholdError):
    """A document that is malformed, altered, or signed with another key. The message says which, and quotes nothing."""

    code = "not-signed"


class SigningKey:
    """One Ed25519 key, from its 32 secret bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = base64.b64encode(raw).decode()
        """The public key, base64 of its 32 bytes."""

    def sign(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with its signature."""
        value = base64.b64encode(self._key.sign(_canonical(document))).decode()
        return {**document, "signature": {"algorithm": "Ed25519", "key": self.public, "value": value}}


def verified(text: bytes, public: str) -> dict[str, Any]:
    """The document without its signature, if the key `public` (base64) signed it. Raises NotSigned."""
    try:
        document = json.loads(text) if len(text) <= MAX_BYTES else None
    except ValueError as error:
        raise NotSigned("it is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("signature"), dict):
        raise NotSigned("it carries no signature")
    signature = document.pop("signature")
    if signature.get("algorithm") != "Ed25519" or signature.get("key") != public:
        raise NotSigned("it was signed with another key")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(str(signature.get("value")), validate=True), _canonical(document))
    except (InvalidSignature, ValueError) as error:
        raise NotSigned("it was altered after it was signed") from error
    return document


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
