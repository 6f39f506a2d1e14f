"""Logins at the bank, and what they are for: linking a platform's chat, the web chat, or proof for a sealed answer.

A platform's chat: from the Log In button to the platform's confirmation (Meta, "Account Linking"). The browser session
is bound to the page-scoped id before the login starts; our authorization code is single-use, lives five minutes and is
kept as a hash. The web chat is ours: its customer is known from the login itself.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from offhold.banks.obie.consents import SCOPE, BankConsents
from offhold.banks.port import Grant, Keep
from offhold.errors import BankError, LinkRefused
from offhold.identity import proofs
from offhold.identity.oauth import OAuthClient
from offhold.identity.proofs import ProofKey
from offhold.keys.file import Keys
from offhold.model.access import Data, Purpose, Refused
from offhold.model.consent import Consent, Scope
from offhold.model.ids import new_token, new_ulid
from offhold.model.ledger import Account
from offhold.model.message import Contact, Disclosure
from offhold.ops.clock import Clock
from offhold.privacy import consent as consents
from offhold.privacy.agreement import Agreement
from offhold.privacy.consent import DATA_FOR, Standing
from offhold.store import tables
from offhold.store.port import Store

ATTEMPT_MS = 10 * 60_000
CODE_MS = 5 * 60_000
_DAY_MS = 86_400_000
_MONTH_DAYS = 31


@dataclass(frozen=True, slots=True)
class Door:
    """One institution's OAuth client, consent resource and data-sharing agreement."""

    oauth: OAuthClient
    consents: BankConsents
    callback: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Lives:
    """How long things last, as far as the agreement does not shorten them."""

    consent_days: int
    reconfirm_days: int
    history_months: int
    refusal_days: int


class Goal(StrEnum):
    """What a login at the bank is for."""

    chat = "chat"
    web = "web"
    proof = "proof"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One customer on the way through the browser. `secret` is what its cookie must hold; `redirect_uri` where it goes
    when all is done; `lane` is empty until known."""

    goal: Goal
    lane: str
    institution: str
    redirect_uri: str
    secret: str
    verifier: str = ""
    nonce: str = ""
    intent: str = ""
    customer: str = ""
    accounts: tuple[str, ...] = ()
    grant: Mapping[str, Any] | None = None
    consent: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer chose on the consent page, and the keys that this browser made to open answers with."""

    accounts: frozenset[str]
    purposes: frozenset[Purpose]
    disclosure: Disclosure
    keys: tuple[ProofKey, ...] = ()


Offer = Callable[[str, Grant, str, str, Keep], Awaitable[tuple[Account, ...] | Refused]]


class Linking:
    """`offer` reads the accounts for the consent page through the gate; times by the business clock."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        doors: Mapping[str, Door],
        offer: Offer,
        lives: Lives,
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._doors = doors
        self._offer = offer
        self._lives = lives

    def days(self, institution: str) -> int:
        """The longest life of a consent there: the agreement's, where that is shorter than ours."""
        return min(self._lives.consent_days, self._door(institution).agreement.days)

    def data_for(self, institution: str, purpose: Purpose) -> frozenset[Data]:
        """What a consent for this purpose may read there: less than we offer where the agreement says so."""
        return DATA_FOR[purpose] & self._door(institution).agreement.data

    def left_out(self, institution: str) -> frozenset[Data]:
        """What we offer to read and the agreement does not allow."""
        return frozenset(Data) - self.data_for(institution, Purpose.requested_service)

    async def begin(self, contact: Contact, institution: str, redirect_uri: str, token: str) -> tuple[str, str, str]:
        """Start a login: where to send the browser, and its state and secret. One for each linking token.

        A contact that is linked already may log in again: its bank may want that, or the customer other accounts.

        Raises LinkRefused: link-used, unknown-institution; BankError.
        """
        lane = self._keys.pseudonym("lane", contact.lane)
        await self._store.read(lambda connection: self._unused(connection, token))
        return await self._begin(Goal.chat, lane, institution, redirect_uri, token)

    async def sign_in(self, institution: str) -> tuple[str, str, str]:
        """Start a login for the web chat. Raises LinkRefused: unknown-institution; BankError."""
        return await self._begin(Goal.web, "", institution, "/chat", new_token())

    async def prove(self, institution: str, redirect_uri: str) -> tuple[str, str, str]:
        """Start a login that only proves who is there. Raises LinkRefused: unknown-institution; BankError."""
        return await self._begin(Goal.proof, "", institution, redirect_uri, new_token())

    async def login_address(self, institution: str) -> str:
        """Where the institution's login pages are, as it says itself; empty while it cannot be asked."""
        try:
            return str((await self._door(institution).oauth.metadata())["authorization_endpoint"])
        except BankError:
            return ""

    async def _begin(
        self, goal: Goal, lane: str, institution: str, redirect_uri: str, token: str
    ) -> tuple[str, str, str]:
        door = self._door(institution)
        now = self._clock.now()
        expires = now.astimezone(UTC) + timedelta(days=self.days(institution))
        first = now.astimezone(UTC) - timedelta(days=(self._lives.history_months + 1) * _MONTH_DAYS)
        intent = await door.consents.create(expires, first)
        state, nonce, secret = new_token(), new_token(), new_token()
        login = await door.oauth.begin(door.callback, SCOPE, intent, state, nonce)
        attempt = Attempt(goal, lane, institution, redirect_uri, secret, login.verifier, nonce, intent)
        await self._store.write(lambda connection: self._open(connection, state, attempt, token))
        return login.url, state, secret

    async def returned(self, institution: str, state: str, secret: str, code: str, iss: str | None) -> Attempt:
        """The bank sent the browser back with a code; the attempt with its customer and the cookie's next secret.

        A login for proof has done its work here: what the bank granted for it is given back unused.

        Raises LinkRefused: link-expired, link-foreign (another browser), already-linked (to another customer, whose
        link stays); BankError.
        """
        attempt = await self._attempt(state, secret, "begun")
        door = self._door(attempt.institution)
        if institution != attempt.institution or not await door.oauth.issuer_agrees(iss):
            raise LinkRefused("link-foreign")
        await self._step(state, "begun", "returned", attempt)
        tokens = await door.oauth.exchange(code, attempt.verifier, door.callback, attempt.nonce, attempt.intent)
        grant = Grant(
            institution, frozenset(), attempt.intent, tokens.access_token, tokens.refresh_token, tokens.expires_at
        )
        customer = self._keys.pseudonym("customer", f"{institution}|{tokens.subject}")
        known = replace(attempt, grant=_plain(grant), customer=customer, secret=new_token())
        if known.goal is Goal.proof:
            await self._step(state, "returned", "proved", replace(known, grant=None))
            await self._tell_bank(institution, attempt.intent)
            return known
        if known.goal is Goal.web:
            known = replace(known, lane=self._keys.pseudonym("lane", web_contact(institution, customer).lane))
        try:
            await self._store.read(lambda connection: self._not_anothers(connection, known.lane, customer))
        except LinkRefused:
            await self._tell_bank(institution, attempt.intent)
            raise
        await self._step(state, "returned", "returned", known)
        return known

    async def resumed(self, state: str, attempt: Attempt) -> bool:
        """Whether this login continues a web chat that has its consent. The bank's new authorisation takes the place
        of the old one where it covers the same accounts, and is given back where it does not."""
        standing = await self._store.read(lambda connection: consents.of_lane(connection, self._keys, attempt.lane))
        if standing is None or not standing.consent.current(self._clock.ms()):
            return False
        _offered, accounts = await self.accounts(state, attempt.secret)
        agreed = standing.consent.accounts
        covers = agreed <= {account.account_id for account in accounts}
        grant = replace(_grant(attempt.grant or {}), accounts=agreed)

        def write(connection: Connection) -> None:
            self._move(connection, state, "returned", "proved", replace(attempt, grant=None), None)
            if covers:
                consents.renew(connection, self._keys, standing.consent.id, grant)

        await self._store.write(write)
        await self._tell_bank(attempt.institution, standing.grant.consent_id if covers else attempt.intent)
        return True

    async def accounts(self, state: str, secret: str) -> tuple[Attempt, tuple[Account, ...]]:
        """What the consent page offers. Raises LinkRefused, BankError."""
        attempt = await self._attempt(state, secret, "returned")
        if attempt.grant is None:
            raise LinkRefused("link-expired")
        kept = attempt

        async def keep(renewed: Grant) -> None:
            nonlocal kept
            kept = replace(attempt, grant=_plain(renewed))
            await self._step(state, "returned", "returned", kept)

        grant = _grant(attempt.grant)
        found = await self._offer(attempt.institution, grant, attempt.customer, attempt.lane, keep)
        if isinstance(found, Refused):
            raise BankError(found.failure.value, retry_after_s=found.retry_after_s)
        offered = replace(kept, accounts=tuple(account.account_id for account in found))
        await self._step(state, "returned", "returned", offered)
        return offered, found

    async def shown(self, state: str, secret: str, page: bytes) -> None:
        """Keep the consent page as it was shown: a consent names it by its hash. Raises LinkRefused."""
        attempt = await self._attempt(state, secret, "returned")
        now_ms = self._clock.ms()

        def write(connection: Connection) -> None:
            name = consents.keep_notice(connection, self._keys, page, now_ms)
            self._move(connection, state, "returned", "returned", replace(attempt, notice=name), None)

        await self._store.write(write)

    async def offered(self, state: str, secret: str) -> Attempt:
        """The attempt behind a submitted consent form. Raises LinkRefused when it is used, expired or foreign."""
        return await self._attempt(state, secret, "returned", "accepted", "linked")

    async def accept(self, state: str, attempt: Attempt, choice: Choice) -> str:
        """Record the consent; returns the single-use code for the platform. The web chat is linked at once.

        A browser that sends the form twice (two presses) shows the second answer: the same choice again leads to the
        same code, which is therefore derived from the unguessable state. Raises LinkRefused for another choice.
        """
        now_ms = self._clock.ms()
        choice = replace(choice, purposes=choice.purposes & self._door(attempt.institution).agreement.purposes)
        scopes = [
            Scope(each, self.data_for(attempt.institution, each), choice.accounts) for each in sorted(choice.purposes)
        ]
        consent = Consent(
            id=new_ulid(now_ms),
            customer=attempt.customer,
            institution=attempt.institution,
            channel="web" if attempt.goal is Goal.web else "messenger",
            scopes=tuple(scopes),
            disclosure=choice.disclosure,
            given_ms=now_ms,
            reconfirm_ms=now_ms + self._lives.reconfirm_days * _DAY_MS,
            expires_ms=now_ms + self.days(attempt.institution) * _DAY_MS,
            history_months=self._lives.history_months,
            notice=attempt.notice,
        )
        code = self._keys.pseudonym("link-code", state)
        step = "linked" if attempt.goal is Goal.web else "accepted"

        def write(connection: Connection) -> Grant | None:
            if self._chosen_before(connection, state, step, choice):
                return None
            grant = replace(_grant(attempt.grant or {}), accounts=choice.accounts)
            agreed = replace(attempt, consent=consent.id, grant=None)
            self._move(connection, state, "returned", step, agreed, self._keys.pseudonym("code", code))
            consents.give(connection, self._keys, Standing(consent, grant), attempt.lane)
            proofs.keep(connection, self._keys, attempt.lane, choice.keys, now_ms)
            connection.execute(delete(tables.refusal).where(tables.refusal.c.lane == attempt.lane))
            if attempt.goal is Goal.web:
                return consents.link(connection, self._keys, attempt.lane, consent, now_ms)
            return None

        if ended := await self._store.write(write):
            await self.ended(ended)
        return code

    async def agreed(self, state: str, secret: str) -> str:
        """The id of the consent that this browser's login led to. Raises LinkRefused while there is none."""
        return (await self._attempt(state, secret, "accepted", "linked")).consent

    async def decline(self, state: str, secret: str) -> Attempt:
        """Remember the no; the bank is told that its consent is not wanted. Raises LinkRefused."""
        attempt = await self._attempt(state, secret, "begun", "returned")
        until_ms = self._clock.ms() + self._lives.refusal_days * _DAY_MS

        def write(connection: Connection) -> None:
            self._move(connection, state, None, "declined", replace(attempt, grant=None), None)
            if not attempt.lane:
                return  # nobody is known yet
            row = {"lane": attempt.lane, "institution": attempt.institution, "until_ms": until_ms}
            connection.execute(delete(tables.refusal).where(tables.refusal.c.lane == attempt.lane))
            connection.execute(insert(tables.refusal).values(**row))

        await self._store.write(write)
        await self._tell_bank(attempt.institution, attempt.intent)
        return attempt

    def complete(self, connection: Connection, lane: str, code: str, now_ms: int) -> tuple[Consent, tuple[Grant, ...]]:
        """Turn the platform's confirmation into a link, in the caller's transaction.

        With the consent come the authorisations of links that end with it, for their bank to be told.

        Raises LinkRefused: code-unknown, code-used, code-expired, code-foreign (another person's chat), already-linked.
        """
        hashed = self._keys.pseudonym("code", code)
        row = connection.execute(select(tables.link_attempt).where(tables.link_attempt.c.code_hash == hashed)).first()
        if row is None:
            raise LinkRefused("code-unknown")
        if row.step != "accepted":
            raise LinkRefused("code-used")
        if row.expires_ms < now_ms:
            raise LinkRefused("code-expired")
        if row.lane != lane:
            raise LinkRefused("code-foreign")
        attempt = self._opened(row.id, row.body_sealed)
        standing = consents.by_id(connection, self._keys, attempt.consent)
        if standing is None:
            raise LinkRefused("code-expired")
        self._not_anothers(connection, lane, standing.consent.customer)
        self._move(connection, None, "accepted", "linked", attempt, hashed, row.id)
        ended = consents.supersede(connection, self._keys, standing.consent, "messenger", now_ms)
        consents.link(connection, self._keys, lane, standing.consent, now_ms)
        return standing.consent, ended

    def sweep(self, connection: Connection, now_ms: int) -> tuple[Grant, ...]:
        """Forget attempts that ran out; a consent whose code was never used ends with them, and is returned."""
        over = tables.link_attempt.c.expires_ms < now_ms
        ended = []
        for row in connection.execute(
            select(tables.link_attempt).where(over, tables.link_attempt.c.step == "accepted")
        ):
            unused = self._opened(row.id, row.body_sealed).consent
            ended.append(consents.end_unused(connection, self._keys, unused, now_ms, row.lane))
        connection.execute(delete(tables.link_attempt).where(over))
        consents.forget_notices(connection, now_ms - ATTEMPT_MS)
        return tuple(grant for grant in ended if grant)

    async def ended(self, grant: Grant) -> None:
        """Tell the bank that a consent is over, best effort: here it ended at commit."""
        await self._tell_bank(grant.institution, grant.consent_id)

    async def _tell_bank(self, institution: str, intent: str) -> None:
        try:
            await self._doors[institution].consents.delete(intent)
        except BankError:
            return  # the bank's consent runs out by itself, and our copy of its tokens is destroyed already

    def _door(self, institution: str) -> Door:
        if institution not in self._doors:
            raise LinkRefused("unknown-institution")
        return self._doors[institution]

    def _not_anothers(self, connection: Connection, lane: str, customer: str) -> None:
        """A chat shows one customer's data at an institution. Another one has to unlink first."""
        standing = consents.of_lane(connection, self._keys, lane)
        if standing and standing.consent.current(self._clock.ms()) and standing.consent.customer != customer:
            raise LinkRefused("already-linked")

    def _unused(self, connection: Connection, token: str) -> str:
        """The linking token as it is kept. Raises LinkRefused when a login began with it before."""
        hashed = self._keys.pseudonym("linking-token", token)
        where = tables.link_attempt.c.token_hash == hashed
        if connection.execute(select(tables.link_attempt.c.id).where(where)).first():
            raise LinkRefused("link-used")
        return hashed

    def _open(self, connection: Connection, state: str, attempt: Attempt, token: str) -> None:
        name = self._name(state)
        connection.execute(
            insert(tables.link_attempt).values(
                id=name,
                lane=attempt.lane,
                institution=attempt.institution,
                step="begun",
                token_hash=self._unused(connection, token),
                expires_ms=self._clock.ms() + ATTEMPT_MS,
                body_sealed=self._sealed(name, attempt),
            )
        )

    async def _attempt(self, state: str, secret: str, *steps: str) -> Attempt:
        attempt = await self._store.read(lambda connection: self._in_step(connection, state, *steps))
        if not secret or self._keys.pseudonym("cookie", attempt.secret) != self._keys.pseudonym("cookie", secret):
            raise LinkRefused("link-foreign")
        return attempt

    def _in_step(self, connection: Connection, state: str, *steps: str) -> Attempt:
        name = self._name(state)
        row = connection.execute(select(tables.link_attempt).where(tables.link_attempt.c.id == name)).first()
        if row is None or row.step not in steps or row.expires_ms < self._clock.ms():
            raise LinkRefused("link-expired")
        return self._opened(name, row.body_sealed)

    def _chosen_before(self, connection: Connection, state: str, step: str, choice: Choice) -> bool:
        """Whether this form was taken already. Raises LinkRefused where it said something else, or is long past."""
        attempt = self._in_step(connection, state, "returned", step)
        standing = consents.by_id(connection, self._keys, attempt.consent) if attempt.consent else None
        if standing is None:
            return False
        given = standing.consent
        if (given.accounts, given.purposes, given.disclosure) != (choice.accounts, choice.purposes, choice.disclosure):
            raise LinkRefused("link-used")
        return True

    async def _step(self, state: str, step: str, following: str, attempt: Attempt) -> None:
        await self._store.write(lambda connection: self._move(connection, state, step, following, attempt, None))

    def _move(
        self,
        connection: Connection,
        state: str | None,
        step: str | None,
        following: str,
        attempt: Attempt,
        code_hash: str | None,
        name: str = "",
    ) -> None:
        """From one step to the next, once: whoever comes second finds another step and is refused."""
        name = name or self._name(state or "")
        where = tables.link_attempt.c.id == name
        if step is not None:
            where &= tables.link_attempt.c.step == step
        values: dict[str, Any] = {"step": following, "body_sealed": self._sealed(name, attempt)}
        if code_hash:
            values["code_hash"] = code_hash
        if following == "accepted":
            values["expires_ms"] = self._clock.ms() + CODE_MS
        done = connection.execute(update(tables.link_attempt).where(where).values(**values))
        if done.rowcount != 1:
            raise LinkRefused("link-expired")

    def _name(self, state: str) -> str:
        return self._keys.pseudonym("oauth-state", state)

    def _sealed(self, name: str, attempt: Attempt) -> bytes:
        return self._keys.seal(json.dumps(asdict(attempt)).encode(), f"link_attempt/{name}")

    def _opened(self, name: str, sealed: bytes) -> Attempt:
        body = json.loads(self._keys.unseal(sealed, f"link_attempt/{name}"))
        return Attempt(**{**body, "goal": Goal(body["goal"]), "accounts": tuple(body["accounts"])})


def web_contact(institution: str, customer: str) -> Contact:
    """A customer's address in the web chat: the same from every browser."""
    return Contact("web", institution, customer)


def _plain(grant: Grant) -> dict[str, Any]:
    return {**asdict(grant), "accounts": sorted(grant.accounts)}


def _grant(body: Mapping[str, Any]) -> Grant:
    return Grant(**{**body, "accounts": frozenset(body["accounts"])})
