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
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from filelock import AsyncFileLock, Timeout

from index import private
from index.checking import complaints, schema_version
from index.errors import BackupError, BusyError, DataError
from index.launches.catalogue import OWN
from index.scratch import PARTIAL, scratch, sweep, write_whole
from index.storing.database import FILE, JOBS_LOCK, WRITER_LOCK, Database, explain, known_versions

FORMAT = 1
"""Raised when a backup is laid out differently."""

_MANIFEST, _PACKED = "manifest.json", "packed.zip"
_PAGES = 1000  # copied at a time: 4 MB
_CHUNK = 1 << 20  # bytes
_PATIENCE, _JOBS_PATIENCE = 60.0, 2.0  # seconds to wait for another process
_KIND = ".shipdate-partial"  # of scratch folders beside a backup: their parent is somebody's own folder


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        shipdate: the version that made it.
        schema: the version of the database's schema.
        created: when, in UTC.
        checksums: the SHA-256 of each file in it.
    """

    format: int
    shipdate: str
    schema: str
    created: datetime
    articles: int
    checksums: dict[str, str] = field(repr=False)


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
    with _told(data / FILE):
        return _write(data, file)


def inspect(file: Path) -> Manifest:
    """What a backup says of itself; reads only its beginning and end.

    Raises:
        BackupError: it is none, or a newer version of Shipdate made it.
    """
    with _opened(file) as archive:
        return _read_manifest(archive, file)


async def restore(data: Path, file: Path) -> Path | None:
    """Let what stands in a backup be what a data folder holds. Others may go on reading, and then read the new content.

    Returns:
        the backup that was made of what was there before; None where nothing was.

    Raises:
        BackupError: the file is no backup, damaged, or of a newer version; nothing has been changed.
        BusyError: another process is writing.
        DataError: the data folder cannot be written.
    """
    with _told(data / FILE):
        async with _alone(data):
            with _working(data) as work:
                await asyncio.to_thread(_unpack, file, work)
                await (await Database.open(work)).close()  # brings an older one up to date
                await asyncio.to_thread(_prepare, work)
                return await asyncio.to_thread(_replace, data, work)


def finish(data: Path) -> None:
    """Write out the catalogue that a restore has brought, where that was not done yet. Costs a look at the database.

    Raises:
        DataError: the folder cannot be written.
    """
    with _told(data / FILE), closing(sqlite3.connect(data / FILE, timeout=_PATIENCE, isolation_level=None)) as connection:
        if not _restoring(connection):
            return
        connection.execute("BEGIN IMMEDIATE")
        if not _restoring(connection):  # somebody else was faster
            connection.rollback()
            return
        (content,) = connection.execute("SELECT products FROM restoring").fetchone()
        if content is None:
            (data / OWN).unlink(missing_ok=True)
        else:
            write_whole(data / OWN, content)
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
            if not damaged and (said := complaints(connection)):
                raise DataError(f"The database in {data} is damaged ({said[0]}), so no backup was made; restore an older one.")
            manifest = _manifest(connection)
        with suppress(FileNotFoundError):
            shutil.copyfile(data / OWN, work / OWN)
        _pack(work, manifest)
        (work / _PACKED).chmod(private.FILE)  # it may be put where others look, and holds what people asked
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


def _manifest(connection: sqlite3.Connection) -> Manifest:
    try:
        schema = schema_version(connection) or ""
        (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
    except sqlite3.DatabaseError:
        schema, articles = "", 0
    return Manifest(FORMAT, version("shipdate"), schema, datetime.now(UTC).replace(microsecond=0), articles, {})


def _pack(work: Path, manifest: Manifest) -> None:
    """The files first, then what is said of them."""
    with ZipFile(work / _PACKED, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name in (FILE, OWN):
            if (work / name).is_file():
                with (work / name).open("rb") as content:
                    manifest.checksums[name] = file_digest(content, "sha256").hexdigest()
                archive.write(work / name, name)
        archive.writestr(_MANIFEST, json.dumps({**asdict(manifest), "created": manifest.created.isoformat()}, indent=1))


@contextmanager
def _opened(file: Path) -> Iterator[ZipFile]:
    if not file.is_file():
        raise BackupError(f"{file} is no file.")
    try:
        with ZipFile(file) as archive:
            yield archive
    except (BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise BackupError(f"{file} is no backup of Shipdate, or is damaged ({error}); try another one.") from None


def _read_manifest(archive: ZipFile, file: Path) -> Manifest:
    try:
        said: Any = json.loads(archive.read(_MANIFEST))
        if said["format"] > FORMAT or said["schema"] not in known_versions():
            raise BackupError(f"{file} was made by a newer version of Shipdate ({said['shipdate']}); update Shipdate first.")
        created = datetime.fromisoformat(said["created"])
        made = Manifest(said["format"], said["shipdate"], said["schema"], created, said["articles"], said["checksums"])
        if set(made.checksums) - {FILE, OWN} or FILE not in made.checksums:
            raise ValueError("it names other files")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupError(f"{file} is no backup of Shipdate, or is damaged ({error}); try another one.") from None
    return made


def _unpack(file: Path, work: Path) -> None:
    """Take out the files, and make sure that they are as they were put in.

    Raises:
        BackupError: they are not.
    """
    with _opened(file) as archive:
        for name, checksum in _read_manifest(archive, file).checksums.items():
            with archive.open(name) as content, (work / name).open("wb") as out:
                if _copied(content, out) != checksum:
                    raise BackupError(f"{file} is damaged: {name} in it is not as it was written; try another one.")
    with closing(sqlite3.connect(work / FILE)) as connection:
        if said := complaints(connection):
            raise BackupError(f"{file} holds a database that is damaged ({said[0]}); try another one.")
        if schema_version(connection) not in known_versions():
            raise BackupError(f"{file} was made by a newer version of Shipdate; update Shipdate first.")


def _copied(content: Any, out: BinaryIO) -> str:
    digest = sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest()


def _prepare(work: Path) -> None:
    """Let the catalogue travel inside the database.

    What was known about launches goes by another catalogue until that is written out, so that a process that serves does not
    keep the one of before: ``claims`` is changed until then.
    """
    products = (work / OWN).read_text(encoding="utf-8") if (work / OWN).is_file() else None
    with closing(sqlite3.connect(work / FILE)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE restoring (products TEXT)")
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
                new.backup(old)  # all pages in one transaction of the live database
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
            kept = data / f"damaged-{moment}"
            _set_aside(data, kept)
            (work / FILE).replace(data / FILE)
    else:
        (work / FILE).replace(data / FILE)
    finish(data)
    return kept


def _set_aside(data: Path, kept: Path) -> None:
    """Keep a database that is too damaged to be opened. Its log goes first: it must never meet another database."""
    kept.mkdir(private.FOLDER)
    for path in (data / f"{FILE}-wal", data / f"{FILE}-shm", data / FILE):
        with suppress(FileNotFoundError):
            path.replace(kept / path.name)


@asynccontextmanager
async def _alone(data: Path) -> AsyncIterator[None]:
    """Neither jobs nor articles are written meanwhile by anybody else."""
    await asyncio.to_thread(data.mkdir, mode=private.FOLDER, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        for name, patience, busy in (
            (JOBS_LOCK, _JOBS_PATIENCE, "A rebuild is at work in {}; wait until it is done, or cancel it, then try again."),
            (WRITER_LOCK, _PATIENCE, "Another process is writing to {}; wait until it is done, then try again."),
        ):
            try:
                await stack.enter_async_context(AsyncFileLock(data / name, timeout=patience, mode=private.FILE, run_in_executor=False))
            except Timeout:
                raise BusyError(busy.format(data)) from None
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
def _told(file: Path) -> Iterator[None]:
    """What goes wrong, as sentences for people.

    Raises:
        DataError: SQLite cannot use the database ``file``.
        BackupError: a file cannot be read or written.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise DataError(explain(error, file)) from error
    except OSError as error:
        raise BackupError(f"{error.filename or file} cannot be read or written ({error.strerror or error}).") from None
