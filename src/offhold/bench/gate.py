"""What the gate adds to a read: policy, consent, and the leaf that is durable before the bank is asked."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from offhold.banks.memory import MemoryConnector
from offhold.bench import rows
from offhold.bench.figures import Figure, Progress, against
from offhold.model.access import Data, Purpose, Read
from offhold.ops.clock import Clock
from offhold.store.sqlite import SqliteStore
from offhold.wiring import synthetic

_READS, _AT_ONCE = 2_000, 50
_REQUEST = Read(frozenset({Data.accounts, Data.balances}))


async def reads(folder: Path, progress: Progress) -> list[Figure]:
    """Reads through the gate of a bank that is this process's memory, many at once, on a database file."""
    progress(f"{_READS} reads through the gate, {_AT_ONCE} at once")
    zone = ZoneInfo("UTC")
    bank = MemoryConnector("ledger", {"Data": {"Account": [rows.account()], "Balance": [rows.balance()]}}, zone)
    store = SqliteStore(folder / "gate.db")
    read = await synthetic(bank, bank.account_ids, Clock(), zone, "en-US", store)
    began = time.perf_counter()
    for _ in range(_READS // _AT_ONCE):
        await asyncio.gather(*(read(_REQUEST, Purpose.requested_service) for _ in range(_AT_ONCE)))
    each = (time.perf_counter() - began) * 1000 / _READS
    store.close()
    return [against("gate_ms", each, "ms", 1)]
