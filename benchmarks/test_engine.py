"""The engine beside plain sentence-transformers with the same weights: passages, questions, and a cold start.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.test_rates import QUESTIONS, SAMPLES, articles, fill
from bot.settings import Settings
from index import open_index
from index.embedding.encoders import load as encoders
from index.embedding.encoders import sentence_transformers
from index.embedding.encoders.base import unit
from index.ingestion.embed import cut
from tests.support.articles import ROOT

COLD, PASSAGES = 5, 10_000


def test_the_engine_beside_plain_sentence_transformers() -> None:
    made = Settings()
    encoder = encoders.load(made.embedding_model, made.cache)
    model = sentence_transformers.load(encoder.folder or encoder.name, encoder.name).model  # in fp32, and by its own defaults
    passages = [text for one in map(cut, articles()) for text in one.passage_texts()]
    took: dict[str, list[float]] = {"ours": [], "theirs": [], "our question": [], "their question": []}
    for _ in range(4):
        started = perf_counter()
        ours = encoder.encode_passages(passages)
        took["ours"].append(perf_counter() - started)
        started = perf_counter()
        theirs = model.encode(passages, prompt="passage: ", show_progress_bar=False)
        took["theirs"].append(perf_counter() - started)
        # One after the other, not in turns: PyTorch's threads spin a while after their work, and would take the cores from the next.
        for question in QUESTIONS * 4:
            started = perf_counter()
            encoder.encode_queries([question])
            took["our question"].append(perf_counter() - started)
        for question in QUESTIONS * 4:
            started = perf_counter()
            model.encode([question], prompt="query: ", show_progress_bar=False)
            took["their question"].append(perf_counter() - started)
    p50 = {name: statistics.median(some) for name, some in took.items()}
    cosine = float((ours * unit(np.asarray(theirs))).sum(axis=1).mean())
    bulk, lone = p50["theirs"] / p50["ours"], p50["their question"] / p50["our question"]
    print(f"\n{encoder.engine}: {len(passages) / p50['ours']:.0f} passages/s, {len(passages) / p50['theirs']:.0f} plain: ratio {bulk:.2f}")
    print(f"a question {p50['our question'] * 1000:.1f} ms, {p50['their question'] * 1000:.1f} ms plain: ratio {lone:.2f}")
    print(f"mean cosine {cosine:.5f}")
    assert cosine >= 0.999
    assert bulk >= 3
    assert lone >= 3


async def test_a_cold_question_is_answered_in_seconds(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path)) as index:
        await index.add([str(SAMPLES)])
        await fill(index, PASSAGES)
        assert (await index.ask(QUESTIONS[0])).answered
    command = [sys.executable, "-m", "bot", "--data", str(tmp_path), "ask", QUESTIONS[0]]
    took = []
    for _ in range(COLD):
        started = perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)  # noqa: ASYNC221  nothing else is to run meanwhile
        took.append(perf_counter() - started)
    print(f"\nshipdate ask, from nothing to the answer: p50 {statistics.median(took):.2f} s")
    assert statistics.median(took) < 3
