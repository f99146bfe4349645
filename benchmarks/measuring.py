"""On which machine, and in what time, of the clock and of the processor: the second is what others on the machine cannot lengthen."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from index.ingestion.embed import Cut


def machine() -> str:
    """What the figures were measured on."""
    try:
        names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What comes of some work, and its seconds: of the clock and of the processor."""
    wall, thread = time.perf_counter(), time.thread_time()
    result = work()
    return result, time.perf_counter() - wall, time.thread_time() - thread


def percentiles(seconds: Sequence[tuple[float, float]]) -> str:
    """``p50 / p99`` in ms, of the clock (and of the processor)."""
    wall, thread = np.percentile(np.array(seconds) * 1000, [50, 99], axis=0).T
    return f"{wall[0]:5.2f} / {wall[1]:5.2f} ({thread[0]:5.2f} / {thread[1]:5.2f})"


def sentence_texts(one: Cut) -> list[str]:
    """What is embedded for each sentence of an article."""
    _title, *said = one.statements()
    return [head + sentence for sentence, head in said]
