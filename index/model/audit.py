"""Who changed what, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Audited:
    """One line of the audit: who changed what, and what became of it.

    Attributes:
        at: when, in UTC.
        workspace: where whoever did it stood; None outside of all.
        user: None where the platform names nobody, or where who it was has been forgotten.
        scope: whose articles, feeds or settings it was about.
        subject: what it was done to.
        outcome: a word, and where there is more to say, a colon and a sentence.
    """

    at: datetime
    platform: str
    workspace: str | None
    user: str | None
    scope: str
    act: str
    subject: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One question of the log; the columns as in :class:`Audited`."""

    at: datetime
    platform: str
    workspace: str | None
    user: str | None
    question: str
    answered: bool
    elapsed_ms: float
