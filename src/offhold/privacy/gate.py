"""The only door to bank data: purpose, consent, leaf, and then the read.

One decision, one leaf, one read. The decision and its leaf commit in the store's single writer (T1), where a
withdrawal commits too: a read is served only under a consent that stood when its leaf got its number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from offhold.accesslog import leaves
from offhold.banks.institutions import Institution
from offhold.banks.port import Grant, Keep
from offhold.errors import BankError
from offhold.keys.file import Keys
from offhold.model.access import FORBIDDEN, Access, Data, Failure, Purpose, Read, Refused
from offhold.model.ledger import Account, Rows
from offhold.model.period import Period
from offhold.ops import failpoints
from offhold.ops.clock import Clock
from offhold.privacy import consent as consents
from offhold.privacy.consent import Standing
from offhold.store.port import Store


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf and in which turn a read happens. `kind`: customer (agents and jobs come later)."""

    lane: str
    turn_id: str
    channel: str
    kind: str = "customer"


class Gate:
    """`observe(decision, purpose)` counts each decision; `history_months` is how far back any read may go."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        institutions: Mapping[str, Institution],
        history_months: int,
        observe: Callable[[str, str], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._institutions = institutions
        self._history_months = history_months
        self._observe = observe

    async def read(self, request: Read, purpose: Purpose, turn: Asker) -> Access:
        """Rows of the consented accounts only, or why not. Every call leaves one leaf before anything is read."""
        now = self._clock.now()
        await failpoints.reach("gate.before-leaf")
        verdict = await self._store.write(lambda connection: self._decide(connection, request, purpose, turn, now))
        await failpoints.reach("gate.after-leaf")
        self._observe("deny" if isinstance(verdict, Refused) else "allow", purpose.value)
        if isinstance(verdict, Refused):
            return verdict
        return await self._rows(verdict, request, turn, now)

    async def accounts_on_offer(
        self, institution: str, grant: Grant, customer: str, lane: str, keep: Keep
    ) -> tuple[Account, ...] | Refused:
        """The accounts that the consent page lists, read under the authorisation just given at the bank."""
        record = self._record("consent.offer", Asker(lane, "", "web"), Read(frozenset({Data.accounts})))
        record |= {"purpose": Purpose.requested_service.value, "decision": "allow", "consent": ""}
        now_ms = self._clock.ms()
        await self._store.write(
            lambda connection: leaves.append(connection, self._keys, customer, institution, now_ms, record)
        )
        try:
            rows = await self._institutions[institution].connector.read(grant, Read(frozenset({Data.accounts})), keep)
        except BankError as error:
            return Refused(Failure(error.code), error.retry_after_s)
        return rows.accounts

    def _decide(
        self, connection: Connection, request: Read, purpose: Purpose, turn: Asker, now: datetime
    ) -> Standing | Refused:
        standing = consents.of_lane(connection, self._keys, turn.lane)
        now_ms = int(now.timestamp() * 1000)
        refusal = _refusal(standing, purpose, now_ms)
        record = self._record("read", turn, request) | {
            "purpose": purpose.value,
            "decision": f"deny:{refusal.value}" if refusal else "allow",
            "consent": standing.consent.id if standing else "",
        }
        subject = standing.consent.customer if standing else turn.lane
        institution = standing.consent.institution if standing else ""
        leaves.append(connection, self._keys, subject, institution, now_ms, record)
        if standing is None or refusal:
            return Refused(refusal or Failure.not_linked)
        return standing

    def _record(self, act: str, turn: Asker, request: Read) -> dict[str, object]:
        return {
            "act": act,
            "actor": {"kind": turn.kind, "id": turn.lane},
            "cat": sorted(request.data),
            "ch": turn.channel,
            "req": turn.turn_id,
        }

    async def _rows(self, standing: Standing, request: Read, turn: Asker, now: datetime) -> Access:
        consent = standing.consent
        institution = self._institutions[consent.institution]
        today = now.astimezone(institution.zone).date()
        limit = Period(_months_before(today, self._history_months), today)
        narrowed = _narrowed(request, limit)
        if narrowed is None:
            return Rows(first_on_file=limit.first)
        grant = replace(standing.grant, accounts=consent.accounts)

        async def keep(renewed: Grant) -> None:
            await self._store.write(lambda connection: consents.renew(connection, self._keys, consent.id, renewed))

        try:
            rows = await institution.connector.read(grant, narrowed, keep)
        except BankError as error:
            return await self._failed(error, turn, consent.id)
        await failpoints.reach("bank.after-read")
        return _of_subject(rows, consent.accounts)

    async def _failed(self, error: BankError, turn: Asker, consent_id: str) -> Refused:
        failure = Failure(error.code)
        if failure is Failure.consent_ended:
            now_ms = self._clock.ms()
            await self._store.write(lambda connection: self._end(connection, turn.lane, consent_id, now_ms))
        return Refused(failure, error.retry_after_s)

    def _end(self, connection: Connection, lane: str, consent_id: str, now_ms: int) -> None:
        """End the consent under which was read, not one that the customer gave meanwhile."""
        standing = consents.of_lane(connection, self._keys, lane)
        if standing and standing.consent.id == consent_id:
            consents.end(connection, self._keys, lane, now_ms, "revoked-at-bank")


def _refusal(standing: Standing | None, purpose: Purpose, now_ms: int) -> Failure | None:
    if purpose in FORBIDDEN:
        return Failure.forbidden
    if standing is None:
        return Failure.not_linked
    if not standing.consent.current(now_ms):
        return Failure.consent_ended
    return None if purpose in standing.consent.purposes else Failure.forbidden


def _narrowed(request: Read, limit: Period) -> Read | None:
    """The request within the history that may be read; None when it lies wholly before."""
    if Data.transactions not in request.data:
        return replace(request, period=None)
    asked = request.period or limit
    first, last = max(asked.first, limit.first), min(asked.last, limit.last)
    return replace(request, period=Period(first, last)) if first <= last else None


def _of_subject(rows: Rows, accounts: frozenset[str]) -> Rows:
    """What is the subject's, whatever the bank sent along."""
    return replace(
        rows,
        accounts=tuple(row for row in rows.accounts if row.account_id in accounts),
        balances=tuple(row for row in rows.balances if row.account_id in accounts),
        transactions=tuple(row for row in rows.transactions if row.account_id in accounts),
    )


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
