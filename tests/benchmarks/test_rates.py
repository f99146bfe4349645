"""How much Shipdate adds to the bare encoder: two ratios, each of two things measured in one run.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np

from bot.settings import Settings
from index import open_index
from index.adding import cut
from index.core import Index
from index.embedding.encoder import Encoder
from index.model import Article
from index.reading.files import find, read
from index.storing.store import Entry

SAMPLES = Path(__file__).parents[2] / "index" / "samples"
CALIBRATION = Path(__file__).parent / "calibration" / "articles"
QUESTIONS = (
    "When will Sora ship?",
    "how much does kling cost per month",
    "Wer darf Claude Code benutzen?",
    "pourquoi Recall a été retardé",
    "is chatgpt voice out in europe yet?",
)


def articles() -> list[Article]:
    return [read(path).article() for path in find([str(SAMPLES), str(CALIBRATION)])]


async def test_adding_runs_at_nearly_the_rate_of_the_bare_encoder(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path / "warm")) as index:
        encoder = (await index.engine()).encoder
        texts = [text for article in articles() for text in cut(article).texts()]
        encoder.encode_passages(texts[:64])
        bare, added = [], []
        for turn in range(3):
            async with open_index(Settings(data=tmp_path / str(turn))) as fresh:
                fresh._engine = index._engine  # the model is loaded once
                started = perf_counter()
                await fresh.add([str(SAMPLES), str(CALIBRATION)])
                added.append(perf_counter() - started)
            started = perf_counter()
            encoder.encode_passages(texts)
            bare.append(perf_counter() - started)
    ratio = statistics.median(bare) / statistics.median(added)
    print(f"\nadding {len(texts)} texts: {len(texts) / min(added):.0f}/s, bare encoder {len(texts) / min(bare):.0f}/s: ratio {ratio:.2f}")
    assert ratio >= 0.85


async def test_asking_costs_little_more_than_encoding_the_question(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path)) as index:
        encoder = (await index.engine()).encoder
        await index.add([str(SAMPLES)])
        await fill(index, encoder, passages=10_000)
        for question in QUESTIONS:
            await index.ask(question)
        asked, encoded = [], []
        for turn in range(60):
            question = QUESTIONS[turn % len(QUESTIONS)]
            started = perf_counter()
            encoder.encode_queries([question])
            encoded.append(perf_counter() - started)
            started = perf_counter()
            await index.ask(question)
            asked.append(perf_counter() - started)
        counts = await index.counts()
    ratio = statistics.median(asked) / statistics.median(encoded)
    print(
        f"\n{counts.passages} passages, {counts.vectors} vectors: ask p50 {statistics.median(asked) * 1000:.1f} ms, "
        f"bare query encoding p50 {statistics.median(encoded) * 1000:.1f} ms: ratio {ratio:.2f}"
    )
    assert ratio <= 1.5


async def fill(index: Index, encoder: Encoder, passages: int) -> None:
    """Fill the index with recombined sentences, whose vectors are real ones with a little noise: embedding them would take an hour."""
    dice = random.Random(1)
    noise = np.random.default_rng(1)
    sources = articles()
    sentences: list[tuple[str, np.ndarray]] = []
    for article in sources:
        one = cut(article)
        texts = list(one.texts())
        vectors = await asyncio.to_thread(encoder.encode_passages, texts)
        sentences += [(text.partition(": ")[2] or text, vector) for text, vector in zip(texts, vectors, strict=True)]
    generation = await index._store.live()
    assert generation is not None
    made, entries = 0, []
    while made < passages:
        picked = [dice.choice(sentences) for _ in range(40)]
        body = "\n\n".join(" ".join(text for text, _ in picked[at : at + 5]) for at in range(0, 40, 5))
        published = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(1000))
        source = f"https://bench.example/{made}"
        title = f"{dice.choice(sources).title} {made}"
        article = Article(f"bench{made}", source, source, title, body, dice.choice(("en", "fr")), published=published)
        one = cut(article)
        vectors = jittered(noise, [vector for _, vector in picked], sum(1 + len(p.sentences) for p in one.passages))
        entries.append(Entry(article, source, source, one.embedded(vectors)))
        made += len(one.passages)
    for at in range(0, len(entries), 200):
        await index._store.write(entries[at : at + 200], generation)


def jittered(noise: np.random.Generator, vectors: Sequence[np.ndarray], rows: int) -> np.ndarray:
    base = np.stack([vectors[row % len(vectors)] for row in range(rows)])
    moved = base + noise.normal(0, 0.02, base.shape).astype(np.float32)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)
