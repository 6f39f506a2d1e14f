"""The policy as formulas: Cedar's JSON form → z3, for all requests at once and not only those of a finite domain.

What is modelled: string and set comparisons, `&&` and `||` that stop early, entity types, and Cedar's rule that a
policy which raises an error is skipped. Every attribute may be missing unless the schema is assumed. A construct
that is not modelled fails the proof instead of being ignored. Source: Cedar, "Policies in JSON format",
"Authorization semantics". Strings are a finite sort: all literals of the policy and of the vocabulary, and
as many others as the attributes can tell apart, which is complete because policies only compare them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy
import z3

from offhold.model.access import FORBIDDEN, Data, Purpose
from offhold.privacy.policy.deciding import Policy, approval
from offhold.privacy.policy.domain import ACTIONS

_TEXTS = (
    "context.purpose",
    "context.channel",
    "context.consent.channel",
    "context.consent.disclosure",
    "context.consent.institution",
    "resource.institution",
)
_SETS = (
    "context.data",
    "context.consent.purposes",
    "context.consent.data",
    "context.agreement.purposes",
    "context.agreement.data",
)
_FLAGS = ("context.consent.active", "context.agreement.active")
_PEOPLE = ("context.consent.customer", "resource.owner", "principal.customer")
_RECORDS = ("context", "context.consent", "context.agreement", "principal", "resource")
_PRINCIPALS = ("Bot", "Agent", "Job", "Operator")
_OTHERS = tuple(f"other-{number}" for number in range(len(_TEXTS) + len(_SETS)))
"""Enough for every text attribute to hold an unknown word of its own, and every set a further one."""


class NotModelled(Exception):
    """The policy uses something that the formulas do not cover: nothing is proved."""


@dataclass(frozen=True, slots=True)
class _Value:
    """`term`: a formula, a text, a person, a set as its membership function, or the path of a record. `error`: when
    evaluating it fails."""

    kind: str
    term: Any
    error: Any


@dataclass(frozen=True, slots=True)
class Claim:
    """`formula` is to be `satisfiable`, or not at all."""

    name: str
    formula: Any
    satisfiable: bool = False


class Model:
    """The formulas of one policy. Raises NotModelled."""

    def __init__(self, policy: Policy) -> None:
        parsed = json.loads(cedarpy.policies_to_json_str(policy.text))
        if parsed["templates"]:
            raise NotModelled("templates")
        self._policies = list(parsed["staticPolicies"].values())
        known = {*_literals(self._policies), *map(str, Purpose), *map(str, Data), "page", "open", *_OTHERS}
        self.words = sorted(known)
        self.context = z3.Context()
        self.text, constants = z3.EnumSort("Text", self.words, self.context)
        self.literal = dict(zip(self.words, constants, strict=True))
        self.kind, kinds = z3.EnumSort("Principal", [*_PRINCIPALS], self.context)
        self._kinds = dict(zip(_PRINCIPALS, kinds, strict=True))
        self._action, actions = z3.EnumSort("Action", [*ACTIONS, "another"], self.context)
        self._actions = dict(zip((*ACTIONS, "another"), actions, strict=True))
        self._person = z3.DeclareSort("Customer", self.context)
        self._principal = z3.Const("principal", self.kind)
        self._asked = z3.Const("action", self._action)
        outcomes = [(entry["effect"], *self._outcome(entry)) for entry in self._policies]
        self.permitted = self.any(holds for effect, holds, _ in outcomes if effect == "permit")
        self.forbidden = self.any(holds for effect, holds, _ in outcomes if effect == "forbid")
        self.fails = self.any(fails for _, _, fails in outcomes)
        self.allowed = z3.And(self.permitted, z3.Not(self.forbidden))

    def any(self, formulas: Iterable[Any]) -> Any:
        return z3.Or(*formulas, self.context)

    def all(self, formulas: Iterable[Any]) -> Any:
        return z3.And(*formulas, self.context)

    def is_action(self, name: str) -> Any:
        return self._asked == self._actions[name]

    def is_principal(self, name: str) -> Any:
        return self._principal == self._kinds[name]

    def flag(self, path: str) -> Any:
        return z3.Bool(path, self.context)

    def word(self, path: str) -> Any:
        return z3.Const(path, self.text)

    def person(self, path: str) -> Any:
        return z3.Const(path, self._person)

    def member(self, path: str) -> Callable[[Any], Any]:
        return z3.Function(path, self.text, z3.BoolSort(self.context))  # type: ignore[no-any-return]

    def missing(self, path: str) -> Any:
        return z3.Bool(f"missing {path}", self.context)

    def schema(self) -> Any:
        """Every attribute is there, and only bots have a customer."""
        attributes = (*_TEXTS, *_SETS, *_FLAGS, *_PEOPLE[:2], *_RECORDS)
        present = [z3.Not(self.missing(path)) for path in attributes]
        of_bot = self.missing("principal.customer") == z3.Not(self.is_principal("Bot"))
        return z3.And(*present, of_bot, z3.Not(self._asked == self._actions["another"]))

    def _constant(self, value: bool) -> Any:
        return z3.BoolVal(value, self.context)

    def _outcome(self, entry: Mapping[str, Any]) -> tuple[Any, Any]:
        """When the policy holds, and when it raises an error instead."""
        holds = z3.And(self._scope(entry["principal"], "principal"), self._scope(entry["action"], "action"))
        holds = z3.And(holds, self._scope(entry["resource"], "resource"))
        fails = self._constant(False)
        for condition in entry["conditions"]:
            value = self._value(condition["body"])
            wanted = _formula(value) if condition["kind"] == "when" else z3.Not(_formula(value))
            fails = z3.Or(fails, z3.And(holds, value.error))
            holds = z3.And(holds, wanted, z3.Not(value.error))
        return holds, fails

    def _scope(self, scope: Mapping[str, Any], where: str) -> Any:
        match scope:
            case {"op": "All"}:
                return self._constant(True)
            case {"op": "is", "entity_type": "Records"} if where == "resource":
                return self._constant(True)
            case {"op": "is", "entity_type": str(kind)} if where == "principal":
                return self.is_principal(kind)
            case {"op": "==", "entity": {"type": "Action", "id": str(name)}} if where == "action":
                return self.is_action(name)
        raise NotModelled(f"scope {scope}")

    def _value(self, node: Mapping[str, Any]) -> _Value:
        [(operator, parts)] = node.items()
        match operator:
            case "Var" if parts in ("context", "principal", "resource"):
                return _Value("record", parts, self._constant(False))
            case "Value" if isinstance(parts, bool):
                return _Value("flag", self._constant(parts), self._constant(False))
            case "Value" if isinstance(parts, str):
                return _Value("text", self.literal[parts], self._constant(False))
            case "Set":
                return self._listed([self._value(part) for part in parts])
            case ".":
                return self._attribute(self._value(parts["left"]), parts["attr"])
            case "!" | "isEmpty":
                return self._unary(operator, self._value(parts["arg"]))
            case "&&" | "||":
                return _short_circuit(operator, self._value(parts["left"]), self._value(parts["right"]))
            case "==" | "!=" | "contains" | "containsAll" | "containsAny":
                return self._binary(operator, self._value(parts["left"]), self._value(parts["right"]))
        raise NotModelled(operator)

    def _attribute(self, record: _Value, name: str) -> _Value:
        path = f"{record.term}.{name}"
        error = z3.Or(record.error, self.missing(path))
        if record.kind == "record":
            if path in _RECORDS:
                return _Value("record", path, error)
            if path in _TEXTS:
                return _Value("text", self.word(path), error)
            if path in _FLAGS:
                return _Value("flag", self.flag(path), error)
            if path in _PEOPLE:
                return _Value("person", self.person(path), error)
            if path in _SETS:
                return _Value("set", self.member(path), error)
        raise NotModelled(f"attribute {path}")

    def _listed(self, values: list[_Value]) -> _Value:
        if any(value.kind != "text" for value in values):
            raise NotModelled("a set of other things than texts")
        error = self.any(value.error for value in values)
        return _Value("set", lambda word: self.any(word == value.term for value in values), error)

    def _unary(self, operator: str, value: _Value) -> _Value:
        if operator == "!":
            return _Value("flag", z3.Not(_formula(value)), value.error)
        if value.kind != "set":
            raise NotModelled(f"isEmpty of a {value.kind}")
        return _Value("flag", self.all(z3.Not(value.term(word)) for word in self._every()), value.error)

    def _binary(self, operator: str, left: _Value, right: _Value) -> _Value:
        error = z3.Or(left.error, right.error)
        match operator, left.kind, right.kind:
            case "==" | "!=", first, second if first == second and first in ("text", "person", "flag"):
                same = left.term == right.term
                return _Value("flag", same if operator == "==" else z3.Not(same), error)
            case "contains", "set", "text":
                return _Value("flag", left.term(right.term), error)
            case "containsAll", "set", "set":
                inside = [z3.Implies(right.term(word), left.term(word)) for word in self._every()]
                return _Value("flag", self.all(inside), error)
            case "containsAny", "set", "set":
                shared = [z3.And(right.term(word), left.term(word)) for word in self._every()]
                return _Value("flag", self.any(shared), error)
        raise NotModelled(f"{left.kind} {operator} {right.kind}")

    def _every(self) -> list[Any]:
        return list(self.literal.values())


def claims(model: Model) -> Iterator[Claim]:
    """What holds for every request. Unless it says so, the schema is not assumed: attributes may be missing."""
    allowed, read, offer = model.allowed, model.is_action("read"), model.is_action("offer")
    purpose, channel, owner = (
        model.word("context.purpose"),
        model.word("context.channel"),
        model.person("resource.owner"),
    )
    forbidden = model.any(purpose == model.literal[term.value] for term in sorted(FORBIDDEN))
    asked, kinds = model.member("context.data"), [model.literal[kind.value] for kind in Data]

    def some(inside: Callable[[Any], Any]) -> Any:
        return model.any(z3.And(asked(word), inside(word)) for word in model.literal.values())

    def outside(path: str) -> Any:
        return some(lambda word: z3.Not(model.member(path)(word)))

    yield Claim("no permit allows a forbidden purpose", z3.And(model.permitted, forbidden))
    yield Claim(
        "some forbidden purpose is not forbidden by name (schema)",
        z3.And(model.schema(), forbidden, z3.Not(model.forbidden)),
    )
    yield Claim("allowed without a purpose", z3.And(allowed, model.missing("context.purpose")))
    yield Claim("read without a standing consent", z3.And(allowed, read, z3.Not(model.flag("context.consent.active"))))
    yield Claim("read of another person's records", z3.And(allowed, model.person("principal.customer") != owner))
    yield Claim(
        "read under another person's consent", z3.And(allowed, read, model.person("context.consent.customer") != owner)
    )
    institution = model.word("context.consent.institution") != model.word("resource.institution")
    yield Claim("read under another institution's consent", z3.And(allowed, read, institution))
    unagreed = z3.Not(model.member("context.consent.purposes")(purpose))
    yield Claim("read for a purpose that the customer did not agree to", z3.And(allowed, read, unagreed))
    yield Claim(
        "read of data that the customer did not agree to", z3.And(allowed, read, outside("context.consent.data"))
    )
    yield Claim(
        "allowed without an agreement in force", z3.And(allowed, z3.Not(model.flag("context.agreement.active")))
    )
    undealt = z3.Not(model.member("context.agreement.purposes")(purpose))
    yield Claim("allowed for a purpose outside the agreement", z3.And(allowed, undealt))
    yield Claim("allowed for data outside the agreement", z3.And(allowed, outside("context.agreement.data")))
    theirs = z3.And(
        channel == model.word("context.consent.channel"),
        model.word("context.consent.disclosure") == model.literal["open"],
    )
    elsewhere = channel != model.literal["page"]
    yield Claim("read for a chat that may not show it", z3.And(allowed, read, elsewhere, z3.Not(theirs)))
    yield Claim("accounts offered outside our own page", z3.And(allowed, offer, elsewhere))
    yield Claim(
        "more than accounts offered",
        z3.And(allowed, offer, some(lambda word: word != model.literal["accounts"])),
    )
    strange = some(lambda word: model.all(word != kind for kind in kinds))
    yield Claim("allowed for an unknown kind of data", z3.And(allowed, strange))
    nothing = model.all(z3.Not(asked(word)) for word in model.literal.values())
    yield Claim("allowed for no data at all", z3.And(allowed, nothing))
    yield Claim("allowed to another actor than the customer's bot", z3.And(allowed, z3.Not(model.is_principal("Bot"))))
    yield Claim("another action allowed", z3.And(allowed, z3.Not(read), z3.Not(offer)))
    yield Claim("a policy raises an error (schema)", z3.And(model.schema(), model.fails))
    for row in approval()["allows"]:
        only = model.all(
            asked(word) == z3.BoolVal(name == row["data"], model.context) for name, word in model.literal.items()
        )
        only = z3.And(only, purpose == model.literal[row["purpose"]])
        shown = z3.Not(elsewhere) if row["where"] == "our page" else elsewhere
        sealed = z3.Not(theirs) if row["where"] == "our page" else theirs
        possible = z3.And(model.schema(), allowed, model.is_action(row["action"]), only, shown, sealed)
        yield Claim(f"{row['action']} of {row['data']} for {row['where']} is possible", possible, satisfiable=True)


def _literals(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("Value"), str):
            yield node["Value"]
        for part in node.values():
            yield from _literals(part)
    elif isinstance(node, list):
        for part in node:
            yield from _literals(part)


def _formula(value: _Value) -> Any:
    if value.kind != "flag":
        raise NotModelled(f"a {value.kind} as a condition")
    return value.term


def _short_circuit(operator: str, left: _Value, right: _Value) -> _Value:
    """The right side counts, and its error, only where the left side does not settle it."""
    first, second = _formula(left), _formula(right)
    reached = first if operator == "&&" else z3.Not(first)
    error = z3.Or(left.error, z3.And(reached, right.error))
    return _Value("flag", z3.And(first, second) if operator == "&&" else z3.Or(first, second), error)
