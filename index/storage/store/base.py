"""What the index asks of its storage, so that another engine can stand beside SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.model.articles import Article, Counts, Listed, Passage, Source, SourceState, Span
from index.model.launches import Claim, Reported
from index.model.quotes import Mark, Quote
from index.text.words import Profile


@dataclass(frozen=True, slots=True)
class Embedded:
    """A passage, its words and its vectors.

    Attributes:
        text: the article's ``text[passage.start : passage.end]``.
        profile: its terms, as the word index keeps them.
        vectors: fp16, shape (1 + sentences, dimension): the passage's own, then each sentence's, as the encoder made them.
        tokens: int8, one row a token (see :class:`index.embedding.learned.token_space.TokenSpace`).
        tells: which questions its sentences answer (see :class:`index.embedding.learned.question_kinds.Tells`).
        claims: what its sentences say about launches.
    """

    passage: Passage
    text: str
    profile: Profile
    vectors: npt.NDArray[np.float16]
    tokens: npt.NDArray[np.int8]
    tells: npt.NDArray[np.uint8]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An article ready to be written, with what its source said (see :class:`index.ingestion.readers.draft.Draft`).

    Attributes:
        signature, bands: by which its copies are found (see :mod:`index.ingestion.sources.near_duplicates`).
    """

    article: Article
    digest: str
    text_digest: str
    passages: tuple[Embedded, ...]
    signature: bytes = b""
    bands: tuple[int, ...] = ()
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Another source of a text that is kept already.

    Attributes:
        of: the source under which it is kept.
    """

    of: str
    source: str
    url: str
    publisher: str | None
    published: datetime | None
    known: SourceState


@dataclass(frozen=True, slots=True)
class Generation:
    """All that one encoder and one splitter made of the articles.

    Attributes:
        revision: drawn anew at each change; what was derived from another revision is stale.
        claims: by what its claims were made (see :func:`index.launches.claims.version`).
        model: the setting EMBEDDING_MODEL that it was made with.
        scope: of whose articles alone it is made, to be merged into the live one; None: of all.
    """

    id: int
    fingerprint: str
    revision: int
    claims: str = field(default="", compare=False)
    model: str = field(default="", compare=False)
    scope: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """Every passage of one generation, aligned by position: what vector files are made of.

    Attributes:
        ids: passage ids, ascending. Shape (passages,).
        articles: each one's article, or part of an article with a day of its own: a number that is the same for no other.
        days: of publication, or of that part, as ordinals; 0 where unknown.
        shown_from: the days from which on they may be shown, likewise.
        scopes, languages: indices into ``scope_names`` and ``language_names``.
        bounds: the sentences of passage i are rows ``bounds[i]:bounds[i + 1]`` of ``sentences``. Shape (passages + 1,).
        capitals: for each passage, its words that could be names (see :class:`index.text.words.Profile`).
        vectors: fp16 passage vectors, as encoded. Shape (passages, dimension).
        sentences: fp16 sentence vectors, as encoded. Shape (all sentences, dimension).
    """

    generation: Generation
    ids: npt.NDArray[np.int64]
    articles: npt.NDArray[np.int64]
    days: npt.NDArray[np.int32]
    shown_from: npt.NDArray[np.int32]
    scopes: npt.NDArray[np.int32]
    scope_names: tuple[str, ...]
    languages: npt.NDArray[np.int32]
    language_names: tuple[str, ...]
    bounds: npt.NDArray[np.int64]
    capitals: tuple[tuple[str, ...], ...]
    vectors: npt.NDArray[np.float16]
    sentences: npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Changes:
    """How a generation differs from what somebody holds of it.

    Attributes:
        ids: of all its passages, ascending. Shape (passages,).
        rows: those of the new ones; None where they are too many.
    """

    ids: npt.NDArray[np.int64]
    rows: Rows | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as a search reads it.

    Attributes:
        start, sentences: offsets into the article's text.
        terms: those of the article's title, then of each sentence.
        tells: which questions each sentence answers. Shape (sentences, 9).
        tokens: the vectors of its tokens, as :meth:`index.embedding.learned.token_space.TokenSpace.passage` made them. Shape (tokens, 128).
        section: the day of the section that it stands in, where that has one of its own.
    """

    id: int
    start: int
    text: str
    sentences: tuple[Span, ...]
    terms: tuple[frozenset[str], ...]
    tells: npt.NDArray[np.uint8]
    tokens: npt.NDArray[np.int8]
    article: Source
    section: date | None = None


NOTHING: Mapping[str, Mapping[str, int]] = MappingProxyType({})


class Store(Protocol):
    """Articles, passages, words and vectors, with transactions. Reading never waits for writing."""

    async def live(self) -> Generation | None:
        """The generation that answers; None in an index where nothing was ever added."""

    async def begin(self, fingerprint: str, claims: str, model: str, scope: str | None = None) -> Generation:
        """The unfinished generation of just that (see :class:`Generation`), made if there is none: a rebuild that was cut short goes on."""

    async def go_live(self, generation: Generation, job: int | None = None) -> bool:
        """Swap: ``generation`` answers from now on, all others are deleted. One of a single scope takes the place of what the live one
        has of the same articles instead. One transaction.

        Args:
            job: whose last act it is: its being done is part of the transaction.

        Returns:
            False where the job was cancelled: then nothing has changed.
        """

    async def abandon(self, scope: str | None) -> None:
        """Delete the unfinished generations of one scope, or those of all articles."""

    async def covered(self, generation: Generation) -> tuple[int, int]:
        """How many articles it has passages of, and of how many it shall have."""

    async def sources(self, scope: str) -> int:
        """How many sources are kept of a scope: of articles and of their copies."""

    async def known(self, sources: Collection[str], scope: str) -> Mapping[str, SourceState]:
        """What is kept of each of these sources, as an article or as a copy of one."""

    async def alike(self, text_digest: str, bands: Collection[int], scope: str) -> Mapping[str, bytes]:
        """The articles that have the same words or share a band: source to signature, which is empty where the words are the same."""

    async def article(self, source: str, scope: str) -> Article | None:
        """The article that is kept under a source."""

    async def write(self, entries: Sequence[Entry], generation: Generation) -> None:
        """Add articles, each replacing what stood under its source, copies included. One transaction."""

    async def write_copies(self, copies: Sequence[Copy], scope: str) -> None:
        """Note where else texts stand, in place of what stood under those sources. One transaction.

        A copy of what is no longer there is left out.
        """

    async def revalidate(self, known: Mapping[str, SourceState], scope: str) -> None:
        """Note new validators of sources that have not changed otherwise. One transaction."""

    async def missing(self, generation: Generation, limit: int) -> Sequence[Article]:
        """Articles that ``generation`` has no passages of yet."""

    async def write_passages(self, made: Sequence[tuple[Article, Sequence[Embedded]]], generation: Generation) -> None:
        """Add the passages of stored articles; one that has changed since, or gone, is left out. One transaction."""

    async def stored(self, generation: Generation, after: int, limit: int) -> Sequence[tuple[int, Article, Sequence[tuple[int, Passage]]]]:
        """Articles with their numbers, those above ``after`` in order, and with their passages and the ids of these."""

    async def replace_claims(self, made: Mapping[int, Sequence[Claim]]) -> None:
        """Let these passages (by id) claim this, and nothing else. One transaction."""

    async def claimed_by(self, generation: Generation, version: str) -> None:
        """Note by what all claims of a generation were made."""

    async def remove(self, names: Collection[str], scope: str) -> Mapping[str, str]:
        """Take out the articles, and the copies, with these ids, addresses or sources; returns what was found: name to title."""

    async def list(self, scopes: Collection[str], matching: str = "", limit: int | None = None) -> Sequence[Listed]:
        """The articles of these scopes, newest first, undated ones last.

        Args:
            matching: words that stand in the id, title, address or publisher, in whatever case.
            limit: how many at most.
        """

    async def counts(self, scopes: Collection[str] | None = None) -> Counts:
        """How much is in: in these scopes, or in all."""

    async def claims(self, products: Mapping[str, int], as_of: date, scopes: Collection[str]) -> Sequence[Reported]:
        """What articles that these scopes had by ``as_of`` claim about products.

        Args:
            products: ids, and the relation of each to the one that is asked about (see :class:`Reported`).
        """

    async def claimed(self) -> Mapping[str, Collection[str]]:
        """For each scope, the ids of the products that its articles claim anything about."""

    def parts(self, generation: Generation, size: int) -> AsyncIterator[Rows]:
        """All passages of a generation as at one moment, at most ``size`` at once; nothing where it has been replaced."""

    async def changes(self, generation: Generation, held: npt.NDArray[np.int64], most: int) -> Changes | None:
        """How a generation differs from the passages with the ids ``held``; None where it has been replaced.

        Args:
            held: ascending.
            most: new passages that shall be read.
        """

    async def spellings(self, words: Collection[str] | None = None) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """For each scope, how often its articles write a word like a name, and how often like an ordinary word.

        The words are those that any scope writes like a name: all, or those of ``words``.
        """

    async def spellings_in(self, ids: Collection[int]) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """The same, counted in some passages only, and of all words in them."""

    async def common_terms(self, least: int) -> Mapping[str, Mapping[str, int]]:
        """For each scope the terms that stand in at least so many of its passages, and in how many. Reads the whole word index."""

    async def frequencies(
        self, terms: Collection[str], scopes: Collection[str], counted: Mapping[str, Mapping[str, int]] = NOTHING
    ) -> Mapping[str, int]:
        """In how many passages of these scopes each of these terms stands; absent where in none.

        Args:
            counted: for each scope, what was counted before and need not be counted again.
        """

    async def matches(self, weights: Mapping[str, float], scopes: Collection[str]) -> Mapping[int, float]:
        """The passages of these scopes that hold any of some terms: id to score, the higher the better.

        The score is BM25's without a part for the length of passages, which are about equally long. It depends on no other passage.

        Args:
            weights: the terms, and what each weighs.
        """

    async def contains(self, phrases: Collection[Sequence[str]], scopes: Collection[str]) -> bool:
        """Whether the terms of any of these phrases stand side by side, in this order, in any passage of these scopes."""

    async def quoted(self, marks: Sequence[Mark], scopes: Collection[str]) -> Sequence[Quote]:
        """The quotes with these marks, in order, with no score; those whose articles say something else now are left out."""

    async def passages(self, ids: Sequence[int]) -> Sequence[StoredPassage]:
        """These passages, in any order; one that is gone is left out."""
