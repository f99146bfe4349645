"""Questions first: what a person waits for goes before what can wait.

Adding and rebuilding work on a thread of their own, which gives way in three ways: the operating system lets every other thread of
the machine run first (Linux: niceness of single threads); it has one core as long as questions come; and since Python runs
one thread at a time, and hands over only every 5 ms, it waits for the open questions before each piece of plain Python.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

LONGEST = 0.1
"""Seconds that a piece of work waits at most, so that it goes on under any load."""

_MOMENT = 2.0  # seconds without a question, after which the machine is free


class Precedence:
    """The open questions of one process, and who waits for them. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._last: float | None = None
        self.last = False
        """Whether work gives way to other processes, too: from the first question on, or because it is nobody's wish of this moment."""
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def question(self) -> Iterator[None]:
        """As long as a question is being answered."""
        with self._lock:
            self._open += 1
            self.last = True
            self._free.clear()
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                self._last = monotonic()
                if not self._open:
                    self._free.set()

    @property
    def quiet(self) -> bool:
        """Whether no question has come for a moment, so that all cores may be used."""
        return not self._open and (self._last is None or monotonic() - self._last > _MOMENT)

    def give_way(self) -> None:
        """Let the open questions be answered first; called by the working thread before each few milliseconds of Python."""
        self._free.wait(LONGEST)
