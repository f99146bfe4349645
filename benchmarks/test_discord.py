"""How Shipdate bears many questions at once on Discord: ratios, each of two things measured in one run.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from time import perf_counter

import numpy as np
from simcord import Env

from bot.on_discord import create_bot
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from tests.support.articles import SAMPLES
from tests.support.discord import PATIENCE, World

QUESTIONS = (
    "When will Sora ship?",
    "Who in Hollywood is testing Sora?",
    "Quand Kling est-il sorti ?",
    "How tall is the Eiffel Tower?",
    "What does Gen-4 cost?",
)
PEOPLE, AT_ONCE = 50, 200


async def test_two_hundred_questions_at_once_are_answered_once_each(tmp_path: Path) -> None:
    """From 50 people; and what the bot holds afterwards is what it held before."""
    settings = Settings(data=tmp_path / "data", discord_shard_count=1, user_rate=10_000, workspace_rate=10_000)
    async with open_index(settings) as index:
        await index.add([str(SAMPLES)])
        bot = create_bot(settings, service=Service(index, settings))
        env = Env(bot, settle_timeout=10 * PATIENCE)
        await env.start()
        world = World(env)
        people = [world.guild.add_member(env.create_user(f"member{number}")) for number in range(PEOPLE)]
        alone = []
        for question in QUESTIONS * 2:  # the first ones load the model
            started = perf_counter()
            await world.mention(world.ann, question)
            alone.append(perf_counter() - started)
        lone = float(np.median(alone[len(QUESTIONS) :]))

        held, percentiles = [], []
        for _ in range(2):
            before = len(world.answers())
            took = await at_once(world, [member.id for member in people])
            answers = world.answers()[before:]
            assert len(answers) == AT_ONCE
            assert len({answer.reference.message_id for answer in answers if answer.reference}) == AT_ONCE
            percentiles.append(float(np.percentile(took, 99)))
            del answers
            gc.collect()
            held.append(sum(str(type(one).__module__).startswith(("discord.", "bot.")) for one in gc.get_objects()))
        await env.shutdown()
        await bot.close()
    ratio = percentiles[-1] / lone
    print(f"\n{AT_ONCE} questions at once: p99 {percentiles[-1]:.2f} s, {ratio:.0f} lone answers of {lone * 1000:.0f} ms", end="")
    print(f"; objects held after each time: {', '.join(map(str, held))}")
    assert held[-1] - held[-2] < AT_ONCE / 10


async def at_once(world: World, people: list[int]) -> list[float]:
    """Seconds until each answer, when all ask in one moment."""
    backend, began = world.env.backend, perf_counter()
    took: list[float] = []
    emit = backend.emit

    def timed(event: str, payload: object) -> None:
        if event == "MESSAGE_CREATE" and payload["author"]["id"] == str(world.bot.id):  # type: ignore[index]
            took.append(perf_counter() - began)
        emit(event, payload)  # type: ignore[arg-type]

    backend.emit = timed  # type: ignore[method-assign]
    for number in range(AT_ONCE):
        text = f"<@{world.bot.id}> {QUESTIONS[number % len(QUESTIONS)]}"
        backend.create_message(world.channel.id, people[number % len(people)], text)
    await world.env.settle()
    backend.emit = emit  # type: ignore[method-assign]
    await asyncio.sleep(0)
    return took
