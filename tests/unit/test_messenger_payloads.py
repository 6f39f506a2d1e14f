"""Button payloads can be read and resent by anyone in the thread: signed, bound to one person, a day long."""

from __future__ import annotations

import pytest

from offhold.channels import payloads
from offhold.model.message import Contact

KEY, NOW = b"k" * 32, 1_789_000_000
MAYA, OTTO = Contact("messenger", "1", "6001"), Contact("messenger", "1", "6002")


@pytest.mark.threat(66)
def test_a_payload_means_its_action_for_a_day() -> None:
    signed = payloads.sign("ask:what's my balance – ü", MAYA, NOW, KEY)
    assert payloads.read(signed, MAYA, NOW + payloads.LIFE_S, KEY) == "ask:what's my balance – ü"
    assert payloads.read(signed, MAYA, NOW + payloads.LIFE_S + 1, KEY) is None


@pytest.mark.threat(66)
def test_it_means_nothing_for_another_person_or_key() -> None:
    signed = payloads.sign("ask:x", MAYA, NOW, KEY)
    assert payloads.read(signed, OTTO, NOW, KEY) is None
    assert payloads.read(signed, MAYA, NOW, b"j" * 32) is None


@pytest.mark.threat(66)
def test_any_changed_character_breaks_it() -> None:
    signed = payloads.sign("ask:x", MAYA, NOW, KEY)
    for at, char in enumerate(signed):
        changed = signed[:at] + ("A" if char != "A" else "B") + signed[at + 1 :]
        assert payloads.read(changed, MAYA, NOW, KEY) is None


@pytest.mark.parametrize("payload", ["", ".", "v1.start", "a.b.c.d.e", "\ud800.x", "ü", "v1." + "x" * 2_000])
def test_what_is_no_payload_means_nothing(payload: str) -> None:
    assert payloads.read(payload, MAYA, NOW, KEY) is None
