"""What vector files are made of, as SQLite holds it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, column, func, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from index.model.articles import EVERYBODY
from index.storage.store.base import Changes, Generation, Rows
from index.storage.store.database import Database
from index.storage.store.schema import VOCABULARY, WORDS, articles, generations, passages
from index.storage.store.schema import scopes as numbers
from index.storage.store.tenant_terms import mark, split, unmarked

_SPELLINGS = text(f"SELECT term, col, cnt FROM {VOCABULARY} WHERE col IN ('names', 'common')")
_SPELLINGS_OF = text(
    f"SELECT term, col, cnt FROM {VOCABULARY} WHERE col IN ('names', 'common') AND term IN (SELECT value FROM json_each(:terms))"
)
_COMMON = text(f"SELECT term, doc FROM {VOCABULARY} WHERE col = 'terms' AND doc >= :least")
_WORDS = table(WORDS, column("rowid"), column("names"), column("common"), column("capitals"))
_DAYS = 2**22  # more than the ordinal of any day
_WANTED = func.json_each(bindparam("ids")).table_valued("value")
_IDS = select(func.group_concat(passages.c.id)).where(passages.c.generation == bindparam("generation"))


class SQLiteVectors:
    """The part of :class:`index.storage.store.base.Store` that vector files are made of."""

    _database: Database

    async def parts(self, generation: Generation, size: int) -> AsyncIterator[Rows]:
        async with self._database.reading() as connection:
            await connection.execute(text("BEGIN"))  # all statements see the same moment
            current = await _current(connection, generation)
            if current is None:
                return
            ids = await _ids(connection, generation)
            for start in range(0, len(ids), size):
                yield _rows(await _these(connection, ids[start : start + size]), current)

    async def changes(self, generation: Generation, held: npt.NDArray[np.int64], most: int) -> Changes | None:
        async with self._database.reading() as connection:
            await connection.execute(text("BEGIN"))  # all statements see the same moment
            current = await _current(connection, generation)
            if current is None:
                return None
            ids = await _ids(connection, generation)
            new = np.setdiff1d(ids, held, assume_unique=True)
            return Changes(ids, _rows(await _these(connection, new), current) if len(new) <= most else None)

    async def spellings(self, words: Collection[str] | None = None) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        async with self._database.reading() as connection:
            await connection.execute(text("BEGIN"))  # both statements see the same moment
            marks = await _marks(connection)
            if words is None:
                rows = (await connection.execute(_SPELLINGS)).all()
            else:
                terms = [own + word for own in marks for word in words]
                rows = (await connection.execute(_SPELLINGS_OF, {"terms": json.dumps(terms)})).all()
        counts = [(*split(term), kind == "names", count) for term, kind, count in rows]
        names = {word for _, word, like_a_name, _ in counts if like_a_name}
        found: dict[str, dict[str, tuple[int, int]]] = {scope: {} for scope in marks.values()}
        for own, word, like_a_name, count in counts:
            if word in names:
                of_scope = found[marks[own]]
                written, common = of_scope.get(word, (0, 0))
                of_scope[word] = (written + count, common) if like_a_name else (written, common + count)
        return found

    async def spellings_in(self, ids: Collection[int]) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        query = (
            select(articles.c.scope, _WORDS.c.names, _WORDS.c.common)
            .select_from(passages)
            .join(articles, articles.c.number == passages.c.article)
            .join(_WORDS, _WORDS.c.rowid == passages.c.id)
            .where(passages.c.id.in_(select(_WANTED.c.value)))
        )
        names: dict[str, Counter[str]] = {}
        common: dict[str, Counter[str]] = {}
        async with self._database.reading() as connection:
            for scope, like_names, like_words in await connection.execute(query, {"ids": json.dumps(list(ids))}):
                names.setdefault(scope, Counter()).update(unmarked(like_names).split())
                common.setdefault(scope, Counter()).update(unmarked(like_words).split())
        return {scope: {word: (names[scope][word], common[scope][word]) for word in {*names[scope], *common[scope]}} for scope in names}

    async def common_terms(self, least: int) -> Mapping[str, Mapping[str, int]]:
        found: dict[str, dict[str, int]] = {}
        async with self._database.reading() as connection:
            await connection.execute(text("BEGIN"))  # both statements see the same moment
            marks = await _marks(connection)
            for marked_term, count in await connection.execute(_COMMON, {"least": least}):
                own, term = split(marked_term)
                found.setdefault(marks[own], {})[term] = count
        return found


async def _current(connection: AsyncConnection, generation: Generation) -> Generation | None:
    """The generation with its revision as it is now; None where it has been replaced."""
    revision = (await connection.execute(select(generations.c.revision).where(generations.c.id == generation.id))).scalar()
    return None if revision is None else Generation(generation.id, generation.fingerprint, revision)


async def _marks(connection: AsyncConnection) -> Mapping[str, str]:
    """Whose terms carry a mark."""
    found = await connection.execute(select(numbers.c.number, numbers.c.name))
    return {"": EVERYBODY} | {mark(number): name for number, name in found}


async def _ids(connection: AsyncConnection, generation: Generation) -> npt.NDArray[np.int64]:
    """Of all its passages, ascending. SQLite makes one text of them: a million rows would take a second to fetch."""
    listed = (await connection.execute(_IDS, {"generation": generation.id})).scalar() or ""
    return np.sort(np.fromstring(listed, np.int64, sep=","))


async def _these(connection: AsyncConnection, ids: npt.NDArray[np.int64]) -> Sequence[Sequence[Any]]:
    """What :func:`_rows` needs of some passages, in order."""
    query = (
        select(
            passages.c.id,
            passages.c.article * _DAYS + func.coalesce(passages.c.day, 0),
            func.coalesce(passages.c.day, articles.c.day, 0),
            func.coalesce(passages.c.day, articles.c.shown_from),
            articles.c.scope,
            articles.c.language,
            passages.c.sentences,
            passages.c.vectors,
            _WORDS.c.capitals,
        )
        .join(articles, articles.c.number == passages.c.article)
        .join(_WORDS, _WORDS.c.rowid == passages.c.id)
        .where(passages.c.id.in_(select(_WANTED.c.value)))
        .order_by(passages.c.id)
    )
    return (await connection.execute(query, {"ids": json.dumps(ids.tolist())})).all()


def _rows(found: Sequence[Sequence[Any]], generation: Generation) -> Rows:
    scopes, scope_names = _codes([row[4] for row in found])
    languages, language_names = _codes([row[5] for row in found])
    counts = np.array([len(row[6]) // 8 for row in found], np.int64)  # a sentence's offsets take 8 bytes
    matrices = [np.frombuffer(row[7], "<f2").reshape(1 + count, -1) for row, count in zip(found, counts, strict=True)]
    empty = np.zeros((0, 0), np.float16)
    return Rows(
        generation=generation,
        ids=np.array([row[0] for row in found], np.int64),
        articles=np.array([row[1] for row in found], np.int64),
        days=np.array([row[2] for row in found], np.int32),
        shown_from=np.array([row[3] for row in found], np.int32),
        scopes=scopes,
        scope_names=scope_names,
        languages=languages,
        language_names=language_names,
        bounds=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        capitals=tuple(tuple(row[8].split()) for row in found),
        vectors=np.stack([matrix[0] for matrix in matrices]) if matrices else empty,
        sentences=np.concatenate([matrix[1:] for matrix in matrices]) if matrices else empty,
    )


def _codes(names: Sequence[str]) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    known = {name: code for code, name in enumerate(sorted(set(names)))}
    return np.array([known[name] for name in names], np.int32), tuple(known)
