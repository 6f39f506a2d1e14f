"""The finite domain over which the policy is tried out in full, and what it is meant to answer there.

Policies compare strings and sets with constants and with one another, never order or arithmetic. So two customers,
two institutions, one unknown kind of data and a few unknown purposes stand for all others, and each condition is
either met or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import chain, product

from offhold.model.access import Actor, Data, Purpose
from offhold.privacy.policy.deciding import Agreed, Allowed, Policy, Question

ACTIONS = ("read", "offer")
_PURPOSES = (*Purpose, "dpv:ServiceProvision", "dpv:Purpose", "dpv:requestedserviceprovision", "")
_TELLING = (Purpose.requested_service, Purpose.targeted_advertising, "dpv:ServiceProvision")
"""One purpose of each sort: agreed to, forbidden, unknown."""
_KINDS = (*map(str, Data), "contacts")
_EVERYTHING = frozenset(_KINDS)
_SETS = (frozenset[str](), *(frozenset({str(kind)}) for kind in _KINDS), frozenset(map(str, Data)), _EVERYTHING)
_CHANNELS = {
    "our page": ("page", "sealed"),
    "chat, open": ("messenger", "open"),
    "chat, sealed": ("messenger", "sealed"),
    "another chat, open": ("whatsapp", "open"),
}
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which of the things that a decision depends on hold."""

    active: bool = True
    own: bool = True
    consent_own: bool = True
    institution: bool = True
    purpose_agreed: bool = True
    data_agreed: bool = True
    agreement: bool = True
    agreement_purpose: bool = True
    agreement_data: bool = True
    channel: str = "our page"


_FLAGS = tuple(entry.name for entry in fields(Conditions) if entry.name != "channel")


@dataclass(frozen=True, slots=True, order=True)
class Disclosure:
    """A row of the disclosure list: `actor` may do `action` for `purpose` on `data`, shown at `where`."""

    actor: str
    action: str
    purpose: str
    data: str
    where: str
    rule: str


def question(actor: Actor, action: str, purpose: str, data: frozenset[str], holds: Conditions) -> Question:
    """A question in which exactly the conditions of `holds` are met."""
    channel, disclosure = _CHANNELS[holds.channel]
    missing = frozenset(sorted(data)[:1])
    return Question(
        actor=actor,
        action=action,
        purpose=str(purpose),
        data=data,
        channel=channel,
        customer="alice" if holds.own else "bob",
        owner="alice",
        institution="north",
        consent=Agreed(
            active=holds.active,
            customer="alice" if holds.consent_own else "bob",
            institution="north" if holds.institution else "south",
            channel="messenger",
            disclosure=disclosure,
            purposes=frozenset({str(purpose)} if holds.purpose_agreed else ()),
            data=_EVERYTHING if holds.data_agreed else _EVERYTHING - missing,
        ),
        agreement=Allowed(
            active=holds.agreement,
            purposes=frozenset({str(purpose)} if holds.agreement_purpose else ()),
            data=_EVERYTHING if holds.agreement_data else _EVERYTHING - missing,
        ),
    )


def questions() -> Iterator[Question]:
    """Every actor, action, purpose and kind of data, with all conditions met and with each one broken; and every
    combination of conditions for each actor and each sort of purpose."""
    for actor, action, purpose in product(Actor, ACTIONS, _PURPOSES):
        for data, holds in product(_SETS, (Conditions(), *_one_broken())):
            yield question(actor, action, purpose, data, holds)
    every = [
        Conditions(**dict(zip(_FLAGS, flags, strict=True)), channel=channel)
        for flags in product((True, False), repeat=len(_FLAGS))
        for channel in _CHANNELS
    ]
    for actor, action, purpose in product(Actor, ACTIONS, _TELLING):
        for holds in every:
            yield question(actor, action, purpose, frozenset(map(str, Data)), holds)
    for action, data, holds in product(ACTIONS, _SETS, every):
        yield question(Actor.customer, action, Purpose.requested_service, data, holds)


def meant(asked: Question) -> bool:
    """What the policy is meant to answer, said a second time and without Cedar."""
    if asked.actor is not Actor.customer or asked.purpose != Purpose.requested_service or not asked.data:
        return False
    agreement = asked.agreement.active and asked.purpose in asked.agreement.purposes
    if asked.customer != asked.owner or not agreement or not asked.data <= asked.agreement.data:
        return False
    if asked.action == "offer":
        return asked.data == {"accounts"} and asked.channel == "page"
    consent = asked.consent
    agreed = consent.active and asked.purpose in consent.purposes and asked.data <= consent.data
    theirs = consent.customer == asked.owner and consent.institution == asked.institution
    chat = asked.channel == consent.channel and consent.disclosure == "open"
    return agreed and theirs and (asked.channel == "page" or chat) and asked.data <= frozenset(map(str, Data))


def disagreements(policy: Policy) -> tuple[int, list[Question]]:
    """How many questions were asked, and those that the policy answers otherwise than meant."""
    asked, wrong = 0, []
    batch: list[Question] = []
    for each in chain(questions(), (None,)):
        if each is not None:
            batch.append(each)
        if batch and (each is None or len(batch) == _BATCH):
            verdicts = policy.decide_all(batch)
            wrong += [one for one, verdict in zip(batch, verdicts, strict=True) if verdict.allowed != meant(one)]
            asked += len(batch)
            batch = []
    return asked, wrong


def table(policy: Policy) -> tuple[Disclosure, ...]:
    """The complete disclosure list: whatever the policy allows to anybody when every condition is met."""
    asked = [
        (question(actor, action, purpose, frozenset({kind}), Conditions(channel=channel)), channel)
        for actor, action, purpose, kind, channel in product(Actor, ACTIONS, _PURPOSES, _KINDS, _CHANNELS)
    ]
    verdicts = policy.decide_all([one for one, _ in asked])
    rows = (
        Disclosure(one.actor.value, one.action, one.purpose, min(one.data), channel, verdict.rules[0])
        for (one, channel), verdict in zip(asked, verdicts, strict=True)
        if verdict.allowed
    )
    return tuple(sorted(rows))


def _one_broken() -> tuple[Conditions, ...]:
    broken = (Conditions(**{name: False}) for name in _FLAGS)  # type: ignore[arg-type]
    return (*broken, *(Conditions(channel=channel) for channel in _CHANNELS if channel != Conditions().channel))
