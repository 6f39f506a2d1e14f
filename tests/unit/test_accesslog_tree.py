"""The tree against the published vectors (Certificate Transparency's entries) and an independent implementation."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from offhold.accesslog import tree
from offhold.accesslog.verify import DoesNotHold, digest, root_of, roots_of, tree_root

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HASHES = [digest(b"\0", entry) for entry in ENTRIES]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
FIVE_OF_SEVEN = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
GROWTH = {
    (3, 7): [
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e",
    ],
    (4, 7): ["837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e"],
}


class Stored:
    """Tiles in memory, as the database keeps them."""

    def __init__(self) -> None:
        self.size = 0
        self.kept: dict[tuple[int, int], bytes] = {}

    def tiles(self, level: int, number: int) -> bytes:
        return self.kept[level, number]

    def add(self, hashes: list[bytes]) -> dict[tuple[int, int], bytes]:
        changed = tree.grow(self.tiles, self.size, hashes)
        self.kept.update(changed)
        self.size += len(hashes)
        return changed


def _stored(hashes: list[bytes]) -> Stored:
    stored = Stored()
    stored.add(hashes)
    return stored


def _hexes(hashes: list[bytes]) -> list[str]:
    return [each.hex() for each in hashes]


def _numbered(count: int) -> list[bytes]:
    return [sha256(str(number).encode()).digest() for number in range(count)]


@pytest.mark.parametrize("size", sorted(ROOTS))
def test_the_published_roots(size: int) -> None:
    assert tree_root(HASHES[:size]).hex() == ROOTS[size]
    assert tree.root(_stored(HASHES).tiles, size).hex() == ROOTS[size]


def test_the_published_inclusion_proof() -> None:
    assert _hexes(tree.inclusion(_stored(HASHES).tiles, 5, 7)) == FIVE_OF_SEVEN


@pytest.mark.parametrize(("old", "size"), sorted(GROWTH))
def test_the_published_consistency_proofs(old: int, size: int) -> None:
    assert _hexes(tree.consistency(_stored(HASHES).tiles, old, size)) == GROWTH[old, size]


def test_all_small_trees_prove_what_is_true_and_nothing_else() -> None:
    hashes = _numbered(34)
    stored = _stored(hashes)
    roots = [tree_root(hashes[:size]) for size in range(len(hashes) + 1)]
    for size in range(1, len(hashes) + 1):
        for index in range(size):
            path = tree.inclusion(stored.tiles, index, size)
            assert root_of(hashes[index], index, size, path) == roots[size]
            for wrong in range(size):
                assert wrong == index or not _included(hashes[index], wrong, size, path, roots[size])
            assert not path or not _included(hashes[index], index, size, path[1:], roots[size])
            assert not _included(hashes[index], index, size, [*path, hashes[0]], roots[size])
        for old in range(1, size + 1):
            path = tree.consistency(stored.tiles, old, size)
            assert roots_of(old, size, path, roots[old]) == (roots[old], roots[size])
            for wrong in range(1, size + 1):
                assert wrong == old or not _grown(wrong, size, path, roots[old], roots[size])
            assert not path or not _grown(old, size, path[1:], roots[old], roots[size])
            assert not _grown(old, size, [*path, hashes[0]], roots[old], roots[size])


def _included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        return root_of(leaf, index, size, path) == root
    except DoesNotHold:
        return False


def _grown(old: int, size: int, path: list[bytes], old_root: bytes, root: bytes) -> bool:
    try:
        return roots_of(old, size, path, old_root) == (old_root, root)
    except (DoesNotHold, IndexError):
        return False


@settings(max_examples=40, deadline=None)
@example([255, 1, 1])
@example([256, 256 * 255, 1, 300])
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_growing_in_batches_is_the_same_tree(batches: list[int]) -> None:
    hashes = _numbered(sum(batches))
    stored = Stored()
    for count in batches:
        before = stored.size
        changed = stored.add(hashes[stored.size : stored.size + count])
        assert len(changed) <= sum((count >> (8 * level)) // 256 + 2 for level in range(4))
        assert tree.root(stored.tiles, before) == tree_root(hashes[:before])
    assert tree.root(stored.tiles, stored.size) == tree_root(hashes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=300), st.data())
def test_an_independent_implementation_agrees(entries: list[bytes], data: st.DataObject) -> None:
    theirs = InmemoryTree.init_from_entries(entries, algorithm="sha256")
    hashes = [digest(b"\0", entry) for entry in entries]
    stored, size = _stored(hashes), len(entries)
    assert theirs.get_root() == tree.root(stored.tiles, size)
    index = data.draw(st.integers(0, size - 1))
    leaf, *path = theirs.prove_inclusion(index + 1, size).serialize()["path"]
    assert leaf == hashes[index].hex()
    assert path == _hexes(tree.inclusion(stored.tiles, index, size))
    old = data.draw(st.integers(1, size))
    assert theirs.get_root(old) == tree.root(stored.tiles, old)
    assert roots_of(old, size, tree.consistency(stored.tiles, old, size), theirs.get_root(old))[1] == theirs.get_root()


def test_a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() -> None:
    stored = _stored(_numbered(70_000))
    widths = {place: len(tile) // tree.HASH for place, tile in stored.kept.items()}
    assert [widths[0, 272], widths[0, 273], widths[1, 0], widths[1, 1], widths[2, 0]] == [256, 112, 256, 17, 1]
    assert len(widths) == 274 + 2 + 1
