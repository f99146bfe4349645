"""Articles cut into passages and embedded, in batches: what adding and rebuilding share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from index.embedding.encoders.base import Layers
from index.embedding.engine.engine import Engine
from index.launches.claims import Statement, claims, statements
from index.launches.mentions import Mentions
from index.model.articles import Article, Passage, Progress, Span
from index.model.launches import TITLE, Claim
from index.storage.store.base import Embedded
from index.text import passages
from index.text.words import profile

T = TypeVar("T")

Tell = Callable[[Progress], None]
"""Whoever wants to know how far it is."""

BATCH_TEXTS = 512
"""Passages and sentences embedded and written together: large enough to fill the encoder's batches, small enough (some
seconds) that little is lost when the power goes."""

_AT_ONCE = 128  # for the encoder, so that one long article shows its progress too, and is read beside what is encoded next
_AHEAD = 2  # slices that are encoded before the ones before them are read


@dataclass(frozen=True, slots=True)
class Cut:
    """An article and its passages, not embedded yet."""

    article: Article
    passages: tuple[Passage, ...]

    @property
    def size(self) -> int:
        """How many texts are embedded for it."""
        return 1 + sum(1 + len(passage.sentences) for passage in self.passages)

    def text(self, span: Span) -> str:
        """The article's words there."""
        return self.article.text[span.start : span.end]

    def passage_texts(self) -> Iterator[str]:
        """What is embedded for each passage.

        Both come after the article's title, which says what "it" and "the company" are: 2 points of hit@1 on XQuAD.
        """
        return (f"{self.article.title}\n{self.text(passage)}" for passage in self.passages)

    def statements(self) -> Iterator[tuple[str, str]]:
        """What is read for what it says, and what stands before it: the title, then each sentence of each passage."""
        yield self.article.title, ""
        head = passages.head(self.article.title)
        yield from ((self.text(sentence), head) for passage in self.passages for sentence in passage.sentences)


def cut(article: Article) -> Cut:
    """An article that was stored before, and its passages."""
    return Cut(article, passages.of_article(article))


def batches(cuts: Iterable[Cut], limit: int | None = None) -> Iterator[list[Cut]]:
    """Articles in groups of about :data:`BATCH_TEXTS` texts, or another number; a longer article is a group of its own."""
    group: list[Cut] = []
    texts = 0
    for one in cuts:
        if group and texts + one.size > (limit or BATCH_TEXTS):
            yield group
            group, texts = [], 0
        group.append(one)
        texts += one.size
    if group:
        yield group


async def embed(group: Sequence[Cut], engine: Engine, mentions: Mentions, done: Callable[[int], None]) -> list[tuple[Embedded, ...]]:
    """The passages of each article of a group, with vectors. ``done`` hears how many texts were embedded, now and then."""
    readings = [_Reading(one, engine, mentions) for one in group]
    rest = iter(readings)
    work: list[asyncio.Task[None]] = []
    try:
        for some in batches(group, _AT_ONCE):
            lines = [(reading, *line) for reading in islice(rest, len(some)) for line in reading.cut.statements()]
            for few in _slices(lines, _AT_ONCE):
                layers = await engine.layers([text for _, text, _ in few], [head for *_, head in few])
                done(len(few))
                if len(work) >= _AHEAD:
                    await work[-_AHEAD]
                pairs = [(reading, one) for (reading, *_), one in zip(few, layers, strict=True)]
                work.append(asyncio.create_task(engine.bulk(partial(_take_in, pairs), beside=True)))  # beside what is encoded next
        whole = []
        for texts in _slices([text for one in group for text in one.passage_texts()], _AT_ONCE):
            whole += await engine.passages(texts)
            done(len(texts))
        await asyncio.gather(*work)
    finally:
        for task in work:
            task.cancel()
    vectors = iter(whole)
    return await engine.bulk(lambda: [tuple(_embedded(reading, vectors, engine)) for reading in readings])


class _Reading:
    """What the sentences of an article say, taken in as they are encoded: the layers of a long article are never all in memory.

    Attributes:
        vectors, tells: of the title, then of each sentence; see :class:`index.embedding.learned.question_kinds.Tells`.
            Shapes (dimension,), (intents,).
        claims: about launches.
    """

    def __init__(self, cut: Cut, engine: Engine, mentions: Mentions) -> None:
        self.cut = cut
        self.vectors: list[npt.NDArray[np.float16]] = []
        self.tells: list[npt.NDArray[np.uint8]] = []
        self.claims: list[Claim] = []
        self._engine = engine
        self._mentions = mentions

    @cached_property
    def _statements(self) -> Mapping[tuple[int, int], Statement]:
        """By passage and ordinal; those of the article's title stand first, as in :meth:`Cut.statements`."""
        return {(one.passage, one.ordinal): one for one in statements(self.cut.article, self.cut.passages, self._mentions)}

    @cached_property
    def _places(self) -> Sequence[tuple[int, int]]:
        sentences = ((at, place) for at, passage in enumerate(self.cut.passages) for place in range(len(passage.sentences)))
        return [(0, TITLE), *sentences]

    def take_in(self, layers: Sequence[Layers]) -> None:
        """The next of its lines, encoded."""
        self._engine.give_way()
        places = self._places[len(self.vectors) : len(self.vectors) + len(layers)]
        told = [(self._statements[place], one) for place, one in zip(places, layers, strict=True) if place in self._statements]
        self._engine.give_way()
        self.claims += claims([statement for statement, _ in told], [one for _, one in told], self.cut.article, self._engine.fitted)
        self.tells += list(self._engine.fitted.tells(np.stack([one.mean for one in layers])))
        self.vectors += [one.vector.astype(np.float16) for one in layers]


def _take_in(pairs: Sequence[tuple[_Reading, Layers]]) -> None:
    for reading, some in groupby(pairs, itemgetter(0)):
        reading.take_in([layers for _, layers in some])


def _embedded(
    reading: _Reading, vectors: Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]], engine: Engine
) -> Iterator[Embedded]:
    """An article's passages with their vectors; of those that were encoded for the group it takes its share."""
    cut, line = reading.cut, 1  # that of the title is of no passage
    for at, passage in enumerate(cut.passages):
        engine.give_way()
        vector, tokens = next(vectors)
        own = slice(line, line := line + len(passage.sentences))
        yield Embedded(
            passage,
            cut.text(passage),
            profile(cut.article.title, map(cut.text, passage.sentences), cut.article.language),
            np.stack([vector.astype(np.float16), *reading.vectors[own]]),
            tokens,
            np.stack(reading.tells[own]),
            tuple(claim for claim in reading.claims if claim.passage == at),
        )


async def tell_launches(article: Article, within: Sequence[Passage], engine: Engine, mentions: Mentions) -> list[Claim]:
    """What an article that is embedded already says about launches."""
    said = await engine.bulk(lambda: statements(article, within, mentions))
    told: list[Claim] = []
    for some in _slices(said, _AT_ONCE):
        heads = ["" if statement.ordinal == TITLE else passages.head(article.title) for statement in some]
        layers = await engine.layers([statement.text for statement in some], heads)
        told += await engine.bulk(partial(claims, some, layers, article, engine.fitted))
    return told


def _slices(texts: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (texts[at : at + size] for at in range(0, len(texts), size))
