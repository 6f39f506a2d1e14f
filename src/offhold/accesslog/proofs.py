"""Proofs for customers: each leaf as a C2SP tlog-proof, which a stranger's program checks against the public tree."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from sqlalchemy import Connection

from offhold.accesslog import tree, trees
from offhold.accesslog.checkpoint import size_of
from offhold.accesslog.leaves import Leaf


def bundle(connection: Connection, leaves: tuple[Leaf, ...], since: int = 0) -> dict[str, Any]:
    """All that proves one customer's leaves: {"institution", "proofs", "growth", "waiting"}.

    `proofs` are in order of sequence and all under the published checkpoint; the first leaf that it does not cover
    yet, and those after it, are counted in `waiting`. `growth` proves that the log grew from size `since`, base64.
    """
    institution = leaves[0].institution if leaves else ""
    row = trees.row_of(connection, institution)
    checkpoint = row.published if row else ""
    size = size_of(checkpoint) if checkpoint else 0
    tiles = trees.tiles_of(connection, institution)
    covered = next((at for at, leaf in enumerate(leaves) if not _within(leaf, size)), len(leaves))
    texts = [proof(leaf, tree.inclusion(tiles, leaf.position or 0, size), checkpoint) for leaf in leaves[:covered]]
    growth = tree.consistency(tiles, since, size) if 0 < since <= size else []
    return {
        "institution": institution,
        "proofs": texts,
        "growth": [b64encode(step).decode() for step in growth],
        "waiting": len(leaves) - covered,
    }


def _within(leaf: Leaf, size: int) -> bool:
    return leaf.position is not None and leaf.position < size


def proof(leaf: Leaf, path: list[bytes], checkpoint: str) -> str:
    """One leaf's proof, with its opening as the extra data: the record, and the nonce of its commitment."""
    opening = {"nonce": b64encode(leaf.nonce).decode(), "record": leaf.body.decode()}
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64encode(json.dumps(opening, separators=(',', ':')).encode()).decode()}",
        f"index {leaf.position}",
        *(b64encode(step).decode() for step in path),
        "",
        checkpoint,
    ]
    return "\n".join(lines)
