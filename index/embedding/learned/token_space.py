"""Token vectors, made small enough to keep: what lets a question be compared with a passage word by word (MaxSim, as in ColBERT,
arXiv 2004.12832), across languages.

Half of what all tokens share is taken off, and all that tells their languages apart; the rest is rotated to its main directions
and kept with one byte each: 128 bytes a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Vectors, unit
from index.embedding.learned.language_space import language_directions

DIMENSIONS = 128
"""Main directions kept: on fewer, cross-lingual pairs are told apart less well."""

_COMMON_SHARE = 0.5
_BYTE = 127


@dataclass(frozen=True)
class TokenSpace:
    """From the encoder's token vectors to small ones.

    Attributes:
        rotation: shape (dimension, :data:`DIMENSIONS`).
        passage_centre, query_centre: what tokens share, of passages and of questions. Shape (dimension,).
    """

    rotation: npt.NDArray[np.float32]
    passage_centre: npt.NDArray[np.float32]
    query_centre: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, passages: Sequence[Vectors], queries: Sequence[Vectors]) -> TokenSpace:
        """From all tokens of the same sentences in each language, encoded as passages and as questions."""
        directions = language_directions([passages, queries])
        centres = [np.stack([vectors.mean(axis=0) for vectors in kind]).mean(axis=0) for kind in (passages, queries)]
        moved = np.concatenate(passages) - _COMMON_SHARE * centres[0]
        moved = unit(moved - (moved @ directions.T) @ directions)
        # The second moment, not centred: it is cosines that must survive.
        _, axes = np.linalg.eigh(moved.T @ moved / np.float32(len(moved)))
        main = axes[:, ::-1][:, :DIMENSIONS]
        rotation = main - directions.T @ (directions @ main)
        return cls(np.ascontiguousarray(rotation, np.float32), centres[0], centres[1])

    def query(self, tokens: Vectors) -> Vectors:
        """A question's tokens, of unit length. Shape (tokens, :data:`DIMENSIONS`)."""
        return unit((tokens - _COMMON_SHARE * self.query_centre) @ self.rotation)

    def passage(self, tokens: Vectors) -> npt.NDArray[np.int8]:
        """A passage's tokens, as they are stored. Shape (tokens, :data:`DIMENSIONS`)."""
        small = unit((tokens - _COMMON_SHARE * self.passage_centre) @ self.rotation)
        return np.rint(small * _BYTE).astype(np.int8)


def best_matches(query: Vectors, passages: Sequence[npt.NDArray[np.int8]]) -> Vectors:
    """For each token of a question, its best cosine in each passage. Shape (passages, question's tokens)."""
    best = np.zeros((len(passages), len(query)), np.float32)
    filled = [at for at, tokens in enumerate(passages) if len(tokens)]
    if filled:
        lengths = [len(passages[at]) for at in filled]
        cosines = np.concatenate([passages[at] for at in filled]).astype(np.float32) @ (query / _BYTE).T
        best[filled] = np.maximum.reduceat(cosines, np.cumsum([0, *lengths[:-1]]), axis=0)
    return best
