"""Policies with one fault each, made by code from the policy's JSON form."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import cedarpy

_OTHER = {"==": ("!=",), "!=": ("==",), "&&": ("||",), "||": ("&&",), "containsAll": ("containsAny",)}
EQUIVALENT = {
    "offer-accounts: containsAll became containsAny on agreement.data": "only one kind of data can be offered at all",
}
"""Faults that change nothing, and why. So do another type of resource (the schema knows one) and a kind of data in a
list of purposes: neither is made."""

Place = tuple[str | int, ...]


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """(what was done, the mutant's text) for every fault that the policy has a place for."""
    whole = json.loads(cedarpy.policies_to_json_str(text))
    for name, policy in whole["staticPolicies"].items():
        label = policy["annotations"]["id"]
        yield f"{label}: removed", _text(whole, ("staticPolicies", name), None)
        other = "forbid" if policy["effect"] == "permit" else "permit"
        yield f"{label}: {other}", _text(whole, ("staticPolicies", name, "effect"), other)
        for scope in ("principal", "action"):
            if policy[scope] != {"op": "All"}:
                yield f"{label}: any {scope}", _text(whole, ("staticPolicies", name, scope), {"op": "All"})
        if policy["action"]["op"] == "==":
            swapped = {"op": "==", "entity": {"type": "Action", "id": _other_action(policy["action"])}}
            yield f"{label}: action swapped", _text(whole, ("staticPolicies", name, "action"), swapped)
        for place, node in _walk(policy["conditions"], ("staticPolicies", name, "conditions")):
            for what, changed in _faults(node, policy["effect"]):
                yield f"{label}: {what}", _text(whole, place, changed)


def _other_action(scope: Any) -> str:
    return "offer" if scope["entity"]["id"] == "read" else "read"


def _walk(node: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(node, dict):
        yield place, node
        for key, part in node.items():
            yield from _walk(part, (*place, key))
    elif isinstance(node, list):
        for number, part in enumerate(node):
            yield from _walk(part, (*place, number))


def _faults(node: dict[str, Any], effect: str) -> Iterator[tuple[str, Any]]:
    [operator, *more] = node
    if more:
        return  # a condition with its kind, not an expression
    parts = node[operator]
    if operator in ("&&", "||"):
        yield f"{operator} keeps its left side", parts["left"]
        yield f"{operator} keeps its right side", parts["right"]
    for other in _OTHER.get(operator, ()):
        yield f"{operator} became {other} on {_path(parts['left'])}", {other: parts}
    if operator == "!":
        yield "negation dropped", parts["arg"]
    if operator == "Set":
        for number, value in enumerate(parts):
            yield f"{value['Value']} left out", {"Set": parts[:number] + parts[number + 1 :]}
        if effect == "permit":
            yield "contacts let in", {"Set": [*parts, {"Value": "contacts"}]}
    if operator == "Value" and isinstance(parts, str):
        yield f"{parts} misspelt", {"Value": f"{parts}X"}


def _path(node: dict[str, Any]) -> str:
    """The last two names of an attribute path; the operator of anything else."""
    [operator] = node
    if operator != ".":
        return operator
    before = node["."]["left"]
    return f"{before['.']['attr']}.{node['.']['attr']}" if "." in before else str(node["."]["attr"])


def _text(whole: dict[str, Any], place: Place, value: Any) -> str:
    changed = copy.deepcopy(whole)
    node: Any = changed
    for step in place[:-1]:
        node = node[step]
    if value is None:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return cedarpy.policies_from_json_str(json.dumps(changed))
