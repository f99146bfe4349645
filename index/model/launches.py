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
