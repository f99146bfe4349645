"""When an article appeared, as far as it says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from index.model.errors import ArticleError

_WEB_BEGAN = 1991
_AHEAD = timedelta(days=1)
_SET = datetime(2020, 1, 1, tzinfo=UTC)  # before Shipdate was written: a clock that shows less was never set
_SHOWN = 40  # characters of what is no date


def moment(text: str) -> datetime:
    """An ISO 8601 date or time; in UTC where it names no offset.

    Raises:
        ArticleError: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.astimezone(UTC)  # the last hours of the year 9999 have no such time
    except (ValueError, OverflowError):
        raise ArticleError(f"“{text[:_SHOWN]}” is not a date; write it as 2024-12-09 or 2024-12-09T18:00:00Z.") from None
    return found


def credible(published: datetime | None) -> datetime | None:
    """The date that a machine wrote, unless it is older than the web or not yet come: then nobody knows it."""
    return None if published is None or published.year < _WEB_BEGAN or is_to_come(published, datetime.now(UTC)) else published


def is_to_come(published: datetime, now: datetime) -> bool:
    """Whether a date lies further ahead than time zones and clocks that go wrong explain; by a clock that was never set, none does."""
    return published - _AHEAD > now >= _SET
