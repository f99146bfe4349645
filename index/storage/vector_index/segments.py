"""A large index: laid out once, on the disk, and then left as it is for a while.

To lay out a million passages takes minutes, so it is not done at each change. What was laid out is the *base*; what was added
since is searched beside it, every passage compared, and of the base what was removed since is passed over. The database tells
both: whatever passages it holds that the base does not were added, and the other way round. So nothing about changes is kept
anywhere else, and a crash can leave nothing half done. When much has changed, all is laid out again.

Until then some things stay as they were in the base, which changes answers by little: the means of the languages that are taken
out of the vectors, how often the words of removed articles were written like names, and the counts of very common words. Also,
vectors of removed articles stay in the files (not those of a workspace that is forgotten: then all files are deleted).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding.learned.language_space import LanguageSpace, sums_of
from index.model.articles import EVERYBODY
from index.storage.store.base import Generation, Rows
from index.storage.vector_index.ann import EXACT_FILE, Clustered, Exact
from index.storage.vector_index.files import write_companions
from index.storage.vector_index.snapshot import Frozen, Part, Vectors, by_article
from index.text.proper_names import Spellings

COMMON = 1000
"""A term in so many passages of a scope is not counted anew for each question."""

PART = 5000
"""Passages that are read at once."""

_SHARE, _LEAST = 1 / 50, 1000  # of the base may have changed before all is laid out again: what is added takes up to a second to read
_MOST = 30_000  # may be searched beside the base, until somebody has laid out all again

_GONE = np.iinfo(np.int32).max  # the day of an article that no question may see


def most(base: Vectors) -> int:
    """How many passages can be searched beside a base at all."""
    return max(_MOST, round(2 * _SHARE * len(base.ids)))


@dataclass
class Layout:
    """Lays out a large index, part by part as it is read, into a folder.

    What is held in memory meanwhile is all but the vectors.
    """

    folder: Path
    scopes: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    sums: Mapping[str, dict[tuple[int | None, int], npt.NDArray[np.float32]]] = field(
        default_factory=lambda: {"passages": {}, "sentences": {}}
    )
    columns: list[tuple[npt.NDArray[Any], ...]] = field(default_factory=list)
    capitals: list[Sequence[str]] = field(default_factory=list)
    dimension: int = 0

    def add(self, rows: Rows) -> None:
        """Take some passages; those with lower ids were taken before.

        Raises:
            OSError: they cannot be written.
        """
        self.dimension = rows.vectors.shape[1]
        scopes, tongues = _codes(rows.scopes, rows.scope_names, self.scopes), _codes(rows.languages, rows.language_names, self.languages)
        counts = np.diff(rows.bounds)
        for name, vectors, repeats in (("passages", rows.vectors, 1), ("sentences", rows.sentences, counts)):
            with self._raw(name).open("ab") as file:
                file.write(np.ascontiguousarray(vectors).data)
            sums = self.sums[name]
            for key, total in sums_of(vectors.astype(np.float32), np.repeat(tongues, repeats), np.repeat(scopes, repeats)).items():
                sums[key] = sums[key] + total if key in sums else total
        self.columns.append((rows.ids, rows.articles, rows.days, rows.shown_from, scopes, tongues, counts))
        self.capitals += [tuple(map(intern, some)) for some in rows.capitals]

    def finish(
        self,
        generation: Generation,
        spellings: Mapping[str, Mapping[str, tuple[int, int]]],
        common: Mapping[str, Mapping[str, int]],
        space: LanguageSpace,
    ) -> None:
        """Write everything else.

        Raises:
            OSError, RuntimeError: it cannot be written.
        """
        ids, numbers, days, shown_from, scopes, tongues, counts = (np.concatenate(column) for column in zip(*self.columns, strict=True))
        shared = self.scopes.index(EVERYBODY) if EVERYBODY in self.scopes else None
        for name, file, repeats in (("passages", EXACT_FILE, 1), ("sentences", "sentences.npy", counts)):
            shape = len(ids) if name == "passages" else int(counts.sum()), self.dimension
            encoded = np.memmap(self._raw(name), np.float16, "r", shape=shape)
            moved = np.lib.format.open_memmap(self.folder / file, "w+", np.float16, shape)
            of_tongues, of_scopes = np.repeat(tongues, repeats), np.repeat(scopes, repeats)
            space.move(encoded, of_tongues, of_scopes, shared, sums=self.sums[name], into=moved)
            moved.flush()
            self._raw(name).unlink()
        Clustered.write(self.folder, np.load(self.folder / EXACT_FILE, mmap_mode="r"))
        first, articles, capitals = by_article(numbers, self.capitals)
        laid = Vectors(
            generation=generation,
            parts=(),
            ids=ids,
            articles=articles,
            days=days[first],
            shown_from=shown_from[first],
            scopes=scopes[first],
            scope_names=tuple(self.scopes),
            bounds=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
            spellings=Spellings.of([spellings.get(name, {}) for name in self.scopes], capitals),
            frozen=Frozen(tuple(self.languages), self.sums["passages"], self.sums["sentences"], common),
        )
        write_companions(self.folder, laid, space)

    def _raw(self, name: str) -> Path:
        return self.folder / f"{name}.raw"


def beside(
    base: Vectors,
    held: npt.NDArray[np.int64],
    added: Rows,
    *,
    spellings: Mapping[str, Mapping[str, tuple[int, int]]],
    counted: Mapping[str, Mapping[str, tuple[int, int]]],
    space: LanguageSpace,
) -> Vectors:
    """A large index as it is now.

    Passages come and go with whole articles; one that is embedded anew comes as if it were another.

    Args:
        base: what was laid out.
        held: the ids of all passages that are there now.
        added: those of them that the base does not hold.
        spellings: how often, by scope, the added passages write a word like a name, and like an ordinary word.
        counted: the same of all passages, for the words that none of the base writes like a name: it knows nothing of them.
    """
    assert base.frozen
    names, languages = list(base.scope_names), list(base.frozen.languages)
    scopes, tongues = _codes(added.scopes, added.scope_names, names), _codes(added.languages, added.language_names, languages)
    shared = names.index(EVERYBODY) if EVERYBODY in names else None
    counts = np.diff(added.bounds)
    parts = base.parts
    if len(added.ids):
        passages = space.passages(added.vectors.astype(np.float32), tongues, scopes, shared, base.frozen.passages)
        sentences = space.passages(
            added.sentences.astype(np.float32), np.repeat(tongues, counts), np.repeat(scopes, counts), shared, base.frozen.sentences
        )
        parts = (*parts, Part(len(passages), Exact.of(passages), sentences.astype(np.float16)))
    first, articles, capitals = by_article(added.articles, added.capitals)
    passages_gone = ~np.isin(base.ids, held, assume_unique=True)
    gone = np.unique(base.articles[passages_gone])
    days, shown_from, owners = base.days.copy(), base.shown_from.copy(), base.scopes.copy()
    days[gone], shown_from[gone], owners[gone] = _GONE, _GONE, -1
    known = frozenset(base.spellings.terms)
    names += [name for name in counted if name not in names]
    told = [{**counted.get(name, {}), **{word: many for word, many in spellings.get(name, {}).items() if word in known}} for name in names]
    return Vectors(
        generation=added.generation,
        parts=parts,
        ids=np.concatenate([base.ids, added.ids]),
        articles=np.concatenate([base.articles, articles + len(base.days)]),
        days=np.concatenate([days, added.days[first]]),
        shown_from=np.concatenate([shown_from, added.shown_from[first]]),
        scopes=np.concatenate([owners, scopes[first]]),
        scope_names=tuple(names),
        bounds=np.concatenate([base.bounds, added.bounds[1:] + base.bounds[-1]]),
        spellings=base.spellings.and_those_of(told, capitals, len(base.days)),
        frozen=base.frozen,
        base=base,
        is_due=len(added.ids) + int(np.count_nonzero(passages_gone)) > max(_LEAST, _SHARE * len(base.ids)),
    )


def _codes(codes: npt.NDArray[np.int32], names: Sequence[str], known: list[str]) -> npt.NDArray[np.int32]:
    """Codes of ``names`` as codes of ``known``, to which names are added that were not known."""
    known += [name for name in names if name not in known]
    places = {name: code for code, name in enumerate(known)}
    return np.array([places[name] for name in names], np.int32)[codes] if len(codes) else codes
