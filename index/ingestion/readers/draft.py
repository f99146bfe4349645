"""What was read, before it is an article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256

from index.model.articles import EVERYBODY, Article, Precision, Section, article_id
from index.model.errors import ArticleError
from index.text import language

TEXT_LIMIT = 2_000_000
"""The longest text of an article, in characters: two long books. What unfolds to more is no article."""

NAME_LIMIT = 300
"""The longest title, or name of a publisher, in characters; a title stands before each sentence that is embedded."""

_HEADING_LIMIT = 120  # characters of a first line that serves as a title


@dataclass(frozen=True, slots=True)
class Draft:
    """An article's text, and what it says of itself; whatever it does not say is None.

    Attributes:
        text: as a reader sees it, a block (a paragraph, a heading, an item of a list, a row of a table) on each line: no sentence goes
            on over the end of a line. A heading begins with ``# ``, an item with ``- ``; a row names its columns ("Model: Sora; Price:
            $20"). Blank lines stand between blocks, except between the items of one list and the rows of one table.
        precision, updated, sections: see :class:`index.model.articles.Article`.
        etag, modified: by which its web server can be asked whether it has changed.

    Raises:
        ArticleError: the text is longer than :data:`TEXT_LIMIT`.
    """

    source: str
    text: str
    title: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: datetime | None = None
    precision: Precision = Precision.DAY
    updated: datetime | None = None
    sections: tuple[Section, ...] = ()
    language: str | None = None
    etag: str | None = None
    modified: str | None = None

    def __post_init__(self) -> None:
        if len(self.text) > TEXT_LIMIT:
            raise ArticleError(f"it has {len(self.text):,} characters of text; at most {TEXT_LIMIT:,} can be read, so split it.")

    @property
    def digest(self) -> str:
        """Changes exactly when the article does, in its text or in what it says of itself."""
        dates = [moment and moment.isoformat() for moment in (self.published, self.updated)]
        said = (self.text, self.title, self.url, self.publisher, *dates, self.precision.value, self.sections, self.language)
        return sha256(repr(said).encode()).hexdigest()

    @property
    def text_digest(self) -> str:
        """The same for two articles with the same words, whatever their white space."""
        return sha256(" ".join(self.text.split()).encode()).hexdigest()

    def article(self, scope: str = EVERYBODY) -> Article:
        """The article, with title, language and sections worked out where it does not say them.

        Where no date is said, it has its newest section's; without any, a missing date stays missing. CPU-bound.
        """
        from index.ingestion.readers.published import cannot_precede  # by workers alone: they take a while to be imported
        from index.ingestion.readers.sections import dated

        known = self.language or language.detect(self.text)
        published, precision, now = self.published, self.precision, datetime.now(UTC)
        parts = self.sections or dated(self.text, known, published.date() if published else None, now)
        if published is None and (days := [part.day for part in parts if part.day]):
            published, precision = datetime.combine(max(days), time.min, UTC), Precision.INFERRED
        return Article(
            id=article_id(self.source, scope),
            source=self.source,
            url=self.url or self.source,
            title=shortened(self.title) if self.title else _first_line(self.text),
            text=self.text,
            language=known,
            publisher=shortened(self.publisher) if self.publisher else None,
            published=published,
            scope=scope,
            precision=precision,
            updated=self.updated,
            not_before=None if published else cannot_precede(self.text, known, now),
            sections=parts,
        )


def shortened(name: str, limit: int = NAME_LIMIT - 2) -> str:
    """A title or a name; what goes beyond the limit is cut after a word, and an ellipsis put in its place."""
    if len(name) <= limit:
        return name
    return name[:limit].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"


def _first_line(text: str) -> str:
    line = next(line for line in text.splitlines() if any(map(str.isalnum, line))).strip().lstrip("#").strip()
    return shortened(line, _HEADING_LIMIT)
