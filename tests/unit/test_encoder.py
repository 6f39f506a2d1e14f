"""The shipped int8 encoder against float32 vectors of the published model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    "entry", [entry for entry in reference() if "vector" in entry], ids=lambda entry: ascii(entry["text"][:20])
)
def test_a_vector_is_that_of_the_published_weights_within_the_rounding_of_int8(
    encoder: Encoder, entry: dict[str, Any]
) -> None:
    assert float(encoder(entry["text"]) @ np.array(entry["vector"])) > LEAST_COSINE


def test_a_vector_has_length_one_and_is_the_same_each_time(encoder: Encoder) -> None:
    text = "how much did I pay for my season ticket in the last quarter"
    assert encoder.levels(text).shape == (4, WIDTH)
    assert np.linalg.norm(encoder.levels(text), axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert (encoder(text) == encoder(text)).all()


def test_meaning_orders_the_cosines(encoder: Encoder) -> None:
    card, stolen, rain = map(encoder, ("I lost my bank card", "someone stole my debit card", "will it rain tomorrow"))
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
