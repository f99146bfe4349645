"""A disk that is full, whoever says so: the system, or SQLite in its own words."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

_SYSTEM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})  # the last two: "disk I/O error"


def is_lacking(error: BaseException) -> bool:
    """Whether something could not be written since there is no room for it, on the disk or by a quota."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in _SQLITE
    return isinstance(error, OSError) and error.errno in _SYSTEM


def lacking(*folders: Path) -> str:
    """The sentence about it.

    Args:
        folders: those that were written to; the one with the least room left is named.
    """
    tight = min(folders, key=_free)
    return f"There is no room left to write in {tight}; free some space and run the same command again: what was done is kept."


def _free(folder: Path) -> int:
    """In bytes; none where it cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
