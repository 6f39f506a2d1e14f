"""Signing what the tree holds: C2SP tlog-checkpoint in a signed note, and the trust policy that goes with it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from offhold.accesslog.verify import DoesNotHold, digest, read_vkey
from offhold.errors import ConfigurationError
from offhold.keys.file import Keys

TEST_MARK = "offhold-test/"
"""Begins the origin of every log that was begun in test mode."""
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Witness:
    """A party that cosigns checkpoints: its verifier key (C2SP signed-note) and submission prefix."""

    vkey: str
    url: str

    @property
    def name(self) -> str:
        return self.vkey.partition("+")[0]


class Signer:
    """Signs one institution's checkpoints. `origin` names the log (a scheme-less address) and is the key's name."""

    def __init__(self, keys: Keys, institution: str, origin: str) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(keys.derive(f"log/{institution}"))
        public = _ED25519 + self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._id = digest(origin.encode(), b"\n", public)[:4]
        self.vkey = f"{origin}+{self._id.hex()}+{base64.b64encode(public).decode()}"

    def sign(self, size: int, root: bytes) -> str:
        """The signed note for a tree."""
        text = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(self._id + self._key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {self.origin} {signature}\n"


def trust_policy(vkey: str, witnesses: Sequence[Witness] = (), quorum: int = 0) -> str:
    """A C2SP tlog-policy: one log, and how many of which witnesses must have seen a checkpoint."""
    lines = [f"log {vkey}", *(f"witness {each.name} {each.vkey} {each.url}" for each in witnesses)]
    if quorum:
        lines.append(f"group seen {quorum} {' '.join(each.name for each in witnesses)}")
    return "\n".join([*lines, f"quorum {'seen' if quorum else 'none'}", ""])


def read_witnesses(pairs: Sequence[tuple[str, str]]) -> tuple[Witness, ...]:
    """Witnesses from (verifier key, address). Raises ConfigurationError for a key that is none of a witness."""
    for vkey, _ in pairs:
        try:
            cosigns = read_vkey(vkey).timed
        except (DoesNotHold, ValueError, LookupError):
            cosigns = False
        if not cosigns:
            raise ConfigurationError((f"OFFHOLD_LOG__WITNESSES: {vkey[:60]!r} is no cosignature/v1 verifier key",))
    return tuple(Witness(*pair) for pair in pairs)


def origin(public_url: str, institution: str, test: bool) -> str:
    """The name under which a log is born, and which it keeps."""
    return f"{TEST_MARK if test else ''}{public_url.partition('://')[2]}/log/{institution}"


def size_of(note: str) -> int:
    """The tree size that a checkpoint of ours states."""
    return int(note.split("\n")[1])
