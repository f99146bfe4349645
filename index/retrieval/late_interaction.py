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

_COMMON_SURPRISE = 6.0  # nats: a token that surprises less is in every text, and weighs next to nothing
_MOST_WEIGHT = 8.0  # nats beyond that: from there on a rarer token weighs no more
_LEAST_WEIGHT = np.float32(0.01)  # of every token, so that a question of common ones alone has weights


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
    """How much each token of a question counts: its surprise (minus its log-probability), within bounds. Shape (question's tokens,)."""
    surprise = -fitted.piece_scores[list(encoded.pieces)]
    weights: npt.NDArray[np.float32] = np.clip(surprise - _COMMON_SURPRISE, 0, _MOST_WEIGHT) + _LEAST_WEIGHT
    return weights
