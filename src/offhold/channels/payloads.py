"""Button payloads. Whoever holds the thread can read and resend them, so they are signed, bound and short-lived.

Form: `v1.<action>.<nonce>.<expires, unix s>.<mac>`, mac = HMAC-SHA256 over the rest and the person's id, 128 bits.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from hashlib import sha256

from offhold.model.message import Contact

START = "v1.start"
LIFE_S = 24 * 3600
_MAC_BYTES = 16


def sign(action: str, contact: Contact, now_s: int, key: bytes) -> str:
    """A payload that means `action` for this contact during a day."""
    name = base64.urlsafe_b64encode(action.encode()).decode().rstrip("=")
    body = f"v1.{name}.{secrets.token_urlsafe(6)}.{now_s + LIFE_S}"
    return f"{body}.{_mac(body, contact, key)}"


def read(payload: str, contact: Contact, now_s: int, key: bytes) -> str | None:
    """The action, or None when it is forged, foreign or too old."""
    body, _, mac = payload.rpartition(".")
    if not hmac.compare_digest(mac.encode(errors="replace"), _mac(body, contact, key).encode()):
        return None
    _version, name, _nonce, expires = body.split(".")
    if int(expires) < now_s:
        return None
    return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()


def _mac(body: str, contact: Contact, key: bytes) -> str:
    message = f"{contact.lane}|{body}".encode(errors="replace")
    digest = hmac.new(key, message, sha256).digest()[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
