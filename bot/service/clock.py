"""Whether the clock can be relied on for deleting what is old: one that jumps ahead would have everything deleted at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

JUMP, PROBATION = timedelta(days=7), timedelta(hours=1)
"""What is usual: for so long a machine may have been asleep or off, and so soon somebody has noticed a wrong clock."""

_MICROSECOND = 1000  # nanoseconds


class Timekeeper:
    """Compares the time with a clock that nobody sets.

    Args:
        now: the time in UTC, which may be set to anything.
        clock: nanoseconds of a clock that never goes back.
        jump: by how much the time may differ from what is expected.
        probation: for how long it has to go on as expected after that until it is relied on again.
    """

    def __init__(
        self, now: Callable[[], datetime], clock: Callable[[], int], *, jump: timedelta = JUMP, probation: timedelta = PROBATION
    ) -> None:
        self._now = now
        self._clock = clock
        self._jump = jump
        self._probation = probation // timedelta(microseconds=1) * _MICROSECOND
        self._last: tuple[datetime, int] | None = None
        self._jumped: int | None = None

    def is_steady(self, newest: datetime | None = None) -> bool:
        """Whether the time has gone on as expected since the last call, or since it jumped for long enough.

        Args:
            newest: when anything was written down last; what a new process expects the time to go on from. None: from anything.
        """
        now, ticks = self._now(), self._clock()
        if self._last:
            newest = self._last[0] + timedelta(microseconds=(ticks - self._last[1]) // _MICROSECOND)
        self._last = now, ticks
        if newest is not None and abs(now - newest) > self._jump:
            self._jumped = ticks
        return self._jumped is None or ticks - self._jumped >= self._probation
