"""Model files that ship with the package, and their loading. Origin, licence and recipe: `models/README.md`."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from offhold.errors import ConfigurationError
from offhold.language.encoder import Encoder, Vectors
from offhold.language.wordpiece import WordPiece

DIGESTS = {
    "encoder.onnx": "70a7eeff9295ba3ac72319949bc919bece4412efd09dba018a8f8fa3ded3d5d0",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


def encoder() -> Encoder:
    """The sentence encoder on one thread, so that its figures do not depend on the machine's cores.

    Raises ConfigurationError when a file is missing or is not the one this version was measured with.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(_checked("encoder.onnx"), options, providers=["CPUExecutionProvider"])

    def run(ids: NDArray[np.int64]) -> Vectors:
        levels: Vectors = session.run(["levels"], {"ids": ids})[0]
        return levels

    return Encoder(WordPiece(_checked("vocab.txt").decode().splitlines()), run)


def _checked(name: str) -> bytes:
    try:
        content = files(__name__).joinpath(name).read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError((f"model file {name} is missing; install Offhold again",)) from error
    if sha256(content).hexdigest() != DIGESTS[name]:
        raise ConfigurationError((f"model file {name} is damaged or of another version; install Offhold again",))
    return content
