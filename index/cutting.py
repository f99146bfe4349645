"""Articles cut into passages and embedded, in batches: what adding and rebuilding share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

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

Tell = Callable[[Progress], None]
"""Whoever wants to know how far it is."""

BATCH_TEXTS = 512
"""Passages and sentences embedded and written together: large enough to fill the encoder's batches, small enough (some
seconds) that little is lost when the power goes."""

_PASSAGES_AT_ONCE, _SENTENCES_AT_ONCE = 128, 512  # for the encoder, so that one long article shows its progress too


@dataclass(frozen=True, slots=True)
class Cut:
    """An article and its passages, not embedded yet."""

    article: Article
    passages: tuple[Passage, ...]

    @property
    def size(self) -> int:
        """How many texts are embedded for it."""
        return sum(1 + len(passage.sentences) for passage in self.passages)

    def text(self, span: Span) -> str:
        """The article's words there."""
        return self.article.text[span.start : span.end]

    def passage_texts(self) -> Iterator[str]:
        """What is embedded for each passage.

        Both come after the article's title, which says what "it" and "the company" are: 2 points of hit@1 on XQuAD.
        """
        return (f"{self.article.title}\n{self.text(passage)}" for passage in self.passages)

    def sentence_texts(self) -> Iterator[str]:
        """What is embedded for each sentence of each passage."""
        return (f"{self.article.title}: {self.text(sentence)}" for passage in self.passages for sentence in passage.sentences)

    def plain_texts(self) -> Iterator[str]:
        """What is read for what it says: the title, then each sentence of each passage, each by itself."""
        yield self.article.title
        yield from (self.text(sentence) for passage in self.passages for sentence in passage.sentences)


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
    plain: list[Layers] = []  # without the title: what a sentence itself says
    for some in _slices([text for one in group for text in one.plain_texts()], _SENTENCES_AT_ONCE):
        plain += await engine.layers(some)
    reading = asyncio.create_task(engine.bulk(lambda: _readings(group, iter(plain), engine, mentions), beside=True))
    try:
        whole = []
        for some in _slices([text for one in group for text in one.passage_texts()], _PASSAGES_AT_ONCE):
            whole += await engine.passages(some)
            done(len(some))
        single = []
        for some in _slices([text for one in group for text in one.sentence_texts()], _SENTENCES_AT_ONCE):
            single.append((await engine.sentences(some)).astype(np.float16))
            done(len(some))
        passages, sentences = iter(whole), chain.from_iterable(single)
        read = await reading
    finally:
        reading.cancel()
    return await engine.bulk(
        lambda: [tuple(_embedded(one, passages, sentences, said, engine)) for one, said in zip(group, read, strict=True)]
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the sentences of an article say.

    Attributes:
        means: of each passage, its sentences' tokens. Shapes (sentences, 3 * dimension).
        claims: about launches.
    """

    means: Sequence[npt.NDArray[np.float32]]
    claims: Sequence[Claim]


def _readings(group: Sequence[Cut], plain: Iterator[Layers], engine: Engine, mentions: Mentions) -> list[_Reading]:
    """What the articles say; of ``plain`` each takes its share."""
    made = []
    for one in group:
        engine.give_way()
        title, read = next(plain), [[next(plain) for _ in passage.sentences] for passage in one.passages]
        said = statements(one.article, one.passages, mentions)
        engine.give_way()
        told = claims(said, [_read(statement, title, read) for statement in said], one.article, engine.fitted)
        made.append(_Reading([np.stack([sentence.mean() for sentence in some]) for some in read], told))
    return made


def _embedded(
    one: Cut,
    passages: Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]],
    sentences: Iterator[npt.NDArray[np.float16]],
    said: _Reading,
    engine: Engine,
) -> Iterator[Embedded]:
    """An article's passages with their vectors; of what was encoded for the group it takes its share."""
    for at, passage in enumerate(one.passages):
        engine.give_way()
        vector, tokens = next(passages)
        yield Embedded(
            passage,
            one.text(passage),
            profile(one.article.title, map(one.text, passage.sentences), one.article.language),
            np.stack([vector.astype(np.float16), *(next(sentences) for _ in passage.sentences)]),
            tokens,
            engine.fitted.tells(said.means[at]),
            tuple(claim for claim in said.claims if claim.passage == at),
        )


def _read(statement: Statement, title: Layers, sentences: Sequence[Sequence[Layers]]) -> Layers:
    return title if statement.place == TITLE else sentences[statement.passage][statement.place]


async def tell_launches(article: Article, passages: Sequence[Passage], engine: Engine, mentions: Mentions) -> list[Claim]:
    """What an article that is embedded already says about launches."""
    said = await engine.bulk(lambda: statements(article, passages, mentions))
    read = await engine.layers([statement.text for statement in said])
    return await engine.bulk(lambda: claims(said, read, article, engine.fitted))


def _slices(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[at : at + size] for at in range(0, len(texts), size))
