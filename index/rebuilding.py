"""Everything embedded again, beside what answers meanwhile, then swapped in one transaction.

The unfinished generation stands in the database, so a rebuild that was cut short goes on where it stopped.
"""

from __future__ import annotations

import asyncio

from index.cutting import Tell, batches, cut, embed
from index.embedding.engine import Engine
from index.model import Progress
from index.storing.store import Store

_READ_AHEAD = 64  # articles held in memory at once


async def rebuild(*, store: Store, engine: Engine, tell: Tell) -> None:
    """Make the passages and vectors of every article again, with this encoder and splitter, and let them answer."""
    generation = await store.begin(engine.encoder.fingerprint)
    total = (await store.counts()).articles
    articles = texts = 0

    def done(more: int) -> None:
        nonlocal texts
        texts += more
        tell(Progress(articles, total, texts))

    while missing := await store.missing(generation, _READ_AHEAD):
        cuts = [await asyncio.to_thread(cut, article) for article in missing]
        for group in batches(cuts):
            embedded = await embed(group, engine, done)
            await store.write_passages({one.article.id: made for one, made in zip(group, embedded, strict=True)}, generation)
            articles += len(group)
    await store.go_live(generation)
    tell(Progress(total, total, texts))
