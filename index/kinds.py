"""What kind of question is asked: small talk, a launch, a fact, or a detail that launch news seldom tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.embedding.encoder import Vectors

_KINDS = ("chat", "detail", "fact", "launch")
_LIKE = {"ask": "launch"}  # prototypes of questions in a few words; they taught nothing as a kind of their own
_REGULARISATION = 2.0  # scikit-learn's C


class Kind(NamedTuple):
    """How likely a question is of each kind; the four sum to one.

    Attributes:
        chat: small talk, or a chore for an assistant.
        detail: staff, chips, salaries, takeovers: what news on a launch seldom tells.
        fact: knowledge of the world.
        launch: when, where, for whom, at what price, why, what.
    """

    chat: float
    detail: float
    fact: float
    launch: float


@dataclass(frozen=True)
class Kinds:
    """A softmax over the question's vector.

    Attributes:
        weights: a row a kind, the intercept last. Shape (4, dimension + 1).
    """

    weights: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, questions: Vectors, kinds: Sequence[str]) -> Kinds:
        """Logistic regression on the prototype questions' vectors (without their languages) and kinds."""
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=_REGULARISATION, class_weight="balanced", max_iter=3000)
        model.fit(questions, [_LIKE.get(kind, kind) for kind in kinds])
        order = [list(model.classes_).index(kind) for kind in _KINDS]
        return cls(np.hstack([model.coef_, model.intercept_[:, None]])[order].astype(np.float32))

    def __call__(self, question: npt.NDArray[np.float32]) -> Kind:
        """The kind of a question, by its vector without its language. Shape (dimension,)."""
        logits = self.weights[:, :-1] @ question + self.weights[:, -1]
        odds = np.exp(logits - logits.max())
        return Kind(*(odds / odds.sum()).tolist())
