"""What is kept of each source, and where else the text of an article stands, in SQLite."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, delete, func, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from index.model.articles import Article, Precision, SourceState
from index.storage.store.base import Copy
from index.storage.store.database import Database
from index.storage.store.schema import articles, bands, copies, generations
from index.storage.store.search import as_sections

_HOLD = 500  # parameters a statement: far below SQLite's limit of 32,766
_ALIKE = 200  # that are compared with one article, the newest first


class SQLiteCopies:
    """The part of :class:`index.storage.store.base.Store` that knows sources and copies."""

    _database: Database

    async def sources(self, scope: str) -> int:
        async with self._database.reading() as connection:
            counted = [
                (await connection.execute(select(func.count()).select_from(kind).where(kind.c.scope == scope))).scalar_one()
                for kind in (articles, copies)
            ]
        return sum(counted)

    async def known(self, sources: Collection[str], scope: str) -> Mapping[str, SourceState]:
        found: dict[str, SourceState] = {}
        wanted = list(sources)
        async with self._database.reading() as connection:
            for at in range(0, len(wanted), _HOLD):
                for kind in (articles, copies):
                    query = select(kind.c.source, kind.c.digest, kind.c.etag, kind.c.modified).where(
                        kind.c.scope == scope, kind.c.source.in_(wanted[at : at + _HOLD])
                    )
                    found.update((source, SourceState(*said)) for source, *said in await connection.execute(query))
        return found

    async def alike(self, text_digest: str, keys: Collection[int], scope: str) -> Mapping[str, bytes]:
        sharing: Select[Any] = select(bands.c.article).where(bands.c.scope == scope, bands.c.key.in_(keys))
        equal: Select[Any] = select(articles.c.number).where(articles.c.scope == scope, articles.c.text_digest == text_digest)
        query = (
            select(articles.c.source, case((articles.c.text_digest == text_digest, b""), else_=articles.c.signature).label("signature"))
            .where(articles.c.number.in_(union(sharing, equal)))
            .order_by(articles.c.number.desc())
            .limit(_ALIKE)
        )
        async with self._database.reading() as connection:
            return {row.source: row.signature for row in await connection.execute(query)}

    async def article(self, source: str, scope: str) -> Article | None:
        query = select(articles).where(articles.c.scope == scope, articles.c.source == source)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return as_article(row) if row else None

    async def write_copies(self, made: Sequence[Copy], scope: str) -> None:
        async with self._database.writing() as connection:
            for copy in made:
                kept = select(articles.c.number).where(articles.c.scope == scope, articles.c.source == copy.of)
                number = (await connection.execute(kept)).scalar()
                if number is None:
                    continue
                await connection.execute(delete(copies).where(copies.c.scope == scope, copies.c.source == copy.source))
                gone = await connection.execute(delete(articles).where(articles.c.scope == scope, articles.c.source == copy.source))
                if gone.rowcount:
                    await connection.execute(update(generations).values(revision=new_revision()))
                row = {
                    "article": number,
                    "scope": scope,
                    "source": copy.source,
                    "url": copy.url,
                    "publisher": copy.publisher,
                    "published": copy.published.isoformat() if copy.published else None,
                    "digest": copy.known.digest,
                    "etag": copy.known.etag,
                    "modified": copy.known.modified,
                }
                await connection.execute(insert(copies).values(row))

    async def revalidate(self, known: Mapping[str, SourceState], scope: str) -> None:
        async with self._database.writing() as connection:
            for source, one in known.items():
                for kind in (articles, copies):
                    where = (kind.c.scope == scope, kind.c.source == source, kind.c.digest == one.digest)
                    await connection.execute(update(kind).where(*where).values(etag=one.etag, modified=one.modified))


async def remove_copies(connection: AsyncConnection, name: str, scope: str) -> dict[str, str]:
    """Forget the copies with this address or source: name to the title of what they copy, if there were any."""
    named = (copies.c.scope == scope, or_(copies.c.url == name, copies.c.source == name))
    title = (await connection.execute(select(articles.c.title).join(copies).where(*named))).scalar()
    await connection.execute(delete(copies).where(*named))
    return {} if title is None else {name: title}


def as_article(row: Any) -> Article:
    """An article from its row."""
    return Article(
        id=row.id,
        source=row.source,
        url=row.url,
        title=row.title,
        text=row.text,
        language=row.language,
        publisher=row.publisher,
        published=_moment(row.published),
        scope=row.scope,
        precision=Precision(row.precision),
        updated=_moment(row.updated),
        not_before=date.fromordinal(row.not_before) if row.not_before else None,
        sections=as_sections(row.sections),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def new_revision() -> int:
    """Drawn, not counted: a database that is put back from a copy must not find vector files of its own future."""
    return secrets.randbits(62)
