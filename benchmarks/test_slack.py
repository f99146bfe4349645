"""Two hundred people ask at once in Slack: each is answered once; how long the last ones wait, beside somebody who asks alone.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from bot.service.service import Service
from index import open_index
from tests.bot.on_slack.conftest import running, settings_for
from tests.support.articles import SAMPLES
from tests.support.slack import BOT, fronted, local_slack

ASKED = 200
QUESTIONS = ("When will Sora ship?", "Who in Hollywood is testing Sora?", "how much does kling cost?", "Quand sort Runway Gen-4 ?")


async def test_two_hundred_questions_at_once_are_answered_once_each(tmp_path: Path) -> None:
    answered: Counter[str] = Counter()
    moments: defaultdict[str, asyncio.Future[float]] = defaultdict(asyncio.get_running_loop().create_future)

    async def note(arguments: Mapping[str, Any]) -> None:
        asked = arguments["thread_ts"]
        answered[asked] += 1
        if not moments[asked].done():
            moments[asked].set_result(perf_counter())

    async with local_slack(tmp_path) as slack, fronted(slack) as front:
        front.answers["chat.postMessage"] = note  # type: ignore[assignment]
        settings = settings_for(slack, front, tmp_path / "data")
        async with open_index(settings) as index:
            await index.add([str(SAMPLES)])
            async with running(slack, front, Service(index, settings), settings):

                async def ask(number: int) -> float:
                    begun = perf_counter()
                    asked = await slack.write(f"C{number % 150:04}", f"<@{BOT}> {QUESTIONS[number % len(QUESTIONS)]}")
                    return await moments[asked] - begun

                for number in range(8):
                    await ask(number)
                alone = median([await ask(number) for number in range(20)])
                begun = perf_counter()
                together = await asyncio.gather(*(ask(number) for number in range(ASKED)))
                took = perf_counter() - begun
                await asyncio.sleep(1)
    assert set(answered.values()) == {1}
    assert len(answered) == ASKED + 28
    p99 = quantiles(together, n=100)[98]
    print(
        f"\nSlack, {ASKED} questions at once: each answered once, {ASKED / took:.0f}/s; alone {alone * 1000:.0f} ms, "
        f"p50 {median(together) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms: p99 is {p99 / alone:.0f} times a lone answer"
    )
    assert p99 <= ASKED * alone
