"""What the access log costs: leaves taken into the tree, proofs made and checked, the check at the start."""

from __future__ import annotations

import json
import secrets
import time
from functools import partial
from pathlib import Path

import httpx2
from sqlalchemy import Connection

from offhold.accesslog import leaves, proofs, trees
from offhold.accesslog.checkpoint import size_of, trust_policy
from offhold.accesslog.sequencer import Sequencer
from offhold.accesslog.trees import Logs
from offhold.accesslog.verify import check_proofs, read_checkpoint
from offhold.accesslog.witness import Cosigners
from offhold.bench.figures import Figure, Progress
from offhold.keys.file import Keys
from offhold.ops.clock import Clock
from offhold.store import migrate
from offhold.store.sqlite import SqliteStore

_CUSTOMERS, _LEAVES_EACH = 200, 100
_BANK = "bank"
_RECORD = {
    "act": "read",
    "actor": {"kind": "customer", "id": "0" * 40},
    "cat": ["accounts", "transactions"],
    "ch": "messenger",
    "consent": "0" * 26,
    "decision": "allow",
    "purpose": "dpv:RequestedServiceProvision",
    "req": "7",
}


async def log(folder: Path, progress: Progress) -> list[Figure]:
    """A log of 20 000 leaves of 200 customers in a database file, without witnesses."""
    count = _CUSTOMERS * _LEAVES_EACH
    progress(f"an access log of {count} leaves")
    keys, clock, store = Keys(secrets.token_bytes(32)), Clock(), SqliteStore(folder / "log.db")
    await store.write(migrate.upgrade)
    logs = Logs({_BANK: "bench.example/log/bank"}, Keys(secrets.token_bytes(32)), folder / "log.key")
    async with httpx2.AsyncClient() as nobody:
        sequencer = Sequencer(store, keys, clock, logs, Cosigners(nobody, (), 0), 60)
        await sequencer.open()

        def append(customer: str, connection: Connection) -> None:
            for _ in range(_LEAVES_EACH):
                leaves.append(connection, keys, customer, _BANK, clock.ms(), _RECORD)

        began = time.perf_counter()
        for number in range(_CUSTOMERS):
            await store.write(partial(append, f"customer-{number}"))
        appended = time.perf_counter()
        while await sequencer.step(_BANK):
            pass
        integrated = time.perf_counter()
        await sequencer.open()
        checked = time.perf_counter()
    figures = [
        Figure("log_append_us", round((appended - began) * 1e6 / count, 1), "µs"),
        Figure("log_leaves_per_second", round(count / (integrated - appended)), "1/s"),
        *await store.read(lambda connection: _proved(connection, keys)),
    ]
    size = await store.read(lambda connection: size_of(_published(connection)))
    store.close()
    return [*figures, Figure("log_check_us_per_entry", round((checked - integrated) * 1e6 / size, 1), "µs")]


def _published(connection: Connection) -> str:
    row = trees.row_of(connection, _BANK)
    return row.published if row else ""


def _proved(connection: Connection, keys: Keys) -> list[Figure]:
    """One customer's proofs, made from the stored tiles and checked as a stranger does."""
    history = leaves.history(connection, keys, "customer-7")
    began = time.perf_counter()
    texts = proofs.bundle(connection, history)["proofs"]
    made = time.perf_counter()
    row = trees.row_of(connection, _BANK)
    checkpoint = read_checkpoint(_published(connection), trust_policy(row.vkey if row else ""))
    check_proofs(texts, checkpoint, "")
    done = time.perf_counter()
    return [
        Figure("log_proof_ms", round((made - began) * 1e3 / len(texts), 3), "ms"),
        Figure("log_verify_ms", round((done - made) * 1e3 / len(texts), 3), "ms"),
        Figure("log_proof_bytes", round(len(json.dumps(texts)) / len(texts)), "B"),
    ]
