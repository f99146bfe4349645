"""Kinds of FAISS indexes side by side, over the same vectors: by what they find, the time that takes, and their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.measuring import percentiles, timed
from benchmarks.synthetic import SHARE, Noise, Real
from index.storage.vector_index.ann import EXACT_FILE, INDEX_FILE

SEARCHED, WANTED = 20, 10  # as a question does; of which recall is


def kinds(folder: Path, real: Real) -> Iterator[str]:
    """The kinds of indexes side by side, over the same vectors; what any finds is compared again exactly, and the best are taken."""
    (place,) = (folder / "vectors").glob("[0-9]*")
    if (place / EXACT_FILE).exists():
        exact = np.load(place / EXACT_FILE, mmap_mode="r")
    else:
        index = faiss.read_index(str(place / INDEX_FILE))
        exact = index.reconstruct_n(0, index.ntotal).astype(np.float16)
    noise = Noise(real.sentences, 5)
    queries = noise.around(real.questions[noise.dice.integers(0, len(real.questions), 100)])
    tenth = noise.dice.random(len(exact)) < SHARE
    bits = np.packbits(tenth, bitorder="little")
    scores = np.concatenate([queries @ exact[at : at + 50_000].astype(np.float32).T for at in range(0, len(exact), 50_000)], axis=1)
    truths = [("all", None, np.argpartition(-scores, WANTED, axis=1)[:, :WANTED])]
    scores[:, ~tenth] = -1
    selector = faiss.IDSelectorBitmap(len(exact), faiss.swig_ptr(bits))
    truths.append(("a tenth", selector, np.argpartition(-scores, WANTED, axis=1)[:, :WANTED]))
    del scores
    for label, index, parameters, again in made(exact):
        _, _, building = timed(lambda index=index: train_and_add(index, exact))
        faiss.write_index(index, str(folder / "kind.faiss"))
        size = (folder / "kind.faiss").stat().st_size / len(exact)
        for effort, name_ in parameters:
            for seen, only, best in truths:
                kind = effort.__class__(sel=only, **{name_: getattr(effort, name_)}) if name_ else faiss.SearchParameters(sel=only)

                def find(query: np.ndarray, kind: Any = kind, index: Any = index, again: int = again) -> np.ndarray:
                    _, found = index.search(query[None], SEARCHED * again, params=kind)
                    places = np.sort(found[0][found[0] >= 0])
                    return places[np.argsort(-(exact[places].astype(np.float32) @ query))]

                told = [timed(lambda query=query, find=find: find(query)) for query in queries]
                hits = [len({*found[:WANTED].tolist()} & {*right.tolist()}) for (found, *_), right in zip(told, best, strict=True)]
                yield (
                    f"  {label:<10} {getattr(effort, name_) if name_ else '':>4} {seen:<8} {size:5.0f} bytes, {building:4.0f} s to build, "
                    f"recall {np.mean(hits) / WANTED:.3f}, {percentiles([(wall, thread) for _, wall, thread in told])} ms"
                )


def made(exact: np.ndarray) -> Iterator[tuple[str, Any, Sequence[tuple[Any, str]], int]]:
    """For each kind its name, an empty index, how hard it searches, and how many times more than wanted it finds."""
    dimension, product, codes = exact.shape[1], faiss.METRIC_INNER_PRODUCT, faiss.ScalarQuantizer
    clusters = int(4 * len(exact) ** 0.5)
    yield "exact fp16", faiss.IndexScalarQuantizer(dimension, codes.QT_fp16, product), [(None, "")], 1
    probes = [(faiss.SearchParametersIVF(nprobe=many), "nprobe") for many in (144, 288)]
    coarse = [faiss.IndexFlatIP(dimension) for _ in range(2)]
    yield "IVF-SQ8", faiss.IndexIVFScalarQuantizer(coarse[0], dimension, clusters, codes.QT_8bit, product, False), probes, 4
    yield "IVF-PQ96", faiss.IndexIVFPQ(coarse[1], dimension, clusters, 96, 8, product), probes, 10
    if len(exact) <= 100_000:  # beyond, it takes half an hour and more to build
        graph = faiss.IndexHNSWSQ(dimension, codes.QT_8bit, 24, product)
        graph.hnsw.efConstruction = 80
        yield "HNSW-SQ8", graph, [(faiss.SearchParametersHNSW(efSearch=many), "efSearch") for many in (256, 1024)], 4


def train_and_add(index: Any, vectors: np.ndarray) -> None:
    """Fill an index."""
    if hasattr(index, "cp"):
        index.cp.niter = 6
    index.train(vectors[:: max(1, len(vectors) // 160_000)].astype(np.float32))
    for at in range(0, len(vectors), 20_000):
        index.add(vectors[at : at + 20_000].astype(np.float32))
