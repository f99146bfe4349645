"""How much slower answers are while a rebuild goes on beside them: a ratio of two things measured in turns in one run.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from benchmarks.test_rates import CALIBRATION, QUESTIONS, SAMPLES
from bot.settings import Settings
from index import open_index
from index.api import Index
from index.ingestion import embed

TURNS, ASKED = 4, 100  # a turn's questions take a few seconds, and the rebuild more


async def ask(index: Index) -> list[float]:
    """How long each of some questions takes, one after another without a pause, in seconds."""
    took = []
    for turn in range(ASKED):
        started = perf_counter()
        index._pipeline._answers.clear()
        await index.ask(QUESTIONS[turn % len(QUESTIONS)])
        took.append(perf_counter() - started)
    return took


async def test_questions_are_answered_nearly_as_fast_during_a_rebuild(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "BATCH_TEXTS", 64)  # an article or two in each transaction, so that it is seen how far the rebuild comes
    async with open_index(Settings(data=tmp_path)) as index:
        await index.add([str(SAMPLES), str(CALIBRATION)])
        await ask(index)
        idle, busy, done, lasted = [], [], 0, 0.0
        for _ in range(TURNS):
            idle += await ask(index)
            begun = await index.jobs.start()
            async for job in index.jobs.follow(begun.id):
                if job.done:
                    break
            before, started = job.done, perf_counter()
            busy += await ask(index)
            lasted += perf_counter() - started
            now = await index.jobs.cancel(job.id)
            assert now is not None
            assert now.done < now.total, "the rebuild was over before the questions were"
            done += now.done - before
            async for _seen in index.jobs.follow(job.id):
                pass
    p50, p95 = ([np.percentile(took, share) * 1000 for took in (idle, busy)] for share in (50, 95))
    print(f"\n{len(idle)} questions each: ask p50 {p50[0]:.1f} ms idle, {p50[1]:.1f} ms during a rebuild: ratio {p50[1] / p50[0]:.2f}")
    print(f"p95 {p95[0]:.1f} ms idle, {p95[1]:.1f} ms during a rebuild: ratio {p95[1] / p95[0]:.2f}")
    print(f"meanwhile it embedded {done} articles in {lasted:.1f} s; alone it makes {job.rate or 0:.1f} a second")
    assert p95[1] <= 2.5 * p95[0]
