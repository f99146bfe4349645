"""Does what was found answer the question? A calibrated decision from eight signals.

E5's cosines lie between 0.7 and 0.9 for everything, so no cut through them tells an answer from a near miss. What tells is
whether each word of the question finds its counterpart in one passage, and in the one that would be quoted, whether one
sentence stands out, what kind of question it is, and whether it names something that no article on the matter names. The
weights are those of a logistic regression on the calibration questions (make calibrate); its border lets 94 % of the answerable
ones through.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Encoded, TextEncoder
from index.embedding.learned.bundle import Fitted
from index.retrieval.late_interaction import token_weights
from index.retrieval.search import Found, Scored
from index.text.languages import LANGUAGES, NOUN_CAPITALS
from index.text.words import Word, fold

_PASSAGES = 3  # of the nearest, the one that covers the question best is judged
_NEXT = 9  # sentences that the nearest one is compared with
_CLEAR, _ALONE = 0.025, 0.015  # a longer lead says no more: among few sentences it is long; that of a sentence alone

_WEIGHTS = (4.62, 9.2, -3.01, -0.88, -1.93, 1.9, -6.98, 83.12)
_BORDER = 9.44
_BEYOND = 3.0  # beyond the border, 19 of 20 answers are right (held out of none; a third of the answerable ones get there)
_LEAST, _LEAST_STRANGE = 0.65, 0.16  # words have to be covered by so much, and by so much more where there is a strange name

_WORD_COMMON, _WORD_RARE = 9.0, 17.0  # a word weighs nothing below the first surprise, and fully from the second on
_PLACE = 0.3  # of that weight for a country: "can someone in Brazil try it?" is answered by who can, not by Brazil
_LITERAL = 0.85  # what a word that stands in the passage is covered by at least
_FOREIGN, _TRANSLATED = 0.58, 0.78  # cosines at which a name is surely not, or surely, meant by a word of the passage
_NAME_GAIN, _WORD_GAIN = 1.0, -2.0  # how much likelier a name, or an ordinary word, is with a capital, in nats
_ODD, _RARE = 12.0, 15.0  # the surprise of a word that may be, or probably is, a name


class Signals(NamedTuple):
    """What speaks for an answer, and against.

    Attributes:
        coverage: how well the question's tokens find a counterpart in the best passage, rare ones counting more; a cosine.
        word_coverage: the same by words, where a word that stands there literally counts as found.
        detail, chat: how likely the question is of these kinds (see :class:`index.embedding.learned.question_kinds.Kind`).
        stranger: how surely it names something, or a version of something, that no article names, or none that speaks of
            the launch that it is about ("does Udio run on Android?").
        state: how likely it asks where a launch stands, or for whom it is, of which that is known: then there is an answer,
            however it is put ("wen sora").
        scatter: how much better the question is covered by all passages that were found together than by the one that would
            be quoted; a difference of cosines. What is asked is then told of something else.
        lead: how much nearer to the question the nearest sentence is than the next ones; a difference of cosines. An answer
            stands out; what only comes near comes in numbers.
    """

    coverage: float = 0.0
    word_coverage: float = 0.0
    detail: float = 0.0
    chat: float = 0.0
    stranger: float = 0.0
    state: float = 0.0
    scatter: float = 0.0
    lead: float = 0.0


def beside_the_point(signals: Signals) -> bool:
    """Whether what was found is about something else, whatever else speaks for it: among few sentences one always stands out."""
    return signals.word_coverage < _LEAST + _LEAST_STRANGE * signals.stranger


def answers(signals: Signals) -> bool:
    """The decision."""
    return not beside_the_point(signals) and _margin(signals) >= 0


def confident(signals: Signals) -> bool:
    """Whether it is so sure that people may be told who have not asked."""
    return answers(signals) and _margin(signals) >= _BEYOND


def _margin(signals: Signals) -> float:
    return math.fsum(weight * signal for weight, signal in zip(_WEIGHTS, signals, strict=True)) - _BORDER


class Judge:
    """Judges what was found for a question, for one encoder."""

    def __init__(self, encoder: TextEncoder, fitted: Fitted) -> None:
        self._encoder = encoder
        self._fitted = fitted

    def signals(self, found: Found) -> Signals:
        """What speaks for an answer in what was found, and against."""
        if not found.matches:
            return Signals()
        best = max(found.matches[:_PASSAGES], key=lambda one: one.coverage)
        question = found.question
        # All at once: one by one they take a millisecond or two. Only of what may be a strange name the capital is asked for.
        words = [word for word in question.words if _is_whole(word)]
        strange = [word.raw.capitalize() for word in words if word.term not in question.known]
        self._encoder.pieces([*strange, *(spelled for word in words for spelled in (word.raw, word.raw.lower()))])
        own = _tokens(question.words, found.encoded.spans)
        compared = self._compare(question.words, own, found.encoded, best.cosines)
        return Signals(
            coverage=best.coverage,
            word_coverage=_word_coverage(compared, frozenset[str]().union(*best.passage.terms)),
            detail=found.kind.detail,
            chat=found.kind.chat,
            stranger=1.0 if question.unknown_version else max(self._stranger(compared, found), self._misplaced(own, found)),
            state=found.intent.when + found.intent.who if found.launch.course else 0.0,
            scatter=self._scatter(found),
            lead=_lead(found.sentences),
        )

    def _scatter(self, found: Found) -> float:
        quoted = next((one for one in found.matches if one.passage.id == found.sentences[0].passage.id), found.matches[0])
        beside = [not found.launch.names(start, end) for start, end in found.encoded.spans]  # the product is named everywhere
        weights = token_weights(found.encoded, self._fitted) * beside
        if not weights.any():
            return 0.0
        best = np.max([one.cosines for one in found.matches], axis=0)
        return float((best - quoted.cosines) @ weights / weights.sum())

    def _misplaced(self, own: Sequence[Sequence[int]], found: Found) -> float:
        """How surely any of the misplaced names is meant by no word of the passages that speak of the launch."""
        about = [one.cosines for one in found.matches if one.passage.id in found.about]
        clearest = 0.0
        for word, tokens in zip(found.question.words, own, strict=True):
            if word.full in found.misplaced and word.full not in _places():
                nearest = float(np.stack(about)[:, tokens].mean(axis=1).max()) if about and tokens else 0.0
                clearest = max(clearest, 1 - _ramp(nearest, _FOREIGN, _TRANSLATED))
        return clearest

    def _compare(
        self, question: Sequence[Word], own: Sequence[Sequence[int]], encoded: Encoded, match: npt.NDArray[np.float32]
    ) -> list[_Compared]:
        """Each word with its surprise and its match. Chinese and Japanese have no words: their tokens serve.

        Args:
            own: see :func:`_tokens`.
        """
        scores = self._fitted.piece_scores[list(encoded.pieces)]
        parts: dict[int, list[Word]] = {}  # of each token
        for word, tokens in zip(question, own, strict=True):
            for at in tokens:
                parts.setdefault(at, []).append(word)
        compared = []
        for at, touched in sorted(parts.items()):
            if not all(map(_is_whole, touched)):
                start, end = encoded.spans[at]
                inside = [word.term for word in touched if word.start >= start and word.end <= end]
                compared.append(_Compared(None, inside, -float(scores[at]), float(match[at])))
        for word, tokens in zip(question, own, strict=True):
            if _is_whole(word):
                cosine = float(match[tokens].mean()) if tokens else 0.5
                surprise = -max(self._log_probability(spelling) for spelling in {word.raw, word.raw.lower()})
                compared.append(_Compared(word, [word.term], surprise, cosine))
        return compared

    def _stranger(self, compared: Sequence[_Compared], found: Found) -> float:
        """The clearest name that no article holds, unless the passage has it by meaning (in another script, translated)."""
        question = found.question
        # In a question on a launch that is known, a small first word is no name ("wen is sora coming out").
        asks = question.words[0] if found.launch.course and question.words[0].raw.islower() else None
        return max(
            (
                self._likely_name(one.word, one.surprise, question.language) * (1 - _ramp(one.cosine, _FOREIGN, _TRANSLATED))
                for one in compared
                if one.word is not None
                and one.word is not asks
                and one.word.term not in question.known
                and one.word.full not in question.meant
            ),
            default=0.0,
        )

    def _likely_name(self, word: Word, surprise: float, language: str) -> float:
        """From 0 (an ordinary word, a place, a number) to 1."""
        if not word.alphabetic or word.full in _places():
            return 0.0
        nouns_have_capitals = language in NOUN_CAPITALS
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
        return float(self._fitted.piece_scores[self._encoder.pieces([word])[0]].sum())


def _is_whole(word: Word) -> bool:
    """Whether it is a word, or a number, rather than two characters of Chinese or Japanese."""
    return word.alphabetic or word.raw[0].isdigit()


def _tokens(question: Sequence[Word], spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """For each word of a question, the places of the tokens that share a character with it; words stand in order, ends and all."""
    starts, ends = [word.start for word in question], [word.end for word in question]
    own: list[list[int]] = [[] for _ in question]
    for at, (start, end) in enumerate(spans):
        for place in range(bisect_right(ends, start), bisect_left(starts, end)):
            own[place].append(at)
    return own


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


def _lead(sentences: Sequence[Scored]) -> float:
    nearest: dict[str, float] = {}  # the same sentence in two articles is one
    for one in sorted(sentences, key=lambda one: -one.cosine):
        nearest.setdefault(one.plain, one.cosine)
        if len(nearest) > _NEXT:
            break
    first, *following = nearest.values()
    return min(first - sum(following) / len(following), _CLEAR) if following else _ALONE


def _word_coverage(compared: Sequence[_Compared], terms: Collection[str]) -> float:
    total = covered = 0.0
    for one in compared:
        weight = _ramp(one.surprise, _WORD_COMMON, _WORD_RARE)
        if one.word is not None and one.word.full in _places():
            weight *= _PLACE
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

    spaced = {code: language for code, language in LANGUAGES.items() if language.words_stand_apart}
    named = chain.from_iterable(Locale(code).territories.values() for code in spaced)
    return frozenset(fold(name) for name in named if " " not in name).union(*(language.places for language in spaced.values()))
