"""Vectors ready to be searched, with what a search filters by and what the articles make known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from index.embedding.learned.language_space import LanguageSpace, Sums, sums_of
from index.model.articles import EVERYBODY
from index.storage.store.base import Generation, Rows, StoredPassage
from index.storage.vector_index.ann import Exact, Nearest
from index.text.proper_names import Names, Spellings

_REMEMBERED, _MASKS = 64, 8  # of what some scopes see, and see as of a day
_TERMS = 4096  # whose counts are remembered: questions have few words
_READ = 2048  # passages that are remembered as they were read, each some 20 KB


@dataclass(frozen=True, slots=True)
class Known:
    """What the articles of some scopes make known, whatever their days.

    Attributes:
        passages: how many there are.
        names: the names that the articles speak of.
        common: see :attr:`Frozen.common`.
        frequencies: in how many passages terms stand that were asked for lately.
    """

    passages: int
    names: Names
    common: Mapping[str, Mapping[str, int]]
    frequencies: LRUCache[str, int] = field(default_factory=partial(LRUCache, _TERMS), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Visible:
    """What some scopes had published by a day, or without one.

    Attributes:
        articles: shape (articles,).
        passages: shape (passages,).
        oldest: the first day of any of these articles, as an ordinal; that day itself where none has a day.
    """

    articles: npt.NDArray[np.bool_]
    passages: npt.NDArray[np.bool_]
    oldest: int


@dataclass(frozen=True, slots=True)
class Part:
    """Passages that are searched together.

    Attributes:
        size: how many there are.
        sentences: the fp16 unit vectors of their sentences.
    """

    size: int
    passages: Nearest
    sentences: npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What stays as it is in a large index until all of it is laid out again.

    Attributes:
        languages: the names of the codes of languages in the sums.
        passages, sentences: by which the languages were taken out of the vectors.
        common: for each scope, the terms that stand in very many passages, and in how many: counting them anew would take
            longer than everything else that a question needs.
    """

    languages: tuple[str, ...]
    passages: Sums
    sentences: Sums
    common: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Vectors:
    """All vectors of one revision of one generation, ready to be searched.

    Attributes:
        parts: the passages by position: the one part of a small index; of a large one what was laid out once, and what was added since.
        ids: each passage's id, ascending within a part. Shape (passages,).
        articles: the position of each passage's article among all articles. Shape (passages,).
        days: each *article's* publication day as an ordinal, 0 where unknown; ``scopes`` likewise. Shape (articles,). What is called an
            article here is, of one whose parts have days of their own, such a part.
        shown_from: the days from which on they may be shown, likewise.
        bounds: the sentences of passage i are rows ``bounds[i]:bounds[i + 1]`` of those of all parts, one after the other.
        spellings: how the articles write their words.
        frozen: None where all is laid out again at each change.
        base: of a large index that has changed, what was laid out.
        is_due: whether so much has changed that all should be laid out again.
        read: passages by id, as they were read for the last questions.
    """

    generation: Generation
    parts: tuple[Part, ...]
    ids: npt.NDArray[np.int64]
    articles: npt.NDArray[np.int64]
    days: npt.NDArray[np.int32]
    shown_from: npt.NDArray[np.int32]
    scopes: npt.NDArray[np.int32]
    scope_names: tuple[str, ...]
    bounds: npt.NDArray[np.int64]
    spellings: Spellings
    frozen: Frozen | None = None
    base: Vectors | None = None
    is_due: bool = False
    read: LRUCache[int, StoredPassage] = field(default_factory=partial(LRUCache, _READ), init=False, repr=False, compare=False)
    _known: LRUCache[tuple[int, ...], Known] = field(default_factory=partial(LRUCache, _REMEMBERED), init=False, repr=False, compare=False)
    _visible: LRUCache[tuple[date, tuple[int, ...]], Visible] = field(
        default_factory=partial(LRUCache, _MASKS), init=False, repr=False, compare=False
    )

    @property
    def sentences(self) -> npt.NDArray[np.float16]:
        """The vectors of the sentences of what was laid out. Shape (sentences, dimension)."""
        return self.parts[0].sentences

    def known(self, scopes: Collection[str]) -> Known:
        """What can be known to a question that sees these scopes, whenever it asks."""
        codes = tuple(self._codes(scopes))
        if codes not in self._known:
            articles = np.isin(self.scopes, codes)
            common = {self.scope_names[code]: self.frozen.common.get(self.scope_names[code], {}) for code in codes} if self.frozen else {}
            self._known[codes] = Known(int(articles[self.articles].sum()), self.spellings.names(codes, articles), common)
        return self._known[codes]

    def visible(self, as_of: date, scopes: Collection[str]) -> Visible:
        """What a question may see; remembered, for most ask as of today, and of a million passages it takes a millisecond."""
        codes = self._codes(scopes)
        key = (as_of, tuple(codes))
        if key not in self._visible:
            seen: npt.NDArray[np.bool_] = self.shown_from <= as_of.toordinal()
            if len(codes) < len(self.scope_names):
                of_these = np.zeros(len(self.scope_names) + 1, np.bool_)  # the last is for -1, which is no scope
                of_these[codes] = True
                seen &= of_these[self.scopes]
            oldest = int(self.days[seen & (self.days > 0)].min(initial=as_of.toordinal()))
            self._visible[key] = Visible(seen, seen[self.articles], oldest)
        return self._visible[key]

    def _codes(self, scopes: Collection[str]) -> list[int]:
        return [code for code, name in enumerate(self.scope_names) if name in scopes]

    def nearest(self, query: npt.NDArray[np.float32], count: int, visible: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Positions of the ``count`` best visible passages, best first; fewer where fewer are visible.

        Exact, and so the same whatever else is there, in an index that is not large, and in a large one where few passages are
        visible. Where more are, they are found through clusters, which are made of all passages: then those that are not visible,
        though never found, may have a part in which of the visible ones are missed.

        Args:
            visible: shape (passages,).
        """
        scores, found, first = [np.zeros(0, np.float32)], [np.zeros(0, np.int64)], 0
        for part in self.parts:
            here = visible[first : first + part.size]
            if here.any():
                of_part, positions = part.passages.nearest(query, count, here)
                scores.append(of_part)
                found.append(positions + first)
            first += part.size
        best = np.argsort(-np.concatenate(scores), kind="stable")[:count]
        return np.concatenate(found)[best]

    def passages(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """The vectors of some passages, at least of one. Shape (positions, dimension)."""
        order, found, first = [], [], 0
        for part in self.parts:
            here = np.flatnonzero((positions >= first) & (positions < first + part.size))
            if len(here):
                order.append(here)
                found.append(part.passages.vectors(positions[here] - first))
            first += part.size
        vectors = np.concatenate(found)
        vectors[np.concatenate(order)] = vectors.copy()
        return vectors

    def sentence_rows(self, position: int) -> npt.NDArray[np.float16]:
        """The sentence vectors of one passage, in order. Shape (sentences, dimension)."""
        start, end = self.bounds[position : position + 2].tolist()
        for part in self.parts:
            if position < part.size:
                return part.sentences[start:end]
            position, start, end = position - part.size, start - len(part.sentences), end - len(part.sentences)
        raise IndexError(position)

    def positions(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The position of each of some passages; -1 for one that is gone."""
        places = np.full(len(ids), -1, np.int64)
        first = 0
        for part in self.parts:
            held = self.ids[first : first + part.size]
            if part.size:
                near = np.minimum(np.searchsorted(held, ids), part.size - 1)
                there = held[near] == ids
                places[there] = near[there] + first
            first += part.size
        return places


def build(rows: Rows, spellings: Mapping[str, Mapping[str, tuple[int, int]]], space: LanguageSpace) -> Vectors:
    """From what SQLite holds to what is searched (0.2 s for 10,000 passages)."""
    shared = rows.scope_names.index(EVERYBODY) if EVERYBODY in rows.scope_names else None
    of_sentences = np.repeat(np.arange(len(rows.ids)), np.diff(rows.bounds))
    passages = space.passages(rows.vectors.astype(np.float32), rows.languages, rows.scopes, shared)
    languages, scopes = rows.languages[of_sentences], rows.scopes[of_sentences]
    sentences = np.empty_like(rows.sentences)
    sums = sums_of(rows.sentences, languages, scopes)
    space.move(rows.sentences, languages, scopes, shared, sums=sums, into=sentences)
    first, articles, capitals = by_article(rows.articles, rows.capitals)
    return Vectors(
        generation=rows.generation,
        parts=(Part(len(passages), Exact.of(passages), sentences),),
        ids=rows.ids,
        articles=articles,
        days=rows.days[first],
        shown_from=rows.shown_from[first],
        scopes=rows.scopes[first],
        scope_names=rows.scope_names,
        bounds=rows.bounds,
        spellings=Spellings.of([spellings.get(name, {}) for name in rows.scope_names], capitals),
    )


def by_article(
    numbers: npt.NDArray[np.int64], capitals: Sequence[Sequence[str]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Sequence[Collection[str]]]:
    """The first passage of each article, the place of each passage's article among these, and each article's words with a capital.

    Args:
        numbers, capitals: each passage's; see :class:`Rows`.
    """
    _, first, articles = np.unique(numbers, return_index=True, return_inverse=True)
    found: list[set[str]] = [set() for _ in first]
    for article, some in zip(articles.tolist(), capitals, strict=True):
        found[article].update(some)
    return first, articles, found
