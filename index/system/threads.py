"""What is done for long texts, beside the event loop: others wait for it a few milliseconds at a time, not to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

BRIEF = 200
"""Code points of a text for which so little is done that a thread would only take longer: almost all questions, and all names."""

# One alone: all that it does is Python, which runs on one core however many threads there are.
_thread = ThreadPoolExecutor(1, thread_name_prefix="long-texts")


async def beside(text: str, work: Callable[[], T]) -> T:
    """Do something that takes the longer the longer a text is, and at most in proportion to it: see :data:`BRIEF`."""
    if len(text) <= BRIEF:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_thread, copy_context().run, work)
