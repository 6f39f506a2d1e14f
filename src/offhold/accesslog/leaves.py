"""Leaves: one record per decision about a customer's data, chained per customer.

A leaf says who, when, why and which kinds of data, never amounts, merchants or message text. The record is sealed;
what the log will publish is its salted SHA-256 commitment. `seq` counts from 1 for each subject and `prev` is the
commitment before it, so that an omission shows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from offhold.keys.file import Keys
from offhold.store.tables import leaf

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Leaf:
    """`record` as it was committed to; `subject` the customer, or the lane where nobody is linked."""

    subject: str
    seq: int
    record: Mapping[str, object]
    commitment: bytes


def canonical(record: Mapping[str, object]) -> bytes:
    """The bytes a commitment is over: JSON with sorted keys, no spaces, ASCII only."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def append(
    connection: Connection, keys: Keys, subject: str, institution: str, at_ms: int, record: Mapping[str, object]
) -> int:
    """Add the subject's next leaf in the caller's transaction and return its sequence number."""
    last = connection.execute(
        select(leaf.c.seq, leaf.c.commitment).where(leaf.c.subject == subject).order_by(leaf.c.seq.desc()).limit(1)
    ).first()
    seq, prev = (last.seq + 1, last.commitment.hex()) if last else (1, "")
    full = {"v": 1, "seq": seq, "prev": prev, "t": at_ms, **record}
    salt = secrets.token_bytes(_SALT_BYTES)
    body = canonical(full)
    connection.execute(
        insert(leaf).values(
            subject=subject,
            seq=seq,
            institution=institution,
            at_ms=at_ms,
            commitment=sha256(salt + body).digest(),
            record_sealed=keys.seal(salt + body, f"leaf/{subject}/{seq}"),
        )
    )
    return seq


def history(connection: Connection, keys: Keys, subject: str) -> tuple[Leaf, ...]:
    """The subject's leaves in order. Raises SealBroken where one was altered or moved."""
    rows = connection.execute(select(leaf).where(leaf.c.subject == subject).order_by(leaf.c.seq))
    return tuple(
        Leaf(
            subject,
            row.seq,
            json.loads(keys.unseal(row.record_sealed, f"leaf/{subject}/{row.seq}")[_SALT_BYTES:]),
            row.commitment,
        )
        for row in rows
    )


def chain_holds(leaves: tuple[Leaf, ...]) -> bool:
    """Whether the sequence has no gap and each leaf names the one before it."""
    prev = ""
    for number, entry in enumerate(leaves, start=1):
        if entry.seq != number or entry.record["seq"] != number or entry.record["prev"] != prev:
            return False
        prev = entry.commitment.hex()
    return True
