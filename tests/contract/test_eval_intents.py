"""`offhold eval intents` from a separate process, on a small set written for it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

NAMES = set("accuracy macro_f1 micro_f1 in_scope_accuracy oos_recall auroc p50_ms p99_ms train_s rss_mb".split())
LEARNED = {
    "balance": (
        "what is my balance",
        "how much money do I have",
        "show my account balance",
        "how much is in my account",
        "balance please",
        "tell me how much is left in checking",
    ),
    "lost_card": (
        "I lost my card",
        "my card was stolen",
        "I can't find my debit card",
        "someone took my bank card",
        "my credit card is missing",
        "I left my card somewhere and it is gone",
    ),
    "transfer": (
        "send money to Anna",
        "transfer 50 to my savings",
        "move money between my accounts",
        "I want to wire money abroad",
        "pay my friend 20 pounds",
        "make a transfer to another bank",
    ),
    "oos": (
        "tell me a joke",
        "will it rain on Sunday",
        "who won the match",
        "translate hello",
        "play music",
        "cook rice",
    ),
}
ASKED = {
    "balance": ("how much do I have in my account", "what's the balance of my checking account"),
    "lost_card": ("my bank card has been stolen", "I have lost my debit card"),
    "transfer": ("transfer money to my brother", "please send 100 to my savings account"),
    "oos": ("write me a poem about winter", "what is the capital of Peru", "how tall is the Eiffel tower"),
}


def written(file: Path, rows: Sequence[tuple[str, str]], names: tuple[str, str] = ("text", "label")) -> Path:
    with file.open("w", newline="", encoding="utf-8") as sink:
        csv.writer(sink).writerows([names, *rows])
    return file


def rows_of(sentences: dict[str, tuple[str, ...]], *left_out: str) -> list[tuple[str, str]]:
    return [(text, label) for label, texts in sentences.items() if label not in left_out for text in texts]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "offhold", "eval", "intents", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def figures(train: Path, test: Path, *options: str) -> dict[str, Any]:
    done = run("--train", train, "--test", test, "--json", *options)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found.keys() >= NAMES
    return found


def test_in_scope_and_out_of_scope_are_told_apart(tmp_path: Path) -> None:
    made = figures(written(tmp_path / "train.csv", rows_of(LEARNED)), written(tmp_path / "test.csv", rows_of(ASKED)))
    assert made["in_scope_accuracy"] == 1
    assert made["auroc"] == 1
    assert made["oos_recall"] > 0
    assert made["accuracy"] == pytest.approx((6 + 3 * made["oos_recall"]) / 9, abs=1e-3)


def test_several_labels_may_hold(tmp_path: Path) -> None:
    both = [(f"{one} and {other}", "balance|lost_card") for one in LEARNED["balance"] for other in LEARNED["lost_card"]]
    train = written(tmp_path / "train.csv", rows_of(LEARNED, "oos") + both + [("hello there", "")])
    asked = [*rows_of(ASKED, "oos"), ("my card is gone and what is my balance", "lost_card|balance")]
    made = figures(train, written(tmp_path / "test.csv", asked), "--multi-label")
    assert made["micro_f1"] > 0.8
    assert made["in_scope_accuracy"] is made["oos_recall"] is made["auroc"] is None


def test_a_wrong_file_is_wrong_use_and_said_so(tmp_path: Path) -> None:
    done = run("--train", tmp_path / "none.csv", "--test", written(tmp_path / "test.csv", rows_of(ASKED)))
    assert done.returncode == 2
    assert "cannot read" in done.stderr and "none.csv" in done.stderr and "Traceback" not in done.stderr
