"""One decision by the Cedar policy of this package: deny by default, allow only on Allow without any error.

A policy that raises an error is skipped by Cedar, a forbid too. So every request is checked against the schema, any
error at all is a refusal, and Cedar's third answer, NoDecision, is one as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import cedarpy

from offhold.errors import ConfigurationError
from offhold.model.access import Actor

_HERE = Path(__file__).parent
_PRINCIPALS = {Actor.customer: "Bot", Actor.agent: "Agent", Actor.job: "Job", Actor.operator: "Operator"}


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the customer agreed to for the purpose asked; `NOTHING` where there is no consent."""

    active: bool
    customer: str
    institution: str
    channel: str
    disclosure: str
    purposes: frozenset[str]
    data: frozenset[str]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the institution's data-sharing agreement allows at this moment."""

    active: bool
    purposes: frozenset[str]
    data: frozenset[str]


NOTHING = Agreed(False, "", "", "", "", frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Question:
    """All that a decision looks at. `customer`: for whom the actor works; `owner`: whose the records are."""

    actor: Actor
    action: str
    purpose: str
    data: frozenset[str]
    channel: str
    customer: str
    owner: str
    institution: str
    consent: Agreed
    agreement: Allowed

    def plain(self) -> dict[str, Any]:
        """JSON values, for the leaf: whoever opens it can decide again."""
        return {**_plain(self), "consent": _plain(self.consent), "agreement": _plain(self.agreement)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Question:
        """What `plain` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        consent, agreement = dict(plain["consent"]), dict(plain["agreement"])
        for part in (consent, agreement):
            part["purposes"], part["data"] = frozenset(part["purposes"]), frozenset(part["data"])
        rest = {**plain, "actor": Actor(plain["actor"]), "data": frozenset(plain["data"])}
        return cls(**{**rest, "consent": Agreed(**consent), "agreement": Allowed(**agreement)})


def _plain(part: Question | Agreed | Allowed) -> dict[str, Any]:
    values = ((name, getattr(part, name)) for name in part.__slots__)
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rules`: ids of the policies that decided; `errors` in Cedar's words, each of them a refusal."""

    allowed: bool
    rules: tuple[str, ...]
    errors: tuple[str, ...]


class Policy:
    """A parsed policy and schema. Raises ConfigurationError when they do not validate strictly together."""

    def __init__(self, text: str, schema: str) -> None:
        self.text, self.schema = text, schema
        self.sha256 = sha256(json.dumps([schema, text]).encode()).hexdigest()
        try:
            valid = cedarpy.validate_policies(text, schema)
            self._schema = cedarpy.Schema.from_str(schema)
            self._policies = cedarpy.PolicySet.from_str(text)
        except ValueError as error:
            raise ConfigurationError((f"policy: Cedar cannot read it: {error}",)) from error
        if not valid.validation_passed:
            raise ConfigurationError(tuple(f"policy: {error}" for error in valid.errors))

    def decide(self, question: Question) -> Verdict:
        """The verdict on one question."""
        return self.decide_all((question,))[0]

    def decide_all(self, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for each question, in order."""
        requests = [_request(question) for question in questions]
        results = cedarpy.is_authorized_batch(requests, self._policies, _entities(questions), self._schema)
        return [_verdict(result) for result in results]


@cache
def packaged() -> Policy:
    """The policy of this package, approved or not."""
    return Policy((_HERE / "offhold.cedar").read_text(), (_HERE / "offhold.cedarschema").read_text())


def approval() -> Mapping[str, Any]:
    """What was approved: the `sha256` of policy and schema, and `allows`, the disclosure list it stands for."""
    return json.loads((_HERE / "approved.json").read_text())  # type: ignore[no-any-return]


def approved() -> Policy:
    """The policy to serve under. Raises ConfigurationError for one whose hash nobody approved."""
    policy = packaged()
    if policy.sha256 != approval()["sha256"]:
        raise ConfigurationError(
            (
                f"policy: {policy.sha256} is not approved. Run `offhold policy prove` and `offhold policy table`, have "
                "the change reviewed, and put its hash and table into privacy/policy/approved.json",
            )
        )
    return policy


def _request(question: Question) -> dict[str, Any]:
    return {
        "principal": _principal(question),
        "action": {"type": "Action", "id": question.action},
        "resource": _records(question),
        "context": {
            "purpose": question.purpose,
            "data": sorted(question.data),
            "channel": question.channel,
            "consent": {
                "active": question.consent.active,
                "customer": _customer(question.consent.customer),
                "institution": question.consent.institution,
                "channel": question.consent.channel,
                "disclosure": question.consent.disclosure,
                "purposes": sorted(question.consent.purposes),
                "data": sorted(question.consent.data),
            },
            "agreement": {
                "active": question.agreement.active,
                "purposes": sorted(question.agreement.purposes),
                "data": sorted(question.agreement.data),
            },
        },
    }


def _principal(question: Question) -> dict[str, str]:
    return {"type": _PRINCIPALS[question.actor], "id": question.customer}


def _records(question: Question) -> dict[str, str]:
    return {"type": "Records", "id": f"{question.institution}/{question.owner}"}


def _customer(name: str) -> dict[str, Any]:
    return {"__entity": {"type": "Customer", "id": name}}


def _entities(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """Principal and records of every question, once each."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for question in questions:
        principal, records = _principal(question), _records(question)
        for_whom = {"customer": _customer(question.customer)} if question.actor is Actor.customer else {}
        whose = {"owner": _customer(question.owner), "institution": question.institution}
        for uid, attributes in ((principal, for_whom), (records, whose)):
            found[uid["type"], uid["id"]] = {"uid": uid, "attrs": attributes, "parents": []}
    return list(found.values())


def _verdict(result: cedarpy.AuthzResult) -> Verdict:
    diagnostics = result.diagnostics
    errors = tuple(diagnostics.errors)
    allowed = result.decision is cedarpy.Decision.Allow and not errors
    names = diagnostics.id_annotations_by_reason
    return Verdict(allowed, tuple(sorted(names[reason] for reason in diagnostics.reasons)), errors)
