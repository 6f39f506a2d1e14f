"""Is a log what it was signed to be? At start-up for its tree, on request for every leaf."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from offhold.accesslog import leaves, trees
from offhold.accesslog.checkpoint import Signer, trust_policy
from offhold.accesslog.verify import Checkpoint, DoesNotHold, check_tiles, read_checkpoint
from offhold.errors import LogBroken, SealBroken
from offhold.keys.file import Keys
from offhold.store.tables import leaf

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Findings:
    """`why` says what does not hold, empty when all holds. `unopenable`: leaves whose key was destroyed by an erasure;
    `covers`: leaves that only fill batches."""

    institution: str
    size: int
    waiting: int
    leaves: int
    covers: int
    unopenable: int
    why: str


def check_tree(connection: Connection, institution: str, signer: Signer, kept: str) -> Checkpoint | None:
    """The newest signed checkpoint, if entries, tiles and roots agree with it and with the checkpoint `kept` apart.

    None for a log that has not signed anything. Raises LogBroken.
    """
    row = trees.row_of(connection, institution)
    policy = trust_policy(signer.vkey)
    try:
        if row is None or not row.signed:
            if kept and (lost := read_checkpoint(kept, policy).size):
                raise DoesNotHold(f"the database holds none, but {lost} entries were signed")
            return None
        if row.distrusted:
            raise DoesNotHold(f"witnesses refused it: {row.distrusted}")
        now = read_checkpoint(row.signed, policy)
        earlier = [read_checkpoint(note, policy) for note in (kept, row.published) if note]
        rolled = [each.size for each in earlier if each.size > now.size]
        if rolled:
            raise DoesNotHold(f"it was rolled back: {now.size} entries, but {max(rolled)} were signed")
        check_tiles(trees.mirror(connection, institution, row.signed), now, earlier)
        return now
    except (DoesNotHold, ValueError, LookupError) as error:
        raise LogBroken(f"the access log of {institution!r} does not hold: {error}") from error


def audit(connection: Connection, keys: Keys, institution: str, signer: Signer, kept: str) -> Findings:
    """Everything there is to check: the tree, every leaf that opens, every customer's chain."""
    counts = {"leaves": 0, "covers": 0, "unopenable": 0}
    why = ""
    try:
        now = check_tree(connection, institution, signer, kept)
    except LogBroken as broken:
        now, why = None, str(broken)
    try:
        why = _chains(connection, keys, institution, counts) or why
    except SealBroken as broken:
        why = why or f"leaf {counts['leaves'] + 1} of {institution!r} does not open: it was altered or moved ({broken})"
    size, left = now.size if now else 0, trees.waiting(connection, institution)
    return Findings(institution, size, left, counts["leaves"], counts["covers"], counts["unopenable"], why)


def _chains(connection: Connection, keys: Keys, institution: str, counts: dict[str, int]) -> str:
    """Walk the leaves by subject; the first flaw in words, or nothing."""
    query = select(leaf).where(leaf.c.institution == institution).order_by(leaf.c.subject, leaf.c.seq)
    subject, number, prev = "", 0, ""
    for rows in connection.execute(query).partitions(_ROWS_AT_ONCE):
        for row, opened in zip(rows, leaves.opened(connection, keys, rows), strict=True):
            if row.subject != subject:
                subject, number, prev = row.subject, 0, ""
            counts["leaves"] += 1
            number += 1
            if row.seq != number:
                return f"leaf {number} of a customer is missing"
            if opened is None:
                counts["unopenable"] += 1
            elif why := leaves.flaw(number, prev, opened):
                return why
            elif opened.record["act"] == leaves.COVER:
                counts["covers"] += 1
            prev = row.commitment.hex()
    return ""
