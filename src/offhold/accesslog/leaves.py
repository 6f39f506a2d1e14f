"""Leaves: one record per decision about a customer's data, chained per customer.

A leaf says who, when, why and which kinds of data, never amounts, merchants or message text. What the tree publishes is
its commitment, HMAC-SHA256 under a nonce that only the customer's key of that month yields: with the key destroyed, a
leaf can never be opened again and the tree still stands. `seq` counts from 1 for each subject and `prev` is the
commitment before it, so that an omission shows.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from offhold.errors import LogDistrusted
from offhold.keys.file import Keys
from offhold.model.access import Actor
from offhold.store.tables import leaf, log_key, log_tree

COVER = "cover"
"""The act of a leaf that only fills a batch."""
_BEFORE_A_READ = frozenset({"read", "consent.offer"})
_KEY_BYTES = 32
_ID_BYTES = 16
_ENTRY = b"offhold/entry/v1\nc\n"
# Made once: building a statement costs more than running it.
_LAST = (
    select(leaf.c.seq, leaf.c.commitment, leaf.c.institution)
    .where(leaf.c.subject == bindparam("of"))
    .order_by(leaf.c.seq.desc())
    .limit(1)
)
_LOG_KEY = select(log_key.c.key_sealed).where(log_key.c.subject == bindparam("of"), log_key.c.month == bindparam("in"))
_DISTRUSTED = select(log_tree.c.distrusted).where(log_tree.c.institution == bindparam("of"))
_INSERT = insert(leaf)


@dataclass(frozen=True, slots=True)
class Leaf:
    """`record` as it was committed to; `subject` the customer, or the lane where nobody is linked.

    `body` are the bytes committed to, `nonce` what opens the commitment; `position` the index in the institution's
    tree, None until the sequencer has put it there.
    """

    subject: str
    institution: str
    seq: int
    record: Mapping[str, Any]
    commitment: bytes
    body: bytes
    nonce: bytes
    position: int | None


def canonical(record: Mapping[str, object]) -> bytes:
    """The bytes a commitment is over: JSON canonicalised by RFC 8785.

    Python's own encoder does that for what a record may hold: ASCII text, whole numbers below 2^53, lists and maps
    of them. Raises ValueError for anything else.
    """
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if not text.isascii() or not _canonical(record):
        raise ValueError("a leaf holds ASCII text and whole numbers below 2^53 only")
    return text.encode()


def _canonical(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _canonical(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return all(map(_canonical, value))
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < 1 << 53)


def commitment(nonce: bytes, body: bytes) -> bytes:
    """What the tree says about a leaf. The nonce is exactly 32 bytes: HMAC pads a shorter key with zeros."""
    return hmac.digest(nonce, b"offhold/leaf/v1\0" + body, sha256)


def nonce_of(key: bytes, leaf_id: bytes) -> bytes:
    """The nonce of one leaf, from the customer's key of the month."""
    return hmac.digest(key, b"offhold/nonce/v1\0" + leaf_id, sha256)


def entry(committed: bytes) -> bytes:
    """The tree's entry for a commitment: 64 bytes, the same for every leaf but for 32 random-looking ones."""
    return _ENTRY + b64encode(committed) + b"\n"


def append(
    connection: Connection, keys: Keys, subject: str, institution: str, at_ms: int, record: Mapping[str, object]
) -> int:
    """Add the subject's next leaf in the caller's transaction and return its sequence number.

    A subject's leaves stay in the tree in which they began. Raises LogDistrusted for the leaf of a read when witnesses
    hold that the log was rewritten (withdrawing consent still works), ValueError for a record that names no `Actor`,
    or holds what a leaf may not hold.
    """
    actor = record.get("actor")
    if not isinstance(actor, Mapping) or actor.get("kind") not in frozenset(Actor):
        raise ValueError("a leaf names who acted")
    last = connection.execute(_LAST, {"of": subject}).first()
    seq, prev = (last.seq + 1, last.commitment.hex()) if last else (1, "")
    if last is not None:
        institution = last.institution
    if record["act"] in _BEFORE_A_READ and connection.execute(_DISTRUSTED, {"of": institution}).scalar_one_or_none():
        raise LogDistrusted(institution)
    leaf_id = secrets.token_bytes(_ID_BYTES)
    body = canonical({"v": 1, "id": leaf_id.hex(), "seq": seq, "prev": prev, "t": at_ms, **record})
    key = _key(connection, keys, subject, _month(at_ms))
    row = {
        "subject": subject,
        "seq": seq,
        "institution": institution,
        "at_ms": at_ms,
        "commitment": commitment(nonce_of(key, leaf_id), body),
        "record_sealed": Keys(key).seal(body, f"leaf/{subject}/{seq}"),
    }
    connection.execute(_INSERT, row)
    return seq


def history(connection: Connection, keys: Keys, subject: str) -> tuple[Leaf, ...]:
    """The subject's leaves in order, those that can still be opened. Raises SealBroken where one was altered."""
    rows = connection.execute(select(leaf).where(leaf.c.subject == subject).order_by(leaf.c.seq)).all()
    return tuple(each for each in opened(connection, keys, rows) if each is not None)


def opened(connection: Connection, keys: Keys, rows: Iterable[Row[Any]]) -> Iterator[Leaf | None]:
    """Each row of the leaf table, opened; None where its key was destroyed. Raises SealBroken."""
    known: dict[tuple[str, str], bytes | None] = {}
    for row in rows:
        place = (row.subject, _month(row.at_ms))
        if place not in known:
            known[place] = _stored_key(connection, keys, *place)
        if (key := known[place]) is None:
            yield None
            continue
        body = Keys(key).unseal(row.record_sealed, f"leaf/{row.subject}/{row.seq}")
        record = json.loads(body)
        nonce = nonce_of(key, bytes.fromhex(record["id"]))
        yield Leaf(row.subject, row.institution, row.seq, record, row.commitment, body, nonce, row.position)


def flaw(number: int, prev: str, now: Leaf) -> str:
    """Why `now` cannot be the subject's leaf `number` after the commitment `prev` (hex); empty when it can."""
    if now.seq != number or now.record["seq"] != number:
        return f"leaf {number} is missing"
    if now.record["prev"] != prev:
        return f"leaf {number} does not follow the one before it"
    return "" if commitment(now.nonce, now.body) == now.commitment else f"leaf {number} is not what was committed to"


def chain_holds(leaves: tuple[Leaf, ...]) -> bool:
    """Whether the sequence has no gap, each leaf names the one before it and opens its commitment."""
    prevs = ("", *(each.commitment.hex() for each in leaves))
    return not any(flaw(number, prev, now) for number, (prev, now) in enumerate(zip(prevs, leaves, strict=False), 1))


def _month(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m}"


def _stored_key(connection: Connection, keys: Keys, subject: str, month: str) -> bytes | None:
    sealed = connection.execute(_LOG_KEY, {"of": subject, "in": month}).scalar_one_or_none()
    return keys.unseal(sealed, f"log-key/{subject}/{month}") if sealed is not None else None


def _key(connection: Connection, keys: Keys, subject: str, month: str) -> bytes:
    """The subject's key of the month, made with its first leaf: random, so that it can be destroyed for good."""
    key = _stored_key(connection, keys, subject, month)
    if key is None:
        key = secrets.token_bytes(_KEY_BYTES)
        sealed = keys.seal(key, f"log-key/{subject}/{month}")
        connection.execute(insert(log_key).values(subject=subject, month=month, key_sealed=sealed))
    return key
