"""`offhold eval intents`: train heads on one labelled file, answer another, print how well."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from offhold.errors import ConfigurationError
from offhold.evaluation.features import Floats
from offhold.evaluation.heads import GENTLE, SHARP, Heads, Levels, train
from offhold.evaluation.metrics import Flags, auroc, f1, macro_f1, resident_mb
from offhold.evaluation.thresholds import Scope, label_cut, scope

OUT_OF_SCOPE = "oos"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts, each with its labels; none: out of scope, or with several labels a sentence that says none of them."""

    texts: tuple[str, ...]
    labels: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What `offhold eval intents` prints; None where a figure does not apply. Shares are 0 to 1.

    `accuracy`: the label, or exactly the set of labels; `oos` counts as a label. `in_scope_accuracy` (after rejection),
    `oos_recall` and `auroc` need `oos` rows in the test file. `p50_ms`, `p99_ms`: one message from text to label, one
    thread. `rss_mb`: resident memory of the answering process after training.
    """

    accuracy: float
    macro_f1: float
    micro_f1: float
    in_scope_accuracy: float | None
    oos_recall: float | None
    auroc: float | None
    p50_ms: float
    p99_ms: float
    train_s: float
    rss_mb: float
    train_rows: int
    test_rows: int

    def as_dict(self) -> dict[str, float | int | None]:
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


def read(file: Path, several: bool) -> Labelled:
    """A CSV file with the columns `text` and `label`. Raises ConfigurationError that names what is wrong, and where."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError((f"cannot read {file}: {error}",)) from error
    if not rows or not {"text", "label"} <= set(rows[0]):
        raise ConfigurationError((f"{file}: expected rows under a first line with the columns text and label",))
    for number, row in enumerate(rows, start=1):
        if row["text"] is None or row["label"] is None or not (several or row["label"].strip()):
            raise ConfigurationError((f"{file}: row {number} has no text or no label",))
    return Labelled(tuple(row["text"] for row in rows), tuple(_labels(row["label"], several) for row in rows))


def _labels(cell: str, several: bool) -> frozenset[str]:
    parts = cell.split("|") if several else (cell,)
    return frozenset(part.strip() for part in parts) - {"", OUT_OF_SCOPE}


def measure(levels_of: Levels, train_file: Path, test_file: Path, several: bool) -> Figures:
    """Train on one file, answer each text of the other by itself, and count."""
    learned, asked = read(train_file, several), read(test_file, several)
    names = sorted(frozenset().union(*learned.labels))
    if not names:
        raise ConfigurationError((f"{train_file}: every row is out of scope; there is nothing to learn",))
    began = time.perf_counter()
    targets = _flags(learned.labels, names).astype(np.float32)
    trained = train(levels_of, learned.texts, targets, GENTLE if several else SHARP)
    decide = label_cut(trained) if several else scope(trained)
    train_s = time.perf_counter() - began
    scores, nearest, spent_ms = _answered(trained.heads, asked.texts)
    every = [*names, *sorted(frozenset().union(*asked.labels) - set(names))]  # a label never learned is always missed
    truth = _flags(asked.labels, every)
    said = np.zeros_like(truth)
    outside: tuple[float | None, float | None, float | None] = (None, None, None)
    if isinstance(decide, Scope):
        said[np.arange(len(scores)), scores.argmax(axis=1)] = True
        if not truth.any(axis=1).all():
            familiar = decide.familiar(scores, nearest)
            said[familiar < decide.least] = False
            outside = _outside(truth, said, familiar)
            truth, said = (np.column_stack((flags, ~flags.any(axis=1))) for flags in (truth, said))
    else:
        said[:, : len(names)] = scores >= decide
    p50_ms, p99_ms = (float(value) for value in np.percentile(spent_ms, (50, 99)))
    return Figures(
        float((truth == said).all(axis=1).mean()),
        macro_f1(truth, said),
        f1(truth, said),
        *outside,
        p50_ms,
        p99_ms,
        train_s,
        resident_mb(),
        len(learned.texts),
        len(asked.texts),
    )


def _flags(labels: Sequence[frozenset[str]], names: Sequence[str]) -> Flags:
    columns = {name: column for column, name in enumerate(names)}
    flags = np.zeros((len(labels), len(names)), np.bool_)
    for row, entry in enumerate(labels):
        flags[row, [columns[name] for name in entry]] = True
    return flags


def _answered(heads: Heads, texts: Sequence[str]) -> tuple[Floats, Floats, list[float]]:
    """Scores and nearness of each text, one at a time as messages come, and what each took in milliseconds."""
    scored, spent_ms = [], []
    for text in texts:
        began = time.perf_counter_ns()
        scored.append(heads(text))
        spent_ms.append((time.perf_counter_ns() - began) / 1e6)
    scores, nearest = zip(*scored, strict=True)
    return np.stack(scores), np.array(nearest, np.float32), spent_ms


def _outside(truth: Flags, said: Flags, familiar: Floats) -> tuple[float, float, float]:
    """In-scope accuracy after rejection, recall of what is out of scope, and AUROC of the familiarity."""
    inside = truth.any(axis=1)
    right = (truth[inside] == said[inside]).all(axis=1)
    return float(right.mean()), float((~said[~inside].any(axis=1)).mean()), auroc(familiar[inside], familiar[~inside])
