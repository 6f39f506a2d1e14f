"""Kernel ridge heads against a refit, and the metrics against their definitions elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from offhold.errors import ConfigurationError
from offhold.evaluation import heads, intents, metrics, thresholds
from offhold.evaluation.features import Floats
from offhold.evaluation.grams import Grams
from offhold.evaluation.heads import Trained, train

WORDS = "pay card lost money send balance please how much where account my".split()


def sentences(count: int) -> list[str]:
    random = np.random.default_rng(7)
    return [" ".join(random.choice(WORDS, 6)) for _ in range(count)]


def levels(text: str) -> Floats:
    """Stands in for the encoder: a fixed direction for each word, and their mean."""
    places = [np.random.default_rng(WORDS.index(word)).normal(size=(4, 384)) for word in text.split()]
    mean = np.mean(places, axis=0)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)


def targets(texts: list[str]) -> Floats:
    return np.array([["pay" in text, "lost" in text, "money" in text] for text in texts], np.float32)


def test_leave_one_out_scores_are_those_of_heads_that_never_saw_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The features and n-grams are learnt with the sentence in both, as the closed form does."""
    texts = sentences(60)
    full = train(levels, texts, targets(texts), heads.SHARP)
    monkeypatch.setattr(heads, "learnt", lambda _levels: full.heads.features)
    monkeypatch.setattr(heads, "Grams", lambda _texts: full.heads.grams)
    for left_out in (0, 17, 59):
        rest = texts[:left_out] + texts[left_out + 1 :]
        scores, nearest = train(levels, rest, targets(rest), heads.SHARP).heads(texts[left_out])
        assert scores == pytest.approx(full.scores[left_out], abs=1e-3)
        assert nearest == pytest.approx(full.nearest[left_out], abs=1e-4)


def test_too_many_rows_are_refused_before_any_work() -> None:
    with pytest.raises(ConfigurationError, match="at most"):
        train(levels, ["pay"] * (heads.MOST_ROWS + 1), np.zeros((1, 1), np.float32), heads.SHARP)


def test_rejection_loses_no_more_of_the_training_sentences_than_allowed() -> None:
    texts = sentences(400)
    kept = [text for text in texts if ("pay" in text) != ("lost" in text)]
    trained = train(levels, kept, targets(kept)[:, :2], heads.SHARP)
    scope = thresholds.scope(trained)
    right = trained.scores.argmax(axis=1) == trained.targets.argmax(axis=1)
    lost = right & (scope.familiar(trained.scores, trained.nearest) < scope.least)
    assert 0 < lost.mean() <= thresholds.MOST_LOST


def test_the_cut_of_labels_is_the_best_on_training_sentences() -> None:
    scores = np.array([[0.45, 0.1], [0.42, 0.38], [0.2, 0.5]], np.float32)
    trained = Trained(None, np.array([[1, 0], [1, 0], [0, 1]], np.float32), scores, scores[:, 0])  # type: ignore[arg-type]
    assert 0.38 < thresholds.label_cut(trained) <= 0.42


def test_grams_weigh_rare_ones_more_and_know_nothing_of_new_ones() -> None:
    grams = Grams(["pay card", "pay money", "pay rent", "lost card"])
    row = grams(["pay card zzz"]).toarray()[0]
    assert np.linalg.norm(row) == pytest.approx(2**0.5, abs=1e-5)  # the word part and the letter part, each of length 1
    assert len(np.flatnonzero(row)) > 0
    assert not grams(["zzz"]).toarray().any()


flags = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=4, max_size=12)


@given(flags, st.randoms())
def test_f1_is_that_of_a_library(rows: list[list[bool]], random: np.random.Generator) -> None:
    truth = np.array(rows)
    said = truth ^ np.array([[random.random() < 0.3 for _ in row] for row in rows])
    assert metrics.f1(truth, said) == pytest.approx(f1_score(truth, said, average="micro", zero_division=0))
    present = np.flatnonzero(truth.any(axis=0))
    expected = [f1_score(truth[:, column], said[:, column], zero_division=0) for column in present]
    assert metrics.macro_f1(truth, said) == pytest.approx(np.mean(expected) if expected else 0)


@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_auroc_is_that_of_a_library(positive: list[int], negative: list[int]) -> None:
    expected = roc_auc_score([1] * len(positive) + [0] * len(negative), positive + negative)
    assert metrics.auroc(np.array(positive, float), np.array(negative, float)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot read"),
        (b"", "columns text and label"),
        (b"text,category\nhi,greeting\n", "columns text and label"),
        (b"text,label\nhi\n", "row 1"),
        (b"text,label\nhi,greeting\nhi,\n", "row 2"),
        (b"text,label\n\xff,greeting\n", "cannot read"),
    ],
)
def test_a_file_that_is_no_labelled_csv_is_refused_with_what_is_wrong(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "train.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=says):
        intents.read(file, several=False)


def test_labels_are_parted_and_oos_is_none_of_them(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_bytes(b'\xef\xbb\xbftext,label\n"a, b",x| y\nc,\nd,oos\n')
    assert intents.read(file, several=True).labels == (frozenset({"x", "y"}), frozenset(), frozenset())


def test_nothing_can_be_learnt_from_what_is_all_out_of_scope(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_bytes(b"text,label\nhi,oos\n")
    with pytest.raises(ConfigurationError, match="out of scope"):
        intents.measure(levels, file, file, several=False)


def labelled(file: Path, rows: Sequence[tuple[str, str]]) -> Path:
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    return file


def test_a_label_never_learned_counts_as_missed_and_nothing_is_rejected_without_oos_rows(tmp_path: Path) -> None:
    train_file = labelled(
        tmp_path / "train.csv", [("pay money", "pay"), ("lost card", "lost"), ("card lost my", "lost")]
    )
    asked = [("pay money", "pay"), ("lost card", "lost"), ("how balance", "balance"), ("where account", "balance")]
    first, again = (
        intents.measure(levels, train_file, labelled(tmp_path / "test.csv", asked), several=False) for _ in range(2)
    )
    assert (first.accuracy, first.micro_f1) == (0.5, 0.5)
    assert first.in_scope_accuracy is first.oos_recall is first.auroc is None
    assert (first.accuracy, first.macro_f1) == (again.accuracy, again.macro_f1)
