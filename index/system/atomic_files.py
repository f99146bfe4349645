"""Folders that are written beside their place and renamed into it at once, so that none is ever half there."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index.system import private_files

PARTIAL = "partial"
"""How the names of scratch folders begin, unless they are of a kind of their own."""


def scratch(parent: Path, kind: str = PARTIAL) -> Path:
    """A new folder in ``parent`` to write to; the process that writes stands in its name."""
    return Path(tempfile.mkdtemp(prefix=f"{kind}-{os.getpid()}-", dir=parent))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever reads it sees either all of what was there before or all of this.

    Raises:
        OSError: it cannot be written; what was there before stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def size_of(folder: Path) -> int:
    """How many bytes the files in a folder and below it take; one that goes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_size
    return total


def held(lock: Path) -> bool:
    """Whether a process holds a lock file. Makes none where there is none."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0, mode=private_files.FILE):
            return False
    except Timeout:
        return True
    except OSError:
        return False  # it cannot even be opened, so nobody here can tell


def sweep(parent: Path, kind: str = PARTIAL) -> None:
    """Remove the scratch folders of a kind that killed processes left in ``parent``; those of living ones stay."""
    for path in parent.glob(f"{kind}-*"):
        named = re.match(rf"{re.escape(kind)}-(\d+)-", path.name)
        if not named or not _lives(int(named[1])):
            shutil.rmtree(path, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True
