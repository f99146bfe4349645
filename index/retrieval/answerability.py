"""Answerability: does the best of a ranking answer the question, or is it better to abstain? A calibrated decision from eight signals.

E5's cosines lie between 0.7 and 0.9 for everything, so no cut through them tells an answer from a near miss. What tells is
whether each word of the question finds its counterpart in one passage, and in the one that would be quoted, whether one
sentence stands out, what kind of question it is, and whether it names something that no article on the matter names. The
weights are those of a logistic regression on the calibration questions, which ``make calibrate`` writes to ``answerability.json``;
its border lets 94 % of the answerable ones through.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Encoded, TextEncoder
from index.embedding.learned.bundle import Fitted
from index.retrieval.late_interaction import token_weights
from index.retrieval.rank import Ranking, ScoredSentence
from index.text.languages import LANGUAGES, NOUN_CAPITALS
from index.text.words import Word, fold

CALIBRATION_FILE = "answerability.json"
"""What ``make calibrate`` writes, beside this module."""

_CONFIDENCE_MARGIN = (
    3.0  # log-odds beyond the border, where 19 of 20 answers are right (held out of none; a third of the answerable get there)
)
_LEAST_WORD_COVERAGE = 0.65  # cosine: words that are covered less are not answered, whatever else speaks for it
_STRANGER_WORD_COVERAGE = 0.16  # cosine: by so much more they have to be covered where there is a strange name

_JUDGED_PASSAGES = 3  # of the nearest, the one that covers the question best is judged
_FOLLOWING_SENTENCES = 9  # that the nearest one is compared with
_LONGEST_LEAD = 0.025  # cosine: a longer lead says no more, for among few sentences it is long
_LEAD_ALONE = 0.015  # cosine: that of a sentence that has no others beside it

_COMMON_SURPRISE, _RARE_SURPRISE = 9.0, 17.0  # nats: a word weighs nothing below the first, and fully from the second on
_COUNTRY_WEIGHT = 0.3  # of a word's: "can someone in Brazil try it?" is answered by who can, not by Brazil
_LITERAL_COSINE = 0.85  # what a word that stands in the passage is covered by at least
_NO_TOKENS_COSINE = 0.5  # of a word that the encoder cut off: neither found nor missing
_LEAST_WORD_WEIGHT = 0.2  # of all words of a question: below that they are too common to tell anything,
_NO_WORDS_COVERAGE = 0.5  # and are taken for half covered

_FOREIGN_COSINE, _TRANSLATED_COSINE = 0.58, 0.78  # at which a name is surely not, or surely, meant by a word of the passage
_NAME_GAIN, _WORD_GAIN = 1.0, -2.0  # nats: how much likelier a name, or an ordinary word, is with a capital
_RARE_WORD, _RARE_WORD_IS_NAME = 15.0, 0.6  # nats, and how likely a word of such a surprise is a name
_ODD_WORD, _ODD_WORD_IS_NAME = 12.0, 0.3


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
        scatter: how much better the question is covered by all candidate passages together than by the one that would
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


@dataclass(frozen=True, slots=True)
class Calibration:
    """The decision as it was fitted.

    Attributes:
        weights: of each signal, in log-odds for one of its unit.
        border: the sum of the weighted signals from which on a question is answered.
    """

    weights: Signals
    border: float

    @classmethod
    def parse(cls, text: str) -> Calibration:
        """From the JSON that :meth:`to_json` makes.

        Raises:
            ValueError: it is no JSON, or has not exactly one finite number for each signal and for the border.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.keys() != {"weights", "border"}:
            raise ValueError(f"{CALIBRATION_FILE} has to hold weights and a border.")
        weights, border = content["weights"], content["border"]
        if not isinstance(weights, dict) or weights.keys() != {*Signals._fields}:
            raise ValueError(f"{CALIBRATION_FILE} has to weigh exactly these signals: {', '.join(Signals._fields)}.")
        if not all(map(_is_finite, (border, *weights.values()))):
            raise ValueError(f"{CALIBRATION_FILE} has to hold finite numbers.")
        return cls(Signals(**weights), border)

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps({"weights": self.weights._asdict(), "border": self.border}, indent=2) + "\n"

    def margin(self, signals: Signals) -> float:
        """How far beyond the border a question is, in log-odds; below 0 it is not answered."""
        return math.fsum(weight * signal for weight, signal in zip(self.weights, signals, strict=True)) - self.border


@cache
def calibration() -> Calibration:
    """The one that comes along."""
    return Calibration.parse((files("index.retrieval") / CALIBRATION_FILE).read_text(encoding="utf-8"))


def beside_the_point(signals: Signals) -> bool:
    """Whether the ranking is about something else, whatever else speaks for it: among few sentences one always stands out."""
    return signals.word_coverage < _LEAST_WORD_COVERAGE + _STRANGER_WORD_COVERAGE * signals.stranger


def answers(signals: Signals) -> bool:
    """The decision: whether the question is answered, rather than abstained from."""
    return not beside_the_point(signals) and calibration().margin(signals) >= 0


def confident(signals: Signals) -> bool:
    """Whether it is so sure that people may be told who have not asked."""
    return answers(signals) and calibration().margin(signals) >= _CONFIDENCE_MARGIN


class Judge:
    """Judges rankings, for one encoder."""

    def __init__(self, encoder: TextEncoder, fitted: Fitted) -> None:
        self._encoder = encoder
        self._fitted = fitted

    def signals(self, ranking: Ranking) -> Signals:
        """What speaks for an answer in a ranking, and against."""
        if not ranking.matches:
            return Signals()
        query, encoded = ranking.query, ranking.encoded
        self._split_at_once(query.words, query.term_weights.keys())
        tokens = _tokens(query.words, encoded.spans)
        best = max(ranking.matches[:_JUDGED_PASSAGES], key=lambda match: match.coverage)
        alignments = self._align(query.words, tokens, encoded, best.cosines)
        return Signals(
            coverage=best.coverage,
            word_coverage=_word_coverage(alignments, frozenset[str]().union(*best.passage.terms)),
            detail=ranking.kind.detail,
            chat=ranking.kind.chat,
            stranger=1.0 if query.unknown_version else max(self._stranger(alignments, ranking), _misplaced(tokens, ranking)),
            state=ranking.intent.when + ranking.intent.who if ranking.launch.course else 0.0,
            scatter=self._scatter(ranking),
            lead=_lead(ranking.sentences),
        )

    def _split_at_once(self, words: Sequence[Word], known: Collection[str]) -> None:
        """Let the tokenizer remember all words that are looked at here: one by one they take a millisecond or two.

        Args:
            known: the terms of the articles; only of a word that may be a strange name the capital is asked for.
        """
        whole = [word for word in words if _is_whole(word)]
        capitals = [word.raw.capitalize() for word in whole if word.term not in known]
        self._encoder.pieces([*capitals, *(spelling for word in whole for spelling in (word.raw, word.raw.lower()))])

    def _scatter(self, ranking: Ranking) -> float:
        best_sentence = ranking.sentences[0]
        quoted = next((match for match in ranking.matches if match.passage.id == best_sentence.passage.id), ranking.matches[0])
        outside_names = [not ranking.launch.names(start, end) for start, end in ranking.encoded.spans]  # the product is named everywhere
        weights = token_weights(ranking.encoded, self._fitted) * outside_names
        if not weights.any():
            return 0.0
        best = np.max([match.cosines for match in ranking.matches], axis=0)
        return float((best - quoted.cosines) @ weights / weights.sum())

    def _align(
        self, words: Sequence[Word], tokens: Sequence[Sequence[int]], encoded: Encoded, cosines: npt.NDArray[np.float32]
    ) -> list[_Alignment]:
        """Each word with its surprise and its cosine. Chinese and Japanese have no words: their tokens serve.

        Args:
            tokens: see :func:`_tokens`.
            cosines: of each token with its counterpart in the passage. Shape (tokens,).
        """
        scores = self._fitted.piece_scores[list(encoded.pieces)]
        words_of: dict[int, list[Word]] = {}  # of each token
        for word, indices in zip(words, tokens, strict=True):
            for index in indices:
                words_of.setdefault(index, []).append(word)
        alignments = []
        for index, touched in sorted(words_of.items()):
            if not all(map(_is_whole, touched)):
                start, end = encoded.spans[index]
                terms = [word.term for word in touched if word.start >= start and word.end <= end]
                alignments.append(_Alignment(None, terms, -float(scores[index]), float(cosines[index])))
        for word, indices in zip(words, tokens, strict=True):
            if _is_whole(word):
                cosine = float(cosines[indices].mean()) if indices else _NO_TOKENS_COSINE
                surprise = -max(self._log_probability(spelling) for spelling in {word.raw, word.raw.lower()})
                alignments.append(_Alignment(word, [word.term], surprise, cosine))
        return alignments

    def _stranger(self, alignments: Sequence[_Alignment], ranking: Ranking) -> float:
        """The clearest name that no article holds, unless the passage has it by meaning (in another script, translated)."""
        query = ranking.query
        # In a question on a launch that is known, a small first word is no name ("wen is sora coming out").
        question_word = query.words[0] if ranking.launch.course and query.words[0].raw.islower() else None
        return max(
            (
                self._likely_name(alignment.word, alignment.surprise, query.language) * _foreign(alignment.cosine)
                for alignment in alignments
                if alignment.word is not None
                and alignment.word is not question_word
                and alignment.word.term not in query.term_weights
                and alignment.word.full not in query.names
            ),
            default=0.0,
        )

    def _likely_name(self, word: Word, surprise: float, language: str) -> float:
        """From 0 (an ordinary word, a country, a number) to 1."""
        if not word.alphabetic or word.full in _countries():
            return 0.0
        nouns_have_capitals = language in NOUN_CAPITALS
        if any(letter.isupper() for letter in word.raw[1:]) or (word.start > 0 and word.raw[0].isupper() and not nouns_have_capitals):
            return 1.0
        gain = self._log_probability(word.raw.capitalize()) - self._log_probability(word.raw.lower())
        if gain > _NAME_GAIN and not nouns_have_capitals:
            return 1.0
        if gain <= _WORD_GAIN:
            return 0.0
        return _RARE_WORD_IS_NAME if surprise > _RARE_WORD else _ODD_WORD_IS_NAME if surprise > _ODD_WORD else 0.0

    def _log_probability(self, word: str) -> float:
        """How likely a word is in the text of the web that the tokenizer was made from, in nats."""
        return float(self._fitted.piece_scores[self._encoder.pieces([word])[0]].sum())


def _is_whole(word: Word) -> bool:
    """Whether it is a word, or a number, rather than two characters of Chinese or Japanese."""
    return word.alphabetic or word.raw[0].isdigit()


def _tokens(question: Sequence[Word], spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """For each word of a question, the indices of the tokens that share a character with it; words stand in order, ends and all."""
    starts, ends = [word.start for word in question], [word.end for word in question]
    tokens: list[list[int]] = [[] for _ in question]
    for index, (start, end) in enumerate(spans):
        for word in range(bisect_right(ends, start), bisect_left(starts, end)):
            tokens[word].append(index)
    return tokens


@dataclass(frozen=True, slots=True)
class _Alignment:
    """A word (or, in Chinese and Japanese, a token) of the question, beside its counterpart in the passage.

    Attributes:
        word: None for a token.
        terms: its terms.
        surprise: minus its log-probability, in nats.
        cosine: with its counterpart.
    """

    word: Word | None
    terms: Sequence[str]
    surprise: float
    cosine: float


def _misplaced(tokens: Sequence[Sequence[int]], ranking: Ranking) -> float:
    """How surely any of the misplaced names is meant by no word of the passages that speak of the launch."""
    on_launch = [match.cosines for match in ranking.matches if match.passage.id in ranking.on_launch]
    clearest = 0.0
    for word, indices in zip(ranking.query.words, tokens, strict=True):
        if word.full in ranking.misplaced_names and word.full not in _countries():
            cosine = float(np.stack(on_launch)[:, indices].mean(axis=1).max()) if on_launch and indices else 0.0
            clearest = max(clearest, _foreign(cosine))
    return clearest


def _foreign(cosine: float) -> float:
    """How surely a name is meant by no word of a passage in which its counterpart has this cosine."""
    return 1 - _ramp(cosine, _FOREIGN_COSINE, _TRANSLATED_COSINE)


def _lead(sentences: Sequence[ScoredSentence]) -> float:
    nearest: dict[str, float] = {}  # the same sentence in two articles is one
    for sentence in sorted(sentences, key=lambda sentence: -sentence.cosine):
        nearest.setdefault(sentence.text, sentence.cosine)
        if len(nearest) > _FOLLOWING_SENTENCES:
            break
    first, *following = nearest.values()
    return min(first - sum(following) / len(following), _LONGEST_LEAD) if following else _LEAD_ALONE


def _word_coverage(alignments: Sequence[_Alignment], terms: Collection[str]) -> float:
    """How well the words are covered, by their weight.

    Args:
        terms: the passage's.
    """
    total = covered = 0.0
    for alignment in alignments:
        weight = _ramp(alignment.surprise, _COMMON_SURPRISE, _RARE_SURPRISE)
        if alignment.word is not None and alignment.word.full in _countries():
            weight *= _COUNTRY_WEIGHT
        literal = bool(alignment.terms) and all(term in terms for term in alignment.terms)
        covered += weight * max(alignment.cosine, _LITERAL_COSINE if literal else 0.0)
        total += weight
    return covered / total if total > _LEAST_WORD_WEIGHT else _NO_WORDS_COVERAGE


def _ramp(value: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high`` on, and straight in between."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _is_finite(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


@cache
def _countries() -> frozenset[str]:
    """The names of countries, folded: that no article names Brazil does not make a question about Brazil a strange one."""
    from babel import Locale

    spaced = {code: language for code, language in LANGUAGES.items() if language.words_stand_apart}
    territories = chain.from_iterable(Locale(code).territories.values() for code in spaced)
    return frozenset(fold(name) for name in territories if " " not in name).union(*(language.places for language in spaced.values()))
