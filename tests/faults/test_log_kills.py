"""The sequencer killed at every point, and the disk full: every answer has its leaf, every leaf its place once."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from offhold.errors import LogDistrusted, StoreUnavailable
from offhold.model.ledger import Rows
from offhold.store.tables import log_tree
from tests.counterparts import gate
from tests.counterparts.service import QUESTION, World, wait_for

POINTS = ("log.before-integrate", "log.after-integrate", "log.before-publish")


def _entries(folder: Path) -> tuple[int, int]:
    """Leaves, and leaves with a place, as committed."""
    with sqlite3.connect(f"file:{folder / 'data' / 'offhold.db'}?mode=ro", uri=True) as connection:
        return connection.execute("select count(*), count(position) from leaf").fetchone()  # type: ignore[no-any-return]


@pytest.mark.threat(104)
@pytest.mark.parametrize("point", POINTS)
def test_killed_while_it_builds_the_tree(counterparts: World, point: str) -> None:
    service = counterparts.service
    service.start(FAILPOINTS=f"{point}:crash@2", LOG__INTERVAL_SECONDS="0.1")
    assert service.process is not None
    with contextlib.suppress(httpx2.HTTPError, AssertionError):  # it may die on the way
        counterparts.link("8001")
    assert service.process.wait(30) == 137
    service.start(LOG__INTERVAL_SECONDS="0.1")
    counterparts.linked("8002")
    counterparts.say("8002", QUESTION)
    wait_for(lambda: [shown for shown in counterparts.graph.texts("8002") if "18.00" in shown])

    def settled() -> bool:
        return (found := _entries(service.folder))[0] > 0 and found[0] == found[1]

    wait_for(settled)
    found = json.loads(service.command("log", "verify", "--json").stdout)
    assert found["holds"], found
    (log,) = found["logs"]
    assert log["leaves"] == log["size"] and log["covers"] < log["size"]


@pytest.mark.threat(104)
def test_when_the_disk_is_full_nothing_is_read(tmp_path: Path) -> None:
    scene = gate.scene(tmp_path)
    scene.consents()
    assert isinstance(scene.read(), Rows)
    asked = len(scene.bank.asked)
    pages = scene.do(lambda c: c.execute(text("pragma page_count")).scalar_one())
    scene.do(lambda c: c.execute(text(f"pragma max_page_count={pages}")).scalar_one())
    with pytest.raises(StoreUnavailable):
        for _ in range(200):
            scene.read()
    kept, served = len(scene.history()), len(scene.bank.asked)
    assert kept == 1 + served  # the consent's leaf, and one for each read that reached the bank
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            scene.read()
    assert len(scene.bank.asked) == served >= asked
    scene.do(lambda c: c.execute(text("pragma max_page_count=1000000")).scalar_one())
    assert isinstance(scene.read(), Rows)
    scene.store.close()


@pytest.mark.threat(102)
def test_under_a_log_that_witnesses_refuse_nothing_is_read(tmp_path: Path) -> None:
    scene = gate.scene(tmp_path)
    scene.consents()
    row = {"institution": "b", "vkey": "x", "distrusted": "evidence"}
    scene.do(lambda c: c.execute(log_tree.insert().values(**row)))
    with pytest.raises(LogDistrusted):
        scene.read()
    assert scene.bank.asked == []
    scene.store.close()
