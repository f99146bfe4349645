"""How many questions a minute, and how much else: token buckets for each person and each workspace.

A bucket holds one minute's tokens and is full at first; a question takes one, and they come back one by one. That is kept as a
single number, the moment at which the bucket will be full again (the generic cell rate algorithm, ITU-T I.371), in whole
numbers, so that neither the rate nor the time promised to whoever has to wait is ever off by a rounding.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from enum import Enum
from math import ceil

from bot.service.permissions import Caller
from bot.wording import later
from index import ShipdateError

_SECOND = 1_000_000_000  # nanoseconds
_MINUTE = 60 * _SECOND

_USER = later("You ask faster than {rate} a minute; ask again in {seconds} s.")
_WORKSPACE = later("This workspace asks faster than {rate} a minute; ask again in {seconds} s.")


class Effort(Enum):
    """What is counted apart; each has a rate of its own, so that turning pages leaves people their questions, and the reverse.

    Attributes:
        QUESTION: an answer or a status, or what costs as much.
        OVERHEARD: a question that nobody has put to Shipdate.
        LESSER: everything else: lists, suggestions, boards, votes, changes, and also what is then refused.
    """

    QUESTION = "question"
    OVERHEARD = "overheard"
    LESSER = "lesser"

    @property
    def times(self) -> int:
        """How much of it a minute has room for, in the settings' rate of questions."""
        return 6 if self is Effort.LESSER else 1


class TooManyQuestionsError(ShipdateError):
    """Somebody asks faster than the settings allow.

    Attributes:
        retry_after: seconds until the next question is taken, unless others of the same workspace ask meanwhile.
    """

    def __init__(self, said: str, rate: int, wait: int) -> None:
        self.retry_after = wait / _SECOND
        super().__init__(said, rate=rate, seconds=ceil(self.retry_after))


class TokenBuckets:
    """Any number of buckets; one that has been idle for a minute is full, so it is dropped.

    Args:
        rate: tokens a minute, and how many a bucket holds.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._full: OrderedDict[Hashable, int] = OrderedDict()  # when each will be full, times the rate; in the order of their last use

    def __len__(self) -> int:
        return len(self._full)

    def wait(self, key: Hashable, now: int) -> int:
        """How long until there is a token, in nanoseconds, exactly; 0: there is one.

        Args:
            now: nanoseconds of a clock that never goes back.
        """
        lacking = self._full.get(key, 0) - now * self.rate - (self.rate - 1) * _MINUTE
        return max(0, -(-lacking // self.rate))

    def take(self, key: Hashable, now: int) -> None:
        """Take a token that is there."""
        self._full[key] = max(self._full.get(key, 0), now * self.rate) + _MINUTE
        self._full.move_to_end(key)
        # Whoever stands behind the first was used later than it, and none takes more than a minute to be full.
        while next(iter(self._full.values())) <= now * self.rate:
            self._full.popitem(last=False)


class Limits:
    """The buckets of everybody.

    Args:
        clock: nanoseconds of a clock that never goes back.
    """

    def __init__(self, *, user_rate: int, workspace_rate: int, clock: Callable[[], int]) -> None:
        self._users = TokenBuckets(user_rate)
        self._workspaces = TokenBuckets(workspace_rate)
        self._clock = clock

    def take(self, caller: Caller) -> None:
        """Count one question; one that is refused does not count. The terminal's operator is not limited.

        Raises:
            TooManyQuestionsError: not now; the text says when.
        """
        if caller.is_operator:
            return
        now = self._clock()
        buckets: list[tuple[TokenBuckets, Hashable, str]] = [(self._users, caller.person or caller.platform, _USER)]
        if caller.workspace:
            buckets.append((self._workspaces, caller.scope, _WORKSPACE))
        wait, rate, said = max((bucket.wait(key, now), bucket.rate, said) for bucket, key, said in buckets)
        if wait:
            raise TooManyQuestionsError(said, rate, wait)
        for bucket, key, _ in buckets:
            bucket.take(key, now)
