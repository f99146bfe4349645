"""Articles and all that is made of them, in SQLite, through SQLAlchemy and aiosqlite."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from index.model.articles import EVERYBODY, Article, Counts, Listed, Passage, section_day
from index.model.launches import Claim
from index.storage.store.base import Embedded, Entry, Generation
from index.storage.store.copies import SQLiteCopies, as_article, new_revision, remove_copies
from index.storage.store.database import HOLDS
from index.storage.store.jobs import finish
from index.storage.store.schema import WORDS, articles, bands, claims, copies, generations, passages
from index.storage.store.schema import scopes as numbers
from index.storage.store.search import SQLiteSearch, as_source, pack_spans, unpack_spans
from index.storage.store.tenant_terms import mark, marked
from index.storage.store.vectors import SQLiteVectors

_INSERT_WORDS = text(f"INSERT INTO {WORDS} (rowid, terms, names, common, capitals) VALUES (:id, :terms, :names, :common, :capitals)")
_SOURCE = (
    articles.c.id,
    articles.c.title,
    articles.c.url,
    articles.c.publisher,
    articles.c.published,
    articles.c.precision,
    articles.c.language,
)
_SAID = articles.c.id + " " + articles.c.title + " " + articles.c.url + " " + func.coalesce(articles.c.publisher, "")


_BEGINNING = re.compile("[0-9a-f]{12,}")


class SQLiteStore(SQLiteCopies, SQLiteSearch, SQLiteVectors):
    """The :class:`~index.storage.store.base.Store` in SQLite: articles with their passages, words, vectors and claims."""

    # Generations

    async def begin(self, fingerprint: str, claims: str, model: str, scope: str | None = None) -> Generation:
        made_by = {"fingerprint": fingerprint, "claims": claims, "model": model, "scope": scope}
        unfinished = select(generations).where(
            generations.c.live == 0, *(generations.c[name].is_not_distinct_from(value) for name, value in made_by.items())
        )
        async with self._database.writing() as connection:
            found = (await connection.execute(unfinished)).first()
            if found is None:
                await connection.execute(insert(generations).values(**made_by, live=0, revision=new_revision()))
                found = (await connection.execute(unfinished)).one()
            return _generation(found)

    async def go_live(self, generation: Generation, job: int | None = None) -> bool:
        async with self._database.writing() as connection:
            if job is not None and not await finish(connection, job):
                return False
            if generation.scope is None:
                await connection.execute(update(generations).where(generations.c.id == generation.id).values(live=1))
                await connection.execute(delete(generations).where(generations.c.id != generation.id))
            else:
                await _merge(connection, generation)
            return True

    async def abandon(self, scope: str | None) -> None:
        async with self._database.writing() as connection:
            await connection.execute(delete(generations).where(generations.c.live == 0, generations.c.scope.is_not_distinct_from(scope)))

    async def covered(self, generation: Generation) -> tuple[int, int]:
        wanted = select(func.count()).select_from(articles).where(_of(generation))
        made = select(func.count(passages.c.article.distinct())).where(passages.c.generation == generation.id)
        async with self._database.reading() as connection:
            return (await connection.execute(made)).scalar_one(), (await connection.execute(wanted)).scalar_one()

    # Articles

    async def write(self, entries: Sequence[Entry], generation: Generation) -> None:
        async with self._database.writing() as connection:
            for entry in entries:
                article = entry.article
                for kind in (articles, copies):
                    await connection.execute(delete(kind).where(kind.c.scope == article.scope, kind.c.source == article.source))
                made = await connection.execute(insert(articles).values(_article_row(entry)))
                number = made.inserted_primary_key[0]  # type: ignore[index]
                if entry.bands:
                    await connection.execute(
                        insert(bands), [{"article": number, "scope": article.scope, "key": key} for key in entry.bands]
                    )
                await self._add_passages(connection, number, article, entry.passages, generation)
            await _changed(connection, generation)

    async def missing(self, generation: Generation, limit: int) -> Sequence[Article]:
        done = select(passages.c.article).where(passages.c.generation == generation.id)
        query = select(articles).where(articles.c.number.not_in(done), _of(generation)).order_by(articles.c.number).limit(limit)
        async with self._database.reading() as connection:
            return [as_article(row) for row in await connection.execute(query)]

    async def write_passages(self, made: Sequence[tuple[Article, Sequence[Embedded]]], generation: Generation) -> None:
        async with self._database.writing() as connection:
            for article, embedded in made:
                row = (await connection.execute(select(articles).where(articles.c.id == article.id))).first()
                if row is not None and as_article(row) == article:
                    await self._add_passages(connection, row.number, article, embedded, generation)
            await _changed(connection, generation)

    async def _add_passages(
        self, connection: AsyncConnection, number: int, article: Article, made: Sequence[Embedded], generation: Generation
    ) -> None:
        own = await _own_mark(connection, article.scope)
        for embedded in made:
            passage = embedded.passage
            section = section_day(article.sections, passage.sentences[0].start)
            row = {
                "generation": generation.id,
                "article": number,
                "start": passage.start,
                "end": passage.end,
                "day": section.toordinal() if section else None,
                "text": embedded.text,
                "sentences": pack_spans(passage.sentences),
                "vectors": embedded.vectors.astype("<f2").tobytes(),
                "tells": embedded.tells.tobytes(),
                "tokens": embedded.tokens.tobytes(),
            }
            added = await connection.execute(insert(passages).values(row))
            profile = embedded.profile
            terms = {
                "id": added.inserted_primary_key[0],  # type: ignore[index]
                "terms": "\n".join(marked(line, own) for line in profile.lines),
                "names": marked(profile.names, own),
                "common": marked(profile.common, own),
                "capitals": " ".join(profile.capitals),
            }
            await connection.execute(_INSERT_WORDS, terms)
            if embedded.claims:
                await connection.execute(insert(claims), _claim_rows(terms["id"], embedded.claims))

    async def stored(self, generation: Generation, after: int, limit: int) -> Sequence[tuple[int, Article, Sequence[tuple[int, Passage]]]]:
        some = select(articles).where(articles.c.number > after).order_by(articles.c.number).limit(limit)
        async with self._database.reading() as connection:
            await connection.execute(text("BEGIN"))  # both statements see the same moment
            rows = (await connection.execute(some)).all()
            query = (
                select(passages.c.article, passages.c.id, passages.c.start, passages.c.end, passages.c.sentences)
                .where(passages.c.generation == generation.id, passages.c.article.in_([row.number for row in rows]))
                .order_by(passages.c.id)
            )
            held: dict[int, list[tuple[int, Passage]]] = {row.number: [] for row in rows}
            for article, id_, start, end, sentences in await connection.execute(query):
                held[article].append((id_, Passage(start, end, unpack_spans(sentences))))
        return [(row.number, as_article(row), held[row.number]) for row in rows]

    async def replace_claims(self, made: Mapping[int, Sequence[Claim]]) -> None:
        async with self._database.writing() as connection:
            for passage, some in made.items():
                await connection.execute(delete(claims).where(claims.c.passage == passage))
                if some:
                    await connection.execute(insert(claims), _claim_rows(passage, some))

    async def claimed_by(self, generation: Generation, version: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(update(generations).where(generations.c.id == generation.id).values(claims=version))

    async def remove(self, names: Collection[str], scope: str) -> Mapping[str, str]:
        removed: dict[str, str] = {}
        async with self._database.writing() as connection:
            for name in names:
                named = or_(articles.c.id == name, articles.c.url == name, articles.c.source == name)
                rows = (await connection.execute(select(articles.c.number, articles.c.title).where(named, articles.c.scope == scope))).all()
                rows = rows or await _begun(connection, name, scope)
                for number, title in rows:
                    await connection.execute(delete(articles).where(articles.c.number == number))
                    removed[name] = title
            if removed:
                await connection.execute(update(generations).values(revision=new_revision()))
            for name in names:
                removed |= await remove_copies(connection, name, scope)
        return removed

    async def list(self, scopes: Collection[str], matching: str = "", limit: int | None = None) -> Sequence[Listed]:
        live = select(generations.c.id).where(generations.c.live == 1).scalar_subquery()
        counted = select(func.count()).where(passages.c.generation == live, passages.c.article == articles.c.number).scalar_subquery()
        query = (
            select(*_SOURCE, articles.c.source, counted)
            .where(articles.c.scope.in_(scopes), getattr(func, HOLDS)(_SAID, matching) if matching else true())
            .order_by(articles.c.day.desc().nulls_last(), articles.c.number)
            .limit(limit)
        )
        elsewhere = select(articles.c.id, copies.c.url).join(copies).where(articles.c.scope.in_(scopes)).order_by(copies.c.id)
        async with self._database.reading() as connection:
            await connection.execute(text("BEGIN"))  # both statements see the same moment
            found = (await connection.execute(query)).all()
            if limit is not None:
                elsewhere = elsewhere.where(articles.c.id.in_([row.id for row in found]))
            also: dict[str, list[str]] = {}
            for id_, url in await connection.execute(elsewhere):
                also.setdefault(id_, []).append(url)
        return [Listed(as_source(row[:7]), row[7], row[8], tuple(also.get(row[0], ()))) for row in found]

    async def counts(self, scopes: Collection[str] | None = None) -> Counts:
        meant = true() if scopes is None else articles.c.scope.in_(scopes)
        async with self._database.reading() as connection:
            live = await self.live()
            of = passages.c.generation == (live.id if live else 0)
            number = (await connection.execute(select(func.count()).select_from(articles).where(meant))).scalar_one()
            # Each passage has its own vector; each sentence (8 bytes of offsets) one more.
            query = (
                select(func.count(), func.coalesce(func.sum(func.length(passages.c.sentences)), 0))
                .join(articles, articles.c.number == passages.c.article)
                .where(of, meant)
            )
            held, offsets = (await connection.execute(query)).one()
            return Counts(number, held, held + offsets // 8)


async def _begun(connection: AsyncConnection, name: str, scope: str) -> Sequence[Any]:
    """The one article whose id begins so: as much of it as lists show, and as older versions gave; none where there are several."""
    if not _BEGINNING.fullmatch(name):
        return []
    query = select(articles.c.number, articles.c.title).where(articles.c.id.startswith(name), articles.c.scope == scope).limit(2)
    rows = (await connection.execute(query)).all()
    return rows if len(rows) == 1 else []


def _generation(row: Any) -> Generation:
    return Generation(row.id, row.fingerprint, row.revision, row.claims, row.model, row.scope)


def _of(generation: Generation) -> ColumnElement[bool]:
    """Which articles it is made of."""
    return true() if generation.scope is None else articles.c.scope == generation.scope


async def _merge(connection: AsyncConnection, staged: Generation) -> None:
    """Let the live generation have the passages of a staged one instead of its own of the same articles."""
    live = (await connection.execute(select(generations.c.id).where(generations.c.live == 1))).scalar()
    again = select(passages.c.article).where(passages.c.generation == staged.id)
    await connection.execute(delete(passages).where(passages.c.generation == live, passages.c.article.in_(again)))
    await connection.execute(update(passages).where(passages.c.generation == staged.id).values(generation=live))
    await connection.execute(delete(generations).where(generations.c.id == staged.id))
    await connection.execute(update(generations).where(generations.c.id == live).values(revision=new_revision()))


async def _changed(connection: AsyncConnection, generation: Generation) -> None:
    await connection.execute(update(generations).where(generations.c.id == generation.id).values(revision=new_revision()))


async def _own_mark(connection: AsyncConnection, scope: str) -> str:
    """The mark of the terms of a scope, which gets its number with its first article."""
    if scope == EVERYBODY:
        return ""
    await connection.execute(insert(numbers).prefix_with("OR IGNORE").values(name=scope))
    return mark((await connection.execute(select(numbers.c.number).where(numbers.c.name == scope))).scalar_one())


def _article_row(entry: Entry) -> dict[str, object]:
    """Its row. What is undated is visible from the first day on which it can have been written, else from today: it was read today."""
    article = entry.article
    return {
        "id": article.id,
        "scope": article.scope,
        "source": article.source,
        "url": article.url,
        "title": article.title,
        "publisher": article.publisher,
        "published": article.published.isoformat() if article.published else None,
        "precision": article.precision,
        "day": day.toordinal() if (day := article.day) else None,
        "shown_from": (day or article.not_before or datetime.now(UTC).date()).toordinal(),
        "updated": article.updated.isoformat() if article.updated else None,
        "not_before": article.not_before.toordinal() if article.not_before else None,
        "sections": json.dumps([(section.start, section.day and section.day.toordinal()) for section in article.sections]),
        "language": article.language,
        "text": article.text,
        "digest": entry.digest,
        "text_digest": entry.text_digest,
        "etag": entry.etag,
        "modified": entry.modified,
        "signature": entry.signature,
    }


def _claim_rows(passage: object, made: Sequence[Claim]) -> list[dict[str, object]]:
    return [
        {
            "passage": passage,
            "place": claim.ordinal,
            "product": claim.product,
            "named": claim.named,
            "stage": claim.stage,
            "how": claim.how,
            "sure": claim.sure,
            "since": claim.since.toordinal() if claim.since else None,
        }
        for claim in made
    ]
