"""Vectors made searchable: what is compared and its companions, cached on disk as generations that are never trusted.

SQLite holds every vector as the encoder made it. What stands here is derived: without what tells their languages apart (see
:mod:`index.embedding.learned.language_space`), laid out for searching, and written to ``vectors/<generation>-<revision>/`` so that the
next start need not do it again. Files are written beside the final name and renamed into place at once; a folder that is
missing, torn, or of another revision, encoder or layout is made again from SQLite.

A large index (see :mod:`index.storage.vector_index.segments`) is not laid out again at each change: what was added since is searched
beside it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding.learned.language_space import LanguageSpace
from index.storage.store.base import Generation
from index.storage.vector_index.ann import EXACT_FILE, INDEX_FILE, Clustered, Exact
from index.storage.vector_index.snapshot import Frozen, Part, Vectors
from index.system import private_files
from index.system.atomic_files import scratch, sweep
from index.text.proper_names import Spellings

log = logging.getLogger(__name__)

# One question is one small search: FAISS's own threads would gain nothing, and while they wait for the next they keep the
# encoder from the cores.
faiss.omp_set_num_threads(1)

LAYOUT = 4
"""Raised whenever the files below would be written differently."""

EXACT_LIMIT = 30_000
"""Up to so many passages every one is compared, and all are laid out again at each change; beyond, see
:mod:`index.storage.vector_index.segments`.

Chosen by the table in :mod:`index.storage.vector_index.ann`: to here an exact search takes little longer than any other."""

_ARRAYS = ("ids", "articles", "days", "shown_from", "scopes", "bounds", "sentences")
_SPELLING_ARRAYS = ("counts", "bounds", "holders")
_FILES = (*(f"{name}.npy" for name in _ARRAYS), *(f"spelling-{name}.npy" for name in _SPELLING_ARRAYS), "spellings.txt", INDEX_FILE)
_FROZEN_FILES = (EXACT_FILE, "sums.npz", "common.json")
_READ_WHOLE, _BLOCK, _BLOCKS = 2**28, 2**16, 64  # bytes: of files that are longer, so many blocks are compared when they are opened
_DAMAGED = "The vector files in %s are damaged; they are made again from the database."


class VectorFiles:
    """The cache of generations in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, generation: Generation, space: LanguageSpace, *, expected: bool) -> Vectors | None:
        """What was written for exactly this revision; None where that must be made again.

        Args:
            expected: whether it should be there: then its absence is told, as damage always is.
        """
        place = self._place(generation)
        try:
            _manifest(place)
        except FileNotFoundError:
            if expected and not any(self._folder.glob("[0-9]*")):  # else they are only of an earlier revision, as after a removal
                log.warning("The vector files in %s are missing; they are made again from the database.", place)
            return None
        except (OSError, ValueError):
            pass
        return self._read(place, generation, space)

    def base(self, generation: Generation, space: LanguageSpace) -> Vectors | None:
        """What was laid out last for an earlier revision of a large index; None where nothing was."""
        earlier = [path for path in self._folder.glob(f"{generation.id}-*") if path != self._place(generation) and _is_frozen(path)]
        if not earlier:
            return None
        place = max(earlier, key=lambda path: path.stat().st_mtime)
        of = Generation(generation.id, generation.fingerprint, int(place.name.rpartition("-")[2]))
        return self._read(place, of, space)

    def _read(self, place: Path, generation: Generation, space: LanguageSpace) -> Vectors | None:
        """None, and that is told, where the files are damaged, or were made for something else."""
        try:
            manifest = _manifest(place)
            wanted = (LAYOUT, generation.fingerprint, space.digest)
            if tuple(manifest.get(name) for name in ("layout", "fingerprint", "languages")) != wanted:
                log.warning("The vector files in %s were made otherwise; they are made again from the database.", place)
                return None
            names = _names(manifest)
            if {name: sums[0] for name, sums in manifest["checksums"].items()} != {name: _glance(place / name) for name in names}:
                raise ValueError("checksums differ")
            arrays: dict[str, Any] = {name: np.asarray(np.load(place / f"{name}.npy", mmap_mode="r")) for name in _ARRAYS}
            terms = tuple((place / "spellings.txt").read_text(encoding="utf-8").split())
            spellings = Spellings(terms, **{name: np.load(place / f"spelling-{name}.npy") for name in _SPELLING_ARRAYS})
            frozen = _read_frozen(place, manifest["frozen"]) if manifest["frozen"] else None
            passages = Clustered.read(place) if frozen else Exact.read(place)
            part = Part(len(arrays["ids"]), passages, arrays.pop("sentences"))
            return Vectors(generation, (part,), scope_names=tuple(manifest["scopes"]), spellings=spellings, frozen=frozen, **arrays)
        except (OSError, ValueError, LookupError, TypeError, RuntimeError, AttributeError):
            log.warning(_DAMAGED, place)
            return None

    def whole(self, generation: Generation) -> bool | None:
        """Whether what was written for this revision is as it was written, to the last byte; None where nothing was.

        Of a large index it is what was written for the latest revision that was laid out.
        """
        place = self._place(generation)
        if not place.exists():
            earlier = [path for path in self._folder.glob(f"{generation.id}-*") if _is_frozen(path)]
            place = max(earlier, key=lambda path: path.stat().st_mtime, default=place)
        try:
            manifest = _manifest(place)
            return bool(manifest["checksums"] == {name: _checksums(place / name) for name in _names(manifest)})
        except FileNotFoundError:
            return None if not place.exists() else False
        except (OSError, ValueError, LookupError, TypeError):
            return False

    def save(self, vectors: Vectors, space: LanguageSpace) -> None:
        """Write a generation that is not large and put it in its place; a cache that cannot be written is no error."""
        try:
            with self.writing() as folder:
                np.save(folder / "sentences.npy", vectors.sentences)
                passages = vectors.parts[0].passages
                assert isinstance(passages, Exact)
                passages.write(folder)
                write_companions(folder, vectors, space)
                self.put(folder, vectors.generation)
        except (OSError, RuntimeError) as error:
            place = self._place(vectors.generation)
            log.warning("The vector files in %s cannot be written (%s); they will be made again at the next start.", place, error)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """A folder to write to; nothing is left of it, unless it is put in its place.

        Raises:
            OSError: it cannot be written.
        """
        self._folder.mkdir(mode=private_files.FOLDER, parents=True, exist_ok=True)
        sweep(self._folder)
        partial = scratch(self._folder)
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def put(self, folder: Path, generation: Generation) -> None:
        """Put what was written in its place at once; older ones are removed.

        Raises:
            OSError: it cannot be put there.
        """
        place = self._place(generation)
        for path in folder.iterdir():
            path.chmod(private_files.FILE)
            _flush(path)
        shutil.rmtree(place, ignore_errors=True)
        folder.rename(place)
        self._remove_others(place)

    def holding(self, scope: str) -> int:
        """How many generations hold vectors of a scope."""
        count = 0
        for place in self._folder.glob("*"):
            with suppress(OSError, ValueError, TypeError):
                count += scope in _manifest(place).get("scopes", ())
        return count

    def clear(self) -> None:
        """Remove every file. The emptied folders show the next start that nothing has gone missing."""
        for path in self._folder.glob("*/*"):
            path.unlink(missing_ok=True)

    def _place(self, generation: Generation) -> Path:
        return self._folder / f"{generation.id}-{generation.revision}"

    def _remove_others(self, place: Path) -> None:
        """Whoever has opened them keeps them."""
        for path in self._folder.glob("[0-9]*"):
            if path != place:
                shutil.rmtree(path, ignore_errors=True)


def write_companions(folder: Path, vectors: Vectors, space: LanguageSpace) -> None:
    """Write all that stands beside the vectors, the manifest last.

    Raises:
        OSError: it cannot be written.
    """
    for name in _ARRAYS:
        if name != "sentences":
            np.save(folder / f"{name}.npy", getattr(vectors, name))
    for name in _SPELLING_ARRAYS:
        np.save(folder / f"spelling-{name}.npy", getattr(vectors.spellings, name))
    (folder / "spellings.txt").write_text(" ".join(vectors.spellings.terms), encoding="utf-8")
    if vectors.frozen:
        _write_frozen(folder, vectors.frozen)
    manifest: dict[str, Any] = {
        "layout": LAYOUT,
        "fingerprint": vectors.generation.fingerprint,
        "languages": space.digest,
        "passages": len(vectors.ids),
        "sentences": int(vectors.bounds[-1]),
        "scopes": vectors.scope_names,
        "frozen": vectors.frozen.languages if vectors.frozen else None,
    }
    manifest["checksums"] = {name: _checksums(folder / name) for name in _names(manifest)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _write_frozen(folder: Path, frozen: Frozen) -> None:
    keyed = {f"{of} {scope} {tongue}": total for of in ("passages", "sentences") for (scope, tongue), total in getattr(frozen, of).items()}
    np.savez(folder / "sums.npz", **keyed)
    (folder / "common.json").write_text(json.dumps(frozen.common, ensure_ascii=False), encoding="utf-8")


def _read_frozen(folder: Path, languages: Sequence[str]) -> Frozen:
    sums: dict[str, dict[tuple[int | None, int], npt.NDArray[np.float32]]] = {"passages": {}, "sentences": {}}
    with np.load(folder / "sums.npz") as keyed:
        for key in keyed.files:
            of, scope, tongue = key.split(" ")
            sums[of][int(scope), int(tongue)] = keyed[key]
    common = json.loads((folder / "common.json").read_text(encoding="utf-8"))
    return Frozen(tuple(languages), sums["passages"], sums["sentences"], common)


def _manifest(place: Path) -> dict[str, Any]:
    """What a generation's folder says of itself.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none.
    """
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    if not isinstance(manifest, dict):
        raise ValueError("a manifest is an object")
    return manifest


def _is_frozen(place: Path) -> bool:
    with suppress(OSError, ValueError):
        return bool(_manifest(place).get("frozen"))
    return False


def _names(manifest: Mapping[str, Any]) -> Sequence[str]:
    """The files that a generation has."""
    return (*_FILES, *_FROZEN_FILES) if manifest["frozen"] else _FILES


def _checksums(path: Path) -> list[str]:
    """What a file is known by when it is opened, and its SHA-256."""
    with path.open("rb") as file:
        whole = file_digest(file, "sha256").hexdigest()
    return [whole if path.stat().st_size <= _READ_WHOLE else _glance(path), whole]


def _glance(path: Path) -> str:
    """A file's SHA-256; of a very long one the SHA-256 of its length and of blocks at its head, at its tail and spread evenly between.

    That takes some milliseconds. It tells a file that was cut, that is of another generation, or that was only half copied; not
    one in which bytes between the blocks have changed by themselves, as on a failing disk: :meth:`VectorFiles.whole` tells these.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _READ_WHOLE:
            return str(file_digest(file, "sha256").hexdigest())
        digest = sha256(str(size).encode())
        for block in range(_BLOCKS):
            file.seek((size - _BLOCK) * block // (_BLOCKS - 1))
            digest.update(file.read(_BLOCK))
        return digest.hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
