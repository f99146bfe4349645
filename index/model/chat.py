"""Conversations: what was asked where, and what was quoted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from index.model.quotes import Mark


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was asked in a chat, and where its answer stands. The words of the question are not kept.

    Attributes:
        id: 0 as long as it is not stored.
        at: when, in UTC.
        workspace, user: as in :class:`Audited`.
        channel: where it was asked, by the platform's id.
        asked: the message, or the command, that asked, by the platform's id.
        thread: in which conversation of the channel; questions of the same one may go on about each other.
        reply: the message that answers, by the platform's id; None where there is none that lasts.
        products: the ids of the products that it was about.
        quotes: all that answered, best first, not only those that were shown.
    """

    at: datetime
    platform: str
    workspace: str | None
    user: str | None
    channel: str
    asked: str
    thread: str
    as_of: date
    language: str
    products: tuple[str, ...] = ()
    quotes: tuple[Mark, ...] = ()
    reply: str | None = None
    id: int = 0
