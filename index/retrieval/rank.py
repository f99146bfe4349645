"""From candidates to a ranking: every sentence of the candidate passages with its score.

The score is a weighted sum of signals, in units of cosine: see :class:`Weights`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Encoded
from index.embedding.learned.bundle import Fitted
from index.embedding.learned.question_kinds import Intent, Kind
from index.model.articles import Span
from index.retrieval.candidates import PASSAGE_WEIGHT, SENTENCE_WEIGHT, Candidate, Candidates
from index.retrieval.late_interaction import Match, match
from index.retrieval.query import VERSION_NUMBER, Launch, Query, classify
from index.storage.store.base import StoredPassage
from index.storage.vector_index.snapshot import Vectors, Visible
from index.text import words
from index.text.proper_names import Names

Scores: TypeAlias = npt.NDArray[np.float64]

_COVERING = 10  # of the nearest passages, whose coverage counts; of the others the least of these is taken
_ABOUT = 0.99  # of the best share of names: an article that holds so much of them speaks of what is asked
_CERTAIN = 255  # what is stored for a sentence that surely answers questions of an intent

_NAMED_VERSION = re.compile(rf"(?<!\w)([^\W\d_]++)\W?({VERSION_NUMBER.pattern})(?!\w)")


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal adds to a sentence's score, in units of cosine.

    They come from a logistic regression over sentences (softmax within a question) on XQuAD and on dated news in six languages,
    were rounded, and were kept where leaving them out cost hits.

    Attributes:
        passage, sentence: of the cosines of the passage and of the sentence with the question.
        coverage: how well the passage covers the question's tokens: 9 points of hit@1 on dated news, 2 on XQuAD.
        terms: the share of the question's terms, by their weight, that the sentence holds; and the passage with its title, once more.
        same_language: what the terms are worth on average: no language wins by having them.
        names: the share of the question's names, by their weight, that the article speaks of.
        version: the version that the question asks about stands behind the name.
        age: a doubling of the article's age, beyond ``age_unit`` days.
        newness_rank: from the newest (0) to the oldest (1) of the articles that speak of what is asked.
        intent: the sentence tells what the question wants to know: 8 points of hit@1 on dated news.
        current_stage: it tells where the launch stands now, when that is asked.
    """

    passage: float = PASSAGE_WEIGHT
    sentence: float = SENTENCE_WEIGHT
    coverage: float = 0.4
    terms: float = 0.017
    same_language: float = -0.021
    names: float = 0.02
    version: float = 0.02
    age: float = -0.030
    age_unit: int = 90
    newness_rank: float = -0.02
    intent: float = 0.08
    current_stage: float = 0.04


WEIGHTS = Weights()
"""Those that are used."""


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence that may answer.

    Attributes:
        passage: where it stands.
        ordinal: its number in the passage, from 0.
        cosine: with the question.
        score: the higher the better; comparable only within one question.
    """

    passage: StoredPassage
    ordinal: int
    cosine: float
    score: float

    @property
    def span(self) -> Span:
        """Where the sentence stands in its article's text."""
        return self.passage.sentences[self.ordinal]

    @property
    def text(self) -> str:
        """Its text, with one space between words: the same sentence in two articles is the same."""
        return " ".join(self.passage.text[self.span.start - self.passage.start : self.span.end - self.passage.start].split())


@dataclass(frozen=True, slots=True)
class Ranking:
    """The sentences that may answer a question, and by what it is judged whether they do.

    Attributes:
        encoded: the question as the encoder sees it.
        intent, kind: what it wants to know, and what kind of question it is.
        launch: what is known about the launch that it is about.
        sentences: every sentence of the candidate passages, best first.
        matches: their passages, the one nearest in meaning first, each compared with the question token by token.
        on_launch: the ids of those of them whose articles speak of the launch.
        misplaced_names: the names in the question, as typed, that some articles hold, but none that speaks of the launch.
        complete: see :attr:`Candidates.complete`.
    """

    query: Query
    encoded: Encoded
    intent: Intent
    kind: Kind
    launch: Launch
    sentences: tuple[ScoredSentence, ...]
    matches: tuple[Match, ...]
    on_launch: Collection[int]
    misplaced_names: Collection[str]
    complete: bool


def rank(
    candidates: Candidates,
    query: Query,
    encoded: Encoded,
    vector: npt.NDArray[np.float32],
    launch: Launch,
    *,
    as_of: date,
    scopes: Collection[str],
    vectors: Vectors,
    fitted: Fitted,
) -> Ranking:
    """The candidates' sentences, best first.

    Args:
        vector: the question's, without its language. Shape (dimension,).
    """
    names = vectors.known(scopes).names
    matches = match(encoded, [candidate.passage for candidate in candidates.nearest_first], fitted)
    articles = _article_scores(
        candidates.nearest_first, query, names, days=vectors.days, visible=vectors.visible(as_of, scopes), as_of=as_of
    )
    passage_scores = _passage_scores(candidates.nearest_first, matches, articles)
    intent, kind = classify(vector, fitted)
    sentences = _scored_sentences(candidates.nearest_first, passage_scores, query, launch, intent=intent, kind=kind)
    speaking = _articles_of(launch.passages, vectors)
    return Ranking(
        query=query,
        encoded=encoded,
        intent=intent,
        kind=kind,
        launch=launch,
        sentences=tuple(sorted(sentences, key=lambda sentence: -sentence.score)),
        matches=matches,
        on_launch=frozenset(candidate.passage.id for candidate in candidates.nearest_first if speaking[candidate.article]),
        misplaced_names=_misplaced_names(query, launch, names, speaking),
        complete=candidates.complete,
    )


# Scores of articles and passages


def _article_scores(
    candidates: Sequence[Candidate], query: Query, names: Names, *, days: npt.NDArray[np.int32], visible: Visible, as_of: date
) -> Mapping[int, float]:
    """What the age and the names of each candidate's article, by its position, are worth.

    Args:
        days: when each article was published, as an ordinal; 0 where unknown. Shape (articles,).
    """
    articles = np.array([*{candidate.article for candidate in candidates}], np.int64)
    age = np.maximum(as_of.toordinal() - _published(articles, days, visible), 0)
    scores: Scores = WEIGHTS.age * np.log2(1 + age / WEIGHTS.age_unit)
    if query.name_weights:
        shares = _name_shares(query, names, len(days))
        scores += WEIGHTS.names * shares[articles] + WEIGHTS.newness_rank * _newness_ranks(shares, days, visible)[articles]
    return dict(zip(articles.tolist(), scores.tolist(), strict=True))


def _name_shares(query: Query, names: Names, articles: int) -> Scores:
    """The share of the question's names, by their weight, that each article holds. Shape (articles,)."""
    shares = np.zeros(articles)
    for name, weight in query.name_weights.items():
        shares[names.holding(name)] += weight
    shares /= sum(query.name_weights.values())
    return shares


def _newness_ranks(shares: Scores, days: npt.NDArray[np.int32], visible: Visible) -> Scores:
    """From 0, for the newest of the visible articles that speak of what is asked, to 1 for the oldest and all others. Shape (articles,)."""
    ranks = np.ones(len(shares))
    best = np.max(shares[visible.articles], initial=0.0)
    if best > 0:
        about = np.flatnonzero(visible.articles & (shares >= _ABOUT * best))
        newest_first = about[np.argsort(-_published(about, days, visible), kind="stable")]
        ranks[newest_first] = np.arange(len(about)) / max(1, len(about) - 1)
    return ranks


def _published(articles: npt.NDArray[np.int64], days: npt.NDArray[np.int32], visible: Visible) -> npt.NDArray[np.int32]:
    """The days, as ordinals, of some articles. An undated one may be as old as the oldest: on time it beats no dated one."""
    return np.where(days[articles] > 0, days[articles], visible.oldest)


def _passage_scores(candidates: Sequence[Candidate], matches: Sequence[Match], articles: Mapping[int, float]) -> Sequence[float]:
    """What the sentences of each candidate have in common."""
    coverage = {of_passage.passage.id: of_passage.coverage for of_passage in matches[:_COVERING]}
    least = min(coverage.values(), default=0.0)
    return [
        WEIGHTS.passage * candidate.cosine + WEIGHTS.coverage * coverage.get(candidate.passage.id, least) + articles[candidate.article]
        for candidate in candidates
    ]


# Scores of sentences


def _scored_sentences(
    candidates: Sequence[Candidate], passage_scores: Sequence[float], query: Query, launch: Launch, *, intent: Intent, kind: Kind
) -> Iterable[ScoredSentence]:
    """Every sentence of the candidates, in order."""
    if not candidates:
        return ()
    passages = [candidate.passage for candidate in candidates]
    sentences = [(passage, ordinal) for passage in passages for ordinal in range(len(passage.sentences))]
    cosines = np.concatenate([candidate.sentence_cosines for candidate in candidates])
    scores = (
        np.repeat(passage_scores, [len(candidate.sentence_cosines) for candidate in candidates])
        + WEIGHTS.sentence * cosines
        + _intent_scores(passages, intent, kind)
        + _stage_scores(sentences, launch, intent)
        + _term_scores(passages, query)
        + _version_scores(passages, query.versions)
    )
    return (
        ScoredSentence(passage, ordinal, cosine, score)
        for (passage, ordinal), cosine, score in zip(sentences, cosines.tolist(), scores.tolist(), strict=True)
    )


def _intent_scores(passages: Sequence[StoredPassage], intent: Intent, kind: Kind) -> Scores:
    """What it is worth that each sentence tells what the question wants to know. Shape (sentences,)."""
    scores: Scores = np.concatenate([passage.tells for passage in passages]) @ (
        np.array(intent) * (WEIGHTS.intent / _CERTAIN * kind.launch)
    )
    return scores


def _stage_scores(sentences: Sequence[tuple[StoredPassage, int]], launch: Launch, intent: Intent) -> Scores:
    """What it is worth that each sentence tells where the launch stands now, as far as that is asked. Shape (sentences,)."""
    if not launch.current:
        return np.zeros(len(sentences))
    asks_state = intent.when + intent.who + intent.where
    clarity = np.array([launch.current_stage(passage.id, ordinal) for passage, ordinal in sentences])
    scores: Scores = WEIGHTS.current_stage * asks_state * clarity
    return scores


def _term_scores(passages: Sequence[StoredPassage], query: Query) -> Scores:
    """What the question's terms in each sentence, and in its passage with its title, are worth. Shape (sentences,)."""
    total = sum(query.term_weights.values())
    worth = {term: WEIGHTS.terms * weight / total for term, weight in query.term_weights.items()}
    return np.array([score for passage in passages for score in _term_scores_in(passage, worth, query.language)])


def _term_scores_in(passage: StoredPassage, worth: Mapping[str, float], language: str) -> Sequence[float]:
    """The same of one passage; terms are compared within one language only.

    Args:
        worth: what each of the question's terms is worth where it stands.
        language: the question's.
    """
    if not worth or passage.article.language != language:
        return [0.0] * len(passage.sentences)
    title, *sentences = (worth.keys() & terms for terms in passage.terms)
    in_passage = WEIGHTS.same_language + sum(worth[term] for term in title.union(*sentences))
    return [in_passage + sum(worth[term] for term in terms) for terms in sentences]


def _version_scores(passages: Sequence[StoredPassage], versions: Mapping[str, str]) -> Scores:
    """What it is worth that each sentence names a version that is asked about. Shape (sentences,)."""
    plain = {name: version.removesuffix(".0") for name, version in versions.items()}
    return WEIGHTS.version * np.array([*chain.from_iterable(_names_version(passage, plain) for passage in passages)], np.float64)


def _names_version(passage: StoredPassage, versions: Mapping[str, str]) -> Sequence[bool]:
    """Whether each sentence (or, where it names no version, its article's title) names one of these versions."""
    if not versions:
        return [False] * len(passage.sentences)
    in_title = _versions_in(passage.article.title)
    in_sentences = [_versions_in(passage.text[span.start - passage.start : span.end - passage.start]) for span in passage.sentences]
    return [
        any(version in (in_sentence.get(name) or in_title.get(name, ())) for name, version in versions.items())
        for in_sentence in in_sentences
    ]


def _versions_in(text: str) -> Mapping[str, Collection[str]]:
    """The versions that stand behind words of a text, by these, folded; without ".0"."""
    versions: dict[str, set[str]] = {}
    for name, version in _NAMED_VERSION.findall(words.fold(text)):
        versions.setdefault(name, set()).add(version.removesuffix(".0"))
    return versions


# What is known of the launch


def _articles_of(passages: npt.NDArray[np.int64], vectors: Vectors) -> npt.NDArray[np.bool_]:
    """Which articles hold any of these passages. Shape (articles,)."""
    holding = np.zeros(len(vectors.days), np.bool_)
    positions = vectors.positions(passages)
    holding[vectors.articles[positions[positions >= 0]]] = True
    return holding


def _misplaced_names(query: Query, launch: Launch, names: Names, speaking: npt.NDArray[np.bool_]) -> Collection[str]:
    """The names in a question, as typed, that stand in some articles, but in none of those that speak of the launch.

    Args:
        speaking: which articles speak of it. Shape (articles,).
    """
    if not speaking.any():
        return ()
    others = {word.full for word in query.words if word.full in query.names and not launch.names(word.start, word.end)}
    holders = {typed: names.holding(query.names[typed]) for typed in others}
    return frozenset(typed for typed, articles in holders.items() if len(articles) and not speaking[articles].any())
