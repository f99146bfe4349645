"""Reads one sentence about one product: at which stage does it show the launch, and in what way does it say so?

A small net over what the encoder's middle layers make of each token (see :mod:`index.embedding.learned.stage_net`): its last layer
keeps what a text is about, and how it is said (negation, mood, tense) is clearer in the middle (Tenney et al., "BERT rediscovers the
classical NLP pipeline", arXiv 1905.05950). It learns from :mod:`index.embedding.learned.stage_examples`; ``make fit`` cross-validates it on
products that it has not seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Layers
from index.embedding.learned.stage_labels import FLAGS, Marked

if TYPE_CHECKING:
    from index.embedding.learned.stage_inference import Nets


_NETS = 4  # averaged: each starts from other random weights
_SAMPLE = 1500  # sentences whose tokens tell the centre and the scale

_CLAUSE_END = re.compile(r"[,;:，；：、—–()（）]|\s-\s")


@dataclass(frozen=True)
class StageReader:
    """Some nets, whose opinions are averaged.

    Attributes:
        centre, scale: a token's features minus the centre, over the scale, have mean 0 and variance 1. Shape (features,).
        weights: each net's, by name.
    """

    centre: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    weights: Sequence[Mapping[str, npt.NDArray[np.float32]]]

    @classmethod
    def fit(cls, seen: Sequence[Marked], stages: Sequence[int], hows: Sequence[int]) -> StageReader:
        """Learn from examples, in a minute or two. The same examples teach the same.

        Args:
            seen: as :func:`mark` makes them.
            stages, hows: see :class:`Example`.
        """
        from index.embedding.learned import stage_net

        tokens = np.concatenate([one.tokens for one in seen[:: max(1, len(seen) // _SAMPLE)]]).astype(np.float32)
        centre, scale = tokens.mean(axis=0), tokens.std(axis=0) + 1e-3
        nets = [stage_net.train(seen, stages, hows, centre=centre, scale=scale, seed=seed) for seed in range(_NETS)]
        return cls(centre, scale, [{name: _kept(weights.numpy()) for name, weights in one.state_dict().items()} for one in nets])

    @cached_property
    def digest(self) -> str:
        """Two with the same digest read alike."""
        return sha256(b"".join(array.tobytes() for one in self.weights for array in one.values())).hexdigest()[:16]

    def __call__(self, seen: Sequence[Marked]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """How likely each stage is, and each way of telling it. Shapes (rows, 5) and (rows, 4); every row sums to one."""
        stages, hows = self._nets.read(seen)
        return stages, hows

    @cached_property
    def _nets(self) -> Nets:
        from index.embedding.learned.stage_inference import Nets

        return Nets(self.weights, self.centre, self.scale)


def mark(text: str, layers: Layers, span: tuple[int, int] | None) -> Marked:
    """What the net sees of a sentence: its tokens in the middle layers, and which are of the product's name and of the clause around it.

    Args:
        span: where the name stands; None where there is none.
    """
    flags = np.zeros((len(layers.spans), FLAGS), np.float32)
    if span is None:
        flags[:, FLAGS - 1] = 1
    else:
        for column, (start, end) in enumerate((span, _clause(text, span))):
            flags[:, column] = [first < end and last > start for first, last in layers.spans]
    return Marked(layers.middle, flags)


def _clause(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """From the punctuation before a name to that behind it."""
    ends = [0, *(match.end() for match in _CLAUSE_END.finditer(text)), len(text)]
    return max(end for end in ends if end <= span[0]), min(end for end in ends if end >= span[1])


def _kept(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return weights.astype(np.float16).astype(np.float32)  # as they are kept
