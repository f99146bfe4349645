"""How much memory Shipdate takes with ten thousand articles: to answer, and while it embeds all of them again.

Run alone: ``make benchmark``.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.test_rates import SAMPLES, fill
from benchmarks.test_together import questions
from bot.settings import Settings
from index import open_index
from tests.support.articles import ROOT

ARTICLES, REBUILT, ASKED = 10_000, 200, 64
LIMIT = 900  # MB

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems tell of it otherwise")


def peak(process: subprocess.Popen[str]) -> int:
    """The most memory that a process has had so far, in MB. What the system counts when it ends begins with its parent's."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) // 1024


def answer(process: subprocess.Popen[str]) -> int:
    """The peak after some questions."""
    assert process.stdin
    assert process.stdout
    for question in questions()[:ASKED]:
        process.stdin.write(json.dumps({"question": question}) + "\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith("{")
    return peak(process)


@pytest.mark.timeout(1800)
async def test_ten_thousand_articles_fit_a_small_machine(tmp_path: Path) -> None:
    shipdate = [sys.executable, "-m", "bot", "--data", str(tmp_path)]
    async with open_index(Settings(data=tmp_path)) as index:
        await index.add([str(SAMPLES)])
        await fill(index, ARTICLES)
        counts = await index.counts()
        job = await index.jobs.start()  # which goes on in whatever process is there
    with subprocess.Popen([*shipdate, "ask", "--json-lines"], stdin=-1, stdout=-1, text=True, cwd=ROOT) as process:  # noqa: ASYNC220
        answering = await asyncio.to_thread(answer, process)
    with subprocess.Popen([*shipdate, "serve"], stderr=-1, text=True, cwd=ROOT) as process:  # noqa: ASYNC220
        assert process.stderr
        await asyncio.to_thread(process.stderr.readline)  # it is up
        async with open_index(Settings(data=tmp_path)) as index:
            async for seen in index.jobs.follow(job.id):
                if seen.done >= REBUILT:
                    break
        serving = peak(process)
        process.terminate()
    print(f"\n{counts.articles} articles, {counts.passages} passages: {answering} MB to answer, {serving} MB for `serve` in a rebuild")
    assert answering < LIMIT
    assert serving < LIMIT
