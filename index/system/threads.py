"""How many threads there may be, which of them go first, and one that does what takes long beside the event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

BRIEF = 200
"""Code points of a text for which so little is done that a thread would only take longer: almost all questions, and all names."""

_NICENESS = 5

# One alone: all that it does is Python, which runs on one core however many threads there are.
_thread = ThreadPoolExecutor(1, thread_name_prefix="long-texts")


async def beside(text: str, work: Callable[[], T]) -> T:
    """Do something that takes the longer the longer a text is, and at most in proportion to it: see :data:`BRIEF`."""
    if len(text) <= BRIEF:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_thread, copy_context().run, work)


def cores() -> int:
    """How many cores this process may use; fewer where ``OMP_NUM_THREADS`` says so, as everywhere else."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, int(wanted)) if wanted.isdecimal() and int(wanted) else available


def niceness() -> int:
    """How far the calling thread lets others go before it; 0 where the system knows that of processes only."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 0


def stand_back() -> None:
    """Let all other threads go before the calling one, and those that it starts, for good; where the system cannot, nothing changes."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
