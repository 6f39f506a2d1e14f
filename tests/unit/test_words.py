"""Every text that the program says is in the catalogue, with just the arguments that it is given."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser

import offhold
from offhold.words import plural, say

_SOURCE = Path(offhold.__file__).parent
_ARGUMENT = re.compile(r"\$([a-z_]+)")
_ENTRIES = {
    entry.id.name: set(_ARGUMENT.findall(text[entry.span.start : entry.span.end]))
    for text in [(_SOURCE / "words" / "en.ftl").read_text()]
    for entry in FluentParser().parse(text).body
    if hasattr(entry, "id")
}


def _calls(name: str) -> list[tuple[str, ast.Call]]:
    found = []
    for file in sorted(_SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                found.append((f"{file.relative_to(_SOURCE)}:{node.lineno}", node))
    return found


def test_each_text_said_by_name_is_there_with_its_arguments() -> None:
    wrong = []
    checked = 0
    for where, call in _calls("say"):
        if (
            not call.args
            or not isinstance(call.args[0], ast.Constant)
            or any(word.arg is None for word in call.keywords)
        ):
            continue
        key = str(call.args[0].value).replace(".", "-")
        given = {word.arg for word in call.keywords}
        checked += 1
        if _ENTRIES.get(key) != given:
            wrong.append(f"{where}: {key} wants {_ENTRIES.get(key)}, gets {given}")
    assert wrong == [] and checked > 40


def test_each_counted_thing_is_in_the_catalogue() -> None:
    things = {
        part.value
        for _, call in _calls("plural")
        for part in ast.walk(call.args[1])
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    assert things
    assert {f"count-{thing.replace(' ', '-')}" for thing in things} <= set(_ENTRIES)


def test_one_and_many() -> None:
    assert [plural(number, "purchase") for number in (0, 1, 2, 1000)] == [
        "0 purchases",
        "1 purchase",
        "2 purchases",
        "1,000 purchases",
    ]


def test_a_value_from_outside_is_never_a_template() -> None:
    assert "{ $figure }" in say("biggest", figure="{ $figure }", merchant="{day}", day="1 May 2026")


@pytest.mark.parametrize(("key", "values"), [("no.such.text", {}), ("biggest", {"figure": "$1.00"})])
def test_a_missing_text_or_argument_is_an_error(key: str, values: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        say(key, **values)
