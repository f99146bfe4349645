"""From sources to stored articles: read, compare, cut, embed, write, batch by batch, so that what is done stays done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from index.cutting import Cut, Tell, batches, cut, embed
from index.embedding.engine import Engine
from index.errors import ArticleError
from index.launches.mentions import Mentions
from index.model import Change, Outcome, Progress
from index.reading.draft import Draft
from index.storing.store import Entry, Generation, Store

Read = Callable[[], Awaitable[Draft]]
"""Reads one source; raises :class:`~index.errors.ArticleError`."""

_READ_AHEAD = 64  # sources read before their batches are embedded


async def add(
    sources: Sequence[tuple[str, Read]], *, store: Store, generation: Generation, engine: Engine, mentions: Mentions, scope: str, tell: Tell
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
        twin = seen.get(draft.text_digest)
        if twin is None:
            twin = await store.same_text(draft.text_digest, scope)
            if twin in outcomes and outcomes[twin].change is Change.UPDATED:
                twin = None  # it has just been given other words
        if twin is not None and twin != name:
            outcomes[name] = Outcome(name, Change.DUPLICATE, twin)
            if name in stored:  # what it said before is said no longer
                await store.remove([name], scope)
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
                embedded = await embed(group, engine, mentions, done)
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
