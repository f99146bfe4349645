"""Which passages are nearest to a question: all are compared while they are few; beyond, those of the nearest clusters.

Which kind of FAISS index is used was measured (``make large ARGS=--kinds``: 384 dimensions, one core of a busy AMD EPYC; what a
kind finds is compared again with the fp16 vectors, read from their file). Times are of the processor, p50 a search; "a tenth" is a
filter that keeps so many. Recall is that of the 10 best.

=========  ==========  ========  =====  =============  =============  =========
passages   kind        searched  bytes  all            a tenth        built in
=========  ==========  ========  =====  =============  =============  =========
10,000     exact fp16            768    1.000  0.4 ms  1.000  0.1 ms  0 s
           IVF-SQ8     144       452    0.999  0.4 ms  0.997  0.2 ms  0.5 s
           IVF-PQ96    144       202    0.999  0.9 ms  0.997  0.6 ms  27 s
           HNSW-SQ8    256       592    0.999  0.7 ms  0.982  0.8 ms  1 s
100,000    exact fp16            768    1.000  4.4 ms  1.000  2.6 ms  1 s
           IVF-SQ8     144       412    0.994  1.3 ms  0.995  0.7 ms  9 s
           IVF-PQ96    144       127    0.994  1.1 ms  0.995  0.7 ms  24 s
           HNSW-SQ8    256       592    0.952  0.6 ms  0.902  0.7 ms  15 s
           HNSW-SQ8    1024      592    0.996  1.9 ms  0.987  2.4 ms  15 s
1,000,000  IVF-SQ8     104, 198  398    0.985  4.3 ms  0.990  4.8 ms  150 s
           IVF-PQ96    128, 256  110    0.971          0.988          220 s
=========  ==========  ========  =====  =============  =============  =========

("Searched" is the number of clusters, or HNSW's ``efSearch``. The times of a million are those of the whole search, filter and all;
IVF-PQ was tried there with 4096 clusters and for its recall only, HNSW and three million not at all.) Exact search is as fast as any
up to some tens of thousands. Beyond, IVF with 8-bit codes finds as much as HNSW in less time as soon as there is a filter, and takes
less memory; product codes are smaller still, but at a million they lose more than is mended by comparing again.
"""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import faiss
import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

INDEX_FILE, EXACT_FILE = "passages.faiss", "passages.npy"

_BLOCK = 20_000  # rows that are worked on at once: 30 MB as fp32 of 384 dimensions

_FEW = 1000  # visible passages that are compared one by one, which is exact, and then takes less than the clusters would
_LISTS = 4  # clusters, as a multiple of the square root of the vectors
_TRAINED_ON = 40  # vectors a cluster, which are enough for k-means
_ROUNDS = 6  # of k-means
_PROBES, _WIDER = 104, 0.28  # clusters: twice as many where a tenth of the passages is visible
_COMPARED_AGAIN = 4  # times as many as are wanted: what is lost in 8 bits is seldom more than some places


class Nearest(Protocol):
    """Vectors by position, searched by inner product."""

    def nearest(self, query: npt.NDArray[np.float32], count: int, visible: npt.NDArray[np.bool_]) -> tuple[Scores, Positions]:
        """The ``count`` best visible vectors, best first; fewer where fewer are visible.

        Args:
            visible: shape (vectors,).
        """

    def vectors(self, positions: Positions) -> npt.NDArray[np.float32]:
        """Some vectors. Shape (positions, dimension)."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Every visible vector is compared, as fp16."""

    index: faiss.IndexScalarQuantizer

    @classmethod
    def of(cls, vectors: npt.NDArray[np.float32]) -> Self:
        """Of unit vectors, shape (vectors, dimension)."""
        index: Any = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        if len(vectors):
            index.train(vectors)
            index.add(vectors)
        return cls(index)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What :meth:`write` wrote.

        Raises:
            RuntimeError, ValueError: it is something else.
        """
        index = faiss.read_index(str(folder / INDEX_FILE))
        if not isinstance(index, faiss.IndexScalarQuantizer):
            raise ValueError("another kind of index")
        return cls(index)

    def write(self, folder: Path) -> None:
        """Write :data:`INDEX_FILE`."""
        faiss.write_index(self.index, str(folder / INDEX_FILE))

    def nearest(self, query: npt.NDArray[np.float32], count: int, visible: npt.NDArray[np.bool_]) -> tuple[Scores, Positions]:
        """The ``count`` best visible vectors, best first, of all that are visible."""
        selector = _Selector(visible)
        scores, positions = self.index.search(query[None, :], count, params=faiss.SearchParameters(sel=selector.faiss))
        found = positions[0] >= 0
        return scores[0][found], positions[0][found]

    def vectors(self, positions: Positions) -> npt.NDArray[np.float32]:
        """Some vectors, as fp16 keeps them. Shape (positions, dimension)."""
        vectors: npt.NDArray[np.float32] = self.index.reconstruct_batch(positions)
        return vectors


class RowFile:
    """The fp16 rows of a ``.npy`` file, read when they are asked for: of a mapped file, all that is touched would stay in memory."""

    def __init__(self, path: Path) -> None:
        mapped: Any = np.load(path, mmap_mode="r")
        self.shape: tuple[int, int] = mapped.shape
        self._start = mapped.offset
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def __getitem__(self, positions: Positions) -> npt.NDArray[np.float16]:
        """Some rows. Shape (positions, dimension)."""
        length = 2 * self.shape[1]
        read = [os.pread(self._file, length, self._start + length * position) for position in positions.tolist()]
        return np.frombuffer(b"".join(read), np.float16).reshape(-1, self.shape[1])


@dataclass(frozen=True, slots=True)
class Clustered:
    """The nearest clusters are searched by 8-bit codes (FAISS's ``IVF,SQ8``), and the best of what that finds are compared exactly.

    Attributes:
        index: its lists stay in the file, and the system keeps in memory what is used of them.
        exact: the vectors as fp16. Shape (vectors, dimension).
    """

    index: faiss.IndexIVFScalarQuantizer
    exact: RowFile

    @classmethod
    def write(cls, folder: Path, exact: npt.NDArray[np.float16]) -> None:
        """Write :data:`INDEX_FILE` beside :data:`EXACT_FILE`, which holds ``exact`` already: some minutes for a million."""
        count, dimension = exact.shape
        lists = max(1, min(int(_LISTS * count**0.5), count // _TRAINED_ON))
        quantizer = faiss.IndexFlatIP(dimension)
        index: Any = faiss.IndexIVFScalarQuantizer(
            quantizer, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
        )
        index.cp.niter, index.cp.min_points_per_centroid = _ROUNDS, 1
        sample = np.random.default_rng(0).choice(count, min(count, lists * _TRAINED_ON), replace=False)
        index.train(exact[np.sort(sample)].astype(np.float32))
        for start in range(0, count, _BLOCK):
            index.add(exact[start : start + _BLOCK].astype(np.float32))
        faiss.write_index(index, str(folder / INDEX_FILE))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What :meth:`write` wrote, mapped into memory.

        Raises:
            OSError, RuntimeError, ValueError: it cannot be read, or is something else.
        """
        index = faiss.read_index(str(folder / INDEX_FILE), faiss.IO_FLAG_MMAP)
        exact = RowFile(folder / EXACT_FILE)
        if not isinstance(index, faiss.IndexIVFScalarQuantizer) or exact.shape != (index.ntotal, index.d):
            raise ValueError("another kind of index")
        return cls(index, exact)

    def nearest(self, query: npt.NDArray[np.float32], count: int, visible: npt.NDArray[np.bool_]) -> tuple[Scores, Positions]:
        """The ``count`` best visible vectors, best first, of the nearest clusters; of all, where at most :data:`_FEW` are visible."""
        seen = int(np.count_nonzero(visible))
        if seen <= _FEW:
            return self._best(query, np.flatnonzero(visible), count)
        selector = _Selector(visible)
        parameters = faiss.SearchParametersIVF(sel=selector.faiss, nprobe=self._probes(seen / len(visible)))
        _, positions = self.index.search(query[None, :], _COMPARED_AGAIN * count, params=parameters)
        return self._best(query, np.sort(positions[0][positions[0] >= 0]), count)

    def _probes(self, share: float) -> int:
        """How many clusters are searched: the fewer passages are visible, the further apart are the best of them."""
        probes: int = min(self.index.nlist, round(_PROBES * share**-_WIDER))
        return probes

    def _best(self, query: npt.NDArray[np.float32], among: Positions, count: int) -> tuple[Scores, Positions]:
        scores: Scores = self.vectors(among) @ query
        best = np.argsort(-scores, kind="stable")[:count]
        return scores[best], among[best]

    def vectors(self, positions: Positions) -> npt.NDArray[np.float32]:
        """Some vectors, read from the file of exact ones. Shape (positions, dimension)."""
        return self.exact[positions].astype(np.float32)


class _Selector:
    """What FAISS takes for a filter, and the memory that it looks into."""

    def __init__(self, visible: npt.NDArray[np.bool_]) -> None:
        # FAISS's bitmap has one bit a row, the lowest first.
        self._bits = np.packbits(visible, bitorder="little")
        self.faiss = None if visible.all() else faiss.IDSelectorBitmap(len(visible), faiss.swig_ptr(self._bits))
