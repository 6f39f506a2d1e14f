"""Check an access log without trusting who keeps it. Python and `cryptography` only; short, to be read.

python verify.py POLICY PROOFS|MIRROR [SEEN [HEAD]]      exit status 0 it holds, 1 it does not, 2 wrong use
POLICY: keys you trust (C2SP tlog-policy), got from elsewhere than the log. PROOFS: a customer's, JSON {"proofs": [C2SP
tlog-proof texts in order], "growth": [consistency path from SEEN]}. MIRROR: a folder, the log's address copied (C2SP
tlog-tiles). SEEN: a checkpoint kept from an earlier look (file); HEAD: the last leaf then (sequence:commitment).
"""

import base64
import hmac
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Key = NamedTuple("Key", [("name", str), ("id", bytes), ("timed", bool), ("public", bytes)])  # noqa: UP014
Checkpoint = NamedTuple("Checkpoint", [("origin", str), ("size", int), ("root", bytes)])  # noqa: UP014


class DoesNotHold(Exception):
    """What was shown is not proved; the message says why."""


def need(condition: object, why: str) -> None:
    if not condition:
        raise DoesNotHold(why)


def unbase64(text: str) -> bytes:
    raw = base64.b64decode(text + "==")  # whatever is wrong in `text` shows in the comparison
    need(base64.b64encode(raw).decode() == text, f"{text[:20]!r} is not base64")
    return raw


def digest(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def tree_root(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1, over leaf hashes, or roots of equal perfect subtrees of which the last may be incomplete."""
    if len(hashes) < 2:
        return hashes[0] if hashes else digest()
    half = 1 << ((len(hashes) - 1).bit_length() - 1)
    return digest(b"\1", tree_root(hashes[:half]), tree_root(hashes[half:]))


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that leaf hash number `index` and its inclusion path lead to (RFC 6962 2.1.1)."""
    need(0 <= index < size and bool(path) == (size > 1), "an inclusion path of the wrong length")
    if size == 1:
        return leaf
    half = 1 << ((size - 1).bit_length() - 1)
    if index < half:
        return digest(b"\1", root_of(leaf, index, half, path[:-1]), path[-1])
    return digest(b"\1", path[-1], root_of(leaf, index - half, size - half, path[:-1]))


def roots_of(old: int, size: int, path: Sequence[bytes], known: bytes) -> tuple[bytes, bytes]:
    """The two roots that a consistency path leads to (RFC 6962 2.1.2); it leaves out the old one if `known`."""
    if old == size:
        need(len(path) == (not known), "a consistency path of the wrong length")
        return (known or path[0],) * 2
    half = 1 << ((size - 1).bit_length() - 1)
    if old <= half:
        was, made = roots_of(old, half, path[:-1], known)
        return was, digest(b"\1", made, path[-1])
    was, made = roots_of(old - half, size - half, path[:-1], b"")
    return digest(b"\1", path[-1], was), digest(b"\1", path[-1], made)


def read_vkey(text: str) -> Key:
    name, number, raw = text.split("+", 2)
    key = unbase64(raw)  # its first byte is the type: 1 Ed25519, 4 timestamped Ed25519 cosignature
    need(len(key) == 33 and digest(name.encode(), b"\n", key)[:4].hex() == number, f"{text[:60]!r} is no verifier key")
    return Key(name, bytes.fromhex(number), {1: False, 4: True}[key[0]], key[1:])


def signers(note: str, keys: Iterable[Key]) -> set[Key]:
    """Who signed (C2SP signed-note, tlog-cosignature v1). Unknown keys are ignored; a wrong signature spoils all."""
    text, gap, lines = note.rpartition("\n\n")
    need(gap and lines.endswith("\n") and not re.search(r"[\0-\x09\x0b-\x1f\x7f]", note), "this is no signed note")
    known, found = {(key.name, key.id): key for key in keys}, set()
    for dash, name, raw in (line.split(" ") for line in lines.splitlines()):
        need(dash == "\u2014", "a signature line is malformed")
        signature = unbase64(raw)
        if key := known.get((name, signature[:4])):
            head = f"cosignature/v1\ntime {int.from_bytes(signature[4:12], 'big')}\n" if key.timed else ""
            with suppress(InvalidSignature):
                public = Ed25519PublicKey.from_public_bytes(key.public)
                public.verify(signature[12 if key.timed else 4 :], f"{head}{text}\n".encode())
                found.add(key)
            need(key in found, f"the signature of {name} is wrong")
    return found


def read_checkpoint(note: str, policy: str) -> Checkpoint:
    """The checkpoint (C2SP tlog-checkpoint), if a log of the policy signed it and the policy's quorum saw it."""
    rows = [line.split() for line in policy.splitlines() if line.strip()[:1] not in ("", "#")]
    logs = {read_vkey(row[1]) for row in rows if row[0] == "log"}
    signed = signers(note, logs | {read_vkey(row[2]) for row in rows if row[0] == "witness"})
    saw, quorums = {"none": True}, [row[1] for row in rows if row[0] == "quorum"]
    for kind, name, *rest in rows:
        need(kind in ("log", "witness", "group", "quorum"), f"the policy has a {kind!r} line")
        if kind == "witness":
            saw[name] = read_vkey(rest[0]) in signed
        elif kind == "group":
            least = {"any": 1, "all": len(rest) - 1}.get(rest[0]) or int(rest[0])
            saw[name] = sum(saw[member] for member in {*rest[1:]}) >= max(least, 1)
    origin, size, root = note.split("\n\n")[0].split("\n")
    need(any(key.name == origin and not key.timed for key in signed & logs), f"no trusted log signed for {origin!r}")
    need(len(quorums) == 1 and saw[quorums[0]], "too few witnesses saw the checkpoint")
    whole = re.fullmatch(r"0|[1-9][0-9]{0,18}", size) and (size != "0" or unbase64(root) == digest())
    need(whole, "the checkpoint is malformed")
    return Checkpoint(origin, int(size), unbase64(root))


def check_proofs(proofs: Sequence[str], checkpoint: Checkpoint, head: str) -> None:
    """Each leaf opened and in the tree; together without a gap from the first, and reaching the `head` kept earlier."""
    before, kept = "", head.split(":")[0]
    for number, proof in enumerate(proofs, 1):
        version, extra, index, *path = proof.split("\n\n")[0].split("\n")
        need(version == "c2sp.org/tlog-proof@v1" and extra[:6] + index[:6] == "extra index ", "this is no access proof")
        opening = json.loads(unbase64(extra[6:]))
        nonce, record = unbase64(opening["nonce"]), json.loads(opening["record"])
        need(len(nonce) == 32, "a nonce is not 32 bytes")  # HMAC takes a shorter one for the same, zero-padded
        commitment = hmac.digest(nonce, b"offhold/leaf/v1\0" + opening["record"].encode(), "sha256")
        leaf = digest(b"\0offhold/entry/v1\nc\n", base64.b64encode(commitment), b"\n")
        root = root_of(leaf, int(index[6:]), checkpoint.size, [unbase64(step) for step in path])
        need(root == checkpoint.root, f"leaf {number} is not in the signed tree")
        need((record["seq"], record["prev"]) == (number, before), f"a leaf is missing before leaf {number}, or altered")
        before = commitment.hex()
        need(kept != str(number) or head == f"{number}:{before}", f"leaf {number} is not the one you kept")
    need(not head or 0 < int(kept) <= len(proofs), f"the leaves end at {len(proofs)}, before the one you kept")


def check_tiles(fetch: Callable[[str], bytes], now: Checkpoint, earlier: Sequence[Checkpoint]) -> None:
    """Entries against leaf hashes, each level against the one below, the roots against every checkpoint."""
    level, count, roots = 0, now.size, [b""]
    while count:
        below, roots = roots, []
        for first in range(0, count, 256):
            width, place = min(256, count - first), str(first // 256)
            name = re.sub("(...)(?=.)", r"x\1/", place.zfill(-(-len(place) // 3) * 3)) + f".p/{width}" * (width < 256)
            tile, under = fetch(f"tile/{level}/{name}"), below[first : first + width]
            if level == 0:
                bundle = fetch(f"tile/entries/{name}")  # entries of 64 bytes, each after its length
                under = [digest(b"\0", bundle[at + 2 : at + 66]) for at in range(0, len(bundle), 66)]
            hashes = [tile[at : at + 32] for at in range(0, len(tile), 32)]
            need(len(hashes) == len(under) == width, f"tile {level}/{name} is cut short")
            wrong = [first + at for at in range(width) if hashes[at] != under[at]]
            need(not wrong, f"entry {wrong} of level {level} is not what the tree was built from")
            for old in (old for old in earlier if level == 0 and first < old.size <= first + width):
                was = tree_root([*roots, tree_root(hashes[: old.size - first])])
                need(was == old.root, f"the tree did not grow from the one of size {old.size}")
            roots.append(tree_root(hashes))
        need(level or tree_root(roots) == now.root, "the tree's root is not the signed one")
        level, count = level + 1, count // 256


def verdict(policy: str, proofs: str, seen: str, head: str, fetch: Callable[[str], bytes] | None) -> str:
    """What is proved. Raises DoesNotHold with the reason, whatever the input."""
    try:
        bundle = json.loads(proofs or '{"proofs": []}')
        notes = [text.partition("\n\n")[2] for text in bundle["proofs"]]
        notes += [fetch("checkpoint").decode()] if fetch else []
        need(notes, "there is nothing to check")
        now, last = read_checkpoint(notes[0], policy), read_checkpoint(notes[-1], policy)
        old = read_checkpoint(seen, policy) if seen else Checkpoint(now.origin, 0, digest())
        need(old.origin == now.origin == last.origin, "the checkpoints are of different logs")
        need(old.size <= now.size <= last.size, "the log is older than the one you saw: it was rolled back")
        check_proofs(bundle["proofs"], now, head)
        if fetch:
            check_tiles(fetch, last, [old, now])
        elif old.size:
            growth = roots_of(old.size, now.size, [unbase64(step) for step in bundle["growth"]], old.root)
            need(growth == (old.root, now.root), "the log did not grow from the one you saw")
    except (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        raise DoesNotHold(f"something is malformed or missing ({error!r})") from error
    return f"holds: {now.origin}, {now.size} entries, {len(bundle['proofs'])} of them opened"


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4, 5) or not all(Path(name).exists() for name in sys.argv[1:4]):
        print(__doc__)
        sys.exit(2)
    policy, shown, seen, head = (*sys.argv[1:], "", "")[:4]
    fetch = (lambda path: Path(shown, path).read_bytes()) if Path(shown).is_dir() else None
    policy, proofs, seen = [Path(name).read_text() if name else "" for name in (policy, "" if fetch else shown, seen)]
    try:
        print(verdict(policy, proofs, seen, head, fetch))
    except DoesNotHold as why:
        sys.exit(f"does not hold: {why}")
