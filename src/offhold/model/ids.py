"""Identifiers. A ULID sorts by the time it was made; every other id is opaque text."""

from __future__ import annotations

import secrets

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_ulid(unix_ms: int) -> str:
    """A 26-character ULID (github.com/ulid/spec): 48 bits of `unix_ms`, then 80 random bits."""
    number = (unix_ms << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_token(bits: int = 256) -> str:
    """Unguessable URL-safe text of at least `bits` bits."""
    return secrets.token_urlsafe((bits + 7) // 8)
