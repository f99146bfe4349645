"""How cost grows with the index: time and memory at ten thousand passages, and at a million.

    make large                       # 10,000 and 100,000 passages
    make large SIZES="1e6 3e6"       # a quarter of an hour for each million, and 4 GB on the disk

What is searched is synthetic (see :mod:`benchmarks.synthetic`). Times are one thread's: of the wall clock, and (in
brackets) of the processor, which others on the machine cannot lengthen. Memory is that of the vectors and all that a search needs
beside them, after 500 questions.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np

from benchmarks.measuring import percentiles, timed
from benchmarks.synthetic import WORKSPACE, Noise, Real, entry, fill, name
from index.model.articles import EVERYBODY
from index.retrieval.query import parse
from index.storage.store.articles import SQLiteStore
from index.storage.store.database import Database
from index.storage.vector_index.files import VectorFiles
from index.storage.vector_index.load import Loading
from index.storage.vector_index.snapshot import Vectors
from tools.kinds import SEARCHED, WANTED, kinds

JUDGED = 200  # questions


def resident() -> dict[str, int]:
    """The bytes of this process that are in memory: all, and those that are in no file."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    return {name: int(lines[name].split()[0]) * 1024 for name in ("Rss", "Anonymous")}


@dataclass
class Costs:
    """Of one size: seconds, bytes, and lines to print."""

    passages: int
    layout: float = 0.0
    opening: float = 0.0
    adding: float = 0.0
    search: float = 0.0
    filtered: float = 0.0
    looked_up: float = 0.0
    memory: float = 0.0  # a passage
    lines: tuple[str, ...] = ()


def measure(folder: Path, count: int, real: Real, compare: bool) -> Costs:
    """All that is measured of one size, in a process of its own."""
    faiss.omp_set_num_threads(1)
    costs = Costs(count)
    lines: list[str] = []
    asyncio.run(_measure(folder, real, costs, lines))
    if compare:
        lines += kinds(folder, real)
    costs.lines = tuple(lines)
    return costs


async def _measure(folder: Path, real: Real, costs: Costs, lines: list[str]) -> None:
    database = await Database.open(folder)
    store, files = SQLiteStore(database), VectorFiles(folder / "vectors")
    loading = Loading(store, files)
    generation = await store.live()
    assert generation
    if not any((folder / "vectors").glob("[0-9]*")):
        started = time.perf_counter()
        await loading.load(generation, real.space, None, expected=False)
        costs.layout = time.perf_counter() - started
        lines.append(f"laying out: {costs.layout:.0f} s")
    before = resident()
    vectors, costs.opening, processor = timed(lambda: files.load(generation, real.space, expected=True))
    lines.append(f"opening: {costs.opening:.2f} s ({processor:.2f})")
    noise = Noise(real.sentences, 2)
    queries = noise.around(real.questions[noise.dice.integers(0, len(real.questions), 500)])
    today = date(2026, 11, 1)
    for share, scopes in (("all", (EVERYBODY, WORKSPACE)), ("a tenth", (WORKSPACE,))):
        told = [timed(lambda query=query, scopes=scopes: search(vectors, query, today, scopes)) for query in queries]
        taken = [(wall, processor) for _, wall, processor in told]
        if share == "all":
            grown = {kind: many - before[kind] for kind, many in resident().items()}
            costs.search = float(np.median(np.array(taken)[:, 1]))
        else:
            costs.filtered = float(np.median(np.array(taken)[:, 1]))
        right = truth(vectors, queries[:JUDGED], vectors.visible(today, scopes).passages)
        hits = np.mean([len({*found[:WANTED].tolist()} & best) for (found, *_), best in zip(told, right, strict=False)]) / WANTED
        lines.append(f"search, {share} visible: recall@{WANTED} {hits:.4f}, p50 / p99 {percentiles(taken)} ms")
    costs.memory = grown["Rss"] / costs.passages
    lines.append(f"memory: {costs.memory:.0f} bytes a vector, of which {grown['Anonymous'] / costs.passages:.0f} in no file")
    known, seconds, _ = timed(lambda: vectors.known((EVERYBODY, WORKSPACE)))
    lines.append(f"what the articles make known: {seconds:.2f} s, {len(known.names.terms)} names")
    await words(store, real, vectors, lines, costs)

    dice = random.Random(3)
    entries = [entry(real, noise, dice) for _ in range(100)]
    started, thread = time.perf_counter(), time.process_time()
    await store.write(entries, generation)
    written = time.perf_counter() - started
    generation = await store.live()
    assert generation
    now = await loading.load(generation, real.space, vectors, expected=False)
    costs.adding = time.perf_counter() - started
    assert now
    lines.append(f"adding 100 articles: {costs.adding:.2f} s ({time.process_time() - thread:.2f}), of which writing {written:.2f}")
    _, seconds, _ = timed(lambda: now.known((EVERYBODY, WORKSPACE)))
    _, again, processor = timed(lambda: files.base(generation, real.space))
    lines.append(f"then: what the articles make known {seconds:.2f} s, and opening what was laid out {again:.2f} s ({processor:.2f})")
    await database.close()


def search(vectors: Vectors, query: np.ndarray, today: date, scopes: Sequence[str]) -> np.ndarray:
    """As a question does."""
    return vectors.nearest(query, SEARCHED, vectors.visible(today, scopes).passages)


def truth(vectors: Vectors, queries: np.ndarray, visible: np.ndarray) -> list[set[int]]:
    """The best that are visible, by comparing all."""
    passages = vectors.parts[0].passages
    best = [np.zeros(0, np.int64)] * len(queries)
    scores = [np.zeros(0, np.float32)] * len(queries)
    for start in range(0, len(visible), 20_000):
        places = start + np.flatnonzero(visible[start : start + 20_000])
        for at, more in enumerate(queries @ passages.vectors(places).T):
            all_places, all_scores = np.concatenate([best[at], places]), np.concatenate([scores[at], more])
            kept = np.argsort(-all_scores, kind="stable")[:WANTED]
            best[at], scores[at] = all_places[kept], all_scores[kept]
    return [{*places.tolist()} for places in best]


async def words(store: SQLiteStore, real: Real, vectors: Vectors, lines: list[str], costs: Costs) -> None:
    """Looking up words as a question does: rare ones, common ones, and those of real questions."""
    scopes = (EVERYBODY, WORKSPACE)
    known = vectors.known(scopes)
    dice = random.Random(4)
    every = sorted({term for one in real.profiles for term in one.lines[1]})
    counts = await store.frequencies(every, scopes)
    common = sorted(counts, key=lambda term: -counts[term])[:60]
    questions = {
        "real questions": real.asked,
        "common words": [" ".join(dice.sample(common, 8)) for _ in range(200)],
        "names, most of them rare": [" ".join(name(dice) for _ in range(4)) for _ in range(200)],
        "names and common words": [" ".join([*dice.sample(common, 6), *(name(dice) for _ in range(2))]) for _ in range(200)],
        "two names side by side": [f"{name(dice)} {dice.randrange(10)}" for _ in range(200)],
    }
    for label, asked in questions.items():
        taken = []
        for question in asked:
            known.frequencies.clear()  # as if nobody had asked for these words lately
            wall, processor = time.perf_counter(), time.process_time()
            await parse(question, "en", scopes=scopes, store=store, known=known)
            taken.append((time.perf_counter() - wall, time.process_time() - processor))
        costs.looked_up = max(costs.looked_up, float(np.percentile(np.array(taken)[:, 1], 99)))
        lines.append(f"words, {label}: p50 / p99 {percentiles(taken)} ms")


def plot(every: Sequence[Costs], path: Path) -> None:
    """Time and memory over the sizes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (times, memory) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    sizes = [one.passages for one in every]
    drawn = {
        "search": "search",
        "search, a tenth visible": "filtered",
        "words, worst p99": "looked_up",
        "opening": "opening",
        "adding 100 articles": "adding",
        "laying out": "layout",
    }
    for label, field in drawn.items():
        times.plot(sizes, [getattr(one, field) for one in every], marker="o", label=label)
    times.set(xscale="log", yscale="log", xlabel="passages", ylabel="seconds", title="Time (one core)")
    times.legend(fontsize="small")
    memory.plot(sizes, [one.memory for one in every], marker="o")
    memory.axhline(700, linestyle="--", color="grey")
    memory.set(xscale="log", xlabel="passages", ylabel="bytes a vector", ylim=(0, None), title="Memory")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=float, default=[1e4, 1e5], help="passages")
    parser.add_argument("--kinds", action="store_true", help="compare kinds of FAISS indexes, too")
    parser.add_argument("--keep", type=Path, help="a folder for the databases, so that they can be used again")
    parser.add_argument("--plot", type=Path, default=Path("large.png"), help="where to write the plot (large.png)")
    arguments = parser.parse_args()
    context = get_context("spawn")
    with TemporaryDirectory() as scratch, context.Pool(1, maxtasksperchild=1) as processes:
        real = processes.apply(Real.read)
        every = []
        for size in map(int, arguments.sizes):
            folder = (arguments.keep or Path(scratch)) / str(size)
            if not folder.exists():
                asyncio.run(fill(folder, size, real))
            costs = processes.apply(measure, (folder, size, real, arguments.kinds))
            print(f"{size:,} passages\n  " + "\n  ".join(costs.lines), flush=True)
            every.append(costs)
    plot(every, arguments.plot)
    print(f"plot: {arguments.plot}")


if __name__ == "__main__":
    main()
