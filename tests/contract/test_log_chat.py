"""Who looked at my data? asked in the chat of a running service."""

from __future__ import annotations

import re

from tests.counterparts.service import QUESTION, World, wait_for


def _said(world: World, psid: str, text: str) -> str:
    before = len(world.graph.texts(psid))
    world.say(psid, text)
    return str(wait_for(lambda: world.graph.texts(psid)[before:])[-1])


def test_each_look_is_told_with_its_proof(world: World) -> None:
    world.linked("7101")
    _said(world, "7101", QUESTION)
    told = _said(world, "7101", "who looked at my data?")
    assert "this bot" in told and "transactions" in told and "to answer you" in told
    numbers = re.findall(r"line (\d+), ([0-9a-f]{8})", told)
    assert len(numbers) >= 2 and [int(number) for number, _ in numbers] == sorted(
        (int(number) for number, _ in numbers), reverse=True
    )
    assert "18.00" not in told


def test_a_sealed_chat_is_told_nothing_but_where_to_look(world: World) -> None:
    world.linked("7102", disclosure="sealed")
    told = _said(world, "7102", "who looked at my data?")
    assert "Your data" in told and not re.search(r"\d", told)
