"""The shipped int8 encoder against float32 vectors of the published model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.test_wordpiece import reference

from offhold import models
from offhold.errors import ConfigurationError
from offhold.language.encoder import WIDTH, Encoder

LEAST_COSINE = 0.96  # int8 against float32; measured: 0.980 over 300 banking questions, 0.970 on an empty text


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return models.encoder()


def test_vectors_are_those_of_the_published_weights_within_the_rounding_of_int8(encoder: Encoder) -> None:
    entries = [entry for entry in reference() if "vector" in entry]
    assert len(entries) >= 10
    expected = np.array([entry["vector"] for entry in entries])
    cosines = (encoder([entry["text"] for entry in entries]) * expected).sum(axis=1)
    assert cosines.min() > LEAST_COSINE, cosines


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder: Encoder) -> None:
    """Padding must not leak; activations are quantised over a batch, so equality is not exact."""
    texts = ["balance", "how much did I pay for my season ticket and the parking at the station in the last quarter"]
    alone = np.concatenate([encoder([text]) for text in texts])
    assert (encoder(texts) * alone).sum(axis=1).min() > LEAST_COSINE


def test_rows_come_in_the_order_of_the_texts_and_have_length_one(encoder: Encoder) -> None:
    texts = [f"{'very ' * (index % 7)}long question {index}" for index in range(70)]
    vectors = encoder(texts)
    assert vectors.shape == (70, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert all(float(vectors[index] @ encoder([texts[index]])[0]) > LEAST_COSINE for index in (0, 33, 69))


def test_nothing_to_encode_gives_no_rows(encoder: Encoder) -> None:
    assert encoder([]).shape == (0, WIDTH)


def test_meaning_orders_the_cosines(encoder: Encoder) -> None:
    card, stolen, rain = encoder(["I lost my bank card", "someone stole my debit card", "will it rain tomorrow"])
    assert card @ stolen > card @ rain


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_wrong_model_file_is_refused_with_what_to_do(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if damage == "changed":
        (tmp_path / "encoder.onnx").write_bytes(b"not the model")
    monkeypatch.setattr(models, "files", lambda _room: tmp_path)
    with pytest.raises(ConfigurationError, match="install Offhold again"):
        models.encoder()
