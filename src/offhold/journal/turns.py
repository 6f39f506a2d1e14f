"""One turn: hear what was said, decide, read through the gate, and commit all that follows at once (T2)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row, insert, select, update

from offhold.accesslog import leaves
from offhold.accesslog.looks import looks
from offhold.banks.institutions import Institution
from offhold.banks.port import Grant
from offhold.dialogue import decide, disclosed
from offhold.errors import LinkRefused, OffholdError, SealBroken
from offhold.journal import inbox, lanes, outbox, timers
from offhold.journal.lanes import Claim
from offhold.journal.port import Channel, Heard
from offhold.keys.file import Keys
from offhold.model.access import Access, Actor, Looked, Purpose, Read
from offhold.model.consent import Consent, Event
from offhold.model.decision import Decision
from offhold.model.ids import new_ulid
from offhold.model.ledger import Rows
from offhold.model.message import Button, Contact, Conversation, Disclosure, Instruction, Reply, Turn, TurnKind
from offhold.ops import failpoints
from offhold.ops.clock import Clock
from offhold.privacy import consent as consents
from offhold.privacy import sealed
from offhold.privacy.consent import Standing
from offhold.privacy.gate import Asker, Gate
from offhold.store import tables
from offhold.store.port import Store
from offhold.words import say

log = structlog.get_logger()

ROUNDS = 3
Reader = Callable[[Read, Purpose], Awaitable[Access]]
Looker = Callable[[], Awaitable[Looked]]
Linker = Callable[[Connection, str, str, int], tuple[Consent, tuple[Grant, ...]]]


class TooManyRounds(OffholdError):
    """`decide` asked for facts more often than a turn may."""

    code = "too-many-rounds"


async def settle(turn: Turn, state: Conversation, read: Reader, look: Looker) -> Decision:
    """Ask `decide` until it has replies, fetching what it wants in between: at most three rounds.

    Under sealed disclosure nothing is read for a chat that may not show it: the answer waits behind a link.
    """
    access: Access | Looked | None = None
    for _ in range(ROUNDS):
        decision = decide(turn, state, access)
        if decision.looks:
            access = await look()
            continue
        if decision.read is None:
            return decision
        if turn.linked and turn.disclosure is Disclosure.sealed:
            ready = Reply("sealed.ready", say("sealed.ready"), button=Button.open_answer)
            return Decision(decision.state, (ready,))
        access = await read(decision.read, decision.purpose)
    raise TooManyRounds(str(ROUNDS))


@dataclass(frozen=True, slots=True)
class Work:
    """The lane's next message with all that deciding needs."""

    row_id: int
    attempts: int
    kind: str
    at_ms: int
    accepted_ms: int
    sealed: bytes
    body: Mapping[str, Any]
    contact: Contact
    opted_out: bool
    state: Conversation
    standing: Standing | None
    declined_until_ms: int


def next_work(connection: Connection, keys: Keys, lane: str) -> Work | None:
    """The oldest unanswered message of the lane: by the time it was said, then by arrival.

    One that does not open under our key is parked: those behind it are still answered.
    """
    while (row := _oldest(connection, lane)) is not None:
        try:
            return _opened(connection, keys, lane, row)
        except SealBroken as error:
            inbox.park(connection, row.id, error.code)
    return None


def _oldest(connection: Connection, lane: str) -> Row[Any] | None:
    return connection.execute(
        select(tables.inbox, tables.lane.c.state_sealed, tables.contact.c.opted_out)
        .join(tables.lane, tables.lane.c.lane == tables.inbox.c.lane)
        .join(tables.contact, tables.contact.c.lane == tables.inbox.c.lane)
        .where(tables.inbox.c.lane == lane, tables.inbox.c.state == "ready")
        .order_by(tables.inbox.c.at_ms, tables.inbox.c.id)
        .limit(1)
    ).first()


def _opened(connection: Connection, keys: Keys, lane: str, row: Row[Any]) -> Work:
    memory = json.loads(keys.unseal(row.state_sealed, f"lane/{lane}")) if row.state_sealed else {}
    return Work(
        row_id=row.id,
        attempts=row.attempts,
        kind=row.kind,
        at_ms=row.at_ms,
        accepted_ms=row.accepted_ms,
        sealed=row.body_sealed,
        body=json.loads(keys.unseal(row.body_sealed, f"inbox/{row.event_hash}")),
        contact=inbox.contact_of(connection, keys, lane),
        opted_out=row.opted_out,
        state=Conversation(memory),
        standing=consents.of_lane(connection, keys, lane),
        declined_until_ms=consents.declined_until_ms(connection, lane),
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn commits: the decision, and what the gate gave for it."""

    heard: Heard | None
    decision: Decision
    rows_read: tuple[int, ...] = ()


def leave_outcome(
    connection: Connection, keys: Keys, consent: Consent, request: str, rows_read: Sequence[int], now_ms: int
) -> None:
    """One leaf for each read of a request: how many rows it gave."""
    for rows in rows_read:
        actor = {"kind": Actor.customer, "id": consent.customer}
        record = {"act": "read.outcome", "actor": actor, "req": request, "rows": rows, "consent": consent.id}
        leaves.append(connection, keys, consent.customer, consent.institution, now_ms, record)


class Turns:
    """Everything that one turn touches. `linker` completes a login: (connection, lane, code, now) → the consent and
    the grants that end with it."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        gate: Gate,
        institutions: Mapping[str, Institution],
        linker: Linker,
        reply_deadline_ms: int,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._gate = gate
        self._institutions = institutions
        self._linker = linker
        self._deadline_ms = reply_deadline_ms

    async def decide(self, work: Work, held: Claim, channel: Channel) -> Done:
        """Hear and decide, outside any transaction."""
        heard = channel.hear(work.kind, work.body, work.contact, work.at_ms, self._clock.ms())
        if heard is None:
            return Done(None, Decision(work.state))
        turn = self._turn(work, heard)
        if work.opted_out:
            return Done(heard, disclosed(turn, work.state, _only_opt_in(decide(turn, work.state, None), work.state)))
        counted: list[int] = []
        asker = Asker(held.lane, str(work.row_id), work.contact.channel)

        async def read(request: Read, purpose: Purpose) -> Access:
            access = await self._gate.read(request, purpose, asker)
            if isinstance(access, Rows):
                counted.append(len(access.transactions))
            return access

        customer = work.standing.consent.customer if work.standing else held.lane
        decision = await settle(turn, work.state, read, lambda: self.looked(customer))
        return Done(heard, disclosed(turn, work.state, decision), tuple(counted))

    async def looked(self, customer: str) -> Looked:
        """Who looked at a customer's data."""
        history = await self._store.read(lambda connection: leaves.history(connection, self._keys, customer))
        return Looked(tuple(looks(history)))

    def _turn(self, work: Work, heard: Heard) -> Turn:
        standing = work.standing
        name = standing.consent.institution if standing else next(iter(self._institutions))
        institution = self._institutions[name]
        return Turn(
            turn_id=str(work.row_id),
            kind=heard.kind,
            text=heard.text,
            now=self._clock.now().astimezone(institution.zone),
            locale=institution.locale,
            institution_name=institution.name,
            linked=standing is not None and standing.consent.current(self._clock.ms()),
            disclosure=standing.consent.disclosure if standing else Disclosure.sealed,
            choice=heard.choice,
            declined=work.declined_until_ms > self._clock.ms(),
        )

    async def commit(self, work: Work, held: Claim, channel: Channel, done: Done, now_at: int) -> tuple[Grant, ...]:
        """T2: state, outcome leaf, replies, instructions and the done mark, or nothing of them.

        Nothing either when the customer changed the message meanwhile: it is then still to be answered, or gone.
        Returns the grants whose consents ended, for their bank to be told. Raises LeaseLost when fenced off.
        """
        await failpoints.reach("turn.before-commit")
        ended = await self._store.write(lambda connection: self._commit(connection, work, held, channel, done, now_at))
        await failpoints.reach("turn.after-commit")
        return ended

    def _commit(
        self, connection: Connection, work: Work, held: Claim, channel: Channel, done: Done, now_at: int
    ) -> tuple[Grant, ...]:
        lanes.check(connection, held)
        if not inbox.finish(connection, work.row_id, work.sealed):
            return ()
        done, replaced = self._linked(connection, work, held, done)
        ended = self.carry_out(connection, held.lane, done.decision.instructions)
        self._leave_outcome(connection, work, held, done)
        standing = consents.of_lane(connection, self._keys, held.lane)
        disclosure = standing.consent.disclosure if standing else Disclosure.sealed
        answers_at = now_at - max(0, self._clock.ms() - work.accepted_ms)
        replies = [self._linked_to_page(connection, work, held, done, reply) for reply in done.decision.replies]
        self._say(connection, held.lane, work.contact, channel, replies, disclosure, now_at, answers_at)
        memory = json.dumps(dict(done.decision.state.memory)).encode()
        connection.execute(
            update(tables.lane)
            .where(tables.lane.c.lane == held.lane)
            .values(state_sealed=self._keys.seal(memory, f"lane/{held.lane}"))
        )
        return (*replaced, *([ended] if ended else []))

    def _linked_to_page(self, connection: Connection, work: Work, held: Claim, done: Done, reply: Reply) -> Reply:
        """A reply that opens on our page gets its link; the question behind it is kept, sealed."""
        if reply.button is not Button.open_answer or work.standing is None or done.heard is None:
            return reply
        turn = self._turn(work, done.heard)
        asked = sealed.Question(
            turn.text, turn.choice, turn.now.isoformat(), work.contact.channel, dict(work.state.memory)
        )
        institution = work.standing.consent.institution
        token = sealed.put(connection, self._keys, held.lane, institution, asked, self._clock.ms())
        return replace(reply, link=token)

    def _linked(self, connection: Connection, work: Work, held: Claim, done: Done) -> tuple[Done, tuple[Grant, ...]]:
        """A finished login becomes a link in this transaction, or a reply that it did not work."""
        if done.heard is None or not done.heard.code:
            return done, ()
        replaced: tuple[Grant, ...] = ()
        try:
            consent, replaced = self._linker(connection, held.lane, done.heard.code, self._clock.ms())
        except LinkRefused as refused:
            log.warning("link.refused", code=refused.code)
            turn = replace(self._turn(work, done.heard), kind=TurnKind.link_failed)
        else:
            turn = replace(self._turn(work, done.heard), linked=True, disclosure=consent.disclosure)
        return replace(done, decision=disclosed(turn, work.state, decide(turn, work.state, None))), replaced

    def carry_out(self, connection: Connection, lane: str, instructions: Sequence[Instruction]) -> Grant | None:
        """Do what was decided, in the caller's transaction; the grant whose consent ended, for the bank to be told."""
        now_ms = self._clock.ms()
        ended = None
        for instruction in instructions:
            match instruction:
                case Instruction.open_case:
                    self._open_case(connection, lane, now_ms)
                case Instruction.unlink:
                    ended = consents.end(connection, self._keys, lane, now_ms, Event.withdrawn)
                    timers.put(connection, timers.UNLINK, lane, now_ms)
                case Instruction.opt_out | Instruction.opt_in:
                    out = instruction is Instruction.opt_out
                    connection.execute(
                        update(tables.contact).where(tables.contact.c.lane == lane).values(opted_out=out)
                    )
        return ended

    def _open_case(self, connection: Connection, lane: str, now_ms: int) -> None:
        where = (tables.case.c.lane == lane) & (tables.case.c.state == "waiting")
        if connection.execute(select(tables.case.c.id).where(where)).first():
            return
        connection.execute(
            insert(tables.case).values(id=new_ulid(now_ms), lane=lane, state="waiting", opened_ms=now_ms)
        )
        timers.put(connection, "case-waiting", lane, now_ms + timers.CASE_WAITING_MS)

    def _leave_outcome(self, connection: Connection, work: Work, held: Claim, done: Done) -> None:
        if work.standing is None:
            return
        consent = work.standing.consent
        leave_outcome(connection, self._keys, consent, str(work.row_id), done.rows_read, self._clock.ms())

    def _say(
        self,
        connection: Connection,
        lane: str,
        contact: Contact,
        channel: Channel,
        replies: Sequence[Reply],
        disclosure: Disclosure,
        now_at: int,
        answers_at: int = 0,
    ) -> None:
        now_ms = self._clock.ms()
        drafts = [
            outbox.Draft(new_ulid(now_ms), body, reply.repeatable)
            for reply in replies
            for body in channel.render(reply, contact, disclosure, now_ms)
        ]
        outbox.put(connection, self._keys, lane, drafts, now_at + self._deadline_ms, answers_at)

    async def park(self, work: Work, held: Claim, channel: Channel, reason: str, now_at: int) -> None:
        """Set a message aside that failed too often, and say so: the customer is not left waiting."""

        def commit(connection: Connection) -> None:
            lanes.check(connection, held)
            if not inbox.park(connection, work.row_id, reason):
                return
            sorry = (Reply("err.ours", say("err.ours")),)
            self._say(connection, held.lane, work.contact, channel, sorry, Disclosure.sealed, now_at)

        await self._store.write(commit)

    def unlinked(self, connection: Connection, lane: str) -> Contact | None:
        """The contact of which the platform is still to hear that it is unlinked; None if it was linked again."""
        if consents.of_lane(connection, self._keys, lane) is not None:
            return None
        return inbox.contact_of(connection, self._keys, lane)

    def remind(self, connection: Connection, lane: str, channels: Mapping[str, Channel], now_at: int) -> None:
        """Say once that a person has not come yet, if the case still waits and the window is open."""
        row = connection.execute(
            select(tables.contact)
            .join(tables.case, tables.case.c.lane == tables.contact.c.lane)
            .where(tables.contact.c.lane == lane, tables.case.c.state == "waiting")
        ).first()
        if row is None or row.opted_out or row.window_until_ms <= self._clock.ms():
            return
        contact = inbox.contact_of(connection, self._keys, lane)
        waiting = (Reply("human.waiting", say("human.waiting")),)
        self._say(connection, lane, contact, channels[row.channel], waiting, Disclosure.sealed, now_at)


def _only_opt_in(decision: Decision, state: Conversation) -> Decision:
    """Who said stop hears nothing automated until they say start."""
    return decision if Instruction.opt_in in decision.instructions else Decision(state)
