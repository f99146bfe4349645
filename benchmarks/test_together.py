"""Many questions at once, against the encoder alone and against one question alone: ratios of things measured in one run.

The same questions are asked one by one first. Their answers are forgotten then; the passages that were read for them are not.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.test_rates import CALIBRATION, SAMPLES, bare_model, encode, fill
from bot.settings import Settings
from index import Answer, open_index
from index.api import Index

TOGETHER, ROUNDS = 64, 5
ASKED = Path(__file__).parents[1] / "tools" / "calibration" / "questions.jsonl"


def questions() -> list[str]:
    """Real ones, each another one."""
    lines = [json.loads(line) for line in ASKED.read_text(encoding="utf-8").splitlines()]
    return list(dict.fromkeys(line["question"] for line in lines))[: TOGETHER * ROUNDS]


async def timed(index: Index, question: str) -> tuple[float, Answer]:
    started = perf_counter()
    answer = await index.ask(question)
    return perf_counter() - started, answer


async def test_questions_that_come_together_are_answered_nearly_as_fast_as_they_are_encoded(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path)) as index:
        await index.add([str(SAMPLES), str(CALIBRATION)])
        await fill(index, 10_000)
        encoder, asked = (await index.engine()).encoder, questions()
        model = bare_model(encoder)
        for question in asked[:TOGETHER]:
            await index.ask(question)
        alone, bare, others, together, waits = [], [], [], [], []
        for turn in range(ROUNDS):
            some = asked[turn * TOGETHER : (turn + 1) * TOGETHER]
            index._pipeline._answers.clear()
            expected = []
            for question in some:
                took, answer = await timed(index, question)
                alone.append(took)
                expected.append(answer.answered)
            index._pipeline._answers.clear()
            started = perf_counter()
            answers = await asyncio.gather(*(timed(index, question) for question in some))
            together.append(perf_counter() - started)
            waits += [took for took, _ in answers]
            assert [answer.question for _, answer in answers] == some
            assert np.mean([answer.answered == one for (_, answer), one in zip(answers, expected, strict=True)]) >= 0.95
            started = perf_counter()
            await asyncio.to_thread(encoder.encode_queries, some)
            bare.append(perf_counter() - started)
            started = perf_counter()
            encode(model, some, "query: ")
            others.append(perf_counter() - started)
    ratio = statistics.median(bare) / statistics.median(together)
    p50, p99 = statistics.median(alone) * 1000, float(np.percentile(waits, 99)) * 1000
    rates = [TOGETHER / statistics.median(took) for took in (together, bare, others)]
    print(f"\n{TOGETHER} at once: {rates[0]:.0f} questions/s; its own engine, bare: {rates[1]:.0f}/s: ratio {ratio:.2f}")
    print(f"bare sentence-transformers {rates[2]:.0f}/s: ratio {rates[0] / rates[2]:.2f}")
    print(f"alone p50 {p50:.1f} ms; {TOGETHER} at once p99 {p99:.1f} ms: {p99 / p50:.1f} times")
    assert ratio >= 0.75
    assert p99 <= 8 * p50
