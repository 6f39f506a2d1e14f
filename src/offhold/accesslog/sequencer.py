"""The sequencer: puts durable leaves into their institution's tree and signs what came of it.

One batch is one transaction: the leaves' places, the changed tiles and the new checkpoint stand together or not at all.
A lease with a fencing epoch lets one sequencer at a time do it. A checkpoint is published after that commit, after the
second place holds it, and after the quorum of witnesses saw it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from offhold.accesslog import leaves, tree, trees
from offhold.accesslog.audit import check_tree
from offhold.accesslog.checkpoint import Signer, size_of
from offhold.accesslog.trees import Logs
from offhold.accesslog.verify import digest
from offhold.accesslog.witness import Cosigners, Forked
from offhold.errors import LeaseLost
from offhold.keys.file import Keys
from offhold.model.ids import new_token
from offhold.ops import failpoints
from offhold.ops.clock import Clock
from offhold.store.port import Store, put
from offhold.store.tables import leaf, log_tile, log_tree

log = structlog.get_logger()

LEAST_BATCH = 16
"""A batch is filled up to a power of two of at least so many leaves: its size tells little about the day's traffic."""
_MOST_BATCH = 4096
_LEASE_MS = 30_000
_TROUBLE_S = 1.0


def _machine_ms() -> int:
    return time.time_ns() // 1_000_000


class Waiting(NamedTuple):
    """A leaf without a place."""

    subject: str
    seq: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to change an institution's tree until another epoch begins."""

    institution: str
    epoch: int


class Sequencer:
    """One process's sequencer for its institutions' trees. `interval_s`: how often waiting leaves are taken in."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        logs: Logs,
        cosigners: Cosigners,
        interval_s: float,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._logs = logs
        self._signers: dict[str, Signer] = {}
        self._cosigners = cosigners
        self._interval_s = interval_s
        self._holder = new_token(64)
        self._stopping = asyncio.Event()

    async def open(self) -> None:
        """Begin the trees that are not there yet, and check whole those that are, before anything is served.

        Raises LogBroken where the database and what was signed disagree.
        """
        for institution in self._logs.origins:
            signer = await self._store.read(partial(self._logs.signer, institution=institution))
            kept = self._logs.kept(
                signer.origin
            )  # before the look that judges it: another process may publish meanwhile
            await self._store.read(partial(check_tree, institution=institution, signer=signer, kept=kept))
            self._signers[institution] = signer
            row = {"institution": institution, "vkey": signer.vkey}
            await self._store.write(partial(put, table=log_tree, values=row, key="institution"))
        if self._store.exclusive:  # whoever held a tree before is gone
            await self._store.write(_free_all)

    async def run(self) -> None:
        """Take leaves in until `stop`, and once more then. A trouble is waited out, never the end of the service."""
        last = False
        while not last:
            last = self._stopping.is_set()
            pause = self._interval_s
            for institution in self._signers:
                try:
                    while await self.step(institution):
                        pass
                except LeaseLost:
                    log.warning("log.lease-lost", institution=institution)
                except Exception as error:  # noqa: BLE001 - leaves wait meanwhile; a sequencer that ended would never take them
                    log.error("log.trouble", institution=institution, error=type(error).__name__)
                    pause = min(pause, _TROUBLE_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0 if last else pause)

    def stop(self) -> None:
        """Let `run` end after one more look."""
        self._stopping.set()

    async def step(self, institution: str) -> bool:
        """Take one batch in and publish what is signed. Whether more leaves wait."""
        if not await self._store.read(lambda connection: _due(connection, institution)):
            return False
        now_at = _machine_ms()
        turn = await self._store.write(lambda connection: claim(connection, institution, self._holder, now_at))
        if turn is None:
            return False
        try:
            await failpoints.reach("log.before-integrate")
            batch = await self._store.read(lambda connection: waiting(connection, institution))
            await self._store.write(lambda connection: self.integrate(connection, turn, batch))
            await failpoints.reach("log.after-integrate")
            await self._publish(turn)
            return len(batch) == _MOST_BATCH
        finally:
            await self._store.write(lambda connection: release(connection, turn))

    def integrate(self, connection: Connection, turn: Turn, batch: Sequence[Waiting]) -> None:
        """One batch: places, tiles and checkpoint, in the caller's transaction.

        Raises LeaseLost, and changes nothing, when another sequencer took over.
        """
        institution, signer = turn.institution, self._signers[turn.institution]
        signed = connection.execute(select(log_tree.c.signed).where(log_tree.c.institution == institution)).scalar_one()
        size = size_of(signed) if signed else 0
        if not batch and signed:
            return
        batch = self._covered(connection, institution, batch)
        hashes = [digest(b"\0", leaves.entry(each.commitment)) for each in batch]
        _place(connection, batch, size)
        _keep_tiles(connection, institution, tree.grow(trees.tiles_of(connection, institution), size, hashes))
        size += len(batch)
        note = signer.sign(size, tree.root(trees.tiles_of(connection, institution), size))
        _if_held(connection, turn, signed=note)

    def _covered(self, connection: Connection, institution: str, batch: Sequence[Waiting]) -> list[Waiting]:
        """The batch filled up with leaves that say nothing, in random order."""
        if not batch:
            return []
        wanted = max(LEAST_BATCH, 1 << (len(batch) - 1).bit_length())
        subject, record = f"cover/{institution}", {"act": leaves.COVER, "actor": {"kind": "job", "id": "sequencer"}}
        for _ in range(wanted - len(batch)):
            leaves.append(connection, self._keys, subject, institution, self._clock.ms(), record)
        filled = [*batch, *_unplaced(connection, leaf.c.subject == subject)]
        secrets.SystemRandom().shuffle(filled)
        return filled

    async def _publish(self, turn: Turn) -> None:
        """Keep the newest checkpoint in the second place, have it witnessed, and let everybody see it."""
        institution = turn.institution
        row = await self._store.read(lambda connection: trees.row_of(connection, institution))
        if row is None or row.distrusted or row.published.startswith(row.signed):
            return
        signed: str = row.signed
        await asyncio.to_thread(self._logs.keep, signed)

        async def growth(old: int) -> list[bytes]:
            return await self._store.read(
                lambda connection: tree.consistency(trees.tiles_of(connection, institution), old, size_of(signed))
            )

        try:
            cosignatures = await self._cosigners.collect(signed, growth)
        except Forked as fork:
            evidence = str(fork)
            log.critical("log.distrusted", institution=institution, code=fork.code)
            await self._store.write(lambda connection: _if_held(connection, turn, distrusted=evidence))
            return
        if cosignatures is None:
            log.error("log.no-quorum", institution=institution)
            return
        await failpoints.reach("log.before-publish")
        await self._store.write(lambda connection: _if_held(connection, turn, published=signed + cosignatures))


def claim(connection: Connection, institution: str, holder: str, now_at: int) -> Turn | None:
    """Take the tree if nobody works on it, or whoever did fell silent (machine time, ms)."""
    free = (log_tree.c.holder == "") | (log_tree.c.lease_until_at <= now_at)
    taken = connection.execute(
        update(log_tree)
        .where(log_tree.c.institution == institution, free)
        .values(epoch=log_tree.c.epoch + 1, holder=holder, lease_until_at=now_at + _LEASE_MS)
        .returning(log_tree.c.epoch)
    ).scalar_one_or_none()
    return Turn(institution, taken) if taken is not None else None


def _free_all(connection: Connection) -> None:
    connection.execute(update(log_tree).values(holder="", lease_until_at=0))


def release(connection: Connection, turn: Turn) -> None:
    """Let the tree go; nothing happens when it was lost already."""
    held = (log_tree.c.institution == turn.institution) & (log_tree.c.epoch == turn.epoch)
    connection.execute(update(log_tree).where(held).values(holder="", lease_until_at=0))


def _if_held(connection: Connection, turn: Turn, **values: str) -> None:
    """Change the tree's row under the fencing epoch. Raises LeaseLost, which undoes the transaction."""
    held = (log_tree.c.institution == turn.institution) & (log_tree.c.epoch == turn.epoch)
    if connection.execute(update(log_tree).where(held).values(**values)).rowcount != 1:
        raise LeaseLost(turn.institution)


def _due(connection: Connection, institution: str) -> bool:
    """Whether leaves wait, or a checkpoint is not published yet."""
    row = trees.row_of(connection, institution)
    if row is None or row.distrusted:
        return False
    return not row.signed or not row.published.startswith(row.signed) or trees.waiting(connection, institution) > 0


def waiting(connection: Connection, institution: str) -> list[Waiting]:
    """The institution's leaves that have no place yet, as many as one batch takes.

    Read apart from the batch's transaction: leaves that are being added meanwhile do not clash with it.
    """
    return _unplaced(connection, leaf.c.institution == institution)


def _unplaced(connection: Connection, which: ColumnElement[bool]) -> list[Waiting]:
    query = select(leaf.c.subject, leaf.c.seq, leaf.c.commitment).where(which, leaf.c.position.is_(None))
    return [Waiting(*row) for row in connection.execute(query.limit(_MOST_BATCH))]


def _place(connection: Connection, batch: list[Waiting], first: int) -> None:
    """Give each leaf of the batch its index in the tree."""
    rows = [{"s": each.subject, "n": each.seq, "at": place} for place, each in enumerate(batch, first)]
    if rows:
        where = (leaf.c.subject == bindparam("s")) & (leaf.c.seq == bindparam("n"))
        connection.execute(update(leaf).where(where).values(position=bindparam("at")), rows)


def _keep_tiles(connection: Connection, institution: str, changed: dict[tuple[int, int], bytes]) -> None:
    for (level, number), hashes in changed.items():
        place = {"institution": institution, "level": level, "number": number}
        connection.execute(delete(log_tile).filter_by(**place))
        connection.execute(insert(log_tile).values(**place, hashes=hashes))
