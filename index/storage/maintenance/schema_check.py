"""Whether a database is laid out as the migrations lay it out, and holds in each column what its stores can read.

A backup may come from anywhere. A trigger that nobody here made, a view in the place of a table or a text in the place of a number
would do its harm long after the restore.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Float, Integer, LargeBinary, Table, Text

from index.model.errors import printable
from index.model.jobs import JobState
from index.model.launches import Stage
from index.storage.store.database import known_versions, upgrade
from index.storage.store.schema import metadata

RESTORING = "CREATE TABLE restoring (products TEXT)"
"""What a restore adds until it is finished (see :func:`index.storage.maintenance.backup.finish`)."""

_OBJECTS = (
    "SELECT " + ", ".join(f"coalesce(CAST({column} AS TEXT), '')" for column in ("type", "name", "tbl_name", "sql")) + " FROM sqlite_master"
)
_HEADER = ("encoding", "page_size")
_SPACE = re.compile(r"\s*([(),])\s*|\s+|\"")

_TYPES = (
    (Integer, "typeof({0}) = 'integer'"),
    (Float, "typeof({0}) IN ('real', 'integer') AND {0} BETWEEN -62135596800 AND 253402300799"),  # the moments that a datetime can be
    (Text, "typeof({0}) = 'text'"),
    (LargeBinary, "(typeof({0}) = 'blob' OR {0} = '')"),  # a migration's default is a text
)


def _one_of(values: Iterable[str]) -> str:
    return "{0} IN (" + ", ".join(f"'{value}'" for value in values) + ")"


_NUMBER = "{0} BETWEEN 0 AND 1000000000000"  # of a row, so that there are numbers left for others
_DAY, _JSON = "{0} BETWEEN 1 AND 3652059", "json_valid({0})"  # an ordinal that a date can be
_VALUES: Mapping[tuple[str, str], str] = {
    ("articles", "day"): _DAY,
    ("claims", "since"): _DAY,
    ("claims", "stage"): _one_of(Stage),
    ("exchanges", "as_of"): _DAY,
    ("exchanges", "products"): _JSON,
    ("exchanges", "quotes"): _JSON,
    ("feeds", "every"): "{0} BETWEEN 1 AND 31536000",
    ("jobs", "state"): _one_of(JobState),
    ("scopes", "number"): "{0} < 26214400",  # as many as there are marks (see index.storage.store.tenant_terms)
    ("settings", "value"): _JSON,
}
"""What a value has to be beside its type, where it is taken apart when it is read."""


class _Object(NamedTuple):
    """A table, an index, a view or a trigger."""

    kind: str
    name: str
    table: str
    sql: str

    def __str__(self) -> str:
        return printable(f"{self.kind} “{self.name}”")


def _plain(sql: str) -> str:
    """Without what depends on the library that wrote it: quotes around names, and spaces."""
    return _SPACE.sub(lambda match: match[1] or (" " if match[0] != '"' else ""), sql).strip()


_RESTORING = _Object("table", "restoring", "restoring", _plain(RESTORING))


def strange(connection: sqlite3.Connection, version: str | None) -> str | None:
    """What is not as the migrations up to a version lay it out, as a part of a sentence; None where nothing is.

    Of a version that is not known here, nothing can be told.
    """
    if version is None or version not in known_versions():
        return None
    expected, header = _laid_out(version)
    objects = _objects(connection)
    foreign = [one for one in objects if one not in expected and one != _RESTORING]
    names = {(one.kind, one.name) for one in expected}
    if foreign:
        is_changed = (foreign[0].kind, foreign[0].name) in names
        return f"the {foreign[0]} is {'not as Shipdate makes it' if is_changed else 'none of Shipdate’s'}"
    if missing := sorted(expected.difference(objects)):
        return f"the {missing[0]} is missing"
    if len(objects) != len(set(objects)) or connection.execute("SELECT count(*) FROM alembic_version").fetchone() != (1,):
        return "something in it is there twice"
    if _header(connection) != header:
        return "its pages or texts are not laid out as Shipdate's"
    return None


def unreadable(connection: sqlite3.Connection) -> str | None:
    """A value that its store could not read, as a part of a sentence; None where there is none. For the newest version only."""
    for table in metadata.sorted_tables:
        condition = " AND ".join(_conditions(table))
        if connection.execute(f'SELECT 1 FROM "{table.name}" WHERE NOT coalesce({condition}, 0) LIMIT 1').fetchone():
            return f"the table “{table.name}” holds what cannot stand there"
    if connection.execute(f"SELECT 1 FROM sqlite_sequence WHERE NOT coalesce({_NUMBER.format('seq')}, 0) LIMIT 1").fetchone():
        return "a table in it has no numbers left"
    return None


def _conditions(table: Table) -> Iterator[str]:
    """What has to be true of each column."""
    for column in table.columns:
        name = f'"{column.name}"'
        needed = [condition for kind, condition in _TYPES if isinstance(column.type, kind)]
        needed += filter(None, [_VALUES.get((table.name, column.name)), _NUMBER if column is table.autoincrement_column else None])
        condition = " AND ".join(f"({one.format(name)})" for one in needed)
        yield f"({name} IS NULL OR {condition})" if column.nullable else f"({condition})"


@cache
def _laid_out(version: str) -> tuple[frozenset[_Object], tuple[Any, ...]]:
    """What the migrations make; and how pages and texts are laid out."""
    from sqlalchemy import StaticPool, create_engine

    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        with create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool).begin() as wrapped:
            upgrade(wrapped, version)
        return frozenset(_objects(connection)), _header(connection)


def _objects(connection: sqlite3.Connection) -> list[_Object]:
    return [_Object(kind, name, table, _plain(sql)) for kind, name, table, sql in connection.execute(_OBJECTS)]


def _header(connection: sqlite3.Connection) -> tuple[Any, ...]:
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _HEADER)
