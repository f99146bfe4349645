"""What kind of question is asked, what it wants to know, and which sentences tell such things: small linear classifiers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Vectors


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


class Intent(NamedTuple):
    """How likely it is that a question on a launch wants to know this; they sum to one.

    Attributes:
        when: its date, or whether it is out, late, or over: where it stands.
        who: who may use it.
        where: in which countries, on which devices, in which languages.
        what: what it is and can do.
        maker: who makes it, and what they say.
        other: anything else that such news tells.
    """

    when: float
    why: float
    who: float
    where: float
    price: float
    what: float
    compare: float
    maker: float
    other: float


TELLS_REGULARISATION = 0.002
"""scikit-learn's C, of the classifiers of sentences; on features of unit variance."""

LIKE: Mapping[str, str] = {"ask": "launch"}
"""Prototypes of questions in a few words; they taught nothing as a kind of their own."""

KIND_REGULARISATION, INTENT_REGULARISATION = 2.0, 10.0
"""scikit-learn's C. The intents' gave the best accuracy on a language left out (0.85; 0.82 at 2)."""


@dataclass(frozen=True)
class Softmax:
    """A softmax over a question's vector without its language.

    Attributes:
        weights: a row a class, the intercept last. Shape (classes, dimension + 1).
    """

    weights: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, questions: Vectors, labels: Sequence[str], classes: Sequence[str], regularisation: float) -> Softmax:
        """Logistic regression on questions' vectors (without their languages) and labels."""
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=regularisation, class_weight="balanced", max_iter=3000)
        model.fit(questions, labels)
        order = [list(model.classes_).index(name) for name in classes]
        return cls(np.hstack([model.coef_, model.intercept_[:, None]])[order].astype(np.float32))

    def __call__(self, question: npt.NDArray[np.float32]) -> list[float]:
        """The probability of each class. ``question``: shape (dimension,)."""
        logits = self.weights[:, :-1] @ question + self.weights[:, -1]
        odds = np.exp(logits - logits.max())
        probabilities: list[float] = (odds / odds.sum()).tolist()
        return probabilities


@dataclass(frozen=True)
class Tells:
    """What sentences tell: whether each would answer a question of each intent. A logistic regression for each.

    Learned from ``tells.tsv``. Over the vectors of three layers its average precision, cross-validated, was 0.79, over the last layer's
    alone 0.74; behind headlines drawn by chance it is 4 points lower, which costs no hits.

    Attributes:
        weights: a row an intent, the intercept last. Shape (9, 3 * dimension + 1).
    """

    weights: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, sentences: Vectors, labels: Sequence[Collection[str]]) -> Tells:
        """From the sentences' vectors (:meth:`index.embedding.encoders.base.Layers.mean`) and the intents that each answers."""
        from sklearn.linear_model import LogisticRegression

        centre, scale = sentences.mean(axis=0), sentences.std(axis=0) + 1e-6
        rows = []
        for intent in Intent._fields:
            model = LogisticRegression(C=TELLS_REGULARISATION, class_weight="balanced", max_iter=1000)
            model.fit((sentences - centre) / scale, [intent in some for some in labels])
            weights = model.coef_[0] / scale
            rows.append(np.append(weights, model.intercept_[0] - weights @ centre))
        return cls(np.array(rows, np.float32))

    @cached_property
    def digest(self) -> str:
        """Two with the same digest tell the same."""
        return sha256(self.weights.tobytes()).hexdigest()[:16]

    def __call__(self, sentences: Vectors) -> npt.NDArray[np.uint8]:
        """How likely each sentence answers each intent, 255 for certainty. Shape (sentences, 9)."""
        logits = sentences @ self.weights[:, :-1].T + self.weights[:, -1]
        probabilities: npt.NDArray[np.uint8] = np.rint(255 / (1 + np.exp(-logits))).astype(np.uint8)
        return probabilities
