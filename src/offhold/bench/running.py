"""Which figures there are, and how they are taken: each group in a folder of its own that is gone afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path

from offhold.bench import gate, log, pure, whole
from offhold.bench.figures import Figure, Progress

_Measure = Callable[[Path, Progress], Coroutine[None, None, list[Figure]]]


async def _understanding(_folder: Path, progress: Progress) -> list[Figure]:
    return pure.understanding(progress)


async def _spending(_folder: Path, progress: Progress) -> list[Figure]:
    return pure.spending(progress)


GROUPS: dict[str, _Measure] = {
    "understand": _understanding,
    "spend": _spending,
    "gate": gate.reads,
    "log": log.log,
    "turn": whole.turns,
    "ack": whole.acknowledgements,
}
"""By the name that `offhold bench NAME` takes."""


def run(names: Collection[str], progress: Progress) -> list[Figure]:
    """The figures of the named groups, or of all. Raises KeyError for a name that there is not."""
    chosen = [GROUPS[name] for name in names or GROUPS]
    return [figure for measure in chosen for figure in _alone(measure, progress)]


def _alone(measure: _Measure, progress: Progress) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="offhold-bench-") as folder:
        return asyncio.run(measure(Path(folder), progress))
