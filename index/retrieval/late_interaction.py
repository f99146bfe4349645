"""A question compared with passages token by token: MaxSim, as in ColBERT (arXiv 2004.12832), across languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Encoded
from index.embedding.learned.bundle import Fitted
from index.embedding.learned.token_space import best_matches
from index.storage.store.base import StoredPassage

_COMMON, _MOST = 6.0, 8.0  # a token weighs its surprise beyond the first, in nats, at most the second


@dataclass(frozen=True, slots=True)
class Match:
    """How a passage covers a question.

    Attributes:
        cosines: for each token of the question, its best cosine in the passage. Shape (question's tokens,).
        coverage: their mean, rare tokens counting more.
    """

    passage: StoredPassage
    cosines: npt.NDArray[np.float32]
    coverage: float


def match(encoded: Encoded, passages: Sequence[StoredPassage], fitted: Fitted) -> tuple[Match, ...]:
    """The match of each passage, in order."""
    if not encoded.pieces:
        return ()
    cosines = best_matches(fitted.tokens.query(encoded.tokens), [passage.tokens for passage in passages])
    weights = token_weights(encoded, fitted)
    coverage = cosines @ (weights / weights.sum())
    return tuple(map(Match, passages, cosines, coverage.tolist()))


def token_weights(encoded: Encoded, fitted: Fitted) -> npt.NDArray[np.float32]:
    """How much each token of a question counts. Shape (question's tokens,)."""
    surprise = -fitted.piece_scores[list(encoded.pieces)]
    weights: npt.NDArray[np.float32] = np.clip(surprise - _COMMON, 0, _MOST) + np.float32(0.01)
    return weights
