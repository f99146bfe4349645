"""Articles cut into passages and embedded, in batches: what adding and rebuilding share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from index import passages
from index.embedding.encoder import Layers
from index.embedding.engine import Engine
from index.launches.claims import TITLE, Claim, Statement, claims, statements
from index.launches.mentions import Mentions
from index.model import Article, Passage, Progress, Span
from index.storing.store import Embedded
from index.words import profile

T = TypeVar("T")

Tell = Callable[[Progress], None]
"""Whoever wants to know how far it is."""

BATCH_TEXTS = 512
"""Passages and sentences embedded and written together: large enough to fill the encoder's batches, small enough (some
seconds) that little is lost when the power goes."""

_AT_ONCE = 128  # for the encoder, so that one long article shows its progress too, and is read beside what is encoded next


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
    """The article's passages."""
    return Cut(article, passages.split(article.text, article.language))


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
    reading = []
    try:
        for some in batches(group, _AT_ONCE):
            read: list[Layers] = []
            for said in _slices([pair for one in some for pair in one.statements()], _AT_ONCE):
                read += await engine.layers(*zip(*said, strict=True))
                done(len(said))
            work = partial(_readings, some, iter(read), engine, mentions)
            reading.append(asyncio.create_task(engine.bulk(work, beside=True)))  # beside what is encoded next
        whole = []
        for texts in _slices([text for one in group for text in one.passage_texts()], _AT_ONCE):
            whole += await engine.passages(texts)
            done(len(texts))
        readings = list(chain.from_iterable(await asyncio.gather(*reading)))
    finally:
        for task in reading:
            task.cancel()
    vectors = iter(whole)
    return await engine.bulk(lambda: [tuple(_embedded(one, vectors, said, engine)) for one, said in zip(group, readings, strict=True)])


@dataclass(frozen=True, slots=True)
class _Reading:
    """An article's sentences, and what they say.

    Attributes:
        sentences: those of each passage, encoded. Shapes (sentences, dimension).
        tells: which intents they answer (see :class:`index.kinds.Tells`). Shapes (sentences, intents).
        claims: about launches.
    """

    sentences: Sequence[npt.NDArray[np.float16]]
    tells: Sequence[npt.NDArray[np.uint8]]
    claims: Sequence[Claim]


def _readings(group: Sequence[Cut], read: Iterator[Layers], engine: Engine, mentions: Mentions) -> list[_Reading]:
    """What the articles say; of ``read`` each takes its share."""
    made = []
    for one in group:
        engine.give_way()
        title, sentences = next(read), [[next(read) for _ in passage.sentences] for passage in one.passages]
        said = statements(one.article, one.passages, mentions)
        engine.give_way()
        told = claims(said, [_read(statement, title, sentences) for statement in said], one.article, engine.fitted)
        vectors = [np.stack([sentence.vector for sentence in some]).astype(np.float16) for some in sentences]
        tells = [engine.fitted.tells(np.stack([sentence.mean for sentence in some])) for some in sentences]
        made.append(_Reading(vectors, tells, told))
    return made


def _read(statement: Statement, title: Layers, sentences: Sequence[Sequence[Layers]]) -> Layers:
    return title if statement.place == TITLE else sentences[statement.passage][statement.place]


def _embedded(
    one: Cut, vectors: Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]], reading: _Reading, engine: Engine
) -> Iterator[Embedded]:
    """An article's passages with their vectors; of those that were encoded for the group it takes its share."""
    for at, passage in enumerate(one.passages):
        engine.give_way()
        vector, tokens = next(vectors)
        yield Embedded(
            passage,
            one.text(passage),
            profile(one.article.title, map(one.text, passage.sentences), one.article.language),
            np.concatenate([vector[None].astype(np.float16), reading.sentences[at]]),
            tokens,
            reading.tells[at],
            tuple(claim for claim in reading.claims if claim.passage == at),
        )


async def tell_launches(article: Article, within: Sequence[Passage], engine: Engine, mentions: Mentions) -> list[Claim]:
    """What an article that is embedded already says about launches."""
    said = await engine.bulk(lambda: statements(article, within, mentions))
    heads = ["" if statement.place == TITLE else passages.head(article.title) for statement in said]
    read = await engine.layers([statement.text for statement in said], heads)
    return await engine.bulk(lambda: claims(said, read, article, engine.fitted))


def _slices(texts: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (texts[at : at + size] for at in range(0, len(texts), size))
