"""How much Shipdate adds to the bare encoder: ratios, each of two things measured in one run.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.measuring import sentence_texts
from bot.settings import Settings
from index import open_index
from index.api import Index
from index.embedding.encoders import sentence_transformers
from index.embedding.encoders.base import Encoded, Layers, TextEncoder
from index.embedding.engine.engine import Engine
from index.ingestion.embed import cut, embed
from index.ingestion.sources.files import find
from index.launches.mentions import Mentions
from index.model.articles import Article
from index.storage import catalogue
from index.storage.store.base import Entry
from tests.support.articles import draft_of

SAMPLES = Path(__file__).parents[1] / "bot" / "on_terminal" / "samples"
CALIBRATION = Path(__file__).parents[1] / "tools" / "calibration" / "articles"
QUESTIONS = (
    "When will Sora ship?",
    "how much does kling cost per month",
    "Wer darf Claude Code benutzen?",
    "pourquoi Recall a été retardé",
    "is chatgpt voice out in europe yet?",
)


NAMES = ("Sora", "klling", "Gen-3 Alpha", "Windows Recall", "Movie Gen", "Humane AI Pin", "GPT-5", "Udio", "Le Chat", "Vidu")


def articles() -> list[Article]:
    return [draft_of(path).article() for path in find([str(SAMPLES), str(CALIBRATION)])]


def bare_model(encoder: TextEncoder) -> Any:
    """sentence-transformers itself with the same weights, in the precision in which it is the faster here: the bare encoder that
    everything is compared with, whatever engine Shipdate has."""
    texts = [text for one in map(cut, articles()) for text in one.passage_texts()][:32]
    took = {}
    for change in (lambda loaded: loaded, sentence_transformers.halved):
        if loaded := change(sentence_transformers.load(encoder.folder or encoder.name, encoder.name)):
            encode(loaded.model, texts, "passage: ")
            started = perf_counter()
            encode(loaded.model, texts, "passage: ")
            took[perf_counter() - started] = loaded.model
    return took[min(took)]


def encode(model: Any, texts: Sequence[str], prefix: str) -> None:
    """As anybody would call it."""
    model.encode(list(texts), prompt=prefix, show_progress_bar=False)


async def test_adding_runs_at_nearly_the_rate_of_the_bare_encoder(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path / "warm")) as index:
        encoder = (await index.engine()).encoder
        cuts = [cut(article) for article in articles()]
        texts = [text for one in cuts for text in (*one.passage_texts(), *sentence_texts(one))]
        model = bare_model(encoder)
        bare, engine, added = [], [], []
        for turn in range(3):
            async with open_index(Settings(data=tmp_path / str(turn))) as fresh:
                fresh._context._engines = index._context._engines  # the model is loaded once
                started = perf_counter()
                await fresh.add([str(SAMPLES), str(CALIBRATION)])
                added.append(perf_counter() - started)
                fresh._context._engines = {}  # whose it is not closes it not
            started = perf_counter()
            encode(model, texts, "passage: ")
            bare.append(perf_counter() - started)
            started = perf_counter()
            encoder.encode_passages(texts)
            engine.append(perf_counter() - started)
    ratio = statistics.median(bare) / statistics.median(added)
    print(f"\nadding {len(texts)} texts: {len(texts) / min(added):.0f}/s, bare encoder {len(texts) / min(bare):.0f}/s: ratio {ratio:.2f}")
    print(f"its own engine, bare: {len(texts) / min(engine):.0f}/s: ratio {statistics.median(engine) / statistics.median(added):.2f}")
    assert ratio >= 0.85


async def ask(index: Index, question: str) -> None:
    """Ask as if for the first time."""
    index._pipeline._answers.clear()
    await index.ask(question)


async def test_asking_costs_little_more_than_encoding_the_question(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path)) as index:
        model = bare_model((await index.engine()).encoder)
        await index.add([str(SAMPLES)])
        await fill(index, 10_000)
        for question in QUESTIONS:
            await ask(index, question)
        asked, encoded = [], []
        for turn in range(60):
            question = QUESTIONS[turn % len(QUESTIONS)]
            started = perf_counter()
            encode(model, [question], "query: ")
            encoded.append(perf_counter() - started)
            started = perf_counter()
            await ask(index, question)
            asked.append(perf_counter() - started)
        counts = await index.counts()
        told = []
        for turn in range(100):
            started = perf_counter()
            await index.status(NAMES[turn % len(NAMES)])
            told.append(perf_counter() - started)
    print(f"\n{counts.articles} articles: status p50 {statistics.median(told) * 1000:.1f} ms")
    assert statistics.median(told) <= 0.5 * statistics.median(encoded)
    ratio = statistics.median(asked) / statistics.median(encoded)
    print(
        f"{counts.passages} passages, {counts.vectors} vectors: ask p50 {statistics.median(asked) * 1000:.1f} ms, "
        f"bare query encoding p50 {statistics.median(encoded) * 1000:.1f} ms: ratio {ratio:.2f}"
    )
    assert ratio <= 1.5


class Echo:
    """In the place of the engine: vectors that were really made, with a little noise. Ten thousand passages would take an hour."""

    def __init__(self, encoded: Sequence[Encoded], layers: Sequence[Layers], engine: Engine) -> None:
        self._noise = np.random.default_rng(1)
        self._vectors = np.stack([one.vector for one in encoded])
        self._tokens = [engine.fitted.tokens.passage(one.tokens) for one in encoded]
        self._layers = layers
        self.fitted = engine.fitted

    async def passages(self, texts: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(self._moved(self._vectors[at]), self._tokens[at]) for at in self._noise.integers(0, len(self._tokens), len(texts))]

    async def layers(self, texts: Sequence[str], heads: Sequence[str]) -> list[Layers]:
        picked = [self._layers[at] for at in self._noise.integers(0, len(self._layers), len(texts))]
        return [replace(one, vector=self._moved(one.vector)) for one in picked]

    def _moved(self, vector: np.ndarray) -> np.ndarray:
        moved = vector + self._noise.normal(0, 0.02, vector.shape).astype(np.float32)
        return moved / np.linalg.norm(moved)

    async def bulk(self, work: Callable[[], Any], *, beside: bool = False) -> Any:
        return work()

    def give_way(self) -> None:
        pass


async def fill(index: Index, count: int) -> None:
    """Fill the index with recombined sentences, through the real storage."""
    dice = random.Random(1)
    engine = await index.engine()
    cuts = [cut(article) for article in articles()]
    said = [pair for one in cuts for pair in islice(one.statements(), 1, None)]
    sentences = [sentence for sentence, _ in said]
    texts = [text for one in cuts for text in one.passage_texts()]
    layers = await engine.layers(*zip(*said, strict=True))
    echo: Any = Echo(await asyncio.to_thread(engine.encoder.passages_with_tokens, texts), layers, engine)
    mentions = Mentions(catalogue.load())
    generation = await index._store.live()
    assert generation is not None
    made = 0
    while made < count:
        entries = []
        for _ in range(200):
            body = " ".join(dice.choice(sentences) for _ in range(5))
            published = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(1000))
            source = f"https://bench.example/{made}"
            title = f"{dice.choice(cuts).article.title} {made}"
            article = Article(f"bench{made}", source, source, title, body, dice.choice(("en", "fr")), published=published)
            [embedded] = await embed([cut(article)], echo, mentions, lambda _: None)
            entries.append(Entry(article, source, source, embedded))
            made += 1
        await index._store.write(entries, generation)
