"""What a question reads from SQLite.

A question waits for this, so each look-up is one statement, sent whole to one connection that stays open: one change of
threads instead of the five or six that a pooled connection and a cursor take.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding.learned.question_kinds import Intent
from index.embedding.learned.token_space import DIMENSIONS
from index.model.articles import EVERYBODY, Precision, Section, Source, Span, section_day
from index.model.launches import How, Reported, Stage
from index.model.quotes import Mark, Quote, words_digest
from index.storage.store.base import NOTHING, Generation, StoredPassage
from index.storage.store.database import Database
from index.storage.store.schema import INSTANCES, VOCABULARY, WORDS
from index.storage.store.tenant_terms import mark, marked, unmarked

_LIVE = "SELECT id, fingerprint, revision, claims, model FROM generations WHERE live = 1"
_FREQUENCIES = f"SELECT term, doc FROM {VOCABULARY} WHERE col = 'terms' AND term IN (SELECT value FROM json_each(?))"
_SATURATION = 1.2  # BM25's k1, as FTS5 has it
_MATCHES = f"""
    SELECT doc, sum(gain) FROM (
        SELECT i.doc, t.value * count(*) / (count(*) + {_SATURATION}) AS gain
        FROM json_each(?) t CROSS JOIN {INSTANCES} i ON i.term = t.key WHERE i.col = 'terms' GROUP BY t.key, i.doc
    ) GROUP BY doc
"""
_NUMBERS = "SELECT name, number FROM scopes WHERE name IN (SELECT value FROM json_each(?))"
_CONTAINS = f"SELECT 1 FROM {WORDS} WHERE {WORDS} MATCH ? LIMIT 1"
_CLAIMS = """
    SELECT a.number, coalesce(p.day, a.day), c.passage, c.place, c.product, c.named, c.stage, c.how, c.sure, c.since
    FROM claims c CROSS JOIN passages p ON p.id = c.passage CROSS JOIN articles a ON a.number = p.article
    WHERE c.product IN (SELECT value FROM json_each(?)) AND a.scope IN (SELECT value FROM json_each(?))
    AND coalesce(p.day, a.shown_from) <= ? AND p.generation = (SELECT id FROM generations WHERE live = 1)
"""
_CLAIMED = """
    SELECT DISTINCT a.scope, c.product FROM claims c JOIN passages p ON p.id = c.passage JOIN articles a ON a.number = p.article
    WHERE p.generation = (SELECT id FROM generations WHERE live = 1)
"""
_PASSAGES = f"""
    SELECT p.id, p.start, p.text, p.sentences, w.terms, p.tells, p.tokens,
        a.id, a.title, a.url, a.publisher, a.published, a.precision, a.language, a.scope, p.day
    FROM passages p JOIN articles a ON a.number = p.article JOIN {WORDS} w ON w.rowid = p.id
    WHERE p.id IN (SELECT value FROM json_each(?))
"""
_QUOTED = """
    SELECT id, title, url, publisher, published, precision, language,
        substr(CASE WHEN ? THEN title ELSE text END, ? + 1, ?), sections
    FROM articles WHERE id = ? AND scope IN (SELECT value FROM json_each(?))
"""
_STAGES = {stage.value: stage for stage in Stage}  # an enumeration looks its values up much more slowly
_HOWS = {how.value: how for how in How}


class SQLiteSearch:
    """The part of :class:`index.storage.store.base.Store` that questions use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self) -> Generation | None:
        rows = await self._database.fetch(_LIVE)
        return Generation(*rows[0]) if rows else None

    async def frequencies(
        self, terms: Collection[str], scopes: Collection[str], counted: Mapping[str, Mapping[str, int]] = NOTHING
    ) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        plain: dict[str, str] = {}
        for scope, own in await self._marks(scopes):
            known = counted.get(scope, {})
            found.update({term: known[term] for term in terms if term in known})
            plain |= {own + term: term for term in terms if term not in known}
        for term, passages in await self._database.fetch(_FREQUENCIES, _list(plain)) if plain else ():
            found[plain[term]] += passages
        return found

    async def matches(self, weights: Mapping[str, float], scopes: Collection[str]) -> Mapping[int, float]:
        wanted = {own + term: weight for _, own in await self._marks(scopes) for term, weight in weights.items()}
        return dict(await self._database.fetch(_MATCHES, json.dumps(wanted, ensure_ascii=False))) if wanted else {}

    async def contains(self, phrases: Collection[Sequence[str]], scopes: Collection[str]) -> bool:
        # Terms hold letters, digits and points only.
        quoted = [f'"{marked(words, own)}"' for _, own in await self._marks(scopes) for words in phrases]
        return bool(quoted and await self._database.fetch(_CONTAINS, f"terms : ({' OR '.join(quoted)})"))

    async def _marks(self, scopes: Collection[str]) -> list[tuple[str, str]]:
        """Each of these scopes, and the mark of its terms; a scope that has no terms has none."""
        own = [scope for scope in scopes if scope != EVERYBODY]
        numbers = await self._database.fetch(_NUMBERS, _list(own)) if own else ()
        return [*([(EVERYBODY, "")] if EVERYBODY in scopes else []), *((name, mark(number)) for name, number in numbers)]

    async def claims(self, products: Mapping[str, int], as_of: date, scopes: Collection[str]) -> Sequence[Reported]:
        rows = await self._database.fetch(_CLAIMS, _list(products), _list(scopes), as_of.toordinal())
        return [
            Reported(article, day, passage, ordinal, products[product], bool(named), _STAGES[stage], _HOWS[how], sure, since)
            for article, day, passage, ordinal, product, named, stage, how, sure, since in rows
        ]

    async def claimed(self) -> Mapping[str, Collection[str]]:
        claimed: dict[str, list[str]] = {}
        for scope, product in await self._database.fetch(_CLAIMED):
            claimed.setdefault(scope, []).append(product)
        return claimed

    async def quoted(self, marks: Sequence[Mark], scopes: Collection[str]) -> Sequence[Quote]:
        rows = [
            (mark, row)
            for mark in marks
            for row in await self._database.fetch(_QUOTED, mark.title, mark.start, mark.end - mark.start, mark.article, _list(scopes))
        ]
        return [
            Quote(
                text=row[7],
                score=0.0,
                start=mark.start,
                end=mark.end,
                article=as_source(row[:7]),
                title=mark.title,
                section=None if mark.title else section_day(as_sections(row[8]), mark.start),
            )
            for mark, row in rows
            if words_digest(row[7]) == mark.digest
        ]

    async def passages(self, ids: Sequence[int]) -> Sequence[StoredPassage]:
        return [
            StoredPassage(
                id=row[0],
                start=row[1],
                text=row[2],
                sentences=spans,
                terms=tuple(frozenset(line.split()) for line in (unmarked(row[4]) if row[14] else row[4]).split("\n")),
                tells=_tells(row[5], len(spans)),
                tokens=np.frombuffer(row[6], np.int8).reshape(-1, DIMENSIONS),
                article=as_source(row[7:14]),
                section=date.fromordinal(row[15]) if row[15] else None,
            )
            for row in await self._database.fetch(_PASSAGES, _list(ids))
            for spans in [unpack_spans(row[3])]
        ]


def as_source(columns: Sequence[Any]) -> Source:
    """An article from its columns id, title, url, publisher, published, precision, language."""
    id_, title, url, publisher, published, precision, language = columns
    return Source(id_, title, url, publisher, datetime.fromisoformat(published) if published else None, language, Precision(precision))


def as_sections(packed: str) -> tuple[Section, ...]:
    """Sections as they are stored."""
    return tuple(Section(start, date.fromordinal(day) if day else None) for start, day in json.loads(packed))


def pack_spans(spans: Iterable[Span]) -> bytes:
    """Offsets as they are stored: pairs of int32."""
    return np.array([(span.start, span.end) for span in spans], "<i4").tobytes()


def unpack_spans(packed: bytes) -> tuple[Span, ...]:
    """The offsets that :func:`pack_spans` packed."""
    return tuple(Span(start, end) for start, end in np.frombuffer(packed, "<i4").reshape(-1, 2).tolist())


def _tells(packed: bytes, sentences: int) -> npt.NDArray[np.uint8]:
    """What each sentence tells; nothing where an older version has written them."""
    return np.frombuffer(packed, np.uint8).reshape(sentences, -1) if packed else np.zeros((sentences, len(Intent._fields)), np.uint8)


def _list(values: Iterable[object]) -> str:
    """For ``json_each``: one statement for lists of any length, so SQLite prepares it once."""
    return json.dumps(list(values))
