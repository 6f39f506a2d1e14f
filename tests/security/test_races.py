"""Reads against withdrawals: none is served whose leaf comes after the withdrawal's.

OFFHOLD_RACES sets how many; the suite runs a thousand on each database.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from offhold.accesslog import leaves
from offhold.model.access import Data, Purpose, Read
from offhold.model.consent import Event
from offhold.model.ledger import Rows
from offhold.privacy import consent as consents
from offhold.privacy.consent import Standing
from offhold.privacy.gate import Asker
from offhold.store import tables
from tests.counterparts import gate
from tests.counterparts.gate import GRANT, KEYS, NOW_MS, Scene

RACES = int(os.environ.get("OFFHOLD_RACES", "1000"))
_READS = 10
_AT_ONCE = 50
_BALANCES = Read(frozenset({Data.balances}))


@pytest.mark.threat(6)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_read_is_served_after_the_leaf_of_a_withdrawal(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgres_url = request.getfixturevalue("postgres_url") if engine == "postgresql" else ""
    scene = gate.scene(tmp_path, postgres_url=postgres_url)
    seen: Counter[str] = Counter()
    chance = random.Random(RACES)
    for batch in range(RACES // (_READS * _AT_ONCE)):
        asyncio.run(_batch(scene, batch, chance, seen))
    scene.store.close()
    print(
        f"{engine}: {seen['raced']} reads raced a withdrawal: {seen['served']} served, {seen['late']} served too late"
    )
    assert seen["late"] == 0
    assert seen["served"] == seen["allowed"] == seen["reached the bank"]
    assert 0 < seen["served"] < seen["raced"] >= RACES - _READS * _AT_ONCE


async def _batch(scene: Scene, batch: int, chance: random.Random, seen: Counter[str]) -> None:
    """Many customers at once, each with reads and one withdrawal in a random order."""
    lanes = [f"lane-{batch}-{number}" for number in range(_AT_ONCE)]
    before = len(scene.bank.asked)
    await asyncio.gather(*(scene.store.write(lambda c, lane=lane: _linked(c, lane)) for lane in lanes))
    calls = []
    for lane in lanes:
        asker = Asker(lane, "1", "messenger")
        reads = [scene.gate.read(_BALANCES, Purpose.requested_service, asker) for _ in range(_READS)]
        end = scene.store.write(lambda c, lane=lane: consents.end(c, KEYS, lane, NOW_MS, Event.withdrawn))
        calls += [*reads, end]
    chance.shuffle(calls)
    results = await asyncio.gather(*calls)
    seen["raced"] += _READS * _AT_ONCE
    seen["served"] += sum(isinstance(result, Rows) for result in results)
    seen["reached the bank"] += len(scene.bank.asked) - before
    await scene.store.read(lambda connection: _judge(connection, lanes, seen))


def _linked(connection: Connection, lane: str) -> None:
    agreed = gate.consent(id=f"c-{lane}", customer=f"cust-{lane}")
    consents.give(connection, KEYS, Standing(agreed, GRANT), lane)
    consents.link(connection, KEYS, lane, agreed, NOW_MS)


def _judge(connection: Connection, lanes: list[str], seen: Counter[str]) -> None:
    for lane in lanes:
        records = [leaf.record for leaf in leaves.history(connection, KEYS, f"cust-{lane}")]
        withdrawn = next(place for place, record in enumerate(records) if record["act"] == "consent.withdrawn")
        allowed = [place for place, record in enumerate(records) if record.get("decision") == "allow"]
        seen["allowed"] += len(allowed)
        seen["late"] += sum(place > withdrawn for place in allowed)
        assert connection.execute(select(tables.link).where(tables.link.c.lane == lane)).first() is None
