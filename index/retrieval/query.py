"""A question, parsed: its words, the names and versions in it, the launch that it is about, its day, and what it wants to know."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index.embedding.learned.bundle import Fitted
from index.embedding.learned.question_kinds import Intent, Kind
from index.launches.mentions import Mention
from index.launches.status import Launches
from index.launches.timeline import Stretch
from index.model.articles import Span
from index.storage.store.base import Store
from index.storage.vector_index.snapshot import Known
from index.system.threads import beside
from index.text import dates, words
from index.text.words import Word

VERSION_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})?")
"""The number of a product's version: "2", "4.5"."""

_RAREST_TERMS = 4  # terms of a question that are looked up: with the rarest ones the passages that matter are found
_COMMON_SHARE, _COMMON_COUNT = 0.01, 20  # a term in more of the passages than this share, or number, if that is more, finds nothing
_MOST_MATCHES = 8000  # passages that hold the terms that are looked up, which takes some milliseconds; fewer in any but large indexes

_COMPARED_PRODUCTS = 2  # products of one question whose launches are looked up: "is Kling or Sora out?"

_LONGEST_EVENT = 7  # days: what lasts longer is a period, and not the day of an event
_REPORTING_DELAY = 2  # days: what happens on a day is told on the days after it


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for, but for its vector.

    Attributes:
        text: with compatibility forms unified (NFKC).
        words: its words, in order.
        language: the code of its language.
        term_weights: the inverse document frequency of each of its terms that stands in some passage.
        names: its words that are names of the articles, or nearly: each as it was typed, to the name.
        name_weights: the inverse document frequency of each of those names, over articles.
        versions: the version that it asks about, by name, where it asks about one ("kling 2.0").
        unknown_version: whether no article speaks of one of these versions.
        term_matches: ids of the passages that share its rarest terms, and how well they match.
    """

    text: str
    words: tuple[Word, ...]
    language: str
    term_weights: Mapping[str, float]
    names: Mapping[str, str]
    name_weights: Mapping[str, float]
    versions: Mapping[str, str]
    unknown_version: bool
    term_matches: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Launch:
    """What is known about the launch that a question is about, as of the day that it asks for.

    Attributes:
        products: the ids of the products that it names.
        spans: where it names them, in order and apart from each other.
        course: the stages of the first of them, oldest first.
        current: for each of them, how clearly sentences, by passage and ordinal, tell its current stage, up to 1; below 0
            where they tell an earlier one.
        passages: the ids of those that claim anything about any of them; some twice, perhaps.
    """

    products: tuple[str, ...] = ()
    spans: Sequence[Span] = ()
    course: tuple[Stretch, ...] = ()
    current: Sequence[Mapping[tuple[int, int], float]] = ()
    passages: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def names(self, start: int, end: int) -> bool:
        """Whether the characters from ``start`` to ``end`` of the question belong to a product's name."""
        following = bisect_left(self.spans, end, key=lambda span: span.start)
        return following > 0 and start < self.spans[following - 1].end

    def current_stage(self, passage: int, ordinal: int) -> float:
        """How clearly a sentence tells the current stage of any of the products, from -1 to 1."""
        return max((clarity[passage, ordinal] for clarity in self.current if (passage, ordinal) in clarity), default=0.0)


async def parse(text: str, language: str, *, scopes: Collection[str], store: Store, known: Known) -> Query:
    """The query of a question, as far as its words tell it, before its vector is there.

    Args:
        text: with compatibility forms unified (NFKC).
        known: what the articles of these scopes make known.
    """
    tokens = await beside(text, lambda: tuple(words.words(text)))
    frequencies = await _frequencies(list(dict.fromkeys(word.term for word in tokens)), scopes, store, known)
    term_weights = {term: _idf(count, known.passages) for term, count in frequencies.items()}
    rarest = _rarest_terms(frequencies, known.passages)
    term_matches = await store.matches({term: term_weights[term] for term in rarest}, scopes)
    names = await beside(text, lambda: known.names.asked(tokens, term_weights))
    versions = _versions(tokens, names)
    return Query(
        text=text,
        words=tokens,
        language=language,
        term_weights=term_weights,
        names=names,
        name_weights={name: _idf(len(known.names.holding(name)), known.names.articles) for name in names.values()},
        versions=versions,
        unknown_version=await _any_unknown(versions, scopes, store),
        term_matches=term_matches,
    )


def classify(vector: npt.NDArray[np.float32], fitted: Fitted) -> tuple[Intent, Kind]:
    """What a question wants to know, and what kind of question it is.

    Args:
        vector: the question's, without its language. Shape (dimension,).
    """
    return Intent(*fitted.intents(vector)), Kind(*fitted.kinds(vector))


async def launch_of(mentions: Sequence[Mention], launches: Launches, *, as_of: date, scopes: Collection[str]) -> Launch:
    """What the articles claim about the products that a question mentions."""
    products = tuple(dict.fromkeys(mention.product for mention in mentions))
    courses = [await launches.course(product, as_of=as_of, scopes=scopes) for product in products[:_COMPARED_PRODUCTS]]
    return Launch(
        products=products,
        spans=_disjoint(mentions),
        course=courses[0].stretches if courses else (),
        current=[course.current for course in courses],
        passages=np.concatenate([np.zeros(0, np.int64), *(course.passages for course in courses)]),
    )


def past_day(text: str, language: str, today: date) -> date | None:
    """The past day that a question names, and the days after it on which articles tell of it; of a past period its end.

    None where it names no past day, or several.
    """
    past = [period for period in dates.find(text, language, today, lean=dates.Lean.PAST) if period.last < today]
    if len(past) != 1:
        return None
    period = past[0]
    lasts = (period.last - period.first).days > _LONGEST_EVENT
    return min(today, period.last + timedelta(days=0 if lasts else _REPORTING_DELAY))


def _disjoint(mentions: Sequence[Mention]) -> Sequence[Span]:
    """Where products are named, in order; names that overlap are one."""
    spans: list[Span] = []
    for mention in mentions:
        if spans and mention.start < spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(spans[-1].end, mention.end))
        else:
            spans.append(Span(mention.start, mention.end))
    return spans


async def _frequencies(terms: Sequence[str], scopes: Collection[str], store: Store, known: Known) -> Mapping[str, int]:
    """In how many passages each term stands; those that stand in none are left out."""
    counts = {term: known.frequencies[term] for term in terms if term in known.frequencies}
    if missing := [term for term in terms if term not in counts]:
        in_store = await store.frequencies(missing, scopes, known.common)
        counts |= {term: in_store.get(term, 0) for term in missing}
        known.frequencies.update(counts)
    return {term: counts[term] for term in terms if counts[term]}


def _rarest_terms(frequencies: Mapping[str, int], passages: int) -> list[str]:
    """The terms that find something in particular, the rarest first, as far as not too many passages hold them."""
    specific = [term for term, count in frequencies.items() if count <= max(_COMMON_SHARE * passages, _COMMON_COUNT)]
    rarest = sorted(specific, key=lambda term: (frequencies[term], term))[:_RAREST_TERMS]
    while sum(frequencies[term] for term in rarest) > _MOST_MATCHES:
        rarest.pop()
    return rarest


def _versions(tokens: Sequence[Word], names: Mapping[str, str]) -> Mapping[str, str]:
    """The number behind each name, where there is one right behind it."""
    return {
        names[word.full]: following.full
        for word, following in pairwise(tokens)
        if word.full in names and following.start - word.end <= 1 and VERSION_NUMBER.fullmatch(following.full)
    }


async def _any_unknown(versions: Mapping[str, str], scopes: Collection[str], store: Store) -> bool:
    """Whether no article speaks of one of these versions: 2.0 is also written 2."""
    for name, version in versions.items():
        spellings = {version, version.removesuffix(".0"), version if "." in version else f"{version}.0"}
        if not await store.contains([[words.stem(name), spelling] for spelling in sorted(spellings)], scopes):
            return True
    return False


def _idf(holding: int, of: int) -> float:
    """A term's inverse document frequency, as BM25 has it: rare terms weigh more (Robertson and Zaragoza, 2009)."""
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))
