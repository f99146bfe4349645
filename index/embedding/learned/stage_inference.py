"""The nets of :mod:`index.embedding.learned.stage_net` put to use, all at once and without PyTorch: whoever adds articles need not load it.

Nothing is padded but the attention: what is worked out for a token alone is worked out for all tokens of a batch as one matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import erf, softmax

from index.embedding.learned.stage_labels import CLASSES, FLAGS, HEADS, LONGEST, Marked

Array = npt.NDArray[np.float32]

_AT_ONCE = 16  # sentences
_EPSILON = 1e-5  # of PyTorch's LayerNorm


@dataclass(frozen=True, slots=True)
class _Affine:
    """A linear layer of each net. Shapes (nets, in, out) and (nets, 1, out)."""

    weight: Array
    bias: Array

    def __call__(self, given: Array) -> Array:
        made: Array = given @ self.weight
        made += self.bias
        return made


@dataclass(frozen=True, slots=True)
class _Norm:
    """A LayerNorm of each net. Shapes (nets, 1, width)."""

    weight: Array
    bias: Array

    def __call__(self, given: Array) -> Array:
        centred = given - given.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + np.float32(_EPSILON))
        made: Array = centred / spread * self.weight + self.bias
        return made


class Nets:
    """Some nets with the same architecture.

    Args:
        weights: each net's, by their names in PyTorch.
        centre, scale: what is taken from a token's features, and what they are divided by. Shape (features,).
    """

    def __init__(self, weights: Sequence[Mapping[str, npt.NDArray[np.floating]]], centre: Array, scale: Array) -> None:
        def stacked(name: str) -> Array:
            return np.stack([one[name].astype(np.float32) for one in weights])

        def affine(name: str, *, weight: str = ".weight", bias: str = ".bias") -> _Affine:
            return _Affine(stacked(name + weight).swapaxes(1, 2).copy(), stacked(name + bias)[:, None])

        def norm(name: str) -> _Norm:
            return _Norm(stacked(f"{name}.weight")[:, None], stacked(f"{name}.bias")[:, None])

        tokens = affine("tokens")
        # Centre and scale are the same for all tokens, so they go into the first layer.
        folded = tokens.weight / scale[:, None]
        self._tokens = _Affine(folded, tokens.bias - (centre @ folded)[:, None])
        self._flags = stacked("flags.weight").swapaxes(1, 2)
        self._norm = norm("norm")
        self._before_attention, self._before_feeding = norm("layer.norm1"), norm("layer.norm2")
        self._attending = affine("layer.self_attn.in_proj", weight="_weight", bias="_bias")
        self._attended = affine("layer.self_attn.out_proj")
        self._feeding, self._fed = affine("layer.linear1"), affine("layer.linear2")
        self._before_logits, self._logits = norm("logits.0"), affine("logits.2")
        self._centre = centre

    def read(self, sentences: Sequence[Marked]) -> tuple[Array, ...]:
        """The probabilities of each softmax, averaged over the nets. Shapes (sentences, classes)."""
        order = sorted(range(len(sentences)), key=lambda at: len(sentences[at].tokens))
        found = [np.zeros((len(sentences), classes), np.float32) for classes in CLASSES]
        for at in range(0, len(order), _AT_ONCE):
            some = order[at : at + _AT_ONCE]
            logits = np.split(self._read([sentences[one] for one in some]), np.cumsum(CLASSES)[:-1], axis=-1)
            for rows, one in zip(found, logits, strict=True):
                rows[some] = softmax(one, axis=-1).mean(axis=0)
        return tuple(found)

    def _read(self, sentences: Sequence[Marked]) -> Array:
        """The logits. Shape (nets, sentences, classes)."""
        # A sentence without a token is read as one token that is like any other: attention needs something to look at.
        tokens = [one.tokens[:LONGEST] if len(one.tokens) else self._centre[None] for one in sentences]
        flags: Array = np.concatenate([one.flags[:LONGEST] if len(one.flags) else np.zeros((1, FLAGS), np.float32) for one in sentences])
        counts = np.array([len(one) for one in tokens])
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        features: Array = np.concatenate(tokens).astype(np.float32, copy=False)
        read = self._norm(np.asarray(self._tokens(features[None]) + flags @ self._flags, np.float32))
        read = read + self._attended(_attend(self._attending(self._before_attention(read)), starts, counts))
        read = read + self._fed(_gelu(self._feeding(self._before_feeding(read))))
        whole = np.asarray(np.add.reduceat(read, starts, axis=1) / counts[:, None], np.float32)
        marked = [_mean_where(read, flags[:, column], starts, whole) for column in range(FLAGS - 1)]
        return self._logits(self._before_logits(np.concatenate([whole, *marked], axis=-1)))


def _gelu(given: Array) -> Array:
    """In the place of what is given, and of half of it: these are the largest arrays."""
    half = given * np.float32(0.5)
    erf(np.multiply(given, np.float32(math.sqrt(0.5)), out=given), out=given)
    given += 1
    given *= half
    return given


def _attend(made: Array, starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> Array:
    """What each token sees of those of its own sentence.

    Args:
        made: queries, keys and values. Shape (nets, tokens, 3 * width).

    Returns:
        shape (nets, tokens, width).
    """
    nets, _, width = made.shape
    places = np.arange(counts.max())
    present = places < counts[:, None]
    padded = made[:, np.where(present, starts[:, None] + places, 0)]  # (nets, sentences, places, 3 * width)
    heads = padded.reshape(nets, *present.shape, 3, HEADS, width // (3 * HEADS))
    queries, keys, values = (heads[:, :, :, which].swapaxes(2, 3) for which in range(3))
    scores = queries @ keys.swapaxes(3, 4) / np.float32(math.sqrt(keys.shape[-1]))
    scores = np.where(present[:, None, None], scores, np.float32(-np.inf))
    seen = softmax(scores, axis=-1) @ values
    joined: Array = seen.swapaxes(2, 3).reshape(nets, *present.shape, width // 3)[:, present]
    return joined


def _mean_where(read: Array, marks: Array, starts: npt.NDArray[np.int64], otherwise: Array) -> Array:
    """The mean of each sentence's marked tokens; ``otherwise`` where none is. Shape (nets, sentences, width)."""
    marked = np.add.reduceat(marks, starts)[:, None]
    mean: Array = np.where(marked > 0, np.add.reduceat(read * marks[:, None], starts, axis=1) / np.maximum(marked, 1), otherwise)
    return mean
