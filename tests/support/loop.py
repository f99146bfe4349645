"""How long the event loop stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter


@dataclass(slots=True)
class Standstill:
    """The longest time, in seconds, for which the loop served nobody."""

    longest: float = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Standstill]:
    """The loop, looked at every few milliseconds meanwhile."""
    standstill = Standstill()

    async def watch() -> None:
        before = perf_counter()
        while True:
            await asyncio.sleep(0.005)
            standstill.longest = max(standstill.longest, perf_counter() - before - 0.005)
            before = perf_counter()

    watching = asyncio.create_task(watch())
    try:
        yield standstill
    finally:
        watching.cancel()
