"""Vectors made searchable: a FAISS index and its companions, cached on disk as generations that are never trusted.

SQLite holds every vector as the encoder made it. What stands here is derived: without what tells their languages apart (see
:mod:`index.embedding.languages`), laid out for searching, and written to ``vectors/<generation>-<revision>/`` so that the
next start need not do it again. Files are written beside the final name and renamed into place at once; a folder that is
missing, torn, or of another revision, encoder or layout is made again from SQLite.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import OrderedDict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding.languages import LanguageSpace
from index.model import EVERYBODY
from index.names import Names, Spellings
from index.scratch import scratch, sweep
from index.storing.store import Generation, Rows

log = logging.getLogger(__name__)

# One question is one small search: FAISS's own threads would gain nothing, and while they wait for the next they keep the
# encoder from the cores.
faiss.omp_set_num_threads(1)

LAYOUT = 2
"""Raised whenever the files below would be written differently."""

EXACT_LIMIT = 200_000
"""Up to so many passages every one is compared (2.5 ms at 100,000); beyond, an HNSW graph finds nearly the same in less."""

_HNSW_LINKS = 32
_HNSW_REACH = 128
_ARRAYS = ("ids", "articles", "days", "scopes", "bounds", "sentences")
_SPELLING_ARRAYS = ("counts", "bounds", "holders")
_FILES = (*(f"{name}.npy" for name in _ARRAYS), *(f"spelling-{name}.npy" for name in _SPELLING_ARRAYS), "spellings.txt", "passages.faiss")
_REMEMBERED = 64  # of what some scopes see
_DAMAGED = "The vector files in %s are damaged; they are made again from the database."


@dataclass(frozen=True, slots=True)
class Known:
    """What the articles of some scopes make known, whatever their days.

    Attributes:
        passages: how many there are.
        names: the names that the articles speak of.
    """

    passages: int
    names: Names


@dataclass(frozen=True, slots=True)
class Vectors:
    """All vectors of one revision of one generation, ready to be searched.

    Attributes:
        index: the FAISS index of the passages, by position.
        ids: each passage's id, ascending. Shape (passages,).
        articles: the position of each passage's article among all articles. Shape (passages,).
        days: each *article's* publication day as an ordinal, 0 where unknown; ``scopes`` likewise. Shape (articles,).
        sentences: fp16 unit vectors; those of passage i are rows ``bounds[i]:bounds[i + 1]``.
        spellings: how the articles write their words.
    """

    generation: Generation
    index: faiss.Index
    ids: npt.NDArray[np.int64]
    articles: npt.NDArray[np.int64]
    days: npt.NDArray[np.int32]
    scopes: npt.NDArray[np.int32]
    scope_names: tuple[str, ...]
    bounds: npt.NDArray[np.int64]
    sentences: npt.NDArray[np.float16]
    spellings: Spellings
    _known: OrderedDict[tuple[int, ...], Known] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)

    def known(self, scopes: Collection[str]) -> Known:
        """What can be known to a question that sees these scopes, whenever it asks."""
        codes = tuple(self._codes(scopes))
        if codes not in self._known:
            articles = np.isin(self.scopes, codes)
            self._known[codes] = Known(int(articles[self.articles].sum()), self.spellings.names(codes, articles))
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(codes)
        return self._known[codes]

    def visible(self, as_of: date, scopes: Collection[str]) -> npt.NDArray[np.bool_]:
        """Which articles a question may see: of these scopes, published by that day or undated. Shape (articles,)."""
        codes = self._codes(scopes)
        seen: npt.NDArray[np.bool_] = self.days <= as_of.toordinal()
        if len(codes) < len(self.scope_names):
            seen &= np.isin(self.scopes, codes)
        return seen

    def _codes(self, scopes: Collection[str]) -> list[int]:
        return [code for code, name in enumerate(self.scope_names) if name in scopes]

    def nearest(self, query: npt.NDArray[np.float32], count: int, visible: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Positions of the ``count`` best visible passages, best first; fewer where fewer are visible.

        Exact, and so the same whatever else is there, as long as at most :data:`EXACT_LIMIT` passages are visible. Where more
        are, they are found through the graph, which is made of all passages: then those that are not visible, though never
        found, may have a part in which of the visible ones are missed.

        Args:
            visible: shape (passages,).
        """
        if not visible.any():
            return np.zeros(0, np.int64)
        # FAISS's bitmap has one bit a row, the lowest first.
        bits = np.packbits(visible, bitorder="little")
        selector = None if visible.all() else faiss.IDSelectorBitmap(len(visible), faiss.swig_ptr(bits))
        searched = self.index
        if not isinstance(searched, faiss.IndexHNSW):
            parameters = faiss.SearchParameters(sel=selector)
        elif np.count_nonzero(visible) > EXACT_LIMIT:
            parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=max(_HNSW_REACH, count))
        else:
            searched, parameters = faiss.downcast_index(searched.storage), faiss.SearchParameters(sel=selector)
        _, positions = searched.search(query[None, :], count, params=parameters)
        found: npt.NDArray[np.int64] = positions[0][positions[0] >= 0]
        return found

    def passage(self, position: int) -> npt.NDArray[np.float32]:
        """One passage's vector. Shape (dimension,)."""
        vector: npt.NDArray[np.float32] = self.index.reconstruct(position)
        return vector

    def sentence_rows(self, position: int) -> npt.NDArray[np.float16]:
        """The sentence vectors of one passage, in order. Shape (sentences, dimension)."""
        return self.sentences[self.bounds[position] : self.bounds[position + 1]]


def build(rows: Rows, spellings: Mapping[str, Mapping[str, tuple[int, int]]], space: LanguageSpace) -> Vectors:
    """From what SQLite holds to what is searched (0.2 s for 10,000 passages)."""
    shared = rows.scope_names.index(EVERYBODY) if EVERYBODY in rows.scope_names else None
    of_sentences = np.repeat(np.arange(len(rows.ids)), np.diff(rows.bounds))
    passages = space.passages(rows.vectors.astype(np.float32), rows.languages, rows.scopes, shared)
    sentences = space.passages(rows.sentences.astype(np.float32), rows.languages[of_sentences], rows.scopes[of_sentences], shared)
    dimension = passages.shape[1]
    index: Any
    if len(passages) <= EXACT_LIMIT:
        index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    else:
        index = faiss.IndexHNSWSQ(dimension, faiss.ScalarQuantizer.QT_fp16, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    if len(passages):
        index.train(passages)
        index.add(passages)
    _, first, articles = np.unique(rows.articles, return_index=True, return_inverse=True)
    capitals: list[set[str]] = [set() for _ in first]
    for article, some in zip(articles, rows.capitals, strict=True):
        capitals[article].update(some)
    return Vectors(
        generation=rows.generation,
        index=index,
        ids=rows.ids,
        articles=articles,
        days=rows.days[first],
        scopes=rows.scopes[first],
        scope_names=rows.scope_names,
        bounds=rows.bounds,
        sentences=sentences.astype(np.float16),
        spellings=Spellings.of([spellings.get(name, {}) for name in rows.scope_names], capitals),
    )


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
            manifest = _manifest(place)
        except FileNotFoundError:
            if expected and not any(self._folder.glob("[0-9]*")):  # else they are only of an earlier revision, as after a removal
                log.warning("The vector files in %s are missing; they are made again from the database.", place)
            return None
        except (OSError, ValueError):
            log.warning(_DAMAGED, place)
            return None
        wanted = (LAYOUT, generation.fingerprint, space.digest)
        if tuple(manifest.get(name) for name in ("layout", "fingerprint", "languages")) != wanted:
            log.warning("The vector files in %s were made otherwise; they are made again from the database.", place)
            return None
        try:
            if manifest["checksums"] != {name: _digest(place / name) for name in _FILES}:
                raise ValueError("checksums differ")
            arrays = {name: np.asarray(np.load(place / f"{name}.npy", mmap_mode="r")) for name in _ARRAYS}
            terms = tuple((place / "spellings.txt").read_text(encoding="utf-8").split())
            spellings = Spellings(terms, **{name: np.load(place / f"spelling-{name}.npy") for name in _SPELLING_ARRAYS})
            index = faiss.read_index(str(place / "passages.faiss"))
            return Vectors(generation=generation, index=index, scope_names=tuple(manifest["scopes"]), spellings=spellings, **arrays)
        except (OSError, ValueError, KeyError, RuntimeError, AttributeError):
            log.warning(_DAMAGED, place)
            return None

    def whole(self, generation: Generation) -> bool | None:
        """Whether what was written for this revision is as it was written; None where nothing was."""
        place = self._place(generation)
        try:
            manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
            return bool(manifest["checksums"] == {name: _digest(place / name) for name in _FILES})
        except FileNotFoundError:
            return None if not place.exists() else False
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def save(self, vectors: Vectors, space: LanguageSpace) -> None:
        """Write a generation and put it in its place at once; older ones are removed. A cache that cannot be written is no error."""
        place = self._place(vectors.generation)
        partial: Path | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            sweep(self._folder)
            partial = scratch(self._folder)
            for name in _ARRAYS:
                np.save(partial / f"{name}.npy", getattr(vectors, name))
            for name in _SPELLING_ARRAYS:
                np.save(partial / f"spelling-{name}.npy", getattr(vectors.spellings, name))
            (partial / "spellings.txt").write_text(" ".join(vectors.spellings.terms), encoding="utf-8")
            faiss.write_index(vectors.index, str(partial / "passages.faiss"))
            manifest = {
                "layout": LAYOUT,
                "fingerprint": vectors.generation.fingerprint,
                "languages": space.digest,
                "passages": len(vectors.ids),
                "sentences": len(vectors.sentences),
                "scopes": vectors.scope_names,
                "checksums": {name: _digest(partial / name) for name in _FILES},
            }
            (partial / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
            for path in partial.iterdir():
                _flush(path)
            shutil.rmtree(place, ignore_errors=True)
            partial.rename(place)
            self._remove_others(place)
        except (OSError, RuntimeError) as error:
            log.warning("The vector files in %s cannot be written (%s); they will be made again at the next start.", place, error)
            if partial:
                shutil.rmtree(partial, ignore_errors=True)

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


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
