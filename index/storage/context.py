"""What every act of an index needs: the open database, the encoder, the vectors, and the right to write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import AsyncFileLock, Timeout

from index.embedding.encoders.bundled import NAME
from index.embedding.engine.engine import Engine
from index.embedding.engine.priority import Precedence
from index.embedding.learned.language_space import LanguageSpace
from index.model.errors import BusyError, DataError, ModelError
from index.model.settings import IndexSettings
from index.storage.maintenance import backup
from index.storage.store.articles import SQLiteStore
from index.storage.store.base import Generation, Store
from index.storage.store.database import WRITER_LOCK, Database
from index.system import private_files

if TYPE_CHECKING:
    from index.storage.vector_index.files import VectorFiles
    from index.storage.vector_index.load import Loading
    from index.storage.vector_index.snapshot import Vectors as Searchable
    from index.system.sandbox import Sandbox

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that an act waits for another process that is writing."""


class IndexContext:
    """One data folder, opened."""

    def __init__(self, settings: IndexSettings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.store: Store = SQLiteStore(database)
        self._sandbox: Sandbox | None = None
        self.precedence = Precedence()
        self._engines: dict[str, asyncio.Task[Engine]] = {}  # by EMBEDDING_MODEL; two while a rebuild changes from one to the other
        self._searchable: Searchable | None = None
        self._refreshing = asyncio.Lock()
        self._laying_out: asyncio.Task[None] | None = None
        self._writer = asyncio.Lock()

    @classmethod
    async def open(cls, settings: IndexSettings) -> IndexContext:
        """Open the data folder; the model is loaded when it is first needed.

        Raises:
            DataError: the folder cannot be used, or DATABASE_URL names an engine that is not supported.
        """
        if settings.database_url:
            raise DataError("DATABASE_URL: only SQLite is supported so far; leave it empty, and set SHIPDATE_DATA to choose the folder.")
        database = await Database.open(settings.data)
        await asyncio.to_thread(backup.finish, settings.data)
        return cls(settings, database)

    async def close(self) -> None:
        """Let go of files, connections and threads, when all files are written."""
        await self.laid_out()
        if self._sandbox:
            await self._sandbox.close()
        if self._engines:
            await asyncio.wait(self._engines.values())
        for loaded in self._engines.values():
            if not loaded.exception():
                loaded.result().close()
        await self.database.close()

    async def engine(self) -> Engine:
        """The encoder that is set, loaded (some seconds) when this is first called.

        Raises:
            ModelError: there is no such model, or the hub cannot be reached.
        """
        return await self._load(self.settings.embedding_model, aside=bool(self._engines))  # another one answers meanwhile

    async def engine_of(self, generation: Generation | None) -> Engine:
        """The encoder that made a generation: another one than is set, until a rebuild is done. The one that is set where there is none.

        Raises:
            DataError: it cannot be had any more; the text says what to do.
            ModelError: the one that is set cannot be loaded.
        """
        if generation is None:
            return await self.engine()
        models = {self.settings.embedding_model, generation.model}
        # Loading takes seconds, so the likely one comes first: that of the name in the fingerprint, then that which is noted. (Where an
        # older version made the generation, none is.)
        name = generation.fingerprint.rpartition(":")[0]
        for model in sorted(models, key=lambda model: (Path(model or NAME).name != name, model != generation.model)):
            try:
                engine = await self._load(model)
            except ModelError:
                if model == self.settings.embedding_model == generation.model:
                    raise
                continue
            if engine.encoder.fingerprint == generation.fingerprint:
                return engine
        raise DataError(
            f"The articles were embedded with another model or version ({generation.fingerprint}); "
            "run `shipdate index rebuild`, or set EMBEDDING_MODEL back."
        )

    async def _load(self, model: str, *, aside: bool = False) -> Engine:
        loading = self._engines.get(model)
        if loading is None or (loading.done() and loading.exception()):
            self._engines[model] = loading = asyncio.create_task(
                Engine.load(model, self.settings.cache, self.settings.engine, self.precedence, aside=aside)
            )
        return await asyncio.shield(loading)

    @property
    def sandbox(self) -> Sandbox:
        """Where what others wrote is taken apart, one for all."""
        if self._sandbox is None:
            from index.system.sandbox import Sandbox

            self._sandbox = Sandbox()
        return self._sandbox

    @asynccontextmanager
    async def writing(self, *, patiently: bool = False) -> AsyncIterator[None]:
        """One writer at a time, first come, first served in this process.

        Args:
            patiently: wait for another process as long as it takes, not for :data:`PATIENCE` only.

        Raises:
            BusyError: another process has been writing for longer.
            DataError: the data folder cannot be written.
        """
        async with self._writer:
            lock = AsyncFileLock(self.settings.data / WRITER_LOCK, mode=private_files.FILE, run_in_executor=False)
            try:
                await lock.acquire(timeout=-1 if patiently else PATIENCE)
            except Timeout:
                raise BusyError(f"Another process is writing to {self.settings.data}; wait until it is done, then try again.") from None
            except OSError as error:
                raise DataError(f"The data folder {self.settings.data} cannot be written: {error.strerror}.") from None
            try:
                yield
            finally:
                await lock.release()

    async def refresh(self, live: Generation | None = None, *, changed: bool = False) -> tuple[Engine, Searchable | None]:
        """The vectors of the articles as they are now, those in memory, else on disk, else made from the database; and their encoder.

        Whoever has changed the articles also sees to it that a large index is laid out again when it is due; nobody waits for that.

        Args:
            live: the generation that was live a moment ago, where that is known.
            changed: the articles were changed a moment ago, so that nothing can be on disk yet.

        Raises:
            DataError: the articles were embedded with a model that cannot be had any more; the text says what to do.
        """
        while True:
            generation, live = live or await self.store.live(), None
            engine = await self.engine_of(generation)
            if generation is None:
                return engine, None
            found = self._searchable
            if found is None or found.generation != generation:
                async with self._refreshing:
                    found = self._searchable
                    if found is None or found.generation != generation:
                        found = await self._loading().load(generation, engine.fitted.languages, found, expected=not changed)
                        if found is None:
                            continue
                        self._searchable = found
                        self._keep(generation)
            if changed and found.is_due and (self._laying_out is None or self._laying_out.done()):
                self._laying_out = asyncio.create_task(self._lay_out_again(generation, engine.fitted.languages))
            return engine, found

    def _keep(self, live: Generation) -> None:
        """Let go of the encoder of a generation that has been replaced; its threads end when the last one who uses it is done."""
        self._engines = {model: loaded for model, loaded in self._engines.items() if model in (live.model, self.settings.embedding_model)}

    async def _lay_out_again(self, generation: Generation, space: LanguageSpace) -> None:
        try:
            made = await self._loading().lay_out(generation, space)
        except DataError as error:
            log.warning("%s", error)
            return
        async with self._refreshing:
            if made and self._searchable and self._searchable.generation.id == made.generation.id:
                self._searchable = made

    async def laid_out(self) -> None:
        """Wait until what is being laid out is done."""
        if self._laying_out:
            await self._laying_out

    async def clear_vectors(self) -> None:
        """Remove the vectors from memory and from the disk; the next question makes them again from the database."""
        await self.laid_out()
        async with self._refreshing:
            self._searchable = None
            await asyncio.to_thread(self._vector_files().clear)

    async def vector_files_of(self, scope: str) -> int:
        """How many generations of vector files hold vectors of a scope."""
        return await asyncio.to_thread(self._vector_files().holding, scope)

    def _vector_files(self) -> VectorFiles:
        from index.storage.vector_index.files import VectorFiles

        return VectorFiles(self.settings.data / "vectors")

    def _loading(self) -> Loading:
        from index.storage.vector_index.load import Loading

        return Loading(self.store, self._vector_files())
