"""Feeds that are followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from index.model.articles import Outcome


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is followed. All moments are in UTC.

    Attributes:
        title: as the feed calls itself, once it was read.
        every: from one look to the next, when all goes well.
        due: the next look.
        checked: the last look that succeeded.
        new: the last look that brought an article, or a changed one.
        failing: since when looks fail; None while they succeed.
        failures: how many failed in a row.
        problem: one sentence on why the last one failed.
    """

    id: int
    scope: str
    url: str
    title: str | None
    every: timedelta
    added: datetime
    due: datetime
    checked: datetime | None = None
    new: datetime | None = None
    failing: datetime | None = None
    failures: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at a feed once.

    Attributes:
        feed: as it is afterwards; its ``problem`` says why the look failed, if it did.
        outcomes: what became of each item that was new or had changed.
    """

    feed: Feed
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class StarterFeeds:
    """What became of the feeds to begin with.

    Attributes:
        added, known: how many are followed now, and how many were before.
        left_out: for how many there was no room.
        most: how many feeds a workspace may follow.
    """

    added: int
    known: int
    left_out: int
    most: int
