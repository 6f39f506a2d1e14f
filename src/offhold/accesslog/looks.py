"""Who looked at a customer's data: leaves as looks, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from offhold.accesslog.leaves import Leaf
from offhold.model.access import Actor, Look

_SHOWN_DIGITS = 8


def looks(history: Sequence[Leaf]) -> Iterator[Look]:
    """The leaves that a person asks about; how many rows a read gave stands with the read."""
    rows: dict[str, int] = {}
    for leaf in reversed(history):
        record = leaf.record
        if record["act"] == "read.outcome":
            rows[record["req"]] = record["rows"]
            continue
        yield Look(
            number=leaf.seq,
            proof=leaf.commitment.hex()[:_SHOWN_DIGITS],
            at_ms=record["t"],
            actor=Actor(record["actor"]["kind"]),
            act=record["act"],
            data=tuple(record.get("cat", ())),
            allowed=not str(record.get("decision", "allow")).startswith("deny"),
            rows=rows.pop(record.get("req", ""), None) if record["act"] == "read" else None,
        )
