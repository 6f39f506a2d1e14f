"""How much one conversation may read: its own customer alone, so many accounts, so many rows a day.

No customer comes near it. It is there for a defect or an intruder that loops: the damage ends with one conversation's
ration. Rows are known only after a read, so each decision charges those of the conversation's reads before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from offhold.privacy.consent import Linked
from offhold.store import tables

WINDOW_MS = 86_400_000
_WAITING = 1_000
_SPENT = select(tables.budget).where(
    tables.budget.c.lane == bindparam("lane"), tables.budget.c.institution == bindparam("institution")
)


@dataclass(frozen=True, slots=True)
class Budget:
    """`rows` a day, `accounts` at once."""

    rows: int
    accounts: int


class Ledger:
    """Rows that were read and are not charged yet. One gate's, in memory: the next decision takes them along."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}

    def add(self, lane: str, rows: int) -> None:
        self._rows[lane] = self._rows.get(lane, 0) + rows

    def taken(self, lane: str) -> Mapping[str, int]:
        """The lane's rows; everybody's once too many conversations wait for a next decision that may never come."""
        if len(self._rows) > _WAITING:
            taken, self._rows = self._rows, {}
            return taken
        return {lane: self._rows.pop(lane)} if lane in self._rows else {}


def charge(connection: Connection, spent: Mapping[str, int]) -> None:
    """Charge rows to the conversations that read them."""
    table = tables.budget
    for lane, rows in spent.items():
        connection.execute(update(table).where(table.c.lane == lane).values(rows=table.c.rows + rows))


def allows(connection: Connection, budget: Budget, lane: str, linked: Linked, accounts: int, now_ms: int) -> bool:
    """Whether the conversation may read on. A day later, or linked anew, it begins again."""
    whose = {"lane": lane, "institution": linked.institution}
    row = connection.execute(_SPENT, whose).first()
    if row is None or row.since_ms + WINDOW_MS <= now_ms or row.since_ms < linked.linked_ms:
        connection.execute(delete(tables.budget).filter_by(**whose))
        fresh = {**whose, "customer": linked.customer, "since_ms": now_ms, "rows": 0}
        connection.execute(insert(tables.budget).values(**fresh))
        return accounts <= budget.accounts
    return row.customer == linked.customer and accounts <= budget.accounts and int(row.rows) < budget.rows
