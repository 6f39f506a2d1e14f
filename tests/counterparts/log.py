"""An access log with its database, sequencer and witnesses, in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from sqlalchemy import Connection

from offhold.accesslog import leaves, proofs, trees
from offhold.accesslog.audit import Findings, audit
from offhold.accesslog.checkpoint import Signer, Witness, trust_policy
from offhold.accesslog.sequencer import Sequencer
from offhold.accesslog.trees import Logs
from offhold.accesslog.verify import verdict
from offhold.accesslog.witness import Cosigners
from offhold.keys.file import Keys
from offhold.ops.clock import Clock
from offhold.store import migrate
from offhold.store.sqlite import SqliteStore
from tests.counterparts.witness import LeastWitness

T = TypeVar("T")
KEYS, SIGNING = Keys(bytes(range(32))), Keys(bytes(32))
NOW_MS = 1_773_860_400_000
BANK, ORIGIN = "bank", "offhold-test/127.0.0.1/log/bank"


class FixedClock(Clock):
    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW_MS / 1000, UTC)


def read(actor: str = "customer", **more: Any) -> dict[str, Any]:
    """A record as the gate writes it."""
    return {
        "act": "read",
        "actor": {"kind": actor, "id": f"{actor}-1"},
        "cat": ["accounts", "transactions"],
        "ch": "messenger",
        "consent": "c1",
        "decision": "allow",
        "purpose": "dpv:RequestedServiceProvision",
        "req": "7",
        **more,
    }


@dataclass
class LogScene:
    """`folder` holds database and signing key; `witnesses` answer without a network."""

    folder: Path
    witnesses: list[LeastWitness] = field(default_factory=list)
    quorum: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.store = SqliteStore(self.folder / "a.db")
        self.run(self.store.write(migrate.upgrade))
        self.logs = Logs({BANK: ORIGIN}, SIGNING, self.folder / "log.key")
        self.sequencer = self.another()

    def another(self) -> Sequencer:
        """A sequencer of another process over the same database."""
        cosigners = Cosigners(
            httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer)),
            [Witness(each.vkey, f"https://{each.name}") for each in self.witnesses],
            self.quorum,
        )
        return Sequencer(self.store, KEYS, FixedClock(), self.logs, cosigners, 0.01)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        witness = next(each for each in self.witnesses if str(request.url).startswith(f"https://{each.name}/"))
        body = request.content.decode()
        witness.requests.append(body)
        if witness.away:
            raise httpx2.ConnectError("away")
        reply = witness.answer(body)
        return httpx2.Response(reply.status_code, headers=dict(reply.headers), content=bytes(reply.body))

    def stop(self) -> None:
        self.store.close()

    def restart(self) -> None:
        self.stop()
        self.start()
        self.run(self.sequencer.open())

    def run(self, work: Any) -> Any:
        return asyncio.run(work)

    def do(self, work: Callable[[Connection], T]) -> T:
        return self.run(self.store.write(work))  # type: ignore[no-any-return]

    def append(self, subject: str, count: int = 1, at_ms: int = NOW_MS, **record: Any) -> None:
        def work(connection: Connection) -> None:
            for _ in range(count):
                leaves.append(connection, KEYS, subject, BANK, at_ms, read(**record))

        self.do(work)

    def step(self) -> None:
        self.run(self.sequencer.open())
        self.run(self.sequencer.step(BANK))

    def row(self) -> Any:
        return self.do(lambda connection: trees.row_of(connection, BANK))

    @property
    def signer(self) -> Signer:
        return Signer(SIGNING, BANK, ORIGIN)

    @property
    def policy(self) -> str:
        return trust_policy(self.signer.vkey, [Witness(each.vkey, "https://w") for each in self.witnesses], self.quorum)

    def audit(self) -> Findings:
        return self.do(lambda connection: audit(connection, KEYS, BANK, self.signer, self.logs.kept(ORIGIN)))

    def bundle(self, subject: str, since: int = 0) -> dict[str, Any]:
        return self.do(lambda connection: proofs.bundle(connection, leaves.history(connection, KEYS, subject), since))

    def verdict(self, bundle: dict[str, Any], seen: str = "", head: str = "") -> str:
        return verdict(self.policy, json.dumps(bundle), seen, head, None)
