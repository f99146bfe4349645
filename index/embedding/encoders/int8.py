"""Weights in eight bits, with which a model runs up to half as fast again, on processors that multiply many such numbers at once.

Each row of a linear layer has a scale of its own, so that no weight moves by more than a 254th of the largest. OpenVINO rounds
what these layers are given in the same way while it runs, in groups of :data:`GROUP` features ("dynamic quantization"). What the layers
make of it is added up in full, and all else (embeddings, norms, attention) stays as precise as it was.

Measured with the bundled model on two cores with bf16, against fp32 (cosine of the vectors, of the tokens in the middle layers; ms for a
question; passages a second, bare):

    ==========================  =======  =======  ====  ===
    bf16                        .99999   .99999   5.6    84
    eight bits, groups of 32    .99985   .99973   3.6   103
    eight bits, groups of 64    .99978   .99967   3.7   116
    eight bits, groups of 128   .99966   .99954   3.2   124
    eight bits, groups of 384   .99925   .99918   3.9   122
    ==========================  =======  =======  ====  ===
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_WEIGHTS, _SCALES = FILES = ("rounded.npy", "scales.npy")

GROUP = 32
"""Features that are rounded together. With larger groups some questions on dated news had other answers than in bf16, with these none."""

_LARGEST = 127  # of a signed byte


def write(graph: Any, folder: Path) -> Sequence[str]:
    """Lay out the rounded weights of a graph's linear layers in some files, whose names it tells; in none where it has no such layer."""
    rounded, scales = [], []
    for _, constant in _linear(graph):
        weights = np.asarray(constant.data, np.float32)
        scale = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / _LARGEST, np.finfo(np.float16).tiny).astype(np.float16)
        rounded.append(np.rint(weights / scale.astype(np.float32)).clip(-_LARGEST, _LARGEST).astype(np.int8).ravel())
        scales.append(scale.ravel())
    if not rounded:
        return ()
    np.save(folder / _WEIGHTS, np.concatenate(rounded))
    np.save(folder / _SCALES, np.concatenate(scales))
    return FILES


def apply(graph: Any, folder: Path) -> None:
    """Put what :func:`write` laid out in the place of the weights of the same graph. They are read where they lie in the file.

    Raises:
        OSError, ValueError: the files cannot be read, or are another graph's.
    """
    from openvino import opset13 as operations

    # Copied where it is written to, which it never is: OpenVINO shares no array that is only to be read.
    weights, scales = (np.load(folder / name, mmap_mode="c") for name in FILES)
    first = row = 0
    for layer, constant in list(_linear(graph)):
        rows, width = constant.shape
        own = operations.constant(weights[first : first + rows * width].reshape(rows, width), shared_memory=True)
        scale = operations.constant(scales[row : row + rows].reshape(rows, 1))
        whole = operations.convert(operations.multiply(operations.convert(own, "f16"), scale), "f32")
        layer.input(1).replace_source_output(whole.output(0))
        first, row = first + rows * width, row + rows
    if (first, row) != (len(weights), len(scales)):
        raise ValueError("these are the weights of another graph")


def _linear(graph: Any) -> Iterator[tuple[Any, Any]]:
    """Each linear layer with its weights, in the order of the graph, which is that of its file."""
    for node in graph.get_ordered_ops():
        if node.get_type_name() == "MatMul" and node.get_attributes()["transpose_b"]:
            given = node.input_value(1).get_node()
            source = given.input_value(0).get_node() if given.get_type_name() == "Convert" else given
            if source.get_type_name() == "Constant" and len(source.shape) == 2:
                yield node, source
