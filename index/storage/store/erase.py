"""Everything of one workspace removed without a trace, and the proof of it.

SQLite overwrites what it deletes (``secure_delete``, see :mod:`index.storage.store.database`), but FTS5 only notes a deletion and
keeps the words until it merges its segments, and the write-ahead log keeps what was written to it. So both are done here.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Select, column, delete, func, select, table, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from index.model.articles import EVERYBODY
from index.storage.store.copies import new_revision
from index.storage.store.database import Database
from index.storage.store.schema import (
    VOCABULARY,
    WORDS,
    articles,
    bands,
    claims,
    copies,
    feed_items,
    feeds,
    generations,
    jobs,
    passages,
    scopes,
    settings,
)
from index.storage.store.tenant_terms import FIRST, LAST, mark, split

_OWNING = (articles, copies, bands, feeds, jobs, settings, generations)
"""The tables whose rows name their scope; what else there is of it hangs on one of these."""

_TERMS = text(f"SELECT DISTINCT term FROM {VOCABULARY} WHERE term >= '{FIRST}' AND term <= '{LAST}{LAST}{LAST}'")


async def remains(database: Database, scope: str) -> Mapping[str, int]:
    """How much there is of a workspace: rows by their table, and ``terms`` in the word index.

    Terms that bear the mark of no known scope are counted too: they would be left of one that was forgotten.
    """
    async with database.reading() as connection:
        await connection.execute(text("BEGIN"))  # all statements see the same moment
        return await _remains(connection, scope)


async def forget(database: Database, scope: str) -> None:
    """Delete all that there is of a workspace, in one transaction.

    Raises:
        ValueError: what belongs to everybody is no workspace's.
        BusyError: it is deleted, but another process reads on and on, so that the write-ahead log still holds it.
    """
    if scope == EVERYBODY:
        raise ValueError("only a workspace can be forgotten")
    async with database.writing() as connection:
        for owning in _OWNING:
            await connection.execute(delete(owning).where(owning.c.scope == scope))  # the rest cascades
        await connection.execute(delete(scopes).where(scopes.c.name == scope))
        await connection.execute(text(f"INSERT INTO {WORDS} ({WORDS}) VALUES ('optimize')"))
        await connection.execute(update(generations).values(revision=new_revision()))
    await database.empty_log()


async def _remains(connection: AsyncConnection, scope: str) -> Mapping[str, int]:
    of_articles = select(passages.c.id).join(articles, articles.c.number == passages.c.article).where(articles.c.scope == scope)
    of_feeds = select(feeds.c.id).where(feeds.c.scope == scope)
    words = table(WORDS, column("rowid"))
    counted: dict[str, Select[int]] = {
        **{owning.name: select(func.count()).select_from(owning).where(owning.c.scope == scope) for owning in _OWNING},
        passages.name: select(func.count()).select_from(of_articles.subquery()),
        claims.name: select(func.count()).select_from(claims).where(claims.c.passage.in_(of_articles)),
        "words": select(func.count()).select_from(words).where(words.c.rowid.in_(of_articles)),
        feed_items.name: select(func.count()).select_from(feed_items).where(feed_items.c.feed.in_(of_feeds)),
        scopes.name: select(func.count()).select_from(scopes).where(scopes.c.name == scope),
    }
    found = {name: (await connection.execute(query)).scalar_one() for name, query in counted.items()}
    others = {mark(number) for number in (await connection.execute(select(scopes.c.number).where(scopes.c.name != scope))).scalars()}
    terms = (await connection.execute(_TERMS)).scalars()
    return {**found, "terms": sum(split(term)[0] not in others for term in terms)}
