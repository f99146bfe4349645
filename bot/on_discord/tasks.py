"""What is at work: at the end, what was begun is finished, and what goes on beside it is cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.on_discord import errors


class Tasks:
    """The tasks that are at work for Discord."""

    def __init__(self) -> None:
        self._working: set[asyncio.Task[Any]] = set()
        self._background: set[asyncio.Task[Any]] = set()
        self._ending = False

    def begin(self) -> bool:
        """Whether something new may be begun; if so, the task that does it is waited for at the end."""
        task = asyncio.current_task()
        if self._ending or task is None:
            return False
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return True

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that need not be waited for at the end."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)

    async def finish(self, grace: float) -> None:
        """Begin nothing new, and finish what was begun.

        Args:
            grace: seconds for it.
        """
        self._ending = True
        for task in self._background:
            task.cancel()
        if working := {task for task in self._working if task is not asyncio.current_task()}:
            await asyncio.wait(working, timeout=grace)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            errors.report(error)
