"""The Merkle tree (RFC 6962 section 2.1) kept as tiles: appending, roots and proofs touch O(log n) hashes.

Level 0 holds the leaf hashes; level L + 1 holds one hash for each full tile of level L (C2SP tlog-tiles). A tile that
is not full yet is a prefix of what it will be, so that every earlier width of it can still be served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offhold.accesslog.verify import digest, tree_root

WIDTH = 256
HASH = 32
_HEIGHT = 8

Tiles = Callable[[int, int], bytes]
"""(level, number) → the hashes that this tile holds so far."""


def grow(tiles: Tiles, size: int, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """The tiles that change when leaf hashes are added to a tree of `size`: (level, number) → all their hashes."""
    changed: dict[tuple[int, int], bytes] = {}
    level, adding = 0, leaves
    while adding:
        place = size >> (_HEIGHT * level)
        full: list[bytes] = []
        while adding:
            number, filled = divmod(place, WIDTH)
            before = tiles(level, number)[: filled * HASH] if filled else b""
            here, adding = adding[: WIDTH - filled], adding[WIDTH - filled :]
            tile = changed[level, number] = before + b"".join(here)
            place += len(here)
            if len(tile) == WIDTH * HASH:
                full.append(tree_root(split(tile)))
        level, adding = level + 1, full
    return changed


def root(tiles: Tiles, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return _range(tiles, 0, size) if size else tree_root(())


def inclusion(tiles: Tiles, index: int, size: int) -> list[bytes]:
    """The path of leaf `index` in the tree of `size`, from its sibling to the root's child."""
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _half(last - first)
        if index < middle:
            path.append(_range(tiles, middle, last))
            last = middle
        else:
            path.append(_range(tiles, first, middle))
            first = middle
    return path[::-1]


def consistency(tiles: Tiles, old: int, size: int) -> list[bytes]:
    """The proof that the tree of `size` begins with the tree of `old`; empty for 0 and for the same size."""
    path: list[bytes] = []
    first, last, known = 0, size, True
    while 0 < old < last:
        middle = first + _half(last - first)
        if old <= middle:
            path.append(_range(tiles, middle, last))
            last = middle
        else:
            path.append(_range(tiles, first, middle))
            first, known = middle, False
    if old > 0 and not known:
        path.append(_range(tiles, first, last))
    return path[::-1]


def split(tile: bytes) -> list[bytes]:
    """A tile's hashes."""
    return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]


def _half(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _range(tiles: Tiles, first: int, last: int) -> bytes:
    """MTH(D[first:last]); `first` is a multiple of the smallest power of two that covers the range."""
    count = last - first
    if count & (count - 1):
        middle = first + _half(count)
        return digest(b"\1", _range(tiles, first, middle), _range(tiles, middle, last))
    level = (count.bit_length() - 1) // _HEIGHT
    number, place = divmod(first >> (_HEIGHT * level), WIDTH)
    width = count >> (_HEIGHT * level)
    return tree_root(split(tiles(level, number)[place * HASH : (place + width) * HASH]))
