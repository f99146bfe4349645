"""Many callers, few calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding.engine.batcher import Batcher


class Doubling:
    """Doubles numbers, and remembers which came together."""

    def __init__(self) -> None:
        self.calls: list[Sequence[int]] = []
        self.go = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.calls.append(tuple(numbers))
        await self.go.wait()
        if -1 in numbers:
            raise ValueError("minus one")
        return [2 * number for number in numbers]


async def test_one_alone_is_taken_up_at_once_and_those_that_come_meanwhile_go_together() -> None:
    doubling = Doubling()
    ask = Batcher(doubling, 3)
    first = asyncio.create_task(ask(0))
    await asyncio.sleep(0.01)
    assert doubling.calls == [(0,)]
    others = [asyncio.create_task(ask(number)) for number in range(1, 6)]
    await asyncio.sleep(0.01)
    doubling.go.set()
    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert doubling.calls == [(0,), (1, 2, 3), (4, 5)]
    assert await ask(7) == 14


async def test_what_goes_wrong_is_told_to_those_in_that_call_alone() -> None:
    doubling = Doubling()
    doubling.go.set()
    ask = Batcher(doubling, 2)
    told = await asyncio.gather(*(ask(number) for number in (1, -1, 3)), return_exceptions=True)
    assert [type(one) for one in told] == [ValueError, ValueError, int]


async def test_whoever_goes_away_takes_nobody_along() -> None:
    doubling = Doubling()
    ask = Batcher(doubling, 8)
    tasks = [asyncio.create_task(ask(number)) for number in range(4)]
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(ask(number)) for number in (4, 5)]
    await asyncio.sleep(0.01)
    tasks[1].cancel()
    late[0].cancel()
    doubling.go.set()
    assert [await task for task in (tasks[0], *tasks[2:], late[1])] == [0, 4, 6, 10]
    assert doubling.calls == [(0, 1, 2, 3), (5,)]
    with pytest.raises(asyncio.CancelledError):
        await late[0]


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 9))
async def test_everybody_gets_their_own_result_once(waits: list[int], limit: int) -> None:
    doubling = Doubling()
    doubling.go.set()
    ask = Batcher(doubling, limit)

    async def come(number: int, turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await ask(number)

    assert await asyncio.gather(*(come(number, turns) for number, turns in enumerate(waits))) == [2 * at for at in range(len(waits))]
    assert sorted(number for call in doubling.calls for number in call) == list(range(len(waits)))
    assert all(len(call) <= limit for call in doubling.calls)
