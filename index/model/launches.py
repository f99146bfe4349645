"""Where launches stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from index.model.quotes import Quote


class Stage(StrEnum):
    """Where a launch stands, by what the articles say.

    Attributes:
        ANNOUNCED: shown or named by its maker; nobody outside can use it.
        LIMITED: some outsiders can, by invitation, waiting list or as testers.
        RELEASED: an ordinary customer in at least one market can sign up and use it.
        DISCONTINUED: its maker has announced its end, or ended it.
        UNKNOWN: no article says.
    """

    ANNOUNCED = "announced"
    LIMITED = "limited"
    RELEASED = "released"
    DISCONTINUED = "discontinued"
    UNKNOWN = "unknown"


class How(StrEnum):
    """In what way a sentence tells a stage.

    Attributes:
        EVENT: the stage begins with what it tells.
        STATE: the stage holds at the time of writing.
        PAST: it looks back: the stage began, or held, some time before.
        HEARSAY: rumours, leaks, forecasts; not the maker's word.
    """

    EVENT = "event"
    STATE = "state"
    PAST = "past"
    HEARSAY = "hearsay"


TITLE = -1
"""The ordinal of a claim that the title makes."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence's word on one product.

    Attributes:
        passage: the number of its passage in the article, from 0.
        ordinal: the number of the sentence in the passage, from 0; :data:`TITLE` for the article's title.
        named: whether the sentence names the product, rather than going on about it.
        sure: how likely the sentence tells this stage, from 0 to 1.
        since: the day that it names for it, on or before the article's own.
    """

    passage: int
    ordinal: int
    product: str
    named: bool
    stage: Stage
    how: How
    sure: float
    since: date | None


@dataclass(frozen=True, slots=True)
class Reported:
    """A claim with its article's number and day: what the timeline of a launch is made of.

    Attributes:
        article: the article's number.
        day: the day it was published, as an ordinal; None where unknown.
        passage: the id of the passage that makes it.
        ordinal: as that of a :class:`Claim`.
        relation: 0 for a claim about the product itself, 1 about one of its versions, -1 about a family that it belongs to.
        since: the day that it names, as an ordinal.
    """

    article: int
    day: int | None
    passage: int
    ordinal: int
    relation: int
    named: bool
    stage: Stage
    how: How
    sure: float
    since: int | None


@dataclass(frozen=True, slots=True)
class Period:
    """A time during which a launch stood at one stage.

    Attributes:
        since: the day it began, as the articles tell it; else the day of the first article that reports it.
        evidence: the sentence that proves it.
    """

    stage: Stage
    since: date
    evidence: Quote


@dataclass(frozen=True, slots=True)
class Status:
    """Where a product's launch stands on a day, and how it came there.

    Attributes:
        product: its id.
        name: as it is shown to people.
        history: every stage that the articles tell of, oldest first, the current one last; empty when they tell nothing.
    """

    product: str
    name: str
    as_of: date
    history: tuple[Period, ...] = ()

    @property
    def stage(self) -> Stage:
        """The current stage."""
        return self.history[-1].stage if self.history else Stage.UNKNOWN
