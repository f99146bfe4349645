"""Everything in one file, and back again, while questions are answered and articles are added.

A backup is a ZIP archive: ``manifest.json`` (format, version of Shipdate and of the schema, when it was made, how many
articles, SHA-256 of each other file), ``shipdate.sqlite``, and ``products.toml`` where the installation has products of its own.
The vectors stand in the database; the vector files are made again from there.

A backup is written beside its name and renamed into place. A restore goes through SQLite's online backup, which is one
transaction of the live database: whoever reads goes on reading the old content until it is committed, and a process that is
killed leaves the old content or the new. The catalogue of products is a file, which no transaction covers: it travels inside
the database, and whoever opens the folder next writes it out (see :func:`finish`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from filelock import AsyncFileLock, Timeout

from index.model.errors import BackupError, BusyError, CatalogueError, DataError, printable
from index.storage import catalogue
from index.storage.catalogue import OWN
from index.storage.maintenance import archive
from index.storage.maintenance.archive import Manifest
from index.storage.maintenance.integrity import complaints, schema_version
from index.storage.maintenance.schema_check import RESTORING, unreadable
from index.storage.store.database import FILE, JOBS_LOCK, WRITER_LOCK, Database, explain
from index.system import disk_space, private_files
from index.system.atomic_files import PARTIAL, scratch, sweep, write_whole

COPIES = 3
"""How many of the copies that restores keep of what was there before are left; older ones are removed by the next restore."""

_PACKED = "packed.zip"
_PAGES = 1000  # copied at a time: 4 MB
_PATIENCE, _JOBS_PATIENCE = 60.0, 2.0  # seconds to wait for another process
_KIND = ".shipdate-partial"  # of scratch folders beside a backup: their parent is somebody's own folder


def back_up(data: Path, file: Path, *, replace: bool = False) -> Manifest:
    """Write all that is in a data folder, as it is at this moment, to ``file``. Others may read and write meanwhile.

    Args:
        replace: whether a file that is there may be replaced.

    Raises:
        BackupError: the file is there already, or cannot be written.
        DataError: there is nothing to keep, or it is damaged.
    """
    if file.exists() and not replace:
        raise BackupError(f"{file} is there already; name another file, or replace it with --force.")
    if not (data / FILE).is_file():
        raise DataError(f"There is nothing in {data} to back up.")
    with _told(data, file.absolute().parent):
        return _write(data, file)


async def restore(data: Path, file: Path) -> Path | None:
    """Let what stands in a backup be what a data folder holds. Others may go on reading, and then read the new content.

    Returns:
        the backup that was made of what was there before; None where nothing was.

    Raises:
        BackupError: the file is no backup, damaged, or of a newer version; nothing has been changed.
        BusyError: another process is writing.
        DataError: the data folder cannot be written.
    """
    with _told(data):
        async with _alone(data):
            with _working(data) as work:
                await _take_out(file, work)
                await asyncio.to_thread(_prepare, work)
                kept = await asyncio.to_thread(_replace, data, work)
            await asyncio.to_thread(_prune, data, [file, *([kept] if kept else [])])
            return kept


def copies(data: Path) -> Sequence[Path]:
    """What restores have kept in a data folder of what was there before, the newest first: backups, and folders with what was too
    damaged to be opened.
    """
    kept = [*data.glob("before-restore-*.zip"), *data.glob("damaged-*")]
    return sorted(kept, key=lambda path: path.name.rpartition("-")[2], reverse=True)


@asynccontextmanager
async def rewriting(copy: Path) -> AsyncIterator[Path]:
    """What a copy holds, as a data folder; when this is left, the copy holds what stands there then.

    Raises:
        BackupError: it is damaged; it stays as it is.
        DataError: there is no room.
    """
    with _told(copy.parent), _working(copy.parent) as folder:
        await _take_out(copy, folder)
        yield folder
        await asyncio.to_thread(_write, folder, copy)


@asynccontextmanager
async def keeping(data: Path) -> AsyncIterator[None]:
    """Nothing is restored meanwhile, nor are articles written by anybody else; and nothing is left of what killed processes began.

    Raises:
        BusyError: another process is writing.
    """
    async with _held(data, WRITER_LOCK):
        for kind in (PARTIAL, _KIND):
            await asyncio.to_thread(sweep, data, kind)
        yield


def finish(data: Path) -> None:
    """Write out the catalogue that a restore has brought, where that was not done yet. Costs a look at the database.

    Raises:
        DataError: the folder cannot be written.
    """
    with _told(data), closing(sqlite3.connect(data / FILE, timeout=_PATIENCE, isolation_level=None)) as connection:
        if not _restoring(connection):
            return
        connection.execute("BEGIN IMMEDIATE")
        if not _restoring(connection):  # somebody else was faster
            connection.rollback()
            return
        row = connection.execute("SELECT CAST(products AS TEXT) FROM restoring").fetchone()
        if row is None or row[0] is None:
            (data / OWN).unlink(missing_ok=True)
        else:
            write_whole(data / OWN, row[0])
        connection.execute("DROP TABLE restoring")
        connection.execute("UPDATE generations SET claims = ltrim(claims, '~')")
        connection.commit()


def _restoring(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'restoring'").fetchone() is not None


def _write(data: Path, file: Path, *, damaged: bool = False) -> Manifest:
    """Make a backup.

    Args:
        damaged: whether to keep even what is damaged.
    """
    with _working(file.absolute().parent, _KIND) as work:
        _copy(data / FILE, work / FILE)
        with closing(sqlite3.connect(work / FILE)) as connection:
            said = complaints(connection)
            if said and not damaged:
                raise DataError(f"The database in {data} is damaged ({said[0]}), so no backup was made; restore an older one.")
            schema, articles = _counted(connection)
        with suppress(FileNotFoundError):
            shutil.copyfile(data / OWN, work / OWN)
        if not said:
            finish(work)  # where a restore was killed, what it brought is what there is
        manifest = archive.pack(work, work / _PACKED, schema=schema, articles=articles)
        (work / _PACKED).chmod(private_files.FILE)  # it may be put where others look, and holds what people asked
        with (work / _PACKED).open("rb") as whole:
            os.fsync(whole.fileno())
        (work / _PACKED).replace(file)
        return manifest


def _copy(source: Path, target: Path) -> None:
    """A copy of a database as it is at one moment."""
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)) as old:
        # Within one transaction the source does not change, so that a busy writer cannot make the copying start again and again.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target)) as new:
            old.backup(new, pages=_PAGES)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def _counted(connection: sqlite3.Connection) -> tuple[str, int]:
    """The version of the schema, and how many articles there are, as far as that can be read."""
    try:
        (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
        return schema_version(connection) or "", articles
    except sqlite3.DatabaseError:
        return "", 0


async def _take_out(file: Path, folder: Path) -> None:
    """Let a folder hold what stands in a backup, brought up to date, and with nothing in it that Shipdate would not have put there.

    Raises:
        BackupError: it is none, damaged, or of a newer version.
    """
    await asyncio.to_thread(_unpack, file, folder)
    await (await Database.open(folder)).close()  # brings an older one up to date
    await asyncio.to_thread(_check_values, file, folder)


def _unpack(file: Path, folder: Path) -> None:
    manifest = archive.unpack(file, folder)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")  # until it is known what stands in it
        if said := complaints(connection, thorough=True):
            raise BackupError(f"{file} holds a database that is damaged ({said[0]}); try another one.")
        if schema_version(connection) != manifest.schema:
            raise BackupError(f"{file} holds a database of another version than it says; try another one.")
    finish(folder)  # an older version of Shipdate backed up what a killed restore had left
    try:
        catalogue.load(folder)
    except CatalogueError as error:
        said = printable(str(error).replace(f"{folder}{os.sep}", ""))
        raise BackupError(f"{file} holds products that version {manifest.shipdate} may know, and this one cannot use: {said}") from None


def _check_values(file: Path, folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        if said := unreadable(connection):
            raise BackupError(f"{file} holds a database that is damaged ({said}); try another one.")


def _prepare(work: Path) -> None:
    """Let the catalogue travel inside the database.

    What was known about launches goes by another catalogue until that is written out, so that a process that serves does not
    keep the one of before: ``claims`` is changed until then.
    """
    products = (work / OWN).read_text(encoding="utf-8") if (work / OWN).is_file() else None
    with closing(sqlite3.connect(work / FILE)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(RESTORING)
        connection.execute("INSERT INTO restoring VALUES (?)", (products,))
        connection.execute("UPDATE generations SET claims = '~' || claims")


def _replace(data: Path, work: Path) -> Path | None:
    """Put the new content in the place of the old; returns where the old one is kept."""
    kept = None
    if (data / FILE).exists():
        moment = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        kept = data / f"before-restore-{moment}.zip"
        try:
            _write(data, kept, damaged=True)
            with closing(sqlite3.connect(work / FILE)) as new, closing(sqlite3.connect(data / FILE, timeout=_PATIENCE)) as old:
                new.backup(old, progress=_impatient())  # all pages in one transaction of the live database
        except (sqlite3.Error, OSError) as error:
            kept.unlink(missing_ok=True)  # nothing has changed
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
            kept = data / f"damaged-{moment}"
            _set_aside(data, kept)
            (work / FILE).replace(data / FILE)
    else:
        (work / FILE).replace(data / FILE)
    finish(data)
    return kept


def _impatient() -> Callable[[int, int, int], None]:
    """For SQLite's online backup, which would wait for whoever writes as long as it takes."""
    until = monotonic() + _PATIENCE

    def wait(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    return wait


def _prune(data: Path, needed: Sequence[Path]) -> None:
    """Remove the oldest copies. By their number, not their age: a clock that goes wrong must not remove any."""
    for path in copies(data)[COPIES:]:
        with suppress(OSError):  # the restore is done, whatever becomes of these
            if not any(map(path.samefile, needed)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _set_aside(data: Path, kept: Path) -> None:
    """Keep a database that is too damaged to be opened. Its log goes first: it must never meet another database."""
    kept.mkdir(private_files.FOLDER)
    for path in (data / f"{FILE}-wal", data / f"{FILE}-shm", data / FILE):
        with suppress(FileNotFoundError):
            path.replace(kept / path.name)


@asynccontextmanager
async def _alone(data: Path) -> AsyncIterator[None]:
    """Neither jobs nor articles are written meanwhile by anybody else."""
    await asyncio.to_thread(data.mkdir, mode=private_files.FOLDER, parents=True, exist_ok=True)
    async with _held(data, JOBS_LOCK), _held(data, WRITER_LOCK):
        yield


@asynccontextmanager
async def _held(data: Path, lock: str) -> AsyncIterator[None]:
    """One of the locks of a data folder.

    Raises:
        BusyError: another process holds it.
    """
    patience, busy = {
        JOBS_LOCK: (_JOBS_PATIENCE, f"A rebuild is at work in {data}; wait until it is done, or cancel it, then try again."),
        WRITER_LOCK: (_PATIENCE, f"Another process is writing to {data}; wait until it is done, then try again."),
    }[lock]
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(AsyncFileLock(data / lock, timeout=patience, mode=private_files.FILE, run_in_executor=False))
        except Timeout:
            raise BusyError(busy) from None
        yield


@contextmanager
def _working(parent: Path, kind: str = PARTIAL) -> Iterator[Path]:
    """A scratch folder, gone at the end; and with it those that killed processes left."""
    sweep(parent, kind)
    work = scratch(parent, kind)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _told(*folders: Path) -> Iterator[None]:
    """What goes wrong, as sentences for people.

    Args:
        folders: what is written to; the first is the data folder.

    Raises:
        DataError: SQLite cannot use the database, or there is no room left.
        BackupError: a file cannot be read or written.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if disk_space.is_lacking(error):
            raise DataError(disk_space.lacking(*folders)) from error
        if isinstance(error, OSError):
            where = error.filename or folders[-1]
            raise BackupError(f"{where} cannot be read or written ({error.strerror or error}).") from None
        raise DataError(explain(error, folders[0] / FILE)) from error
