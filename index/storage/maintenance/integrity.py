"""Is what a data folder holds whole? Asked by who takes care of it, also when nothing can be opened any more.

So this uses SQLite by itself, reads only, and never brings a folder up to date.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import quote

from index.model.articles import Counts
from index.model.errors import DataError, printable
from index.storage.maintenance import schema_check
from index.storage.store.base import Generation
from index.storage.store.database import FILE, HEAD, JOBS_LOCK, explain, known_versions
from index.storage.store.schema import WORDS
from index.system import disk_space, private_files
from index.system.atomic_files import held, size_of

_ROOM = 500_000_000  # bytes that should be free
_LEAST = 65_536  # bytes without which nothing can even be opened for reading
_MB = 1_000_000
_SHOWN = 5  # complaints of one kind
_RESTORE = "Restore the newest backup with `shipdate restore FILE`; without one, add the articles to a new folder."
_REBUILD = "Run `shipdate index rebuild`."
_FREE = "Free some space, then look again; nothing has to be restored."

_COUNTS = "SELECT count(*), coalesce(sum(1 + length(sentences) / 8), 0) FROM passages WHERE generation = ?"  # 8 bytes a sentence
_LIVE = "SELECT id, fingerprint, revision FROM generations WHERE live = 1"
_SIZES = """
    SELECT length(vectors) * 1.0 / (1 + length(sentences) / 8), count(*) FROM passages WHERE generation = ? GROUP BY 1 ORDER BY 2 DESC
"""
_WITHOUT_PASSAGES = "SELECT count(*) FROM articles WHERE number NOT IN (SELECT article FROM passages WHERE generation = ?)"
_WITHOUT_WORDS = f"SELECT count(*) FROM passages WHERE id NOT IN (SELECT rowid FROM {WORDS})"
_ONLY_WORDS = f"SELECT count(*) FROM {WORDS} WHERE rowid NOT IN (SELECT id FROM passages)"


_NEWEST = (
    "SELECT max(at) FROM (SELECT max(at) AS at FROM audit UNION ALL SELECT max(at) FROM questions UNION ALL SELECT max(at) FROM exchanges "
    "UNION ALL SELECT max(checked) FROM feeds)"
)
_FAST = 86_400.0  # seconds by which a clock may have been fast


class Health(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        message: what was found.
        advice: what to do about it; None where nothing has to be done.
    """

    name: str
    state: Health
    message: str
    advice: str | None = None


def check_data(data: Path) -> Iterator[Check]:
    """Look at everything in a data folder. Takes about a second for 10,000 articles."""
    yield _folder(data)
    yield _privacy(data)
    if not (data / FILE).is_file():
        yield Check("database", Health.OK, "nothing is in yet; it is made when the first article is added")
        return
    try:
        connection = _open(data / FILE)
    except sqlite3.Error as error:
        yield _unreadable("database", error, data / FILE)
        return
    with closing(connection):
        schema = _try("schema", lambda: [_schema(connection)], data)
        yield from schema
        yield from _try("database", lambda: [_database(connection, data)], data)
        if all(check.state is Health.OK for check in schema):  # else there is no knowing what the tables are
            for name, look in _LOOKS.items():
                yield from _try(name, lambda look=look: look(connection, data), data)  # type: ignore[misc]


def counts(data: Path) -> Counts | None:
    """How much is in; None where that cannot be read."""
    if not (data / FILE).is_file():
        return Counts(0, 0, 0)
    with suppress(sqlite3.Error), closing(_open(data / FILE)) as connection:
        generation = _live(connection)
        articles = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
        return Counts(articles, *connection.execute(_COUNTS, (generation.id if generation else 0,)).fetchone())
    return None


@dataclass(frozen=True, slots=True)
class States:
    """How many feeds and jobs are in which state."""

    feeds: Mapping[str, int]
    jobs: Mapping[str, int]


def states(data: Path) -> States:
    """How feeds and jobs stand now.

    Raises:
        DataError: the database cannot be read.
    """
    try:
        with closing(_open(data / FILE)) as connection:
            total, failing = connection.execute("SELECT count(*), count(failing) FROM feeds").fetchone()
            jobs = dict(connection.execute("SELECT state, count(*) FROM jobs GROUP BY state"))
    except sqlite3.Error as error:
        raise DataError(explain(error, data / FILE)) from None
    return States({"working": total - failing, "failing": failing}, jobs)


def look_up(data: Path, query: str) -> Sequence[Any]:
    """The rows that a query finds.

    Raises:
        DataError: the database cannot be read.
    """
    try:
        with closing(_open(data / FILE)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error as error:
        raise DataError(explain(error, data / FILE)) from None


def live_fingerprint(data: Path) -> str | None:
    """That of the encoder whose vectors answer now; None where there are none, or they cannot be read."""
    if (data / FILE).is_file():
        with suppress(sqlite3.Error), closing(_open(data / FILE)) as connection:
            generation = _live(connection)
            return generation.fingerprint if generation else None
    return None


def complaints(connection: sqlite3.Connection, *, thorough: bool = False) -> Sequence[str]:
    """What is wrong with a database: its tables, pages, references and word index; nothing when it is whole.

    The last needs a connection that may write, and is left out where it may not.

    Args:
        thorough: compare all indexes with their tables, too, which takes longer.
    """
    try:
        if (strange := schema_check.strange(connection, schema_version(connection))) is not None:
            return [strange]
        check = "integrity_check" if thorough else "quick_check"
        said = [_line(row[0]) for row in connection.execute(f"PRAGMA {check}({_SHOWN})") if row[0] != "ok"]
        lost = connection.execute("PRAGMA foreign_key_check").fetchall()
        said += [_line(f"{len(lost)} rows refer to others that are gone ({lost[0][0]} to {lost[0][2]})")] if lost else []
        if not said and connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (WORDS,)).fetchone():
            said += _words(connection)
    except sqlite3.DatabaseError as error:
        return [_damage(error)]
    return said


def _damage(error: sqlite3.DatabaseError) -> str:
    """What an error says of the database; raised again where it says something of the disk, or of others who are at it."""
    if disk_space.is_lacking(error) or getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise error
    return _line(error)


def _line(said: object) -> str:
    """On one line; SQLite also quotes what stands in a damaged file."""
    return printable(" ".join(str(said).split()))


def _words(connection: sqlite3.Connection) -> Sequence[str]:
    try:
        # An "insertion" that only asks FTS5 to compare its index with its texts; see its documentation, "The 'integrity-check' Command".
        connection.execute(f"INSERT INTO {WORDS} ({WORDS}) VALUES ('integrity-check')")
    except sqlite3.OperationalError as error:
        if "readonly" in str(error) or "locked" in str(error) or disk_space.is_lacking(error):
            return []
        return [f"the word index: {_line(error)}"]
    except sqlite3.DatabaseError as error:
        return [f"the word index: {_line(error)}"]
    finally:
        connection.rollback()
    return []


def schema_version(connection: sqlite3.Connection) -> str | None:
    """The step of the migrations that a database stands at; None where it has no tables."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _open(file: Path) -> sqlite3.Connection:
    """The most that the file's permissions allow; nothing is ever changed through it."""
    for how in ("mode=rw", "mode=ro", "immutable=1"):  # the last where not even the files of the WAL can be made
        connection = sqlite3.connect(f"file:{quote(str(file.absolute()))}?{how}", uri=True, timeout=5)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if how == "immutable=1" or not any(words in str(error) for words in ("unable to open", "readonly")):
                raise
        except sqlite3.DatabaseError:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError("the last way either returned or raised")


def _try(name: str, look: Callable[[], Sequence[Check]], data: Path) -> Sequence[Check]:
    """What was found, or that it cannot be read."""
    try:
        return look()
    except sqlite3.Error as error:
        return [_unreadable(name, error, data / FILE)]


def _unreadable(name: str, error: sqlite3.Error, file: Path) -> Check:
    """Only what is damaged is to be restored: the newest content would be lost by it."""
    if disk_space.is_lacking(error):
        return Check(name, Health.ERROR, f"{file} cannot be read: there is no room left in {file.parent}", _FREE)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Check(name, Health.WARNING, f"{file} cannot be read now: another process holds it", "Look again when it is done.")
    return Check(name, Health.ERROR, f"{file} cannot be read ({_line(error)})", _RESTORE)


def _folder(data: Path) -> Check:
    if not data.exists():
        return Check("data", Health.OK, f"{data} does not exist yet; it is made when the first article is added")
    if not data.is_dir():
        return Check("data", Health.ERROR, f"{data} is no folder", "Name a folder with --data or SHIPDATE_DATA.")
    try:
        with tempfile.NamedTemporaryFile(dir=data) as file:
            file.write(bytes(_LEAST))
        for path in data.glob(f"{FILE}*"):
            if not os.access(path, os.R_OK | os.W_OK):
                raise PermissionError(13, "its files belong to somebody else")
    except OSError as error:
        if disk_space.is_lacking(error):
            return Check("data", Health.ERROR, f"there is no room left in {data}", _FREE)
        return Check(
            "data", Health.ERROR, f"{data} cannot be written ({error.strerror})", "Check its permissions and those of the files in it."
        )
    size, free = size_of(data), shutil.disk_usage(data).free
    message = f"{data}: {size / _MB:,.1f} MB; {free / _MB:,.0f} MB are free"
    if free < max(size, _ROOM):
        return Check("data", Health.WARNING, message, "Free some space: a rebuild needs as much again as is there.")
    return Check("data", Health.OK, message)


def _privacy(data: Path) -> Check:
    """Whether anybody else on this machine can look into it."""
    if not data.is_dir():
        return Check("privacy", Health.OK, "there is nothing to read yet")
    mode, readable = stat.S_IMODE(data.stat().st_mode), private_files.open_to_others(data)
    if readable:
        more = f" and {len(readable) - 1} more" if readable[1:] else ""
        advice = "The next command that opens it takes that from them, unless the files are somebody else's; then: chmod -R go= on each."
        return Check("privacy", Health.WARNING, f"others on this machine can use {readable[0]}{more}", advice)
    if mode & private_files.OTHERS:
        message = f"others on this machine can look into {data} (its mode is {mode:04o}), though not into the files"
        return Check("privacy", Health.WARNING, message, f"Run `chmod 700 {data}`.")
    return Check("privacy", Health.OK, "nobody else on this machine can look into it")


def _schema(connection: sqlite3.Connection) -> Check:
    version = schema_version(connection)
    if version == HEAD:
        return Check("schema", Health.OK, f"version {version}")
    if version is None or version in known_versions():
        return Check("schema", Health.WARNING, f"version {version}, of {HEAD}", "Nothing to do: the next command that opens it updates it.")
    return Check(
        "schema",
        Health.ERROR,
        f"version {version} was made by a newer version of Shipdate, which knows more than {HEAD}",
        "Update Shipdate, or name another folder.",
    )


def _database(connection: sqlite3.Connection, data: Path) -> Check:
    said = complaints(connection)
    if said:
        return Check("database", Health.ERROR, f"{data / FILE} is damaged: {'; '.join(said[:_SHOWN])}", _RESTORE)
    return Check("database", Health.OK, "whole: tables, pages, references and word index")


def _vectors(connection: sqlite3.Connection, _data: Path) -> Sequence[Check]:
    """Whether every passage has its vectors and words, every article its passages, and the reverse."""
    generation = _live(connection)
    if generation is None:
        return [Check("vectors", Health.OK, "none yet")]

    def count(query: str, *values: object) -> int:
        return int(connection.execute(query, values).fetchone()[0])

    sizes: Mapping[float, int] = dict(connection.execute(_SIZES, (generation.id,)).fetchall())
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    torn = sum(many for size, many in sizes.items() if size != usual or size <= 0 or size % 2)
    lacking = {
        "articles without passages": count(_WITHOUT_PASSAGES, generation.id),
        "passages without their vectors": torn,
        "passages without words": count(_WITHOUT_WORDS),
        "words of passages that are gone": count(_ONLY_WORDS),
    }
    said = [f"{many} {what}" for what, many in lacking.items() if many]
    if said:
        return [Check("vectors", Health.ERROR, ", ".join(said), _REBUILD)]
    unfinished = count("SELECT count(*) FROM generations WHERE live = 0")
    held = f"{sum(sizes.values())} passages have theirs, of {usual / 2:.0f} dimensions"
    if unfinished:
        advice = f"{_REBUILD} It goes on where it was."
        return [Check("vectors", Health.WARNING, f"{held}; a rebuild was not finished", advice)]
    return [Check("vectors", Health.OK, held)]


def _files(connection: sqlite3.Connection, data: Path) -> Sequence[Check]:
    from index.storage.vector_index.files import VectorFiles

    generation = _live(connection)
    if generation is None:
        return []
    whole = VectorFiles(data / "vectors").whole(generation)
    if whole is None:
        return [Check("vector files", Health.OK, "will be made again from the database at the next question")]
    if not whole:
        advice = "Nothing to do: they will be made again from the database. If this comes back, check the disk."
        return [Check("vector files", Health.WARNING, "are damaged", advice)]
    return [Check("vector files", Health.OK, "whole")]


def _feeds(connection: sqlite3.Connection, _data: Path) -> Sequence[Check]:
    total = connection.execute("SELECT count(*) FROM feeds").fetchone()[0]
    failing = connection.execute("SELECT url, failing, problem FROM feeds WHERE failing IS NOT NULL ORDER BY failing").fetchall()
    if not failing:
        return [Check("feeds", Health.OK, f"{total}, none failing" if total else "none")]
    advice = "Open the address in a browser; `shipdate feeds remove` takes out one that is gone."
    shown = [
        Check("feeds", Health.WARNING, f"{url} has been failing since {_moment(since)}: {problem}", advice)
        for url, since, problem in failing[:_SHOWN]
    ]
    more = len(failing) - len(shown)
    return [*shown, *([Check("feeds", Health.WARNING, f"{more} more of {total} are failing", advice)] if more else [])]


def _jobs(connection: sqlite3.Connection, data: Path) -> Sequence[Check]:
    opened = [id_ for (id_,) in connection.execute("SELECT id FROM jobs WHERE state IN ('queued', 'running') ORDER BY id")]
    if opened and not held(data / JOBS_LOCK):
        advice = "Start `shipdate serve`, or run `shipdate index rebuild`: it goes on where it was."
        return [Check("jobs", Health.WARNING, f"job {opened[0]} was begun, and nobody works on it", advice)]
    last = connection.execute("SELECT id, state, problem FROM jobs ORDER BY id DESC LIMIT 1").fetchone()
    if last and last[1] == "failed":
        return [Check("jobs", Health.WARNING, f"job {last[0]} failed: {last[2]}", _REBUILD)]
    return [Check("jobs", Health.OK, f"{len(opened)} at work" if opened else "none at work")]


def _clock(connection: sqlite3.Connection, _data: Path) -> Sequence[Check]:
    """By a clock that is slow, what was published lately is not yet there; and what was written down by a fast one seems to be new."""
    newest, now = connection.execute(_NEWEST).fetchone()[0], time()
    if newest is not None and newest > now + _FAST:
        message = f"it shows {_moment(now)}, but something was written down at {_moment(newest)}: it is wrong, or was then"
        return [Check("clock", Health.WARNING, message, "Set it, if it is wrong now; else there is nothing to do.")]
    return [Check("clock", Health.OK, f"it shows {_moment(now)}")]


_LOOKS: Mapping[str, Callable[[sqlite3.Connection, Path], Sequence[Check]]] = {
    "vectors": _vectors,
    "vector files": _files,
    "feeds": _feeds,
    "jobs": _jobs,
    "clock": _clock,
}


def _live(connection: sqlite3.Connection) -> Generation | None:
    row: Any = connection.execute(_LIVE).fetchone()
    return Generation(*row) if row else None


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
