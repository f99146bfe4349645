"""When an article appeared, as far as it says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from index.ingestion.readers.written_days import Stated, stated
from index.model.articles import Precision
from index.model.errors import ArticleError

__all__ = ["Stated", "credible", "is_to_come", "moment", "stated"]

_WEB_BEGAN = 1991
_AHEAD = timedelta(days=1)
_SET = datetime(2020, 1, 1, tzinfo=UTC)  # before Shipdate was written: a clock that shows less was never set
_SHOWN = 40  # characters of what is no date


def moment(text: str) -> datetime:
    """A date or time, as people or machines write it (:func:`stated`), to the day; in UTC where it names no offset.

    Raises:
        ArticleError: it is none.
    """
    said = stated(text)
    if said is None or said.precision is not Precision.DAY:
        raise ArticleError(f"“{text[:_SHOWN]}” is not a date; write it as 2024-12-09 or 2024-12-09T18:00:00Z.")
    return said.moment


def credible(published: datetime | None) -> datetime | None:
    """The date that a machine wrote, unless it is older than the web or not yet come: then nobody knows it."""
    return None if published is None or published.year < _WEB_BEGAN or is_to_come(published, datetime.now(UTC)) else published


def is_to_come(published: datetime, now: datetime) -> bool:
    """Whether a date lies further ahead than time zones and clocks that go wrong explain; by a clock that was never set, none does."""
    return published - _AHEAD > now >= _SET
