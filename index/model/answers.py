"""Answers: what the articles say, or why they say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from index.model.launches import Status
from index.model.quotes import Quote


class Reason(StrEnum):
    """Why a question got no answer."""

    NOTHING_RELEVANT = "nothing_relevant"
    EMPTY_INDEX = "empty_index"
    EMPTY_QUESTION = "empty_question"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question was about, for the next one in its thread.

    Attributes:
        question: as it would be asked outside the thread.
        products: the ids of its products.
    """

    question: str
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say, best quote first, or why they say nothing.

    Attributes:
        as_of: the day the answer speaks of; nothing published later was considered.
        reason: None exactly when there are quotes.
        elapsed_ms: how long it took, in milliseconds.
        products: the ids of the products that the question is about.
        status: where the launch stands, when the question is about one product's launch.
        topic: what the next question of the thread may go on about.
        confident: whether it is so sure that it may be given to people who have not asked for it.
    """

    question: str
    language: str
    as_of: date
    quotes: tuple[Quote, ...]
    reason: Reason | None
    elapsed_ms: float
    products: tuple[str, ...] = ()
    status: Status | None = None
    topic: Topic | None = None
    confident: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is something to quote."""
        return bool(self.quotes)
