"""Parts that run side by side for long: one that fails is told and started again, and takes none of the others down."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from time import monotonic

import structlog

from bot.platforms import Part
from bot.server import logs
from index import ShipdateError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds from a failure to the next start: each time twice as long as before, until it has worked for the longest."""

_JITTER = 0.2  # of a pause, so that many installations do not come back at once

log = structlog.get_logger(__name__)


class State(StrEnum):
    """How a part is."""

    STARTING = "starting"
    READY = "ready"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a part is, and, where it fails, why: in a sentence, or as the reference under which the log has it."""

    state: State = State.STARTING
    problem: str | None = None


@dataclass
class Supervisor:
    """Runs parts; each failure is logged.

    Attributes:
        tell: is called once, when all parts have come to be at work.
        standing: how each part is now, by its name.
    """

    parts: Sequence[Part]
    tell: Callable[[], None]
    first_pause: float = FIRST_PAUSE
    standing: Mapping[str, Standing] = field(init=False)

    def __post_init__(self) -> None:
        self.standing = {part.name: Standing() for part in self.parts}
        self._told = False

    async def run(self) -> None:
        """Run all parts until this is cancelled; then each may finish what it has begun."""
        async with asyncio.TaskGroup() as group:
            for part in self.parts:
                group.create_task(self._keep(part), name=part.name)

    async def _keep(self, part: Part) -> None:
        pause = self.first_pause
        while True:
            started = monotonic()
            try:
                await part.run(partial(self._told_by, part))
            except ShipdateError as error:
                log.warning("a part failed", part=part.name, problem=str(error))
                problem = str(error)
            except Exception as error:
                problem = f"an error inside Shipdate; the log has it as {logs.report('a part failed', error, part=part.name)}"
            else:
                self._stand(part, Standing(State.READY))
                return
            if (task := asyncio.current_task()) and task.cancelling():
                return  # it failed when it was told to stop
            self._stand(part, Standing(State.FAILING, problem))
            if monotonic() - started > LONGEST_PAUSE:
                pause = self.first_pause
            await asyncio.sleep(pause * random.uniform(1 - _JITTER, 1 + _JITTER))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _told_by(self, part: Part, problem: str | None = None) -> None:
        if problem and self.standing[part.name].problem != problem:
            log.warning("a part waits", part=part.name, problem=problem)
        self._stand(part, Standing(State.FAILING, problem) if problem else Standing(State.READY))

    def _stand(self, part: Part, standing: Standing) -> None:
        if standing.state is State.READY is not self.standing[part.name].state:
            log.info("a part is ready", part=part.name)
        self.standing = {**self.standing, part.name: standing}
        if not self._told and all(one.state is State.READY for one in self.standing.values()):
            self._told = True
            self.tell()
