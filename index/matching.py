"""A question compared with passages token by token: MaxSim, as in ColBERT (arXiv 2004.12832), across languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.embedding.encoder import Encoded
from index.embedding.fitted import Fitted
from index.embedding.tokens import best_matches
from index.storing.store import StoredPassage

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


def match(
    encoded: Encoded, passages: Sequence[StoredPassage], tokens: Mapping[int, npt.NDArray[np.int8]], fitted: Fitted
) -> tuple[Match, ...]:
    """The match of each passage, in order.

    Args:
        tokens: of each passage, by its id, as :meth:`TokenSpace.passage` made them.
    """
    if not encoded.pieces:
        return ()
    surprise = -fitted.piece_scores[list(encoded.pieces)]
    weights = np.clip(surprise - _COMMON, 0, _MOST) + 0.01
    weights /= weights.sum()
    question = fitted.tokens.query(encoded.tokens)
    found = []
    for passage in passages:
        cosines = best_matches(question, tokens[passage.id])
        found.append(Match(passage, cosines, float(cosines @ weights)))
    return tuple(found)
