"""What a folder in the cache holds: its files with their sizes and digests, noted when it is written, compared before it is used.

A folder with a file that is missing, too many, cut short, overwritten or swapped is noticed, and made again by whoever reads it. To read
0.2 GB for that takes longer than all else that an answer needs, so :func:`check` computes digests only where a file's times are not those
that were noted: the system changes the later of them (``ctime``) with every write and every rename, and lets nobody set it.
What a disk has lost without a write is not noticed that way.

None of this is a defence against those who may write to the cache: they can write a manifest, too. A cache that belongs to somebody else,
or that everybody may write to, is therefore refused (:func:`check_owner`). Its group is trusted, as whoever let it write has done; and
this user and root need no cache to change what Shipdate does.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from index.model.errors import ModelError

NAME = "manifest.json"


class ManifestError(Exception):
    """A folder is not as it was written. Not for people: it can be made again."""


class Noted(NamedTuple):
    """What is noted of a file.

    Attributes:
        size: bytes.
        digest: SHA-256, in hexadecimal digits.
        times: of its last change, and of that of its entry, in nanoseconds since the epoch.
    """

    size: int
    digest: str
    times: tuple[int, int]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, about: object = None) -> None:
    """Note all that a folder holds now.

    Args:
        about: what else is to be kept, as JSON can.

    Raises:
        OSError: the folder cannot be read or written.
    """
    files = {name: (path.stat().st_size, digest(path), _times(path)) for name, path in _files(folder).items()}
    text = json.dumps({"about": about, "files": files}, ensure_ascii=False)
    (folder / NAME).write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", encoding="utf-8")


def read(folder: Path) -> tuple[Any, Mapping[str, Noted]]:
    """What else was kept, and what was noted of each file by its name in the folder. The files themselves are not looked at.

    Raises:
        ManifestError: there is no manifest, or it is damaged.
    """
    try:
        said, _, text = (folder / NAME).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{NAME} cannot be read: {error}") from error
    if hashlib.sha256(text.encode()).hexdigest() != said:
        raise ManifestError(f"{NAME} is damaged")
    try:
        kept = json.loads(text)
        return kept["about"], {name: Noted(size, hexadecimal, tuple(times)) for name, (size, hexadecimal, times) in kept["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:  # of another version
        raise ManifestError(f"{NAME} is of another kind") from error


def check(folder: Path) -> None:
    """Compare a folder with its manifest: in a millisecond, or in some tenths of a second where it has been copied or touched.

    Raises:
        ManifestError: it is not as it was written.
    """
    _, noted = read(folder)
    try:
        present = _files(folder)
        if present.keys() != noted.keys():
            raise ManifestError(f"it has other files: {', '.join(sorted(present.keys() ^ noted.keys()))}")
        for name, path in present.items():
            if path.stat().st_size != noted[name].size or (_times(path) != noted[name].times and digest(path) != noted[name].digest):
                raise ManifestError(f"{name} has changed")
    except OSError as error:
        raise ManifestError(f"it cannot be read: {error}") from error


def check_owner(cache: Path) -> None:
    """See to it that nobody but this user, root and a group that was let in can have put anything into the cache, if there is one.

    Raises:
        ModelError: somebody else can, or it may not be looked at.
    """
    if sys.platform == "win32":
        return
    try:
        state = cache.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ModelError(
            f"The cache folder {cache} cannot be read: {error.strerror}; name a folder of your own in SHIPDATE_CACHE."
        ) from error
    if state.st_uid not in (0, os.geteuid()):
        raise ModelError(
            f"The cache folder {cache} belongs to another user, who could change the model in it; name a folder of your own in "
            "SHIPDATE_CACHE."
        )
    if state.st_mode & stat.S_IWOTH:
        raise ModelError(
            f"Everybody may write to the cache folder {cache}, and could put another model there; empty it and run `chmod o-w` on it, "
            "or name a folder of your own in SHIPDATE_CACHE."
        )


def _files(folder: Path) -> dict[str, Path]:
    """All files of a folder by name, but for the manifest."""
    below = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if not path.is_dir() or path.is_symlink()}
    below.pop(NAME, None)
    return below


def _times(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_ctime_ns
