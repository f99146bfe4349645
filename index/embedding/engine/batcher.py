"""Questions that arrive together are encoded together: a batch of sixteen takes a third of the time of sixteen calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Calls a function that takes many, for callers that have one each.

    Nobody waits for company: what comes while nothing is at work is taken up at once, and what comes meanwhile goes together
    into the next call.

    Args:
        work: one result an item, in order. One call runs at a time.
        limit: the most items of one call.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], limit: int) -> None:
        self._work = work
        self._limit = limit
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: T) -> R:
        """The result for one item; what the call raises is raised to all whose items were in it."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                taken = [(item, future) for item, future in self._waiting[: self._limit] if not future.done()]
                del self._waiting[: self._limit]
                if taken:
                    await self._call(*zip(*taken, strict=True))
        finally:
            self._running = None

    async def _call(self, items: Sequence[T], futures: Sequence[asyncio.Future[R]]) -> None:
        try:
            results = await self._work(items)
        except BaseException as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for future, result in zip(futures, results, strict=True):
                if not future.done():  # whoever asked has gone
                    future.set_result(result)
