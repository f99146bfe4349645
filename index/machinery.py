"""What every act of an index needs: the open database, the encoder, the vectors, and the right to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from index.embedding.encoder import Encoder
from index.embedding.engine import Engine
from index.embedding.languages import LanguageSpace
from index.errors import BusyError, DataError
from index.storing.database import Database
from index.storing.sqlite import SQLiteStore
from index.storing.store import Generation, Store

if TYPE_CHECKING:
    from index import IndexSettings
    from index.storing.vectors import VectorFiles
    from index.storing.vectors import Vectors as Searchable


class Machinery:
    """One data folder, opened."""

    def __init__(self, settings: IndexSettings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.store: Store = SQLiteStore(database)
        self._engine: asyncio.Task[Engine] | None = None
        self._searchable: Searchable | None = None
        self._refreshing = asyncio.Lock()
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, settings: IndexSettings) -> Machinery:
        """Open the data folder; the model is loaded when it is first needed.

        Raises:
            DataError: the folder cannot be used, or DATABASE_URL names an engine that is not supported.
        """
        if settings.database_url:
            raise DataError("DATABASE_URL: only SQLite is supported so far; leave it empty, and set SHIPDATE_DATA to choose the folder.")
        return cls(settings, await Database.open(settings.data))

    async def close(self) -> None:
        """Let go of files and threads."""
        if self._engine:
            await asyncio.wait([self._engine])
            if not self._engine.exception():
                self._engine.result().close()
        await self.database.close()

    async def engine(self) -> Engine:
        """The encoder, loaded (some seconds) when this is first called.

        Raises:
            ModelError: there is no such model, or the hub cannot be reached.
        """
        if self._engine is None or (self._engine.done() and self._engine.exception()):
            self._engine = asyncio.create_task(Engine.load(self.settings.embedding_model, self.settings.cache))
        return await asyncio.shield(self._engine)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """One writer at a time: tasks of this process wait for each other, other processes are told at once."""
        async with self._writer:
            lock = FileLock(self.settings.data / "writer.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise BusyError(f"Another process is writing to {self.settings.data}; wait until it is done, then try again.") from None
            except OSError as error:
                raise DataError(f"The data folder {self.settings.data} cannot be written: {error.strerror}.") from None
            try:
                yield
            finally:
                lock.release()

    async def refresh(self, engine: Engine, *, changed: bool = False) -> Searchable | None:
        """The vectors of the articles as they are now: those in memory, else on disk, else made from the database.

        Args:
            changed: the articles were changed a moment ago, so that nothing can be on disk yet.
        """
        generation = await self.store.live()
        if generation is None:
            return None
        check(generation, engine.encoder)
        if self._searchable and self._searchable.generation == generation:
            return self._searchable
        async with self._refreshing:
            if self._searchable is None or self._searchable.generation != generation:
                self._searchable = await self._load_vectors(generation, engine.fitted.languages, expected=not changed)
        return self._searchable

    async def clear_vectors(self) -> None:
        """Remove the vectors from memory and from the disk; the next question makes them again from the database."""
        async with self._refreshing:
            self._searchable = None
            await asyncio.to_thread(self._vector_files().clear)

    async def vector_files_of(self, scope: str) -> int:
        """How many generations of vector files hold vectors of a scope."""
        return await asyncio.to_thread(self._vector_files().holding, scope)

    def _vector_files(self) -> VectorFiles:
        from index.storing.vectors import VectorFiles

        return VectorFiles(self.settings.data / "vectors")

    async def _load_vectors(self, generation: Generation, space: LanguageSpace, *, expected: bool) -> Searchable:
        from index.storing.vectors import build

        cache = self._vector_files()
        kept = await asyncio.to_thread(cache.load, generation, space, expected=expected)
        if kept:
            return kept
        made = await asyncio.to_thread(build, await self.store.rows(generation), await self.store.spellings(), space)
        await asyncio.to_thread(cache.save, made, space)
        return made


def check(generation: Generation, encoder: Encoder) -> None:
    """Whether these vectors are of this encoder.

    Raises:
        DataError: they are not; the text says what to do.
    """
    if generation.fingerprint != encoder.fingerprint:
        raise DataError(
            f"The articles were embedded with another model or version ({generation.fingerprint}); "
            "run `shipdate index rebuild`, or set EMBEDDING_MODEL back."
        )
