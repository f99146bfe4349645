"""One open index: what every surface and every script calls."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock, Timeout

from index import language, rebuilding
from index.adding import Read, add
from index.answering import answer
from index.cutting import Tell
from index.embedding.encoder import Encoder
from index.embedding.engine import Engine
from index.embedding.fitted import parallel_languages
from index.embedding.languages import LanguageSpace
from index.errors import BusyError, DataError, QuestionError
from index.model import EVERYBODY, Answer, Counts, Listed, Outcome, Progress, Quote, Reason
from index.reading import files, web
from index.reading.clean import storable
from index.searching import look_up, search
from index.storing.sqlite import SQLiteStore
from index.storing.store import Generation, Store

if TYPE_CHECKING:
    from index import IndexSettings
    from index.storing.vectors import Vectors as Searchable

T = TypeVar("T")

QUESTION_LIMIT = 2000
"""The longest question, in characters: far more than anybody asks, and than the encoder reads."""

_ATTEMPTS = 3  # to find articles that do not change while they are read


class Index:
    """See :func:`index.open_index`. Safe to use from many tasks of one event loop at once."""

    def __init__(self, settings: IndexSettings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._engine: asyncio.Task[Engine] | None = None
        self._searchable: Searchable | None = None
        self._refreshing = asyncio.Lock()
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, settings: IndexSettings) -> Index:
        """Open the data folder; the model is loaded when it is first needed.

        Raises:
            DataError: the folder cannot be used, or DATABASE_URL names an engine that is not supported.
        """
        if settings.database_url:
            raise DataError("DATABASE_URL: only SQLite is supported so far; leave it empty, and set SHIPDATE_DATA to choose the folder.")
        return cls(settings, await SQLiteStore.open(settings.data))

    async def close(self) -> None:
        """Let go of files and threads."""
        if self._engine:
            await asyncio.wait([self._engine])
            if not self._engine.exception():
                self._engine.result().close()
        await self._store.close()

    # Articles

    async def add(self, sources: Sequence[str], *, scope: str = EVERYBODY, tell: Tell | None = None) -> list[Outcome]:
        """Add files, folders with all articles below them, and web pages. Unchanged ones cost nothing; changed ones are replaced.

        Returns:
            what became of each article, in order; one that cannot be added does not stop the others.

        Raises:
            BusyError: another process is writing.
            DataError: the data folder cannot be written, or its articles were embedded with another model.
        """
        named = await self._readers(sources)
        async with self._writing():
            engine = await self.engine()
            generation = await self._store.live()
            if generation is None:
                generation = await self._store.begin(engine.encoder.fingerprint)
                await self._store.go_live(generation)
            _check(generation, engine.encoder)
            outcomes = await add(
                list(named.items()),
                store=self._store,
                generation=generation,
                engine=engine,
                scope=scope,
                tell=tell or _silent,
            )
            await self._refresh(engine, changed=True)
            return outcomes

    async def _readers(self, sources: Sequence[str]) -> Mapping[str, Read]:
        """How to read each article that is meant, by the name under which it is kept."""
        readers: dict[str, Read] = {}
        for path in await asyncio.to_thread(lambda: list(files.find(source for source in sources if not web.is_address(source)))):
            readers[files.source_of(path)] = partial(asyncio.to_thread, files.read, path)
        for address in filter(web.is_address, sources):
            readers[web.source_of(address)] = partial(web.read, address, allow_private=self._settings.allow_private_network)
        return readers

    async def remove(self, names: Collection[str], *, scope: str = EVERYBODY) -> Mapping[str, str]:
        """Take out articles, named by id, address or source; returns those that were in: name to title.

        Raises:
            BusyError: another process is writing.
        """
        paths = {name: files.source_of(Path(name)) for name in names}
        async with self._writing():
            removed = await self._store.remove([*names, *paths.values()], scope)
        return {name: title for name in names if (title := removed.get(name) or removed.get(paths[name]))}

    async def list(self, *, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Listed]:
        """All articles, newest first, undated ones last."""
        return await self._store.list(scopes)

    async def counts(self) -> Counts:
        """How many articles, passages and vectors are in."""
        return await self._store.counts()

    async def rebuild(self, *, tell: Tell | None = None) -> None:
        """Embed everything again, with the model that is set now, and swap it in when it is whole. Answers go on meanwhile.

        Raises:
            BusyError: another process is writing.
        """
        async with self._writing():
            engine = await self.engine()
            await rebuilding.rebuild(store=self._store, engine=engine, tell=tell or _silent)
            await self._refresh(engine, changed=True)

    # Questions

    async def ask(self, question: str, *, as_of: date | None = None, scopes: Collection[str] = (EVERYBODY,)) -> Answer:
        """What the articles say, as of a day (today by default).

        Raises:
            QuestionError: the question is too long to be one.
            DataError: the articles were embedded with another model; the text says what to do.
        """
        started = perf_counter()
        if len(question) > QUESTION_LIMIT:
            raise QuestionError(f"This question has {len(question):,} characters; please ask in at most {QUESTION_LIMIT:,}.")
        text = unicodedata.normalize("NFKC", storable(question).strip())
        tongue = language.detect(text, likely=parallel_languages())
        day = as_of or datetime.now(UTC).date()
        quotes: tuple[Quote, ...] = ()
        if not text:
            reason = Reason.EMPTY_QUESTION
        else:
            engine = await self.engine()
            encoding = asyncio.create_task(engine.question(text))  # words are looked up meanwhile
            try:
                reason = Reason.EMPTY_INDEX
                for _ in range(_ATTEMPTS):
                    searchable = await self._refresh(engine)
                    if searchable is None or not len(searchable.ids):
                        break
                    reason = Reason.NOTHING_RELEVANT
                    asked = await look_up(text, tongue, store=self._store, names=searchable.names, passages=len(searchable.ids))
                    found = await search(
                        asked,
                        await encoding,
                        as_of=day,
                        scopes=scopes,
                        store=self._store,
                        vectors=searchable,
                        fitted=engine.fitted,
                    )
                    quotes = answer(found, engine)
                    if found.complete:
                        break
            finally:
                encoding.cancel()
        elapsed = (perf_counter() - started) * 1000
        return Answer(question, tongue, day, quotes, None if quotes else reason, elapsed)

    # The machinery

    async def engine(self) -> Engine:
        """The encoder, loaded (some seconds) when this is first called.

        Raises:
            ModelError: there is no such model, or the hub cannot be reached.
        """
        if self._engine is None or (self._engine.done() and self._engine.exception()):
            self._engine = asyncio.create_task(Engine.load(self._settings.embedding_model, self._settings.cache))
        return await asyncio.shield(self._engine)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """One writer at a time: tasks of this process wait for each other, other processes are told at once."""
        async with self._writer:
            lock = FileLock(self._settings.data / "writer.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise BusyError(f"Another process is writing to {self._settings.data}; wait until it is done, then try again.") from None
            except OSError as error:
                raise DataError(f"The data folder {self._settings.data} cannot be written: {error.strerror}.") from None
            try:
                yield
            finally:
                lock.release()

    async def _refresh(self, engine: Engine, *, changed: bool = False) -> Searchable | None:
        """The vectors of the articles as they are now: those in memory, else on disk, else made from the database.

        Args:
            changed: the articles were changed a moment ago, so that nothing can be on disk yet.
        """
        generation = await self._store.live()
        if generation is None:
            return None
        _check(generation, engine.encoder)
        if self._searchable and self._searchable.generation == generation:
            return self._searchable
        async with self._refreshing:
            if self._searchable is None or self._searchable.generation != generation:
                self._searchable = await self._load_vectors(generation, engine.fitted.languages, expected=not changed)
        return self._searchable

    async def _load_vectors(self, generation: Generation, space: LanguageSpace, *, expected: bool) -> Searchable:
        from index.storing.vectors import VectorFiles, build

        cache = VectorFiles(self._settings.data / "vectors")
        kept = await asyncio.to_thread(cache.load, generation, space, expected=expected)
        if kept:
            return kept
        made = await asyncio.to_thread(build, await self._store.rows(generation), await self._store.spellings(), space)
        await asyncio.to_thread(cache.save, made, space)
        return made


def _check(generation: Generation, encoder: Encoder) -> None:
    if generation.fingerprint != encoder.fingerprint:
        raise DataError(
            f"The articles were embedded with another model or version ({generation.fingerprint}); "
            "run `shipdate index rebuild`, or set EMBEDDING_MODEL back."
        )


def _silent(_progress: Progress) -> None:
    pass
