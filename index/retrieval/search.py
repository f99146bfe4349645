"""From a question to scored sentences: vectors, words, names, time.

Candidates are the passages nearest to the question and those that share its rarest words; every sentence of theirs is scored.
The score is a weighted sum, in units of cosine. Its weights come from a logistic regression over sentences (softmax within a
question) on XQuAD and on dated news in six languages, were rounded, and were kept where leaving them out cost hits.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Encoded
from index.embedding.learned.bundle import Fitted
from index.embedding.learned.question_kinds import Intent, Kind
from index.launches.timeline import Stretch
from index.model.articles import Span
from index.retrieval.late_interaction import Match, match
from index.storage.store.base import Store, StoredPassage
from index.storage.vector_index.snapshot import Known, Vectors, Visible
from index.system.telemetry import timed
from index.system.threads import beside
from index.text import words
from index.text.proper_names import Names
from index.text.words import Word

_NEAREST = 20  # passages from the vectors
_MATCHING = 10  # passages from the words
_COMPARED = 10  # of the nearest, whose coverage counts
_RAREST = 4  # words of the question that are looked up
_COMMON, _FEW = 0.01, 20  # a word in more of the passages than this share (or number, if that is more) finds nothing in particular
_LOOKED_THROUGH = 8000  # passages that hold the words that are looked up, which takes some milliseconds; fewer in any but large indexes

_PASSAGE, _SENTENCE = 0.82, 1.18  # of the two cosines
_COVERAGE = 0.4  # how well the passage covers the question's tokens: 9 points of hit@1 on dated news, 2 on XQuAD
_WORDS = 0.017  # the share of the question's words, by their weight, that the sentence holds; and the passage, once more
_SAME_LANGUAGE = -0.021  # what the words are worth on average: no language wins by having them
_NAMES = 0.02  # the share of the question's names, by their weight, that the article speaks of
_VERSION = 0.02  # the version that the question asks about stands behind the name
_AGE, _AGE_UNIT = -0.030, 90  # a doubling of age, beyond so many days
_RANK = -0.02  # from the newest to the oldest of the articles that speak of what is asked

_TELLS = 0.08  # the sentence tells what the question wants to know: 8 points of hit@1 on dated news
_CURRENT = 0.04  # it tells where the launch stands now, when that is asked

_VERSION_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})?")
_NAMED_VERSION = re.compile(rf"(?<!\w)([^\W\d_]++)\W?({_VERSION_NUMBER.pattern})(?!\w)")


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence that may answer.

    Attributes:
        passage: where it stands; ``place`` is its number there.
        cosine: with the question.
        score: the higher the better; comparable only within one question.
    """

    passage: StoredPassage
    place: int
    cosine: float
    score: float

    @property
    def span(self) -> Span:
        """Where the sentence stands in its article's text."""
        return self.passage.sentences[self.place]

    @property
    def plain(self) -> str:
        """Its words: the same sentence in two articles is the same."""
        return " ".join(self.passage.text[self.span.start - self.passage.start : self.span.end - self.passage.start].split())


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the search sees it before it has a vector.

    Attributes:
        text: with compatibility forms unified (NFKC).
        known: its terms that stand in some passage, and what each weighs: rare ones more.
        meant: its words that are names of the articles, or nearly: each as it was typed, to the name.
        names: those names, and what each weighs.
        versions: the version it names for each of these, where it does ("kling 2.0").
        unknown_version: whether no article speaks of one of these versions.
        matching: ids of the passages that share its rarest terms, and how well they match.
    """

    text: str
    words: tuple[Word, ...]
    language: str
    known: Mapping[str, float]
    meant: Mapping[str, str]
    names: Mapping[str, float]
    versions: Mapping[str, str]
    unknown_version: bool
    matching: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Launch:
    """What is known about the launch that a question is about, as of the day that it asks for.

    Attributes:
        products: the ids of the products that it names.
        named: where it names them, in order and apart from each other.
        course: the stages of the first of them, oldest first.
        current: for each of them, how clearly sentences, by passage and place, tell its current stage, up to 1; below 0
            where they tell an earlier one.
        passages: the ids of those that claim anything about any of them; some twice, perhaps.
    """

    products: tuple[str, ...] = ()
    named: Sequence[Span] = ()
    course: tuple[Stretch, ...] = ()
    current: Sequence[Mapping[tuple[int, int], float]] = ()
    passages: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def names(self, start: int, end: int) -> bool:
        """Whether what stands there in the question is of a product's name."""
        at = bisect_left(self.named, end, key=lambda one: one.start)
        return at > 0 and start < self.named[at - 1].end

    def tells_now(self, passage: int, place: int) -> float:
        """How clearly a sentence tells the current stage of any of the products."""
        return max((one[passage, place] for one in self.current if (passage, place) in one), default=0.0)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        encoded: the question as the encoder sees it.
        intent, kind: what it wants to know, and what kind of question it is.
        launch: what is known about the launch that it is about.
        sentences: every sentence of the candidate passages, best first.
        matches: their passages, the one nearest in meaning first, each compared with the question token by token.
        about: the ids of those of them whose articles speak of the launch.
        misplaced: the names in the question that some articles hold, but none that speaks of the launch.
        complete: False when a passage was gone before it could be read: the articles have just changed.
    """

    question: Question
    encoded: Encoded
    intent: Intent
    kind: Kind
    launch: Launch
    sentences: tuple[Scored, ...]
    matches: tuple[Match, ...]
    about: Collection[int]
    misplaced: Collection[str]
    complete: bool


_NO_LAUNCH = Launch()


async def look_up(
    text: str,
    language: str,
    *,
    scopes: Collection[str],
    store: Store,
    seen: Known,
) -> Question:
    """What the words of a question say, before its vector is known.

    Args:
        text: with compatibility forms unified (NFKC).
        seen: what the articles of these scopes make known.
    """
    asked = await beside(text, lambda: tuple(words.words(text)))
    counts = await _counts(list(dict.fromkeys(word.term for word in asked)), scopes, store, seen)
    known = {term: _weight(count, seen.passages) for term, count in counts.items()}
    telling = [term for term, count in counts.items() if count <= max(_COMMON * seen.passages, _FEW)]
    rarest = sorted(telling, key=lambda term: (counts[term], term))[:_RAREST]
    while sum(counts[term] for term in rarest) > _LOOKED_THROUGH:
        rarest.pop()
    matching = await store.matches({term: known[term] for term in rarest}, scopes)

    names = seen.names
    meant = await beside(text, lambda: names.asked(asked, known))
    weights = {name: _weight(len(names.holding(name)), names.articles) for name in meant.values()}
    versions = {}
    for word, following in pairwise(asked):
        if word.full in meant and following.start - word.end <= 1 and _VERSION_NUMBER.fullmatch(following.full):
            versions[meant[word.full]] = following.full
    unknown = False
    for name, version in versions.items():
        unknown = unknown or not await _is_known(store, name, version, scopes)
    return Question(text, asked, language, known, meant, weights, versions, unknown, matching)


async def _counts(terms: Sequence[str], scopes: Collection[str], store: Store, seen: Known) -> Mapping[str, int]:
    """In how many passages each term stands; those that stand in none are left out."""
    counts = {term: seen.frequencies[term] for term in terms if term in seen.frequencies}
    if missing := [term for term in terms if term not in counts]:
        found = await store.frequencies(missing, scopes, seen.common)
        counts |= {term: found.get(term, 0) for term in missing}
        seen.frequencies.update(counts)
    return {term: counts[term] for term in terms if counts[term]}


async def _is_known(store: Store, name: str, version: str, scopes: Collection[str]) -> bool:
    """Whether any article speaks of that version: 2.0 is also written 2."""
    spellings = {version, version.removesuffix(".0"), version if "." in version else f"{version}.0"}
    return await store.contains([[words.stem(name), spelling] for spelling in sorted(spellings)], scopes)


@timed("search")
async def search(
    question: Question,
    encoded: Encoded,
    *,
    as_of: date,
    scopes: Collection[str],
    store: Store,
    vectors: Vectors,
    fitted: Fitted,
    launch: Launch = _NO_LAUNCH,
) -> Found:
    """The sentences that may answer, among what these scopes had published by ``as_of``."""
    query: npt.NDArray[np.float32] = fitted.languages.queries(encoded.vector[None, :])[0]
    visible = vectors.visible(as_of, scopes)
    near = _near(_candidates(query, vectors, visible.passages, question.matching), query, vectors)
    passages = await _read([one.id for one in near], store, vectors)
    complete = len(passages) == len(near)

    candidates = [(one, passages[one.id]) for one in near if one.id in passages]
    names = vectors.known(scopes).names

    def rank() -> Found:
        matches = match(encoded, [passage for _, passage in candidates], fitted)
        covered = {one.passage.id: one.coverage for one in matches[:_COMPARED]}
        least = min(covered.values(), default=0.0)
        worth = _article_scores({one.article for one in near}, question, names=names, days=vectors.days, visible=visible, as_of=as_of)
        intent, kind = Intent(*fitted.intents(query)), Kind(*fitted.kinds(query))
        weighed = [
            (passage, one.sentences, _PASSAGE * one.cosine + _COVERAGE * covered.get(one.id, least) + worth[one.article])
            for one, passage in candidates
        ]
        scored = sorted(_scored(weighed, question, launch, intent, kind), key=lambda one: -one.score)
        speaking = _articles(launch.passages, vectors)
        about = frozenset(one.id for one in near if speaking[one.article])
        misplaced = _misplaced(question, launch, names, speaking)
        return Found(question, encoded, intent, kind, launch, tuple(scored), matches, about, misplaced, complete)

    return await beside(question.text, rank)


async def _read(ids: Sequence[int], store: Store, vectors: Vectors) -> Mapping[int, StoredPassage]:
    """These passages, but for those that are gone; what was read before in the same state is remembered."""
    passages = {id_: vectors.read[id_] for id_ in ids if id_ in vectors.read}
    if len(passages) < len(ids):
        new = {passage.id: passage for passage in await store.passages([id_ for id_ in ids if id_ not in passages])}
        vectors.read.update(new)
        passages |= new
    return passages


def _articles(passages: npt.NDArray[np.int64], vectors: Vectors) -> npt.NDArray[np.bool_]:
    """Which articles hold any of these passages. Shape (articles,)."""
    held = np.zeros(len(vectors.days), np.bool_)
    places = vectors.positions(passages)
    held[vectors.articles[places[places >= 0]]] = True
    return held


def _misplaced(question: Question, launch: Launch, names: Names, speaking: npt.NDArray[np.bool_]) -> Collection[str]:
    """The names in a question that stand in some articles, but in none of those that speak of the launch."""
    if not speaking.any():
        return ()
    beside = {word.full for word in question.words if word.full in question.meant and not launch.names(word.start, word.end)}
    holding = {typed: names.holding(question.meant[typed]) for typed in beside}
    return frozenset(typed for typed, articles in holding.items() if len(articles) and not speaking[articles].any())


@dataclass(frozen=True, slots=True)
class _Near:
    """A candidate passage beside the question, by its vectors.

    Attributes:
        id: the passage's.
        article: the position of its article.
        cosine, sentences: its own cosine with the question, and its sentences'. Shape (sentences,).
    """

    id: int
    article: int
    cosine: float
    sentences: npt.NDArray[np.float32]


def _near(positions: npt.NDArray[np.int64], query: npt.NDArray[np.float32], vectors: Vectors) -> list[_Near]:
    """The candidates, the one that is nearest in meaning first."""
    if not len(positions):
        return []
    sentences = [vectors.sentence_rows(at) for at in positions.tolist()]
    cosines = np.concatenate(sentences).astype(np.float32) @ query
    ends = np.cumsum([len(rows) for rows in sentences])
    starts = np.concatenate([[0], ends[:-1]])
    wholes = vectors.passages(positions) @ query
    nearest_first = np.argsort(-(_PASSAGE * wholes + _SENTENCE * np.maximum.reduceat(cosines, starts)), kind="stable")
    found = (vectors.ids[positions], vectors.articles[positions], wholes, starts, ends)
    return [
        _Near(id_, article, whole, cosines[start:end])
        for id_, article, whole, start, end in zip(*(column[nearest_first].tolist() for column in found), strict=True)
    ]


def _candidates(
    query: npt.NDArray[np.float32], vectors: Vectors, seen: npt.NDArray[np.bool_], matching: Mapping[int, float]
) -> npt.NDArray[np.int64]:
    """Positions of the passages to look at: those nearest by their vectors, and those that share rare words, newer ones first.

    Args:
        seen: which may be looked at. Shape (passages,).
    """
    nearest = vectors.nearest(query, _NEAREST, seen)
    places = vectors.positions(np.fromiter(matching, np.int64, len(matching)))
    kept = places >= 0
    kept[kept] = seen[places[kept]]
    places, scores = places[kept], np.fromiter(matching.values(), np.float64, len(matching))[kept]
    best_first = np.lexsort((places, -vectors.days[vectors.articles[places]], -scores))
    found: npt.NDArray[np.int64] = np.union1d(nearest, places[best_first[:_MATCHING]])
    return found


def _article_scores(
    articles: Collection[int], question: Question, *, names: Names, days: npt.NDArray[np.int32], visible: Visible, as_of: date
) -> Mapping[int, float]:
    """What the age and the names of each of these articles are worth."""
    at = np.fromiter(articles, np.int64, len(articles))

    def published(some: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """An undated article may be as old as the oldest: on time it beats no dated one."""
        return np.where(days[some] > 0, days[some], visible.oldest)

    scores: npt.NDArray[np.float64] = _AGE * np.log2(1 + np.maximum(as_of.toordinal() - published(at), 0) / _AGE_UNIT)
    if question.names:
        share = np.zeros(len(days))
        for name, weight in question.names.items():
            share[names.holding(name)] += weight
        share /= sum(question.names.values())
        best = np.max(share[visible.articles], initial=0.0)
        ranks = np.ones(len(days))
        if best > 0:
            about = np.flatnonzero(visible.articles & (share >= 0.99 * best))
            newest_first = about[np.argsort(-published(about), kind="stable")]
            ranks[newest_first] = np.arange(len(about)) / max(1, len(about) - 1)
        scores += _NAMES * share[at] + _RANK * ranks[at]
    return dict(zip(at.tolist(), scores.tolist(), strict=True))


def _scored(
    weighed: Sequence[tuple[StoredPassage, npt.NDArray[np.float32], float]],
    question: Question,
    launch: Launch,
    intent: Intent,
    kind: Kind,
) -> Iterator[Scored]:
    """Every sentence of some passages with its score.

    Args:
        weighed: each passage with its sentences' cosines, and what these have in common.
    """
    if not weighed:
        return
    passages, of_each, common = zip(*weighed, strict=True)
    sentences = [(passage, place) for passage in passages for place in range(len(passage.sentences))]
    cosines = np.concatenate(of_each)
    tells = np.concatenate([passage.tells for passage in passages]) @ (np.array(intent) * (_TELLS / 255 * kind.launch))
    scores = np.repeat(common, list(map(len, of_each))) + _SENTENCE * cosines + tells
    if launch.current:
        asks_state = intent.when + intent.who + intent.where
        scores += _CURRENT * asks_state * np.array([launch.tells_now(passage.id, place) for passage, place in sentences])
    if question.known:
        total = sum(question.known.values())
        shares = {term: _WORDS * weight / total for term, weight in question.known.items()}
        scores += [worth for passage in passages for worth in _worth(shares, passage, question.language)]
    if question.versions:
        scores += _VERSION * np.concatenate([_says_versions(question.versions, passage) for passage in passages])
    for (passage, place), cosine, score in zip(sentences, cosines.tolist(), scores.tolist(), strict=True):
        yield Scored(passage, place, cosine, score)


def _worth(shares: Mapping[str, float], passage: StoredPassage, language: str) -> Sequence[float]:
    """What the words of each sentence, and of the passage with its title, are worth.

    Args:
        shares: what each of the question's terms is worth where it stands.
        language: the question's; words are compared within one only.
    """
    if passage.article.language != language:
        return [0.0] * len(passage.sentences)
    title, *sentences = (shares.keys() & terms for terms in passage.terms)
    common = _SAME_LANGUAGE + sum(shares[term] for term in title.union(*sentences))
    return [common + sum(shares[term] for term in held) for held in sentences]


def _says_versions(versions: Mapping[str, str], passage: StoredPassage) -> list[bool]:
    """Whether each sentence (or, where it names no version, its article's title) names a version that was asked about."""
    wanted = {name: version.removesuffix(".0") for name, version in versions.items()}
    of_title = _versions_in(passage.article.title)
    says = []
    for one in passage.sentences:
        told = _versions_in(passage.text[one.start - passage.start : one.end - passage.start])
        says.append(any(version in (told.get(name) or of_title.get(name, ())) for name, version in wanted.items()))
    return says


def _versions_in(text: str) -> Mapping[str, Collection[str]]:
    """The versions that stand behind words of a text, by these, folded; without ".0"."""
    told: dict[str, set[str]] = {}
    for name, version in _NAMED_VERSION.findall(words.fold(text)):
        told.setdefault(name, set()).add(version.removesuffix(".0"))
    return told


def _weight(holding: int, of: int) -> float:
    """A term's inverse document frequency, as BM25 has it: rare terms weigh more (Robertson and Zaragoza, 2009)."""
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))
