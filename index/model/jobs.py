"""Jobs: what is worked on for minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class JobState(StrEnum):
    """How a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A rebuild: of everything, or of the articles of one workspace.

    Attributes:
        scope: whose articles; everybody's job rebuilds those of all scopes.
        done, total: articles embedded, and how many there are; both move when articles are added or removed meanwhile.
        rate: articles a second, since the process that works on it took it up; None before the first ones.
        queued, started, finished: moments in UTC.
        problem: one sentence on why it failed.
        in_public: see :class:`index.model.errors.ShipdateError`.
    """

    id: int
    scope: str
    state: JobState
    done: int
    total: int
    rate: float | None
    queued: datetime
    started: datetime | None
    finished: datetime | None
    problem: str | None
    in_public: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def left(self) -> timedelta | None:
        """How long it will still take at its rate; None where nobody knows."""
        return timedelta(seconds=(self.total - self.done) / self.rate) if self.open and self.rate else None
