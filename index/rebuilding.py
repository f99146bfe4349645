"""Everything embedded again, beside what answers meanwhile, then swapped in one transaction.

The unfinished generation stands in the database, so a rebuild that was cut short goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from index.cutting import Tell, batches, cut, embed, tell_launches
from index.embedding.engine import Engine
from index.launches import claims
from index.launches.mentions import Mentions
from index.model import Article, Progress
from index.storing.store import Store

_READ_AHEAD = 64  # articles held in memory at once


async def rebuild(*, store: Store, engine: Engine, mentions: Mentions, tell: Tell) -> None:
    """Make the passages and vectors of every article again, with this encoder and splitter, and let them answer."""
    generation = await store.begin(engine.encoder.fingerprint, claims.version(engine.fitted, mentions))
    total = (await store.counts()).articles
    articles = texts = 0

    def done(more: int) -> None:
        nonlocal texts
        texts += more
        tell(Progress(articles, total, texts))

    while missing := await store.missing(generation, _READ_AHEAD):
        cuts = [await asyncio.to_thread(cut, article) for article in missing]
        for group in batches(cuts):
            embedded = await embed(group, engine, mentions, done)
            await store.write_passages({one.article.id: made for one, made in zip(group, embedded, strict=True)}, generation)
            articles += len(group)
    await store.go_live(generation)
    tell(Progress(total, total, texts))


async def reread(
    *, store: Store, engine: Engine, mentions: Mentions, tell: Tell, touched: Callable[[Article], bool] = lambda _: True
) -> None:
    """Read the articles of the live generation for launches again: the catalogue, or the reader, is another now.

    A run that was cut short starts again, since only its end is noted; what it did is not wrong meanwhile.

    Args:
        touched: whether an article can read otherwise than before.
    """
    generation = await store.live()
    if generation is None:
        return
    total, after, articles = (await store.counts()).articles, -1, 0
    while some := await store.stored(generation, after, _READ_AHEAD):
        after = some[-1][0]
        again = [(article, passages) for _, article, passages in some if touched(article)]
        told = [await tell_launches(article, [passage for _, passage in passages], engine, mentions) for article, passages in again]
        made = {
            id_: [claim for claim in claimed if claim.passage == at]
            for (_, passages), claimed in zip(again, told, strict=True)
            for at, (id_, _) in enumerate(passages)
        }
        await store.replace_claims(made)
        articles += len(some)
        tell(Progress(articles, total, 0))
    await store.claimed_by(generation, claims.version(engine.fitted, mentions))
