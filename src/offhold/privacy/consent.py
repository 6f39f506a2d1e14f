"""Consents and links: who agreed to what, for how long, and everything that happened to it since.

A consent's record is written once; what becomes of it are events, each naming the one before it by hash. The terms in
force are the fold over them, and what does not fold (a gap, an unknown purpose, a forged hash) is no consent at all.
Each event and its leaf commit together, in the store's serial order with every read's decision.
Sources: ISO/IEC TS 27560:2023 (consent records), W3C DPV 2.3 (states), 12 CFR 1033.421 (a year at most).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from offhold.accesslog import leaves
from offhold.banks.port import Grant
from offhold.errors import SealBroken
from offhold.keys.file import Keys
from offhold.model.access import Actor, Data, Purpose
from offhold.model.consent import Consent, Event, Scope
from offhold.model.message import Disclosure
from offhold.store import tables

log = structlog.get_logger()

DAY_MS = 86_400_000
DATA_FOR = {Purpose.requested_service: frozenset(Data)}
"""What the consent page says that each purpose it offers may read."""

# Each decision of the gate asks these three, so they are built once.
_LINK = select(tables.link).where(tables.link.c.lane == bindparam("lane")).order_by(tables.link.c.linked_ms.desc())
_RECORD = select(tables.consent).where(tables.consent.c.id == bindparam("consent"))
_EVENTS = (
    select(tables.consent_event)
    .where(tables.consent_event.c.consent == bindparam("consent"))
    .order_by(tables.consent_event.c.seq)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane's consent at one institution, and the bank's authorisation under it."""

    consent: Consent
    grant: Grant


@dataclass(frozen=True, slots=True)
class Linked:
    """A contact's link: the customer it stands for, since when, under which consent."""

    customer: str
    institution: str
    consent: str
    linked_ms: int


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as it is stored. `actor` is who caused it, `terms` what holds since (unchanged where empty)."""

    seq: int
    at_ms: int
    event: Event
    actor: Mapping[str, str]
    terms: Mapping[str, Any]
    prev: str
    hash: str


def give(connection: Connection, keys: Keys, standing: Standing, lane: str) -> None:
    """Record a consent and its leaf. It has no effect before `link` binds a contact to it."""
    consent = standing.consent
    event = Event.renewed if _stands_already(connection, consent) else Event.given
    connection.execute(
        insert(tables.consent).values(
            id=consent.id,
            customer=consent.customer,
            institution=consent.institution,
            channel=consent.channel,
            given_ms=consent.given_ms,
            expires_ms=consent.expires_ms,
            notice=consent.notice,
            grant_sealed=_sealed_grant(keys, consent.id, standing.grant),
        )
    )
    _happens(connection, keys, consent, event, consent.given_ms, lane, _terms(consent))


def link(connection: Connection, keys: Keys, lane: str, consent: Consent, now_ms: int) -> Grant | None:
    """Bind a contact to the consent, in the place of any link it had at that institution: what it had ends, and its
    grant is returned so that the bank can be told."""
    where = (tables.link.c.lane == lane) & (tables.link.c.institution == consent.institution)
    before = connection.execute(select(tables.link.c.consent).where(where)).scalar()
    connection.execute(delete(tables.link).where(where))
    old = by_id(connection, keys, before) if before and before != consent.id else None
    if old:
        _end(connection, keys, old.consent, Event.superseded, now_ms, lane)
    connection.execute(
        insert(tables.link).values(
            lane=lane,
            institution=consent.institution,
            customer=consent.customer,
            consent=consent.id,
            linked_ms=now_ms,
        )
    )
    return old.grant if old else None


def by_id(connection: Connection, keys: Keys, consent_id: str) -> Standing | None:
    """The consent while it stands: no event ended it, and all of it can be read. Whether it ran out is `lapse`'s."""
    row = connection.execute(_RECORD, {"consent": consent_id}).first()
    if row is None or row.grant_sealed is None:
        return None
    try:
        consent = _folded(row, history(connection, keys, consent_id))
        return Standing(consent, _opened_grant(keys, row.id, row.grant_sealed)) if consent else None
    except (SealBroken, ValueError, KeyError, TypeError):
        log.error("consent.invalid", consent=consent_id)
        return None


def history(connection: Connection, keys: Keys, consent_id: str) -> tuple[Happened, ...]:
    """Every event in order. Raises SealBroken for one that was altered, moved or forged."""
    rows = connection.execute(_EVENTS, {"consent": consent_id}).all()
    return tuple(_opened(keys, row) for row in rows)


def linked(connection: Connection, lane: str) -> Linked | None:
    """The contact's link. One institution for now: the latest link counts."""
    row = connection.execute(_LINK, {"lane": lane}).first()
    return Linked(row.customer, row.institution, row.consent, row.linked_ms) if row else None


def of_lane(connection: Connection, keys: Keys, lane: str) -> Standing | None:
    """What the contact is linked to, while it stands."""
    bound = linked(connection, lane)
    return by_id(connection, keys, bound.consent) if bound else None


def of_customer(connection: Connection, customer: str) -> tuple[str, ...]:
    """The ids of every consent that the customer ever gave, the newest first."""
    table = tables.consent
    found = select(table.c.id).where(table.c.customer == customer).order_by(table.c.given_ms.desc(), table.c.id.desc())
    return tuple(connection.execute(found).scalars())


def newest(connection: Connection, keys: Keys, customer: str, institution: str) -> Standing | None:
    """The customer's latest consent that stands at the institution."""
    standing = (by_id(connection, keys, name) for name in of_customer(connection, customer))
    return next((each for each in standing if each and each.consent.institution == institution), None)


def declined_until_ms(connection: Connection, lane: str) -> int:
    """Until when it is remembered that the contact said no to linking; 0 where it never did."""
    where = tables.refusal.c.lane == lane
    return connection.execute(select(tables.refusal.c.until_ms).where(where)).scalar() or 0


def supersede(connection: Connection, keys: Keys, consent: Consent, channel: str, now_ms: int) -> tuple[Grant, ...]:
    """A customer has one contact for each channel at an institution: links made before end, and their grants are
    returned so that the bank can be told."""
    contacts = select(tables.contact.c.lane).where(tables.contact.c.channel == channel)
    where = (tables.link.c.customer == consent.customer) & (tables.link.c.institution == consent.institution)
    where &= tables.link.c.lane.in_(contacts)
    lanes = connection.execute(select(tables.link.c.lane).where(where)).scalars().all()
    ended = [end(connection, keys, lane, now_ms, Event.superseded) for lane in lanes]
    return tuple(grant for grant in ended if grant)


def end_unused(connection: Connection, keys: Keys, consent_id: str, now_ms: int, lane: str) -> Grant | None:
    """End a consent that no contact was ever linked under; its grant, for the bank to be told."""
    standing = by_id(connection, keys, consent_id)
    if standing is None:
        return None
    _end(connection, keys, standing.consent, Event.withdrawn, now_ms, lane)
    return standing.grant


def end(connection: Connection, keys: Keys, lane: str, now_ms: int, event: Event) -> Grant | None:
    """End what the lane is linked to, effective at commit.

    The bank's tokens are destroyed here; the grant is returned so that the caller can tell the bank.
    """
    standing = of_lane(connection, keys, lane)
    connection.execute(delete(tables.link).where(tables.link.c.lane == lane))
    connection.execute(delete(tables.proof_key).where(tables.proof_key.c.lane == lane))
    if standing is None:
        return None
    _end(connection, keys, standing.consent, event, now_ms, lane)
    return standing.grant


def withdraw(connection: Connection, keys: Keys, consent_id: str, now_ms: int, operator: str) -> Grant | None:
    """End a consent by its id, on the customer's word to somebody at the institution. None: it does not stand."""
    standing = by_id(connection, keys, consent_id)
    if standing is None:
        return None
    lanes = connection.execute(select(tables.link.c.lane).where(tables.link.c.consent == consent_id)).scalars().all()
    connection.execute(delete(tables.link).where(tables.link.c.consent == consent_id))
    connection.execute(delete(tables.proof_key).where(tables.proof_key.c.lane.in_(lanes)))
    _end(connection, keys, standing.consent, Event.withdrawn, now_ms, operator, Actor.operator)
    return standing.grant


def narrow(
    connection: Connection,
    keys: Keys,
    lane: str,
    now_ms: int,
    disclosure: Disclosure | None = None,
    without: Iterable[str] = (),
) -> Consent | None:
    """Take from what the lane's customer agreed to: figures out of the chat, or accounts. Nothing can be added.

    Returns the terms since; None when nothing stands.
    """
    standing = of_lane(connection, keys, lane)
    if standing is None:
        return None
    consent, gone = standing.consent, frozenset(without)
    left = tuple(replace(scope, accounts=scope.accounts - gone) for scope in consent.scopes)
    shown = Disclosure.sealed if Disclosure.sealed in (disclosure, consent.disclosure) else Disclosure.open
    narrower = replace(consent, scopes=tuple(scope for scope in left if scope.accounts), disclosure=shown)
    if narrower != consent:
        _happens(connection, keys, narrower, Event.narrowed, now_ms, lane, _terms(narrower))
    return narrower


def renew(connection: Connection, keys: Keys, consent_id: str, grant: Grant) -> None:
    """Keep rotated tokens. A consent that ended meanwhile keeps none."""
    connection.execute(
        update(tables.consent)
        .where(tables.consent.c.id == consent_id, tables.consent.c.grant_sealed.is_not(None))
        .values(grant_sealed=_sealed_grant(keys, consent_id, grant))
    )


def keep_notice(connection: Connection, keys: Keys, page: bytes, now_ms: int) -> str:
    """Store the page that a customer was shown under the SHA-256 of its bytes, and return that."""
    name = sha256(page).hexdigest()
    if not connection.execute(select(tables.notice.c.hash).where(tables.notice.c.hash == name)).first():
        body = keys.seal(page, f"notice/{name}")
        connection.execute(insert(tables.notice).values(hash=name, at_ms=now_ms, body_sealed=body))
    return name


def notice(connection: Connection, keys: Keys, name: str) -> bytes | None:
    """The page behind a notice's hash. Raises SealBroken when it is not the one that was shown."""
    sealed = connection.execute(select(tables.notice.c.body_sealed).where(tables.notice.c.hash == name)).scalar()
    if sealed is None:
        return None
    page = keys.unseal(sealed, f"notice/{name}")
    if sha256(page).hexdigest() != name:
        raise SealBroken("notice")
    return page


def forget_notices(connection: Connection, before_ms: int) -> None:
    """Drop the pages that were shown and led to no consent."""
    used = select(tables.consent.c.notice)
    unused = tables.notice.c.hash.not_in(used) & (tables.notice.c.at_ms < before_ms)
    connection.execute(delete(tables.notice).where(unused))


def _end(
    connection: Connection,
    keys: Keys,
    consent: Consent,
    event: Event,
    now_ms: int,
    who: str,
    kind: Actor = Actor.customer,
) -> None:
    connection.execute(update(tables.consent).where(tables.consent.c.id == consent.id).values(grant_sealed=None))
    _happens(connection, keys, consent, event, now_ms, who, {}, kind)


def _happens(
    connection: Connection,
    keys: Keys,
    consent: Consent,
    event: Event,
    now_ms: int,
    who: str,
    terms: Mapping[str, Any],
    kind: Actor = Actor.customer,
) -> None:
    """Append the event and its leaf."""
    events = tables.consent_event
    last = connection.execute(
        select(events.c.seq, events.c.hash).where(events.c.consent == consent.id).order_by(events.c.seq.desc()).limit(1)
    ).first()
    seq, prev = (last.seq + 1, last.hash) if last else (1, "")
    actor = {"kind": kind.value, "id": who}
    body = {"prev": prev, "t": now_ms, "event": event.value, "actor": actor, "terms": dict(terms)}
    written = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    digest = sha256(f"{consent.id}/{seq}/".encode() + written).hexdigest()
    sealed = keys.seal(written, f"consent_event/{consent.id}/{seq}")
    row = {"consent": consent.id, "seq": seq, "at_ms": now_ms, "event": event.value, "hash": digest}
    connection.execute(insert(events).values(**row, body_sealed=sealed))
    name = "give" if event in (Event.given, Event.renewed) else event.value
    record = {
        "act": f"consent.{name}",
        "actor": actor,
        "consent": consent.id,
        "event": digest,
        "notice": consent.notice,
        "purpose": sorted(consent.purposes),
        "level": consent.disclosure.value,
    }
    leaves.append(connection, keys, consent.customer, consent.institution, now_ms, record)


def _opened(keys: Keys, row: Row[Any]) -> Happened:
    written = keys.unseal(row.body_sealed, f"consent_event/{row.consent}/{row.seq}")
    body = json.loads(written)
    if sha256(f"{row.consent}/{row.seq}/".encode() + written).hexdigest() != row.hash or body["event"] != row.event:
        raise SealBroken("consent_event")
    return Happened(row.seq, body["t"], Event(body["event"]), body["actor"], body["terms"], body["prev"], row.hash)


def _folded(row: Row[Any], events: Sequence[Happened]) -> Consent | None:
    """The terms after every event; None for one that ended. Raises ValueError where the events do not hang together."""
    for number, event in enumerate(events, start=1):
        if event.seq != number or event.prev != (events[number - 2].hash if number > 1 else ""):
            raise ValueError("a gap")
    if not events or events[0].event not in (Event.given, Event.renewed):
        raise ValueError("never given")
    if any(event.event.ends for event in events):
        return None
    terms = [event.terms for event in events if event.terms][-1]
    return Consent(
        id=row.id,
        customer=row.customer,
        institution=row.institution,
        channel=row.channel,
        scopes=tuple(map(_scope, terms["scopes"])),
        disclosure=Disclosure(terms["disclosure"]),
        given_ms=row.given_ms,
        reconfirm_ms=terms["reconfirm_ms"],
        expires_ms=row.expires_ms,
        history_months=terms["history_months"],
        notice=row.notice,
    )


def _scope(plain: Mapping[str, Any]) -> Scope:
    """Raises ValueError for a purpose or a kind of data that the closed lists do not hold."""
    return Scope(Purpose(plain["purpose"]), frozenset(map(Data, plain["data"])), frozenset(plain["accounts"]))


def _terms(consent: Consent) -> dict[str, Any]:
    scopes = [
        {"purpose": scope.purpose.value, "data": sorted(scope.data), "accounts": sorted(scope.accounts)}
        for scope in consent.scopes
    ]
    return {
        "scopes": scopes,
        "disclosure": consent.disclosure.value,
        "reconfirm_ms": consent.reconfirm_ms,
        "history_months": consent.history_months,
    }


def _stands_already(connection: Connection, consent: Consent) -> bool:
    """Whether the customer has a consent on this channel already that no event ended."""
    table = tables.consent
    where = (table.c.customer == consent.customer) & (table.c.institution == consent.institution)
    where &= (table.c.channel == consent.channel) & table.c.grant_sealed.is_not(None)
    return connection.execute(select(table.c.id).where(where)).first() is not None


def _sealed_grant(keys: Keys, consent_id: str, grant: Grant) -> bytes:
    body = {**asdict(grant), "accounts": sorted(grant.accounts)}
    return keys.seal(json.dumps(body).encode(), f"grant/{consent_id}")


def _opened_grant(keys: Keys, consent_id: str, sealed: bytes) -> Grant:
    body = json.loads(keys.unseal(sealed, f"grant/{consent_id}"))
    return Grant(**{**body, "accounts": frozenset(body["accounts"])})
