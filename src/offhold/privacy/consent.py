"""Consent and link records: who agreed to what, on which accounts, for how long, shown how."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select, update

from offhold.accesslog import leaves
from offhold.banks.port import Grant
from offhold.keys.file import Keys
from offhold.model.access import Purpose
from offhold.model.message import Disclosure
from offhold.store import tables


@dataclass(frozen=True, slots=True)
class Consent:
    """`accounts` the customer ticked; `purposes` exact leaf terms; times in unix milliseconds."""

    id: str
    customer: str
    institution: str
    accounts: frozenset[str]
    purposes: frozenset[Purpose]
    disclosure: Disclosure
    given_ms: int
    expires_ms: int

    def current(self, now_ms: int) -> bool:
        return self.given_ms <= now_ms < self.expires_ms


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane's consent at one institution, and the bank's authorisation under it."""

    consent: Consent
    grant: Grant


def give(connection: Connection, keys: Keys, standing: Standing, lane: str) -> None:
    """Record a consent and its leaf. It has no effect before `link` binds a contact to it."""
    consent = standing.consent
    record = {"accounts": sorted(consent.accounts)}
    connection.execute(
        insert(tables.consent).values(
            id=consent.id,
            customer=consent.customer,
            institution=consent.institution,
            state="given",
            purposes=" ".join(sorted(consent.purposes)),
            disclosure=consent.disclosure.value,
            given_ms=consent.given_ms,
            expires_ms=consent.expires_ms,
            record_sealed=keys.seal(json.dumps(record).encode(), f"consent/{consent.id}"),
            grant_sealed=_sealed_grant(keys, consent.id, standing.grant),
        )
    )
    _note(connection, keys, consent, consent.given_ms, "consent.give", lane)


def link(connection: Connection, lane: str, consent: Consent, now_ms: int) -> None:
    """Bind a contact to the consent, in the place of any link it had at that institution."""
    where = (tables.link.c.lane == lane) & (tables.link.c.institution == consent.institution)
    connection.execute(delete(tables.link).where(where))
    connection.execute(
        insert(tables.link).values(
            lane=lane,
            institution=consent.institution,
            customer=consent.customer,
            consent=consent.id,
            linked_ms=now_ms,
        )
    )


def by_id(connection: Connection, keys: Keys, consent_id: str) -> Standing | None:
    """The consent while it stands: not withdrawn, not revoked. Its expiry is the caller's to check."""
    row = connection.execute(
        select(tables.consent).where(tables.consent.c.id == consent_id, tables.consent.c.state == "given")
    ).first()
    if row is None or row.grant_sealed is None:
        return None
    record = json.loads(keys.unseal(row.record_sealed, f"consent/{row.id}"))
    consent = Consent(
        id=row.id,
        customer=row.customer,
        institution=row.institution,
        accounts=frozenset(record["accounts"]),
        purposes=frozenset(Purpose(term) for term in row.purposes.split()),
        disclosure=Disclosure(row.disclosure),
        given_ms=row.given_ms,
        expires_ms=row.expires_ms,
    )
    return Standing(consent, _opened_grant(keys, row.id, row.grant_sealed))


def of_lane(connection: Connection, keys: Keys, lane: str) -> Standing | None:
    """What the contact is linked to. One institution for now: the latest link counts."""
    row = connection.execute(
        select(tables.link.c.consent).where(tables.link.c.lane == lane).order_by(tables.link.c.linked_ms.desc())
    ).first()
    return by_id(connection, keys, row.consent) if row else None


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
    ended = [end(connection, keys, lane, now_ms, "withdrawn") for lane in lanes]
    return tuple(grant for grant in ended if grant)


def end_unused(connection: Connection, keys: Keys, consent_id: str, now_ms: int, lane: str) -> Grant | None:
    """End a consent that no contact was ever linked under; its grant, for the bank to be told."""
    standing = by_id(connection, keys, consent_id)
    if standing is None:
        return None
    _end(connection, keys, standing.consent, now_ms, "withdrawn", lane)
    return standing.grant


def end(connection: Connection, keys: Keys, lane: str, now_ms: int, state: str) -> Grant | None:
    """End what the lane is linked to (`state`: withdrawn or revoked-at-bank), effective at commit.

    The bank's tokens are destroyed here; the grant is returned so that the caller can tell the bank.
    """
    standing = of_lane(connection, keys, lane)
    connection.execute(delete(tables.link).where(tables.link.c.lane == lane))
    connection.execute(delete(tables.proof_key).where(tables.proof_key.c.lane == lane))
    if standing is None:
        return None
    _end(connection, keys, standing.consent, now_ms, state, lane)
    return standing.grant


def _end(connection: Connection, keys: Keys, consent: Consent, now_ms: int, state: str, lane: str) -> None:
    connection.execute(
        update(tables.consent)
        .where(tables.consent.c.id == consent.id)
        .values(state=state, ended_ms=now_ms, grant_sealed=None)
    )
    _note(connection, keys, consent, now_ms, f"consent.{state}", lane)


def renew(connection: Connection, keys: Keys, consent_id: str, grant: Grant) -> None:
    """Keep rotated tokens. A consent that ended meanwhile keeps none."""
    connection.execute(
        update(tables.consent)
        .where(tables.consent.c.id == consent_id, tables.consent.c.state == "given")
        .values(grant_sealed=_sealed_grant(keys, consent_id, grant))
    )


def _note(connection: Connection, keys: Keys, consent: Consent, now_ms: int, act: str, lane: str) -> None:
    record = {
        "act": act,
        "actor": {"kind": "customer", "id": lane},
        "consent": consent.id,
        "purpose": sorted(consent.purposes),
        "level": consent.disclosure.value,
    }
    leaves.append(connection, keys, consent.customer, consent.institution, now_ms, record)


def _sealed_grant(keys: Keys, consent_id: str, grant: Grant) -> bytes:
    body = {**asdict(grant), "accounts": sorted(grant.accounts)}
    return keys.seal(json.dumps(body).encode(), f"grant/{consent_id}")


def _opened_grant(keys: Keys, consent_id: str, sealed: bytes) -> Grant:
    body = json.loads(keys.unseal(sealed, f"grant/{consent_id}"))
    return Grant(**{**body, "accounts": frozenset(body["accounts"])})
