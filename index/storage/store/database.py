"""The SQLite file in the data folder (WAL, foreign keys, FTS5): opened, brought up to date, read and written in transactions.

What stands in it is the business of the stores beside this module; each takes the one open database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from filelock import FileLock, Timeout
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from index.model.errors import BusyError, DataError, printable
from index.system import disk_space, private_files

if TYPE_CHECKING:
    import aiosqlite
    from alembic.config import Config

HEAD = "0006"
"""The newest step in ``migrations/versions``."""

FILE = "shipdate.sqlite"
"""The database's name in the data folder."""

WRITER_LOCK = "writer.lock"
"""The file in the data folder whose holder may write articles."""

JOBS_LOCK = "jobs.lock"
"""The file in the data folder that is held by whoever works on jobs."""

HOLDS = "holds"
"""The function in SQL that tells whether all words of its second text stand in its first one, in whatever case: for SQLite's own
``LIKE``, only the letters of ASCII have two."""

_PATIENCE = 30  # seconds to wait for another process
_SOON = 2.0  # seconds that whoever asks waits for what is written about it
_NOTES = 1000  # such writes that may wait for another process
_FAREWELL = 5.0  # seconds in which they may still be done when the file is let go of

_T = TypeVar("_T")

log = logging.getLogger(__name__)


class Database:
    """One open SQLite file. Reading never waits for writing."""

    def __init__(self, engine: AsyncEngine, file: Path) -> None:
        self._engine = engine
        self._file = file
        self._held: AsyncConnection | None = None
        self._raw: aiosqlite.Connection | None = None  # the driver's own connection below that one
        self._opening, self._turn = asyncio.Lock(), asyncio.Lock()
        self._notes: set[asyncio.Task[Any]] = set()  # see soon()
        self._late: set[asyncio.Task[Any]] = set()  # those that nobody waits for any more
        self._is_failing = False

    @classmethod
    async def open(cls, folder: Path) -> Database:
        """The database in ``folder``, made or brought up to date where needed.

        Raises:
            DataError: the folder cannot be written, or a newer version of Shipdate made what is in it.
        """
        file = folder / FILE
        _make(folder)
        await asyncio.to_thread(_close, file)
        engine = create_async_engine(f"sqlite+aiosqlite:///{file}", connect_args={"timeout": _PATIENCE}, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare)
        made = cls(engine, file)
        try:
            async with made.errors():
                if await made._version() != HEAD:
                    await made._migrate()
        except BaseException:
            await engine.dispose()
            raise
        return made

    async def _version(self) -> str | None:
        async with self._engine.connect() as connection:
            return await connection.run_sync(_schema_version)

    async def _migrate(self) -> None:
        """Bring the schema up to date. Whoever comes meanwhile waits, and finds it done.

        Raises:
            DataError: a newer version of Shipdate made it.
        """
        lock = FileLock(self._file.with_suffix(".lock"), mode=private_files.FILE, thread_local=False)
        try:
            await asyncio.to_thread(lock.acquire, timeout=_PATIENCE)
        except Timeout:
            raise BusyError(f"Another process has been preparing {self._file.parent} for long; try again when it is done.") from None
        try:
            version = await self._version()
            if version != HEAD:
                await self._upgrade(version)
        finally:
            lock.release()

    async def _upgrade(self, version: str | None) -> None:
        if version is not None and version not in known_versions():
            raise DataError(
                f"The data folder {self._file.parent} was made by a newer version of Shipdate; update Shipdate, or name another folder."
            )

        async with self._engine.connect() as connection:
            # It stays so for good: readers go on beside one writer. No other connection may be open while it is set.
            await connection.execute(text("PRAGMA journal_mode = WAL"))
        async with self._engine.begin() as connection:
            await connection.execute(text("BEGIN IMMEDIATE"))
            await connection.run_sync(upgrade)

    @property
    def folder(self) -> Path:
        """The data folder that it is in."""
        return self._file.parent

    @property
    def engine(self) -> AsyncEngine:
        """For libraries that keep tables of their own in here."""
        return self._engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection of the caller's own."""
        async with self.errors(), self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in one transaction, which no other writer interrupts.

        Writers of this process wait here in a row: SQLite would let them try again and again, with pauses that grow.
        """
        async with self._turn, self.errors(), self._engine.begin() as connection:
            await connection.execute(text("BEGIN IMMEDIATE"))
            yield connection

    async def soon(self, write: Coroutine[Any, Any, _T]) -> _T | None:
        """Do a write that nobody should have to wait for, such as what is noted about a question.

        Where another process keeps it waiting, it goes on in the background, in its turn, and whoever called goes on without it.

        Returns:
            what it returned; None where it is not done yet, or cannot be done, which one line of the log tells.
        """
        if len(self._notes) >= _NOTES:
            write.close()
            self._fails("another process has been writing for long")
            return None
        task = asyncio.create_task(write)
        self._notes.add(task)
        task.add_done_callback(self._noted)
        await asyncio.wait({task}, timeout=0 if self._late else _SOON)
        if not task.done():
            self._late.add(task)
            return None
        try:
            return task.result()
        except DataError:
            return None

    def _noted(self, task: asyncio.Task[Any]) -> None:
        is_late = task in self._late
        self._notes.discard(task)
        self._late.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._is_failing = False
        elif isinstance(error, DataError):
            self._fails(str(error))
        elif is_late:  # else whoever called hears of it
            log.error("Something could not be noted.", exc_info=error)

    def _fails(self, problem: str) -> None:
        """Tell it once, until something can be noted again."""
        if not self._is_failing:
            log.warning("Questions are answered, but what should be noted about them is lost for now: %s", problem)
        self._is_failing = True

    async def fetch(self, statement: str, *parameters: object) -> list[Any]:
        """The rows of one statement, on a connection that stays open (see :mod:`index.storage.store.search`)."""
        async with self.errors():
            connection = await self._connection()
            return list(await connection.execute_fetchall(statement, parameters))

    async def empty_log(self) -> None:
        """Empty the write-ahead log, which still holds what was deleted.

        Raises:
            BusyError: another process reads on and on.
        """
        async with self.reading() as connection:
            busy, *_ = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
        if busy:
            raise BusyError("It is deleted, but another process that is reading keeps its traces on the disk; repeat this later.")

    async def _connection(self) -> aiosqlite.Connection:
        async with self._opening:
            if self._held is None:
                self._held = await self._engine.connect()
            if self._raw is None:
                self._raw = cast("aiosqlite.Connection", (await self._held.get_raw_connection()).driver_connection)
            return self._raw

    async def close(self) -> None:
        """Let go of the file, when all is written, or some seconds later."""
        if self._notes:
            _, left = await asyncio.wait(self._notes, timeout=_FAREWELL)
            for task in left:
                task.cancel()
        if self._held:
            await self._held.close()
        await self._engine.dispose()

    @asynccontextmanager
    async def errors(self) -> AsyncIterator[None]:
        """SQLite's complaints as sentences for people.

        Raises:
            DataError: whatever SQLite said.
        """
        try:
            yield
        except DBAPIError as error:
            raise DataError(explain(error.orig or error, self._file)) from error
        except sqlite3.Error as error:
            raise DataError(explain(error, self._file)) from error


def known_versions() -> frozenset[str]:
    """All versions of the schema that can be brought up to date."""
    from alembic.script import ScriptDirectory

    return frozenset(step.revision for step in ScriptDirectory.from_config(_migrations()).walk_revisions())


def upgrade(connection: Connection, version: str = "head") -> None:
    """Bring a database to a version of the schema."""
    from alembic import command

    config = _migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _migrations() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "index:storage/store/migrations")
    return config


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=private_files.FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"The data folder {folder} cannot be made ({error.strerror}); name another with --data or SHIPDATE_DATA.") from None


def _close(file: Path) -> None:
    """Let nobody else read a database, nor what stands beside it. What SQLite makes beside it later gets the mode that the database has."""
    with suppress(OSError):  # then SQLite cannot use it either, and says why
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT, private_files.FILE))
    private_files.close(file.parent)


def _prepare(connection: Any, _record: Any) -> None:
    """Every connection: cascades on, nothing lost when the power goes, and nothing left on the disk of what is deleted; and ``HOLDS``."""
    cursor = connection.cursor()
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "mmap_size = 67108864", "recursive_triggers = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function(HOLDS, 2, _holds, deterministic=True)


def _holds(said: str, words: str) -> bool:
    told = said.casefold()
    return all(word in told for word in words.casefold().split())


def _schema_version(connection: Connection) -> str | None:
    from sqlalchemy import inspect

    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def explain(error: BaseException, file: Path) -> str:
    """What SQLite complained of, as a sentence for people."""
    said = printable(" ".join(str(error).split()))
    if disk_space.is_lacking(error):
        return disk_space.lacking(file.parent)
    if "disk I/O" in said:
        return f"The disk under {file.parent} fails ({said}); check it, and restore the newest backup in another folder if it is broken."
    if "readonly" in said or "unable to open" in said or "permission" in said.lower():
        return f"The data folder {file.parent} cannot be written; check its permissions, or name another with --data or SHIPDATE_DATA."
    if "locked" in said:
        return f"The data folder {file.parent} is in use by another writer; try again when it is done."
    return f"The database {file} cannot be used ({said}); restore it from a copy, or name another data folder."
