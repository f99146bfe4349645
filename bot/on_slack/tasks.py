"""What is at work: each act is done once, and at the end, what was begun is finished, and what goes on beside it is cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot.on_slack.errors import Errors
from bot.on_slack.send import Talk
from bot.service.conversations import Conversations


class Tasks:
    """The tasks that are at work for Slack.

    Attributes:
        work: the listeners that are at work, which are waited for when it stops.
        aside: what goes on for long, and is cut short then.
    """

    def __init__(self, conversations: Conversations, errors: Errors) -> None:
        self._conversations = conversations
        self._errors = errors
        self.work: set[asyncio.Task[Any]] = set()
        self.aside: set[asyncio.Task[Any]] = set()

    async def once(self, talk: Talk, key: str, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something that an event asks for, however often Slack sends it; what goes wrong is told once, too."""
        async with self._conversations.once("slack", f"{talk.team}:{key}") as fresh:
            if fresh:
                try:
                    await work()
                except Exception as error:
                    await self._errors.tell(talk, error)

    def beside(self, talk: Talk, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes long, and that can be cut short, beside the rest."""

        async def watched() -> None:
            try:
                await work
            except Exception as error:
                await self._errors.tell(talk, error)

        task = asyncio.create_task(watched())
        self.aside.add(task)
        task.add_done_callback(self.aside.discard)
