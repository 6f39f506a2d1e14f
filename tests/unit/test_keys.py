"""Sealing at rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhold.errors import ConfigurationError, SealBroken
from offhold.keys.file import Keys, make_root_key

KEYS = Keys(bytes(range(32)))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_sealed_opens_in_its_place_only(body: bytes, place: str) -> None:
    sealed = KEYS.seal(body, place)
    assert KEYS.unseal(sealed, place) == body
    with pytest.raises(SealBroken):
        KEYS.unseal(sealed, place + "x")


@pytest.mark.parametrize("index", [0, 5, 20, -1])
def test_one_flipped_bit_breaks_the_seal(index: int) -> None:
    sealed = bytearray(KEYS.seal(b"a balance", "outbox/1"))
    sealed[index] ^= 1
    with pytest.raises(SealBroken):
        KEYS.unseal(bytes(sealed), "outbox/1")


@pytest.mark.parametrize("short", [b"", b"\x01", b"\x01" + b"n" * 12])
def test_a_truncated_body_is_broken_not_a_crash(short: bytes) -> None:
    with pytest.raises(SealBroken):
        KEYS.unseal(short, "x")


def test_another_deployment_opens_nothing_and_names_differently() -> None:
    other = Keys(bytes(32))
    with pytest.raises(SealBroken):
        other.unseal(KEYS.seal(b"x", "p"), "p")
    assert other.pseudonym("lane", "a") != KEYS.pseudonym("lane", "a")
    assert KEYS.pseudonym("lane", "a") != KEYS.pseudonym("event", "a")


def test_the_root_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "root.key"
    make_root_key(file)
    assert os.stat(file).st_mode & 0o077 == 0
    Keys.from_file(file)
    with pytest.raises(FileExistsError):
        make_root_key(file)


@pytest.mark.parametrize("content", ["", "!!", "YWJj"])
def test_a_wrong_root_key_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "root.key"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match="OFFHOLD_KEYS__ROOT_FILE"):
        Keys.from_file(file)
