"""The ZIP archives that backups are: packed, and taken apart as what anybody may have made.

Nothing that an archive says of itself is relied on: its entries are the three that Shipdate writes and no others, their names
are never used as paths, and what they hold is counted while it is unpacked.
"""

from __future__ import annotations

import json
import re
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from index.model.errors import BackupError, printable
from index.storage.catalogue import OWN
from index.storage.store.database import FILE, known_versions
from index.system import disk_space

FORMAT = 1
"""Raised when a backup is laid out differently."""

MOST_EXPANDED = 250
"""How many times its size an archive may unpack to: at the level at which backups are packed, even zeros become 229 times smaller."""

_LEVEL = 1
_MANIFEST = "manifest.json"
_MOST = {_MANIFEST: 100_000, OWN: 20_000_000}  # bytes
_CHUNK = 1 << 20  # bytes
_VERSION = re.compile(r"[\w.+!-]{1,40}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    checksums: Mapping[str, str] = field(repr=False)


def pack(folder: Path, file: Path, *, schema: str, articles: int) -> Manifest:
    """Write an archive of the database and the own products in a folder: the files first, then what is said of them.

    Raises:
        OSError: it cannot be written.
    """
    checksums: dict[str, str] = {}
    manifest = Manifest(FORMAT, version("shipdate"), schema, datetime.now(UTC).replace(microsecond=0), articles, checksums)
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name in (FILE, OWN):
            if (folder / name).is_file():
                with (folder / name).open("rb") as content:
                    checksums[name] = file_digest(content, "sha256").hexdigest()
                archive.write(folder / name, name)
        archive.writestr(_MANIFEST, json.dumps({**asdict(manifest), "created": manifest.created.isoformat()}, indent=1))
    return manifest


def inspect(file: Path) -> Manifest:
    """What a backup says of itself; reads only its beginning and end.

    Raises:
        BackupError: it is none, or a newer version of Shipdate made it.
    """
    with _opened(file) as archive:
        return _read_manifest(archive, _entries(archive, file), file)


def unpack(file: Path, folder: Path) -> Manifest:
    """Take out the files, and make sure that they are as they were put in.

    Raises:
        BackupError: they are not, or it is no backup, or there is too much in it.
        OSError: they cannot be written.
    """
    with _opened(file) as archive:
        entries = _entries(archive, file)
        manifest = _read_manifest(archive, entries, file)
        left = file.stat().st_size * MOST_EXPANDED
        for name, checksum in manifest.checksums.items():
            digest = sha256()
            with archive.open(entries[name]) as content, (folder / name).open("wb") as out:
                while chunk := content.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise _too_much(file)
                    digest.update(chunk)
                    out.write(chunk)
            if digest.hexdigest() != checksum:
                raise BackupError(f"{file} is damaged: {name} in it is not as it was written; try another one.")
        return manifest


@contextmanager
def _opened(file: Path) -> Iterator[ZipFile]:
    if not file.is_file():
        raise BackupError(f"{file} is no file.")
    try:
        with ZipFile(file) as archive:
            yield archive
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError, zlib.error) as error:
        raise _no_backup(file, str(error)) from None  # whatever the library makes of an archive that is none
    except OSError as error:
        if disk_space.is_lacking(error):
            raise
        raise BackupError(f"{file} cannot be read ({error.strerror or error}).") from None


def _entries(archive: ZipFile, file: Path) -> Mapping[str, ZipInfo]:
    """The entries by their names.

    Raises:
        BackupError: there are others than Shipdate writes, or they are not as it writes them.
    """
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) != len(archive.infolist()) or not {_MANIFEST, FILE} <= entries.keys() <= {_MANIFEST, FILE, OWN}:
        raise _no_backup(file, "other files are in it")
    for name, entry in entries.items():
        if entry.flag_bits & 1:
            raise _no_backup(file, "it is encrypted")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _no_backup(file, "it is packed in another way")
        if entry.file_size > _MOST.get(name, entry.file_size):
            raise _too_much(file)
    if sum(entry.file_size for entry in entries.values()) > file.stat().st_size * MOST_EXPANDED:
        raise _too_much(file)
    return entries


def _read_manifest(archive: ZipFile, entries: Mapping[str, ZipInfo], file: Path) -> Manifest:
    try:
        said: Any = json.loads(archive.read(entries[_MANIFEST]))
        by = said["shipdate"]
        if not _VERSION.fullmatch(by):
            raise ValueError("it does not say which version made it")
        if said["format"] > FORMAT or said["schema"] not in known_versions():
            raise BackupError(f"{file} was made by a newer version of Shipdate ({by}); update Shipdate first.")
        manifest = Manifest(
            said["format"], by, said["schema"], datetime.fromisoformat(said["created"]), said["articles"], said["checksums"]
        )
        if manifest.checksums.keys() != entries.keys() - {_MANIFEST} or not all(map(_SHA256.fullmatch, manifest.checksums.values())):
            raise ValueError("it names other files")
        if type(manifest.articles) is not int or manifest.created.tzinfo is None:
            raise ValueError("it does not say what is in it")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _no_backup(file, str(error)) from None
    return manifest


def _no_backup(file: Path, why: str) -> BackupError:
    return BackupError(f"{file} is no backup of Shipdate, or is damaged ({printable(why)}); try another one.")


def _too_much(file: Path) -> BackupError:
    return BackupError(f"{file} would unpack to more than Shipdate packs into a file of its size, so it is no backup; try another one.")
