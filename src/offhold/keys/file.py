"""Root key in a file, and what is derived from it: sealing, pseudonyms, signing of button payloads.

Derivation is HKDF-SHA256 (RFC 5869) with the use as `info`, so that a key of one use opens nothing of another.
Sealing is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the record's place is the associated data,
so that a sealed body moved to another row does not open.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from errno import ENOTDIR
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offhold.errors import ConfigurationError, SealBroken

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Keys:
    """Every key of one deployment. `root` is 32 secret bytes."""

    def __init__(self, root: bytes) -> None:
        if len(root) != 32:
            raise ConfigurationError(("OFFHOLD_KEYS__ROOT_FILE: the root key must be 32 bytes, base64",))
        self._root = root
        self.derive = lru_cache(maxsize=64)(self._derive)
        self._box = AESGCM(self.derive("seal"))

    @classmethod
    def from_file(cls, path: Path, setting: str = "OFFHOLD_KEYS__ROOT_FILE") -> Keys:
        """Read a key made by `offhold keys init`. Raises ConfigurationError saying what is wrong with `setting`."""
        try:
            return cls(base64.b64decode(path.read_text().strip(), validate=True))
        except OSError as error:
            raise ConfigurationError((f"{setting}: cannot read {path}: {error.strerror}",)) from error
        except ValueError as error:
            raise ConfigurationError((f"{setting}: {path} is not base64",)) from error

    def _derive(self, use: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=f"offhold/1/{use}".encode()).derive(self._root)

    def seal(self, body: bytes, place: str) -> bytes:
        """Encrypt `body` for the row named by `place`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._box.encrypt(nonce, body, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Open what `seal` made for the same `place`. Raises SealBroken for anything else."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION:
            raise SealBroken(place.partition("/")[0])
        try:
            return self._box.decrypt(nonce, body, place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(place.partition("/")[0]) from error

    def pseudonym(self, use: str, text: str) -> str:
        """A stable name for `text` that only this deployment can compute (HMAC-SHA256, 40 hex digits)."""
        return hmac.new(self.derive(f"pseudonym/{use}"), text.encode(), sha256).hexdigest()[:40]


def make_root_key(path: Path) -> None:
    """Write a new root key, readable by its owner only. Raises FileExistsError rather than overwrite one, OSError."""
    if path.parent.exists() and not path.parent.is_dir():
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), str(path.parent))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
