"""What the database keeps of the trees, and the addresses under which everybody may read it (C2SP tlog-tiles)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select

from offhold.accesslog.checkpoint import TEST_MARK, Signer, origin, read_witnesses, size_of, trust_policy
from offhold.accesslog.leaves import entry
from offhold.accesslog.tree import HASH, WIDTH, Tiles
from offhold.config import Settings
from offhold.errors import LogBroken
from offhold.keys.file import Keys
from offhold.store.tables import leaf, log_tile, log_tree


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of one deployment: each institution's `origins` name for a log begun now, the signing key, its file.

    The newest checkpoint of each is kept a second time beside that file, apart from the database if the key is.
    """

    origins: Mapping[str, str]
    signing: Keys
    key_file: Path

    @classmethod
    def of(cls, settings: Settings) -> Logs:
        """Those that the settings name. Raises ConfigurationError when the signing key cannot be read."""
        test = settings.mode == "test"
        origins = {name: origin(settings.public_url, name, test) for name in settings.institutions}
        signing = Keys.from_file(settings.log_key_file, "OFFHOLD_LOG__SIGNING_KEY_FILE")
        return cls(origins, signing, settings.log_key_file)

    def signer(self, connection: Connection, institution: str) -> Signer:
        """Who signs the institution's log: under the name with which it was begun. Raises LogBroken."""
        row = row_of(connection, institution)
        name = row.vkey.partition("+")[0] if row else self.origins[institution]
        if name.startswith(TEST_MARK) != self.origins[institution].startswith(TEST_MARK):
            raise LogBroken(f"the access log of {institution!r} was begun in another OFFHOLD_MODE: use a new database")
        signer = Signer(self.signing, institution, name)
        if row and signer.vkey != row.vkey:
            problem = "was begun with another key than that in OFFHOLD_LOG__SIGNING_KEY_FILE"
            raise LogBroken(f"the access log of {institution!r} {problem} ({self.key_file})")
        return signer

    def kept(self, name: str) -> str:
        """The second place's checkpoint of the log with that origin; empty where there is none yet."""
        file = self._second_place(name)
        return file.read_text() if file.exists() else ""

    def keep(self, checkpoint: str) -> None:
        """Write the second place: whole or not at all."""
        file = self._second_place(checkpoint.partition("\n")[0])
        fresh = file.with_suffix(".new")
        with fresh.open("w") as writing:
            writing.write(checkpoint)
            writing.flush()
            os.fsync(writing.fileno())
        fresh.replace(file)

    def _second_place(self, name: str) -> Path:
        return self.key_file.with_name(f"{self.key_file.name}.{sha256(name.encode()).hexdigest()[:16]}.checkpoint")


_LEVEL = r"entries|\d|[1-5]\d|6[0-3]"
_WIDTH = r"[1-9]\d?|1\d\d|2[0-4]\d|25[0-5]"
_TILE = re.compile(
    rf"tile/(?P<level>{_LEVEL})/(?P<number>(?:x\d{{3}}/){{0,4}}\d{{3}})(?:\.p/(?P<width>{_WIDTH}))?", re.ASCII
)


def row_of(connection: Connection, institution: str) -> Row[Any] | None:
    """The institution's tree, if it was begun."""
    return connection.execute(select(log_tree).where(log_tree.c.institution == institution)).first()


def trust(connection: Connection, institution: str, settings: Settings) -> str:
    """What to trust of the institution's log, as the settings name its witnesses; empty before it is begun."""
    row = row_of(connection, institution)
    witnesses = read_witnesses(settings.log.witness_list)
    return trust_policy(row.vkey, witnesses, settings.log.quorum_size) if row else ""


def tiles_of(connection: Connection, institution: str) -> Tiles:
    """Read access to the tiles, each fetched once."""
    known: dict[tuple[int, int], bytes] = {}

    def tile(level: int, number: int) -> bytes:
        if (level, number) not in known:
            known[level, number] = _tile(connection, institution, level, number)
        return known[level, number]

    return tile


def resource(connection: Connection, institution: str, checkpoint: str, path: str) -> bytes | None:
    """What lies at `path` under the log's address as of `checkpoint`; None where there is nothing."""
    if path == "checkpoint":
        return checkpoint.encode() or None
    found = _TILE.fullmatch(path)
    if found is None or not checkpoint:
        return None
    groups = found["number"].replace("x", "").split("/")
    if len(groups) > 1 and groups[0] == "000":
        return None  # one address for each tile
    number = int("".join(groups))
    width = int(found["width"] or WIDTH)
    level = 0 if found["level"] == "entries" else int(found["level"])
    if (size_of(checkpoint) >> (8 * level)) - number * WIDTH < width:
        return None
    if found["level"] == "entries":
        return _bundle(connection, institution, number * WIDTH, width)
    return _tile(connection, institution, level, number)[: width * HASH]


def mirror(connection: Connection, institution: str, checkpoint: str) -> Callable[[str], bytes]:
    """`resource` for the verifier: what is missing is empty, and so refused."""
    return lambda path: resource(connection, institution, checkpoint, path) or b""


def waiting(connection: Connection, institution: str) -> int:
    """Leaves that are durable and not yet in the tree."""
    where = (leaf.c.institution == institution) & leaf.c.position.is_(None)
    return int(connection.execute(select(func.count()).select_from(leaf).where(where)).scalar_one())


def _tile(connection: Connection, institution: str, level: int, number: int) -> bytes:
    where = (log_tile.c.institution == institution) & (log_tile.c.level == level) & (log_tile.c.number == number)
    return connection.execute(select(log_tile.c.hashes).where(where)).scalar_one_or_none() or b""


def _bundle(connection: Connection, institution: str, first: int, width: int) -> bytes:
    """Entries, each after its length in two bytes; cut short where a leaf is gone."""
    rows = connection.execute(
        select(leaf.c.position, leaf.c.commitment)
        .where(leaf.c.institution == institution, leaf.c.position >= first, leaf.c.position < first + width)
        .order_by(leaf.c.position)
    ).all()
    entries = [entry(row.commitment) for place, row in enumerate(rows, first) if row.position == place]
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)
