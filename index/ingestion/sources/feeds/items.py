"""What a feed tells of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from index.ingestion.readers.draft import Draft
from index.ingestion.sources.feeds import body
from index.model.articles import Precision

_CUT_SHORT = re.compile(r"(\.\.\.|…|\[…\]|\[\.\.\.\])\W*$")
_END = 100  # characters of a text in which it is looked for

# In bytes of UTF-8, since a Chinese character takes three and says about as much as three letters.
_LEAST = 20  # "Aurora 2 is out now."
_SOME = 80  # a sentence or two: enough to stand for an article
_WHOLE = 2000  # more than teasers have


@dataclass(frozen=True, slots=True)
class Item:
    """One article that a feed tells of.

    Attributes:
        key: by which the feed knows it: its guid, else its link, else its title or words.
        digest: changes when the feed says something else of it.
        source: the name under which its article is kept: its link, else a place in the feed.
        link: the page behind it; None where there is none, or where the feed's own words are the article (an entry of a change log, a
            post, a film).
        place: where the feed's words may be said to stand: at its address, if the feed may speak for it
            (see :meth:`~index.ingestion.web.address.Address.speaks_for`), else in the feed.
        published: in UTC; None where the feed gives no date that can be.
        html: the longest text that the feed has of it.
        updated: when it was last changed, if the feed says so beside when it was published.
    """

    key: str
    digest: str
    source: str
    link: str | None
    place: str
    title: str | None
    publisher: str | None
    published: datetime | None
    html: str = field(repr=False)
    precision: Precision = Precision.DAY
    updated: datetime | None = None

    @property
    def id(self) -> str:
        """A digest of the key, which may be as long as the feed."""
        return sha256(self.key.encode()).hexdigest()

    def told(self) -> Draft | None:
        """The article as the feed itself tells it; None where that is less than a sentence or two. Takes milliseconds."""
        text = body.text_of(self.html)
        if len(text.encode()) < (_SOME if self.link else _LEAST):
            return None
        return Draft(
            self.source,
            text,
            self.title,
            self.place,
            self.publisher,
            self.published,
            precision=self.precision,
            updated=self.updated,
        )

    def is_whole(self, told: Draft) -> bool:
        """Whether that is the article, rather than its beginning, or what one site says of another's."""
        return self.place == self.link and len(told.text.encode()) >= _WHOLE and not is_cut_short(told.text)

    def completed(self, page: Draft) -> Draft:
        """The article of the page behind it. Of its own pages, a feed knows headline and time of publication better.

        Another site's page has no headline but its own.
        """
        own = self.place == self.link
        feed_first = bool(self.published) and (own or not page.published)
        return replace(
            page,
            source=self.source,
            title=(own and self.title) or page.title,
            publisher=page.publisher or self.publisher,
            published=self.published if feed_first else page.published,
            precision=self.precision if feed_first else page.precision,
            updated=(own and self.updated) or page.updated,
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in a feed.

    Attributes:
        ttl: for how long it asks to be left alone.
        items: newest first, at most :data:`~index.ingestion.sources.feeds.parse.ITEM_LIMIT`.
    """

    title: str | None
    ttl: timedelta
    items: Sequence[Item]


def is_cut_short(text: str) -> bool:
    """Whether a text is only the beginning of one, by its end."""
    return bool(_CUT_SHORT.search(text[-_END:]))
