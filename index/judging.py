"""Does what was found answer the question? A calibrated decision from five signals.

E5's cosines lie between 0.7 and 0.9 for everything, so no cut through them tells an answer from a near miss. What tells is
whether each word of the question finds its counterpart in one passage, what kind of question it is, and whether it names
something that no article names. The weights are those of a logistic regression on the calibration questions (make
calibrate); its border lets 96 % of the answerable ones through.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.embedding.encoder import Encoded, Encoder, Vectors
from index.embedding.fitted import Fitted
from index.embedding.tokens import best_matches
from index.kinds import Kind
from index.words import Word, fold

PASSAGES = 3
"""The best passages that are compared with the question word by word."""

_WEIGHTS = (5.46, 13.84, -5.34, -2.54, -2.47)
_BORDER = 11.34

_PIECE_COMMON, _PIECE_MOST = 6.0, 8.0  # a token weighs its surprise beyond the first, in nats, at most the second
_WORD_COMMON, _WORD_RARE = 9.0, 17.0  # a word weighs nothing below the first surprise, and fully from the second on
_LITERAL = 0.85  # what a word that stands in the passage is covered by at least
_FOREIGN, _TRANSLATED = 0.58, 0.78  # cosines at which a name is surely not, or surely, meant by a word of the passage
_NAME_GAIN, _WORD_GAIN = 1.0, -2.0  # how much likelier a name, or an ordinary word, is with a capital, in nats
_ODD, _RARE = 12.0, 15.0  # the surprise of a word that may be, or probably is, a name
_PLACE_LANGUAGES = ("en", "fr", "es", "de", "it", "pt")


class Signals(NamedTuple):
    """What speaks for an answer, and against.

    Attributes:
        coverage: how well the question's tokens find a counterpart in the best passage, rare ones counting more; a cosine.
        word_coverage: the same by words, where a word that stands there literally counts as found.
        detail, chat: how likely the question is of these kinds (see :class:`index.kinds.Kind`).
        stranger: how surely it names something, or a version of something, that no article names.
    """

    coverage: float = 0.0
    word_coverage: float = 0.0
    detail: float = 0.0
    chat: float = 0.0
    stranger: float = 0.0


def answers(signals: Signals) -> bool:
    """The decision."""
    return math.fsum(weight * signal for weight, signal in zip(_WEIGHTS, signals, strict=True)) >= _BORDER


@dataclass(frozen=True, slots=True)
class Judged:
    """A passage to be compared with the question.

    Attributes:
        tokens: as :meth:`TokenSpace.passage` made them.
        terms: those of its article's title and of its sentences.
    """

    tokens: npt.NDArray[np.int8]
    terms: Collection[str]


class Judge:
    """Compares questions with passages, for one encoder."""

    def __init__(self, encoder: Encoder, fitted: Fitted) -> None:
        self._encoder = encoder
        self._fitted = fitted

    def signals(
        self,
        question: Sequence[Word],
        language: str,
        encoded: Encoded,
        kind: Kind,
        *,
        passages: Sequence[Judged],
        known: Collection[str],
        meant: Collection[str],
        unknown_version: bool,
    ) -> Signals:
        """The signals for a question and the best passages that were found for it.

        Args:
            known: the question's terms that stand in some article.
            meant: its words that are names of the articles, or nearly.
            unknown_version: whether it asks for a version of something that no article names.
        """
        if not passages or not encoded.pieces:
            return Signals()
        scores = self._fitted.piece_scores[list(encoded.pieces)]
        weights = np.clip(-scores - _PIECE_COMMON, 0, _PIECE_MOST) + 0.01
        tokens = self._fitted.tokens.query(encoded.tokens)
        matches = [best_matches(tokens, passage.tokens) for passage in passages]
        best = max(range(len(passages)), key=lambda at: float(matches[at] @ weights))
        compared = self._compare(question, encoded, scores, matches[best])
        return Signals(
            coverage=float(matches[best] @ weights / weights.sum()),
            word_coverage=_word_coverage(compared, passages[best].terms),
            detail=kind.detail,
            chat=kind.chat,
            stranger=1.0 if unknown_version else self._stranger(compared, language, known, meant),
        )

    def _compare(self, question: Sequence[Word], encoded: Encoded, scores: npt.NDArray[np.float32], match: Vectors) -> list[_Compared]:
        """Each word with its surprise and its match. Chinese and Japanese have no words: their tokens serve."""
        compared = []
        for at, (start, end) in enumerate(encoded.spans):
            if any(not word.alphabetic and not word.raw[0].isdigit() and word.start < end and word.end > start for word in question):
                inside = [word.term for word in question if word.start >= start and word.end <= end]
                compared.append(_Compared(None, inside, -float(scores[at]), float(match[at])))
        for word in question:
            if word.alphabetic or word.raw[0].isdigit():
                own = [at for at, (start, end) in enumerate(encoded.spans) if start < word.end and end > word.start]
                cosine = float(match[own].mean()) if own else 0.5
                surprise = -max(self._log_probability(word.raw), self._log_probability(word.raw.lower()))
                compared.append(_Compared(word, [word.term], surprise, cosine))
        return compared

    def _stranger(self, compared: Sequence[_Compared], language: str, known: Collection[str], meant: Collection[str]) -> float:
        """The clearest name that no article holds, unless the passage has it by meaning (in another script, translated)."""
        return max(
            (
                self._likely_name(one.word, one.surprise, language) * (1 - _ramp(one.cosine, _FOREIGN, _TRANSLATED))
                for one in compared
                if one.word is not None and one.word.term not in known and one.word.full not in meant
            ),
            default=0.0,
        )

    def _likely_name(self, word: Word, surprise: float, language: str) -> float:
        """From 0 (an ordinary word, a place, a number) to 1."""
        if not word.alphabetic or word.full in _places():
            return 0.0
        nouns_have_capitals = language == "de"
        if any(letter.isupper() for letter in word.raw[1:]) or (word.start > 0 and word.raw[0].isupper() and not nouns_have_capitals):
            return 1.0
        gain = self._log_probability(word.raw.capitalize()) - self._log_probability(word.raw.lower())
        if gain > _NAME_GAIN and not nouns_have_capitals:
            return 1.0
        if gain <= _WORD_GAIN:
            return 0.0
        return 0.6 if surprise > _RARE else 0.3 if surprise > _ODD else 0.0

    def _log_probability(self, word: str) -> float:
        """How likely a word is in the text of the web that the tokenizer was made from, in nats."""
        return float(self._fitted.piece_scores[list(self._encoder.pieces(word))].sum())


@dataclass(frozen=True, slots=True)
class _Compared:
    """A word (or, in Chinese and Japanese, a token) of the question, beside the passage.

    Attributes:
        word: None for a token.
        terms: its terms.
        surprise: minus its log-probability, in nats.
        cosine: with its counterpart in the passage.
    """

    word: Word | None
    terms: Sequence[str]
    surprise: float
    cosine: float


def _word_coverage(compared: Sequence[_Compared], terms: Collection[str]) -> float:
    total = covered = 0.0
    for one in compared:
        weight = _ramp(one.surprise, _WORD_COMMON, _WORD_RARE)
        literal = bool(one.terms) and all(term in terms for term in one.terms)
        covered += weight * max(one.cosine, _LITERAL if literal else 0.0)
        total += weight
    return covered / total if total > 0.2 else 0.5


def _ramp(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)


@cache
def _places() -> frozenset[str]:
    """The names of countries, folded: that no article names Brazil does not make a question about Brazil a strange one."""
    from babel import Locale

    named = chain.from_iterable(Locale(language).territories.values() for language in _PLACE_LANGUAGES)
    return frozenset(fold(name) for name in named if " " not in name) | {"uk", "us", "usa", "eu", "europa", "europe"}
