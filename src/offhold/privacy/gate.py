"""The only door to bank data: purpose, consent, agreement, policy, leaf, and then the read.

One decision, one leaf, one read. The decision and its leaf commit together, in the same serial order as every
withdrawal (T1): a read is served only under a consent that stood when its leaf got its number. What comes back is
checked against what was asked, whatever the bank sent along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from offhold.accesslog import leaves
from offhold.banks.institutions import Institution
from offhold.banks.port import Connector, Grant, Keep
from offhold.errors import BankError
from offhold.keys.file import Keys
from offhold.model.access import FORBIDDEN, Access, Actor, Data, Failure, Purpose, Read, Refused
from offhold.model.consent import Event
from offhold.model.ledger import Account, Rows
from offhold.model.period import Period
from offhold.ops import failpoints
from offhold.ops.clock import Clock
from offhold.privacy import budget
from offhold.privacy import consent as consents
from offhold.privacy.agreement import Agreement
from offhold.privacy.budget import Budget, Ledger
from offhold.privacy.consent import Standing
from offhold.privacy.policy.deciding import NOTHING, Agreed, Allowed, Policy, Question
from offhold.store.port import Store

_ACCOUNTS = Read(frozenset({Data.accounts}))


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf and in which turn a read happens."""

    lane: str
    turn_id: str
    channel: str
    kind: Actor = Actor.customer


@dataclass(frozen=True, slots=True)
class Rules:
    """What every decision is held to. `agreements` by institution; `history_months`: how far back any read may go."""

    policy: Policy
    agreements: Mapping[str, Agreement]
    history_months: int
    budget: Budget


@dataclass(frozen=True, slots=True)
class Watch:
    """What the gate tells the metrics: each decision with its purpose, and rows that it kept back, by reason."""

    decided: Callable[[str, str], None]
    dropped: Callable[[str, int], None]


class Gate:
    """The connectors are known to the gate alone."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        institutions: Mapping[str, Institution],
        connectors: Mapping[str, Connector],
        rules: Rules,
        watch: Watch,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._institutions = institutions
        self._connectors = connectors
        self._rules = rules
        self._watch = watch
        self._ledger = Ledger()

    async def read(self, request: Read, purpose: Purpose, turn: Asker) -> Access:
        """Rows of the consented accounts only, or why not. Every call leaves one leaf before anything is read."""
        now = self._clock.now()
        await failpoints.reach("gate.before-leaf")
        spent = self._ledger.taken(turn.lane)
        verdict = await self._store.write(
            lambda connection: self._decide(connection, request, purpose, turn, now, spent)
        )
        await failpoints.reach("gate.after-leaf")
        self._watch.decided("deny" if isinstance(verdict, Refused) else "allow", purpose.value)
        if isinstance(verdict, Refused):
            return verdict
        return await self._rows(verdict, request, purpose, turn, now)

    async def accounts_on_offer(
        self, institution: str, grant: Grant, customer: str, lane: str, keep: Keep
    ) -> tuple[Account, ...] | Refused:
        """The accounts that the consent page lists, read under the authorisation just given at the bank."""
        now, turn = self._clock.now(), Asker(lane, "", "page")
        question = Question(
            actor=turn.kind,
            action="offer",
            purpose=Purpose.requested_service.value,
            data=frozenset(map(str, _ACCOUNTS.data)),
            channel=turn.channel,
            customer=customer,
            owner=customer,
            institution=institution,
            consent=NOTHING,
            agreement=self._rules.agreements[institution].at(now),
        )
        refusal = None if self._rules.policy.decide(question).allowed else Failure.agreement
        await self._store.write(
            lambda connection: self._note(connection, "consent.offer", question, turn, now, refusal, "")
        )
        self._watch.decided("deny" if refusal else "allow", question.purpose)
        if refusal:
            return Refused(refusal)
        try:
            rows = await self._connectors[institution].read(grant, _ACCOUNTS, keep)
        except BankError as error:
            return Refused(Failure(error.code), error.retry_after_s)
        return rows.accounts

    def _decide(
        self,
        connection: Connection,
        request: Read,
        purpose: Purpose,
        turn: Asker,
        now: datetime,
        spent: Mapping[str, int],
    ) -> Standing | Refused:
        """T1: all that a decision looks at is read here, and its leaf written, in one transaction."""
        now_ms = int(now.timestamp() * 1000)
        budget.charge(connection, spent)
        linked = consents.linked(connection, turn.lane)
        standing = consents.by_id(connection, self._keys, linked.consent) if linked else None
        question = self._question(standing, linked.customer if linked else "", request, purpose, turn, now)
        verdict = self._rules.policy.decide(question)
        refusal = None if verdict.allowed else _why(question, standing, purpose, now_ms)
        if standing and linked and not refusal:
            scope = standing.consent.scope(purpose)
            fits = budget.allows(connection, self._rules.budget, turn.lane, linked, len(scope.accounts), now_ms)
            refusal = None if fits else Failure.over_budget
        consent_id = standing.consent.id if standing else ""
        self._note(connection, "read", question, turn, now, refusal, consent_id)
        if refusal or standing is None:
            return Refused(refusal or Failure.not_linked)
        return standing

    def _question(
        self, standing: Standing | None, customer: str, request: Read, purpose: Purpose, turn: Asker, now: datetime
    ) -> Question:
        consent = standing.consent if standing else None
        institution = consent.institution if consent else next(iter(self._institutions))
        scope = consent.scope(purpose) if consent else None
        agreed = NOTHING
        if consent and scope:
            agreed = Agreed(
                active=consent.current(int(now.timestamp() * 1000)),
                customer=consent.customer,
                institution=consent.institution,
                channel=consent.channel,
                disclosure=consent.disclosure.value,
                purposes=frozenset(map(str, consent.purposes)),
                data=frozenset(map(str, scope.data)),
            )
        return Question(
            actor=turn.kind,
            action="read",
            purpose=purpose.value,
            data=frozenset(map(str, request.data)),
            channel=turn.channel,
            customer=customer,
            owner=consent.customer if consent else "",
            institution=institution,
            consent=agreed,
            agreement=self._rules.agreements[institution].at(now),
        )

    def _note(
        self,
        connection: Connection,
        act: str,
        question: Question,
        turn: Asker,
        now: datetime,
        refusal: Failure | None,
        consent_id: str,
    ) -> None:
        """The leaf: who, why, which data, the answer, and all that it takes to decide again under this policy."""
        record = {
            "act": act,
            "actor": {"kind": turn.kind.value, "id": turn.lane},
            "cat": sorted(question.data),
            "ch": turn.channel,
            "req": turn.turn_id,
            "purpose": question.purpose,
            "decision": f"deny:{refusal.value}" if refusal else "allow",
            "consent": consent_id,
            "policy": self._rules.policy.sha256,
            "asked": question.plain(),
        }
        subject = question.owner or turn.lane
        leaves.append(connection, self._keys, subject, question.institution, int(now.timestamp() * 1000), record)

    async def _rows(self, standing: Standing, request: Read, purpose: Purpose, turn: Asker, now: datetime) -> Access:
        consent = standing.consent
        accounts = consent.scope(purpose).accounts
        today = now.astimezone(self._institutions[consent.institution].zone).date()
        months = min(consent.history_months, self._rules.history_months)
        limit = Period(_months_before(today, months), today)
        narrowed = _narrowed(request, limit)
        if narrowed is None:
            return Rows(first_on_file=limit.first)

        async def keep(renewed: Grant) -> None:
            kept = replace(renewed, accounts=standing.grant.accounts)
            await self._store.write(lambda connection: consents.renew(connection, self._keys, consent.id, kept))

        try:
            grant = replace(standing.grant, accounts=accounts)
            rows = await self._connectors[consent.institution].read(grant, narrowed, keep)
        except BankError as error:
            return await self._failed(error, turn, consent.id)
        await failpoints.reach("bank.after-read")
        checked = self._checked(rows, narrowed, accounts)
        self._ledger.add(turn.lane, len(checked.transactions))
        return checked

    def _checked(self, rows: Rows, asked: Read, accounts: frozenset[str]) -> Rows:
        """What was asked and is the subject's. Whatever else the bank sent along is dropped, and counted."""
        period = asked.period if Data.transactions in asked.data else None
        dated = tuple(row for row in rows.transactions if period and row.day in period)
        balances = rows.balances if Data.balances in asked.data else ()
        self._watch.dropped("not-asked", len(rows.balances) - len(balances))
        self._watch.dropped("period", len(rows.transactions) - len(dated))
        return replace(
            rows,
            accounts=self._theirs(rows.accounts, accounts),
            balances=self._theirs(balances, accounts),
            transactions=self._theirs(dated, accounts),
            covered=rows.covered if period else None,
        )

    def _theirs(self, rows: tuple[_Row, ...], accounts: frozenset[str]) -> tuple[_Row, ...]:
        kept = tuple(row for row in rows if row.account_id in accounts)
        self._watch.dropped("account", len(rows) - len(kept))
        return kept

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
            consents.end(connection, self._keys, lane, now_ms, Event.revoked_at_bank)


class _OfAccount(Protocol):
    @property
    def account_id(self) -> str: ...


_Row = TypeVar("_Row", bound=_OfAccount)


def _why(question: Question, standing: Standing | None, purpose: Purpose, now_ms: int) -> Failure:
    """What to tell the customer about a refusal; the policy alone refuses."""
    if purpose in FORBIDDEN or question.actor is not Actor.customer:
        return Failure.forbidden
    if standing is None:
        return Failure.not_linked
    if lapse := standing.consent.lapse(now_ms):
        return lapse
    return Failure.forbidden if _within(question.agreement, question) else Failure.agreement


def _narrowed(request: Read, limit: Period) -> Read | None:
    """The request within the history that may be read; None when it lies wholly before."""
    if Data.transactions not in request.data:
        return replace(request, period=None)
    asked = request.period or limit
    first, last = max(asked.first, limit.first), min(asked.last, limit.last)
    return replace(request, period=Period(first, last)) if first <= last else None


def _within(agreement: Allowed, question: Question) -> bool:
    return agreement.active and question.purpose in agreement.purposes and question.data <= agreement.data


def decided_again(policy: Policy, record: Mapping[str, object]) -> bool:
    """Whether the policy answers a leaf's question as the leaf says. False for another policy, or a changed leaf.

    A leaf may say no where the policy says yes: a budget was spent. Never the other way round.
    """
    asked = record.get("asked")
    if record.get("policy") != policy.sha256 or not isinstance(asked, Mapping):
        return False
    try:
        allowed = policy.decide(Question.of(asked)).allowed
    except (ValueError, KeyError, TypeError):
        return False
    return allowed == (record.get("decision") in ("allow", f"deny:{Failure.over_budget.value}"))


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
