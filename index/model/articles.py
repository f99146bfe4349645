"""Articles, their parts, and what becomes of those that are added.

All offsets count Unicode code points of :attr:`Article.text`, so ``article.text[x.start : x.end]`` is always exactly what a passage,
sentence or quote says.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256

EVERYBODY = ""
"""The scope of an article that every workspace may see."""

DIGEST_DIGITS = 32
"""Hexadecimal digits of a digest: 128 bits, of which nobody makes two that are alike."""


def article_id(source: str, scope: str) -> str:
    """The id of the article that is kept under a source for a scope: a digest of both."""
    return sha256(f"{scope}\n{source}".encode()).hexdigest()[:DIGEST_DIGITS]


class Precision(StrEnum):
    """How exactly it is known when an article appeared.

    Attributes:
        DAY: to the day, or better.
        MONTH, YEAR: its publication date is the first day of that time.
        INFERRED: to the day, which the page does not state; its text tells it.
    """

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article that has a day of its own, such as an entry of a changelog: it ends where the next one starts.

    Attributes:
        start: an offset into the article's text.
        day: when it was written; None for a part that is as old as the article.
    """

    start: int
    day: date | None


@dataclass(frozen=True, slots=True)
class Article:
    """One dated text, as stored.

    Attributes:
        id: stable for as long as the article stands at the same place (see :func:`article_id`).
        source: where it was read: ``file:`` followed by an absolute path, or a web address. One article a source and scope.
        url: its canonical address, shown to people; the source itself when the article names none.
        published: when it appeared, with its offset; None when unknown, which is never replaced by a guess.
        precision: how exactly that is known.
        updated: when it was last changed, as it says itself.
        not_before: the first day on which it can have been written, where nobody knows when it appeared: the last of the days on which,
            by its own words, something had happened.
        sections: its parts that have days of their own, in order.
        language: ISO 639-1 code.
        scope: who may see it (:data:`EVERYBODY`, or the name of one workspace).
    """

    id: str
    source: str
    url: str
    title: str
    text: str = field(repr=False)
    language: str
    publisher: str | None = None
    published: datetime | None = None
    scope: str = EVERYBODY
    precision: Precision = Precision.DAY
    updated: datetime | None = None
    not_before: date | None = None
    sections: tuple[Section, ...] = ()

    @property
    def day(self) -> date | None:
        """The day of publication in UTC; of a month or a year that is all that is known, the last one: it may be no older."""
        return None if self.published is None else last_day(self.published.astimezone(UTC).date(), self.precision)

    def day_of(self, offset: int) -> date | None:
        """When what stands there was written: the day of its section, else the article's."""
        return section_day(self.sections, offset) or self.day


def section_day(sections: Sequence[Section], offset: int) -> date | None:
    """The day of the section that an offset stands in; None where it stands in none, or in one that is as old as the article."""
    before = bisect_right(sections, offset, key=lambda section: section.start)
    return sections[before - 1].day if before else None


def last_day(day: date, precision: Precision) -> date:
    """The last day of the month or the year of ``day``, where no more is known; else that day."""
    match precision:
        case Precision.MONTH:
            return day.replace(day=monthrange(day.year, day.month)[1])
        case Precision.YEAR:
            return day.replace(month=12, day=31)
        case _:
            return day


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points of an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage(Span):
    """What is retrieved: neighbouring sentences of one article, about a paragraph long."""

    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What a quote says of the article that it stands in: an :class:`Article` without its text."""

    id: str
    title: str
    url: str
    publisher: str | None
    published: datetime | None
    language: str
    precision: Precision = Precision.DAY

    @property
    def has_day(self) -> bool:
        """Whether it is known to the day when it appeared."""
        return self.published is not None and self.precision in (Precision.DAY, Precision.INFERRED)


class Change(StrEnum):
    """What adding one source did."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source that was to be added.

    Attributes:
        detail: the source it repeats (duplicate), or one sentence on what went wrong (failed).
    """

    source: str
    change: Change
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of articles.

    Attributes:
        also: the addresses of its copies: where else the same text stands.
    """

    article: Source
    source: str
    passages: int
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an addition or a rebuild has come; sent to whoever asked to be told.

    Attributes:
        articles, of: articles finished, and how many there are.
        texts: passages and sentences embedded so far.
    """

    articles: int
    of: int
    texts: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much an index holds."""

    articles: int
    passages: int
    vectors: int


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is kept of a source, an article's or a copy's: whoever reads it again can tell whether it has changed."""

    digest: str
    etag: str | None = None
    modified: str | None = None
