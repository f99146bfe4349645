"""Feeds (RSS, RDF, Atom) taken apart: which articles one tells of, and what it says of each.

Feeds in the wild are broken in every way, so nothing in one is believed that can be wrong: XML that is not well formed is read
as far as it goes, dates that cannot be are none, and names are only text.
"""

from __future__ import annotations

import html
import io
import re
from calendar import timegm
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from xml.sax import SAXException

from index.ingestion.readers.draft import Draft, shortened
from index.ingestion.readers.page import from_html
from index.ingestion.readers.published import is_to_come
from index.ingestion.web.address import Address, AddressError
from index.ingestion.web.address import parse as parse_address
from index.ingestion.web.response import Fetched
from index.model.errors import ArticleError, FeedError
from index.text.sanitize import storable

ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
"""What a feed's server is asked for."""

SIZE_LIMIT = 5 * 1024 * 1024
"""The largest feed that is read, in bytes."""

ITEM_LIMIT = 200
"""The most items of a feed that are considered; the newest ones."""

_KINDS = {"application/rss+xml", "application/atom+xml", "application/rdf+xml"}
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # no page of the web that is still told of is older; clocks that were never set are
_LONGEST_TTL = timedelta(days=1)
_PLACE = 32  # hexadecimal digits that tell two items of a feed apart
_MARK_LIMIT = 250_000  # tags; feedparser takes some ten seconds for as many that are never closed
_FIRST_ELEMENT = re.compile(rb"<\w")
_TAG = re.compile(r"<[^<>]*>")
_CUT_SHORT = re.compile(r"(\.\.\.|…|\[…\]|\[\.\.\.\])\W*$")
_END = 100  # characters of a text in which it is looked for

# Both in bytes of UTF-8, since a Chinese character takes three and says about as much as three letters.
_SOME = 80  # a sentence or two: enough to stand for an article
_WHOLE = 2000  # more than teasers have


@dataclass(frozen=True, slots=True)
class Item:
    """One article that a feed tells of.

    Attributes:
        key: by which the feed knows it: its guid, else its link, else its title or words.
        digest: changes when the feed says something else of it.
        source: the name under which its article is kept: its link, else a place in the feed.
        link: the page behind it, if there is one.
        place: where the feed's words may be said to stand: at the link, if the feed may speak for it
            (see :meth:`~index.ingestion.web.address.Address.speaks_for`), else in the feed.
        published: in UTC; None where the feed gives no date that can be.
        html: the longest text that the feed has of it.
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

    @property
    def id(self) -> str:
        """A digest of the key, which may be as long as the feed."""
        return sha256(self.key.encode()).hexdigest()

    def told(self) -> Draft | None:
        """The article as the feed itself tells it; None where that is less than a sentence or two. Takes milliseconds."""
        try:
            found = from_html(f"<html><body><article>{self.html}</article></body></html>".encode(), self.source)
        except ArticleError:
            return None
        if len(found.text.encode()) < _SOME:
            return None
        return Draft(self.source, found.text, self.title, self.place, self.publisher, self.published)

    def is_whole(self, told: Draft) -> bool:
        """Whether that is the article, rather than its beginning, or what one site says of another's."""
        return self.place == self.link and len(told.text.encode()) >= _WHOLE and not _CUT_SHORT.search(told.text[-_END:])

    def completed(self, page: Draft) -> Draft:
        """The article of the page behind it. Of its own pages, a feed knows headline and time of publication better.

        Another site's page has no headline but its own.
        """
        own = self.place == self.link
        better, other = (self, page) if own else (page, self)
        return replace(
            page,
            source=self.source,
            title=(own and self.title) or page.title,
            publisher=page.publisher or self.publisher,
            published=better.published or other.published,
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in a feed.

    Attributes:
        ttl: for how long it asks to be left alone.
        items: newest first, at most :data:`ITEM_LIMIT`.
    """

    title: str | None
    ttl: timedelta
    items: Sequence[Item]


def parse(fetched: Fetched, now: datetime) -> Contents:
    """Take a feed apart. CPU-bound.

    Raises:
        FeedError: one sentence on why it is none.
    """
    import feedparser

    start = _FIRST_ELEMENT.search(fetched.content)
    if start and b"<!ENTITY" in fetched.content[: start.start()]:
        # Ten lines of them can unfold to gigabytes. The parser gives up after eight megabytes, which is ten seconds late.
        raise FeedError(f"{fetched.url} declares entities of its own, which no feed needs; so it is not read.")
    if fetched.content.count(b"<") > _MARK_LIMIT:
        raise FeedError(f"{fetched.url} is no feed that can be read in reasonable time: it has more than {_MARK_LIMIT:,} tags.")
    headers = {"content-location": fetched.url}
    if fetched.charset:
        headers["content-type"] = f"application/xml; charset={fetched.charset}"
    try:
        # As a stream: a text or bytes could be taken for the name of a file.
        found = feedparser.parse(io.BytesIO(fetched.content), response_headers=headers)
    except Exception as error:  # it raises what garbage makes Python raise, such as ValueError for a character that does not exist
        raise FeedError(f"{fetched.url} cannot be read as a feed ({error}).") from None
    if not found.entries:
        if not found.get("version"):
            raise FeedError(f"{fetched.url} is not a feed; give the address of an RSS or Atom feed, or of a page that names its feed.")
        if isinstance(found.get("bozo_exception"), SAXException):
            raise FeedError(f"{fetched.url} is a broken feed in which no item can be found ({found.bozo_exception.getMessage()}).")
    title = _name(found.feed.get("title"))
    shared = {id_ for id_, count in Counter(entry.get("id") for entry in found.entries).items() if count > 1}
    address = parse_address(fetched.url)
    items: dict[str, Item] = {}
    for entry in found.entries:
        if item := _item(entry, address, title, shared, now):
            items.setdefault(item.key, item)
    # What has no date stands where feeds put what is new.
    newest = sorted(items.values(), key=lambda item: item.published or now, reverse=True)
    return Contents(title, _ttl(found.feed.get("ttl")), newest[:ITEM_LIMIT])


def discover(page: Fetched) -> str | None:
    """The address of the feed that a web page names as its own."""
    from trafilatura import load_html

    document = load_html(page.content)
    if document is None:
        return None
    base = parse_address(page.url)
    with suppress(AddressError, StopIteration):
        base = base.join(next(iter(document.xpath("//base/@href"))))
    for link in document.iter("link"):
        if "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower().strip() in _KINDS and link.get("href"):
            with suppress(AddressError):
                return str(base.join(str(link.get("href")).strip()).document)
    return None


def _item(entry: Mapping[str, Any], feed: Address, feed_title: str | None, shared: Collection[str], now: datetime) -> Item | None:
    link = storable(entry.get("link") or "").strip()
    page, place = None, feed
    with suppress(AddressError):  # of a link that leads nowhere: what the feed says of it stands in the feed alone
        target = parse_address(link).document
        page, place = str(target), target if feed.speaks_for(target) else feed
    title = _name(entry.get("title"))
    text = max([*(entry.get("content") or ()), entry.get("summary_detail") or {}], key=lambda one: len(one.get("value") or ""))
    body = _html(text)
    words = " ".join(html.unescape(_TAG.sub(" ", body)).split())  # invisible pictures that count readers differ each time
    id_ = entry.get("id") or ""
    key = (storable(id_).strip() if id_ not in shared else "") or page or title or words
    if not key:
        return None
    said = (title, link, entry.get("published"), entry.get("updated") if "updated" in entry else None, words)
    return Item(
        key=key,
        digest=sha256(repr(said).encode()).hexdigest(),
        source=page or f"{feed}#{sha256(key.encode()).hexdigest()[:_PLACE]}",
        link=page,
        place=str(place),
        title=title,
        publisher=_name((entry.get("source") or {}).get("title")) or feed_title,
        published=_moment(entry, now),
        html=body,
    )


def _html(text: Mapping[str, Any]) -> str:
    """One of feedparser's texts, which it has cleaned of scripts if it is HTML."""
    value = storable(text.get("value") or "")
    if text.get("type") in (None, "text/plain"):
        return "".join(f"<p>{html.escape(line)}</p>" for line in value.splitlines() if line.strip())
    return value


def _name(value: str | None) -> str | None:
    """A title without markup, on one line: many feeds have HTML in it, escaped once or twice."""
    text = " ".join(html.unescape(_TAG.sub(" ", html.unescape(storable(value or "")))).split())
    return shortened(text) or None


def _moment(entry: Mapping[str, Any], now: datetime) -> datetime | None:
    """When it appeared, else when it was last changed; a date that cannot be is none."""
    for name in ("published_parsed", "updated_parsed"):
        parsed = entry.get(name) if name in entry else None  # asked for what is not there, feedparser would give the other one
        if parsed:
            try:
                found = datetime.fromtimestamp(timegm(parsed), UTC)
            except (ValueError, OverflowError, OSError):
                continue
            if found >= _EARLIEST and not is_to_come(found, now):
                return found
    return None


def _ttl(minutes: str | None) -> timedelta:
    said = (minutes or "").strip()
    return min(timedelta(minutes=int(said[:9])), _LONGEST_TTL) if said.isdecimal() else timedelta()
