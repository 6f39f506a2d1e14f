"""Opening a sealed answer: only now, and only for who proved it is them, the bank is asked, through the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from offhold.banks.institutions import Institution
from offhold.journal.turns import Turns, leave_outcome, settle
from offhold.keys.file import Keys
from offhold.model.access import Access, Looked, Purpose, Read
from offhold.model.consent import Consent
from offhold.model.ledger import Rows
from offhold.model.message import Conversation, Disclosure, Instruction, Reply, Turn, TurnKind
from offhold.ops.clock import Clock
from offhold.privacy import consent as consents
from offhold.privacy import sealed
from offhold.privacy.gate import Asker, Gate
from offhold.privacy.sealed import Question, SealedAsk
from offhold.store.port import Store

Proof = Callable[[Connection, SealedAsk, Consent, int], bool]


class NotConnected(Exception):
    """The chat that asked is no longer connected: nothing is read."""


class NotProved(Exception):
    """Nobody proved to be the one who asked, or another page was faster with the same proof."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page shows: the question in the customer's words, and the reply."""

    asked: str
    channel: str
    customer: str
    reply: Reply


class Opening:
    """Times by the business clock."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        gate: Gate,
        institutions: Mapping[str, Institution],
        turns: Turns,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._gate = gate
        self._institutions = institutions
        self._turns = turns

    async def find(self, token: str) -> SealedAsk | None:
        """The question behind a link."""
        return await self._store.read(lambda connection: sealed.find(connection, self._keys, token))

    async def open(self, ask: SealedAsk, proof: Proof) -> Opened:
        """Check the proof, mark the link used, and answer. Raises NotConnected, NotProved, Mismatch."""
        now_ms = self._clock.ms()

        def check(connection: Connection) -> Consent:
            consent = self._consent(connection, ask, now_ms)
            if not proof(connection, ask, consent, now_ms) or not sealed.opened(connection, ask):
                raise NotProved
            return consent

        consent = await self._store.write(check)
        return await self._answer(ask, consent, ask.question)

    async def go_on(self, ask: SealedAsk, text: str) -> Opened:
        """The next question on a page that was opened; the caller has checked whose page it is."""
        consent = await self._store.read(lambda connection: self._consent(connection, ask, self._clock.ms()))
        return await self._answer(ask, consent, replace(ask.question, text=text, choice=""))

    def _consent(self, connection: Connection, ask: SealedAsk, now_ms: int) -> Consent:
        standing = consents.of_lane(connection, self._keys, ask.lane)
        if standing is None or not standing.consent.current(now_ms):
            raise NotConnected
        return standing.consent

    async def _answer(self, ask: SealedAsk, consent: Consent, question: Question) -> Opened:
        counted: list[int] = []
        asker = Asker(ask.lane, ask.id, "page")

        async def read(request: Read, purpose: Purpose) -> Access:
            access = await self._gate.read(request, purpose, asker)
            if isinstance(access, Rows):
                counted.append(len(access.transactions))
            return access

        async def look() -> Looked:
            return await self._turns.looked(consent.customer)

        decision = await settle(self._turn(ask, question), Conversation(question.memory), read, look)
        following = replace(question, memory=dict(decision.state.memory))
        case = Instruction.open_case in decision.instructions

        def write(connection: Connection) -> None:
            leave_outcome(connection, self._keys, consent, ask.id, counted, self._clock.ms())
            sealed.go_on(connection, self._keys, ask, following)
            if case:
                self._turns.carry_out(connection, ask.lane, (Instruction.open_case,))

        await self._store.write(write)
        return Opened(question.text, question.channel, consent.customer, decision.replies[-1])

    def _turn(self, ask: SealedAsk, question: Question) -> Turn:
        """The turn as it was, but on a page of ours, which may show everything."""
        institution = self._institutions[ask.institution]
        return Turn(
            turn_id=ask.id,
            kind=TurnKind.choice if question.choice else TurnKind.text,
            text=question.text,
            now=datetime.fromisoformat(question.asked).astimezone(institution.zone),
            locale=institution.locale,
            institution_name=institution.name,
            linked=True,
            disclosure=Disclosure.open,
            choice=question.choice,
        )
