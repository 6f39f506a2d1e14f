"""Where the account-linking browser leg may send the customer back to (Meta, "Account Linking")."""

from __future__ import annotations

from urllib.parse import urlsplit

_HOSTS = frozenset({"facebook.com", "www.facebook.com", "m.facebook.com", "www.messenger.com"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def redirect_allowed(uri: str, loopback: bool) -> bool:
    """Whether `uri` is the platform's own. `loopback`: also this machine (test mode), by http and with a port."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or "\\" in uri or any(ord(char) <= 32 or ord(char) == 127 for char in uri):
        return False
    if loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return True
    return parts.scheme == "https" and parts.hostname in _HOSTS and port is None


def with_code(uri: str, code: str) -> str:
    """The platform's address with our single-use code; `code` is base64url and needs no escaping."""
    base, hash_mark, fragment = uri.partition("#")
    return f"{base}{'&' if '?' in base else '?'}authorization_code={code}{hash_mark}{fragment}"
