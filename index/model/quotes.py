"""Words of articles, and the marks by which they are found again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from index.model.articles import DIGEST_DIGITS, Source, Span


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that stand in an article exactly so, from ``start`` to ``end``; at most :data:`~index.retrieval.quotes.QUOTE_LIMIT` long.

    Attributes:
        title: whether they stand in the article's title, of which ``start`` and ``end`` are offsets then.
        section: the day of the part of the article that they stand in, where it has one of its own.
    """

    text: str
    score: float
    start: int
    end: int
    article: Source
    title: bool = False
    section: date | None = None


@dataclass(frozen=True, slots=True)
class Mark(Span):
    """Where a quote stands, so that it can be shown again.

    Attributes:
        article: its id.
        digest: of the quote's words: an article that has changed since may not say so any more.
        title: as that of the quote.
    """

    article: str
    digest: str
    title: bool = False

    @classmethod
    def of(cls, quote: Quote) -> Mark:
        """The mark of a quote."""
        return cls(quote.start, quote.end, quote.article.id, words_digest(quote.text), quote.title)


def words_digest(text: str) -> str:
    """By which the words of a quote are recognised."""
    return sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]
