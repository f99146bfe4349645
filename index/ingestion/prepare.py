"""Articles made ready to be embedded: cut into passages and sentences, and with a signature by which their copies are found."""

from __future__ import annotations

from dataclasses import dataclass

from index.ingestion.readers.draft import Draft
from index.ingestion.sources import near_duplicates
from index.model.articles import Article, Passage
from index.text import passages

SENTENCE_LIMIT = 20_000
"""The most sentences of an article: each is embedded by itself, and twenty thousand take minutes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article, cut.

    Attributes:
        signature: of its text, in hexadecimal digits (see :func:`index.ingestion.sources.near_duplicates.signature`).
    """

    article: Article
    passages: tuple[Passage, ...]
    signature: str


def prepare(draft: Draft, scope: str) -> Prepared:
    """The article of a draft, made ready. CPU-bound.

    Raises:
        ArticleError: it has too many sentences.
    """
    article = draft.article(scope)
    return Prepared(article, passages.of_article(article, SENTENCE_LIMIT), near_duplicates.signature(article).hex())
