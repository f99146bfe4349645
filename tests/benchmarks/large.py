"""How cost grows with the index: time and memory at ten thousand passages, and at a million.

    make large                       # 10,000 and 100,000 passages
    make large SIZES="1e6 3e6"       # a quarter of an hour for each million, and 4 GB on the disk

What is searched is synthetic, but honest. A vector is that of a real sentence (of the sample articles and the calibration set)
with Gaussian noise whose covariance is that of the real sentences' vectors, as much as makes it as near to the one that it was
drawn from as a real sentence is to its nearest neighbour: 0.95 on average for the bundled model. Less noise would make clumps,
which clusters find too easily; noise alike in all directions would make all distances equal, as they are in no text. Questions
are the calibration set's, with the same noise. A passage has one sentence, so that there are as many sentences as passages; its
words are those of two real sentences, half and half, and two made-up names, some common, most of them rare.

Times are one thread's: of the wall clock, and (in brackets) of the processor, which others on the machine cannot lengthen.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import faiss
import numpy as np

from index.embedding.languages import LanguageSpace
from index.model import EVERYBODY, Article, Passage, Span
from index.searching import look_up
from index.storing.database import FILE, Database
from index.storing.loading import Loading
from index.storing.nearest import EXACT_FILE, INDEX_FILE, Clustered
from index.storing.schema import WORDS
from index.storing.scoping import mark, marked
from index.storing.searchable import Vectors
from index.storing.sqlite import SQLiteStore
from index.storing.store import Embedded, Entry
from index.storing.vectors import VectorFiles
from index.words import Profile, profile

HERE = Path(__file__).parent
WORKSPACE, SHARE = "slack:T1", 0.1  # whose articles are a tenth
PASSAGES = 5  # an article
WANTED = 10  # of which recall is
SEARCHED = 20  # as a question does
DAYS = 1000
JUDGED = 200  # questions


@dataclass(frozen=True)
class Real:
    """What everything is drawn from.

    Attributes:
        sentences: their vectors, and the language of each.
        questions: their vectors, without their language.
        asked: the questions.
    """

    sentences: np.ndarray
    languages: Sequence[str]
    profiles: Sequence[Profile]
    questions: np.ndarray
    asked: Sequence[str]
    space: LanguageSpace

    @classmethod
    def read(cls) -> Real:
        from bot.settings import Settings
        from index.cutting import cut
        from index.embedding import encoder as encoders
        from index.embedding import fitted
        from tests.benchmarks.test_rates import articles

        encoder = encoders.load("", Settings().cache)
        space = fitted.load(encoder, Settings().cache).languages
        cuts = [cut(article) for article in articles()]
        said = [(text, one.article.language) for one in cuts for text in one.sentence_texts()]
        asked = [json.loads(line)["question"] for line in (HERE / "calibration/questions.jsonl").read_text(encoding="utf-8").splitlines()]
        return cls(
            encoder.encode_passages([text for text, _ in said]),
            [language for _, language in said],
            [profile("", [text], language) for text, language in said],
            space.queries(encoder.encode_queries(asked)),
            asked,
            space,
        )


class Noise:
    """See the module's docstring."""

    def __init__(self, vectors: np.ndarray, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        centred = vectors - vectors.mean(axis=0)
        _, spread, axes = np.linalg.svd(centred / np.sqrt(len(vectors)), full_matrices=False)
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, -1)
        size = np.sqrt(1 / cosines.max(axis=1).mean() ** 2 - 1)
        self._root = (spread[:, None] * axes * size / np.sqrt((spread**2).sum())).astype(np.float32)

    def around(self, vectors: np.ndarray) -> np.ndarray:
        moved = vectors + self.dice.standard_normal((len(vectors), len(self._root)), dtype=np.float32) @ self._root
        return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def name(dice: random.Random) -> str:
    """A made-up name: the first is as common as "the", most occur once or twice (Zipf's law)."""
    return f"nam{int(dice.paretovariate(0.6)) % 10_000_000:x}q"


def words_of(real: Real, dice: random.Random, places: Sequence[int]) -> Profile:
    """The words of a passage: of two real sentences, half and half, and two names."""
    first, second = (real.profiles[place] for place in places)
    head, tail = first.lines[1], second.lines[1]
    names = (name(dice), name(dice))
    line = (*head[: len(head) // 2], *tail[len(tail) // 2 :], *(one[:6] for one in names))
    return Profile(((), line), (*first.names, *names), first.common, (*first.capitals, *names))


async def fill(folder: Path, count: int, real: Real) -> None:
    """A database of so many passages, written straight into its tables."""
    await (await Database.open(folder)).close()
    noise, dice = Noise(real.sentences, 1), random.Random(1)
    with closing(sqlite3.connect(folder / FILE)) as base:
        base.execute("PRAGMA synchronous = OFF")
        base.execute("INSERT INTO generations (id, fingerprint, model, live, claims, revision) VALUES (1, 'bench:0', '', 1, '', 1)")
        base.execute("INSERT INTO scopes (number, name) VALUES (1, ?)", (WORKSPACE,))
        own = mark(1)
        columns = "number, id, scope, source, url, title, day, language, text, digest, text_digest, signature"
        of_passages = 'id, generation, article, start, "end", text, sentences, vectors, tells, tokens'
        for start in range(0, count, 10_000):
            many = min(10_000, count - start)
            picked = noise.dice.integers(0, len(real.sentences), (many, 2))
            vectors = np.stack([noise.around(real.sentences[picked[:, 0]]) for _ in range(2)], axis=1).astype("<f2")
            numbers = [1 + (start + at) // PASSAGES for at in range(many)]
            articles, passages, terms = [], [], []
            for at, (number, places) in enumerate(zip(numbers, picked.tolist(), strict=True)):
                scope = WORKSPACE if random.Random(number).random() < SHARE else EVERYBODY
                if (start + at) % PASSAGES == 0:
                    day = date(2024, 1, 1).toordinal() + dice.randrange(DAYS)
                    key = f"a{number}"
                    articles.append((number, key, scope, key, key, key, day, real.languages[places[0]], "", key, key, b""))
                id_ = 1 + start + at
                span = np.array([0, 9], "<i4").tobytes()
                passages.append((id_, 1, number, 0, 9, "", span, vectors[at].tobytes(), b"", b""))
                told = words_of(real, dice, places)
                its = own if scope == WORKSPACE else ""
                lines = "\n".join(marked(line, its) for line in told.lines)
                terms.append((id_, lines, marked(told.names, its), marked(told.common, its), " ".join(told.capitals)))
            base.executemany(f"INSERT INTO articles ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", articles)
            base.executemany(f"INSERT INTO passages ({of_passages}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", passages)
            base.executemany(f"INSERT INTO {WORDS} (rowid, terms, names, common, capitals) VALUES (?, ?, ?, ?, ?)", terms)
            base.commit()


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What comes of some work, and its seconds: of the clock and of the processor."""
    wall, thread = time.perf_counter(), time.thread_time()
    result = work()
    return result, time.perf_counter() - wall, time.thread_time() - thread


def percentiles(seconds: Sequence[tuple[float, float]]) -> str:
    """``p50 / p99`` in ms, of the clock (and of the processor)."""
    wall, thread = np.percentile(np.array(seconds) * 1000, [50, 99], axis=0).T
    return f"{wall[0]:5.2f} / {wall[1]:5.2f} ({thread[0]:5.2f} / {thread[1]:5.2f})"


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
        right = truth(vectors, queries[:JUDGED], vectors.visible(today, scopes)[vectors.articles])
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
    return vectors.nearest(query, SEARCHED, vectors.visible(today, scopes)[vectors.articles])


def truth(vectors: Vectors, queries: np.ndarray, visible: np.ndarray) -> list[set[int]]:
    """The best that are visible, by comparing all."""
    passages = vectors.parts[0].passages
    best = [np.zeros(0, np.int64)] * len(queries)
    scores = [np.zeros(0, np.float32)] * len(queries)
    for start in range(0, len(visible), 20_000):
        places = start + np.flatnonzero(visible[start : start + 20_000])
        rows = passages.exact[places] if isinstance(passages, Clustered) else np.stack([passages.vector(at) for at in places.tolist()])
        for at, more in enumerate(queries @ rows.astype(np.float32).T):
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
            wall, processor = time.perf_counter(), time.process_time()
            await look_up(question, "en", scopes=scopes, store=store, names=known.names, passages=known.passages, counted=known.common)
            taken.append((time.perf_counter() - wall, time.process_time() - processor))
        costs.looked_up = max(costs.looked_up, float(np.percentile(np.array(taken)[:, 1], 99)))
        lines.append(f"words, {label}: p50 / p99 {percentiles(taken)} ms")


def entry(real: Real, noise: Noise, dice: random.Random) -> Entry:
    """A new article, embedded."""
    key = f"new{dice.random()}"
    places = noise.dice.integers(0, len(real.sentences), (PASSAGES, 2)).tolist()
    embedded = []
    for at, two in enumerate(places):
        span = Span(10 * at, 10 * at + 9)
        vectors = noise.around(real.sentences[[two[0]] * 2]).astype(np.float16)
        told = words_of(real, dice, two)
        passage = Passage(span.start, span.end, (span,))
        embedded.append(Embedded(passage, "sentence.", told, vectors, np.zeros((0, 64), np.int8), np.zeros((1, 9), np.uint8), ()))
    published = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(DAYS))
    article = Article(key, key, key, key, "sentence. " * PASSAGES, "en", published=published)
    return Entry(article, key, key, tuple(embedded))


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
