"""From sources to stored articles: read, compare, cut, embed, write, batch by batch, so that what is done stays done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index import passages
from index.embedding.encoder import Vectors
from index.errors import ArticleError
from index.model import Article, Change, Outcome, Passage, Progress
from index.reading.draft import Draft
from index.storing.store import Embedded, Entry, Generation, Store
from index.words import profile

Encode = Callable[[Sequence[str]], Awaitable[Vectors]]
"""Passages and sentences to vectors, off the event loop."""

Tell = Callable[[Progress], None]
"""Whoever wants to know how far it is."""

Read = Callable[[], Awaitable[Draft]]
"""Reads one source; raises :class:`~index.errors.ArticleError`."""

BATCH_TEXTS = 512
"""Passages and sentences embedded and written together: large enough to fill the encoder's batches, small enough (some
seconds) that little is lost when the power goes."""

_READ_AHEAD = 64  # sources read before their batches are embedded


@dataclass(frozen=True, slots=True)
class Cut:
    """An article and its passages, not embedded yet."""

    article: Article
    passages: tuple[Passage, ...]

    @property
    def size(self) -> int:
        """How many texts are embedded for it."""
        return sum(1 + len(passage.sentences) for passage in self.passages)

    def texts(self) -> Iterator[str]:
        """What is embedded, each passage followed by its sentences.

        Each comes after the article's title, which says what "it" and "the company" are: 2 points of hit@1 on XQuAD.
        """
        title, text = self.article.title, self.article.text
        for passage in self.passages:
            yield f"{title}\n{text[passage.start : passage.end]}"
            for sentence in passage.sentences:
                yield f"{title}: {text[sentence.start : sentence.end]}"

    def embedded(self, vectors: Vectors) -> tuple[Embedded, ...]:
        """The passages with their vectors, which come in the order of :meth:`texts`."""
        made, at = [], 0
        for passage in self.passages:
            rows = 1 + len(passage.sentences)
            text = self.article.text
            terms = profile(self.article.title, (text[s.start : s.end] for s in passage.sentences), self.article.language)
            made.append(Embedded(passage, text[passage.start : passage.end], terms, vectors[at : at + rows].astype(np.float16)))
            at += rows
        return tuple(made)


def cut(article: Article) -> Cut:
    """The article's passages."""
    return Cut(article, passages.split(article.text, article.language))


def batches(cuts: Iterable[Cut]) -> Iterator[list[Cut]]:
    """Articles in groups of about :data:`BATCH_TEXTS` texts; a longer article is a group of its own."""
    group: list[Cut] = []
    texts = 0
    for one in cuts:
        if group and texts + one.size > BATCH_TEXTS:
            yield group
            group, texts = [], 0
        group.append(one)
        texts += one.size
    if group:
        yield group


async def embed(group: Sequence[Cut], encode: Encode, done: Callable[[int], None]) -> list[tuple[Embedded, ...]]:
    """The passages of each article of a group, with vectors. ``done`` hears how many texts were embedded, now and then."""
    texts = [text for one in group for text in one.texts()]
    parts = []
    for at in range(0, len(texts), BATCH_TEXTS):
        parts.append(await encode(texts[at : at + BATCH_TEXTS]))
        done(len(parts[-1]))
    vectors = np.concatenate(parts)
    starts = np.cumsum([0, *(one.size for one in group)])
    return [one.embedded(vectors[start : start + one.size]) for one, start in zip(group, starts, strict=False)]


async def add(
    sources: Sequence[tuple[str, Read]], *, store: Store, generation: Generation, encode: Encode, scope: str, tell: Tell
) -> list[Outcome]:
    """Add each source: its name and how to read it. One outcome each, in the same order.

    A source that cannot be read is told and does not stop the others. Each batch is one transaction, so what is done stays
    done; while one batch is embedded, the one before is written.
    """
    outcomes: dict[str, Outcome] = {}
    stored = await store.digests([name for name, _ in sources], scope)
    seen: dict[str, str] = {}  # sources of this run by the digest of their words
    texts = 0
    writing: asyncio.Task[None] | None = None

    async def fresh(name: str, read: Read) -> tuple[Draft, Cut] | None:
        """The source's article if it has to be written; its outcome either way."""
        try:
            draft = await read()
        except ArticleError as error:
            outcomes[name] = Outcome(name, Change.FAILED, str(error))
            return None
        if stored.get(name) == draft.digest:
            outcomes[name] = Outcome(name, Change.UNCHANGED)
            return None
        twin = seen.get(draft.text_digest) or await store.same_text(draft.text_digest, scope)
        if twin and twin != name:
            outcomes[name] = Outcome(name, Change.DUPLICATE, twin)
            return None
        seen[draft.text_digest] = name
        outcomes[name] = Outcome(name, Change.UPDATED if name in stored else Change.ADDED)
        return draft, await asyncio.to_thread(cut, draft.article(scope))

    def done(more: int) -> None:
        nonlocal texts
        texts += more
        tell(Progress(len(outcomes), len(sources), texts))

    try:
        for at in range(0, len(sources), _READ_AHEAD):
            read = [await fresh(name, reader) for name, reader in sources[at : at + _READ_AHEAD]]
            drafts = {one.article.source: draft for draft, one in filter(None, read)}
            for group in batches(one for _, one in filter(None, read)):
                embedded = await embed(group, encode, done)
                entries = [
                    Entry(one.article, drafts[one.article.source].digest, drafts[one.article.source].text_digest, made)
                    for one, made in zip(group, embedded, strict=True)
                ]
                if writing:
                    await writing
                writing = asyncio.create_task(store.write(entries, generation))
    finally:
        if writing:
            await asyncio.shield(writing)
    tell(Progress(len(sources), len(sources), texts))
    return [outcomes[name] for name, _ in sources]
