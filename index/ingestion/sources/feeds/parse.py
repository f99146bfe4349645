"""A feed of any kind, taken apart into its items."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from index.ingestion.sources.feeds import json_feed, titles, xml_feed
from index.ingestion.sources.feeds.body import text_of
from index.ingestion.sources.feeds.entries import Entry
from index.ingestion.sources.feeds.identity import Known, tell_apart
from index.ingestion.sources.feeds.items import Contents, Item, is_cut_short
from index.ingestion.web.address import Address
from index.ingestion.web.address import parse as parse_address
from index.ingestion.web.response import Fetched
from index.model.articles import Precision
from index.model.errors import FeedError

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9,"
    " application/json;q=0.8, */*;q=0.1"
)
"""What a feed's server is asked for."""

SIZE_LIMIT = 5 * 1024 * 1024
"""The largest feed that is read, in bytes, unpacked."""

ITEM_LIMIT = 200
"""The most items of a feed that are considered; the newest ones."""

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # no page of the web that is still told of is older; clocks that were never set are
_LONGEST_TTL = timedelta(days=1)
_PLACE = 32  # hexadecimal digits that tell two items of a feed apart
_MARK_LIMIT = 250_000  # tags; feedparser takes some ten seconds for as many that are never closed
_TAG = re.compile(r"<[^<>]*>")
_GZIP = b"\x1f\x8b"
_ENTRY_LIMIT = 5000  # entries of which the newest are looked for


def parse(fetched: Fetched, now: datetime) -> Contents:
    """Take a feed apart. CPU-bound.

    Raises:
        FeedError: one sentence on why it is none.
    """
    fetched = replace(fetched, content=_unpacked(fetched))
    if fetched.content.count(b"<") > _MARK_LIMIT:
        raise FeedError(f"{fetched.url} is no feed that can be read in reasonable time: it has more than {_MARK_LIMIT:,} tags.")
    source = json_feed.read(fetched) if json_feed.is_json(fetched.content) else xml_feed.read(fetched)
    title, feed = titles.name(source.title), parse_address(fetched.url)
    entries = source.entries[:_ENTRY_LIMIT]
    names = [titles.name(entry.title) for entry in entries]
    # Without their tags: invisible pictures that count readers differ each time.
    words = [" ".join(html.unescape(_TAG.sub(" ", entry.html)).split()) for entry in entries]
    items: dict[str, Item] = {}
    for entry, known, name, said in zip(entries, tell_apart(entries, names, words, source.home), names, words, strict=True):
        if known.key:
            item = _item(entry, known, titles.of_release(name, title), said, publisher=title, feed=feed, now=now)
            items.setdefault(item.key, item)
    return Contents(title, _ttl(source.ttl), _newest(list(items.values()), now))


def _newest(items: Sequence[Item], now: datetime) -> Sequence[Item]:
    """What has no date stands where feeds put what is new."""
    return sorted(items, key=lambda item: item.published or now, reverse=True)[:ITEM_LIMIT]


def _item(entry: Entry, known: Known, title: str | None, words: str, *, publisher: str | None, feed: Address, now: datetime) -> Item:
    target = known.target
    page = target.document if target else None
    own = page is not None and feed.speaks_for(page)
    shown = (target if known.is_part else page) or feed
    published, precision = _moment(entry.published or entry.updated, now)
    updated, _ = _moment(entry.updated, now) if entry.published else (None, precision)
    aside = page is None or known.is_part or (own and (entry.video or (title is None and _is_post(entry))))
    said = (title, entry.link, entry.published, entry.updated, words)
    return Item(
        key=known.key,
        digest=sha256(repr(said).encode()).hexdigest(),
        source=str(page) if page and not known.is_part else f"{feed}#{sha256(known.key.encode()).hexdigest()[:_PLACE]}",
        link=None if aside else str(page),
        place=str(shown if own else feed),
        title=title,
        publisher=titles.name(entry.origin) or publisher,
        published=published,
        html=entry.html,
        precision=precision,
        updated=updated if updated and published and updated > published else None,
    )


def _is_post(entry: Entry) -> bool:
    """Whether an entry without a title is all that was posted, as on Mastodon and Bluesky, rather than the beginning of a page."""
    text = text_of(entry.html)
    return bool(text) and not is_cut_short(text)


def _moment(text: str, now: datetime) -> tuple[datetime | None, Precision]:
    """A moment as it is written, in UTC; none that cannot be, and none that is not understood."""
    from index.ingestion.readers.published import is_to_come, stated  # in a worker alone: it takes a while

    found = stated(text)
    if found is None:
        return None, Precision.DAY
    moment, precision = found.moment.astimezone(UTC), found.precision
    return (moment, precision) if moment >= _EARLIEST and not is_to_come(moment, now) else (None, Precision.DAY)


def _unpacked(fetched: Fetched) -> bytes:
    """The feed itself, where a packed file was sent as such. What breaks off is read as far as it goes.

    Raises:
        FeedError: it unpacks to more than can be read, or to nothing.
    """
    if not fetched.content.startswith(_GZIP):
        return fetched.content
    try:
        content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(fetched.content, SIZE_LIMIT + 1)
    except zlib.error:
        raise FeedError(f"{fetched.url} is not a feed: it is packed in a way that cannot be undone.") from None
    if len(content) > SIZE_LIMIT:
        raise FeedError(f"{fetched.url} unpacks to more than {SIZE_LIMIT // 1024**2} MB, which is more than a feed may have.")
    return content


def _ttl(minutes: str) -> timedelta:
    said = minutes.strip()
    return min(timedelta(minutes=int(said[:9])), _LONGEST_TTL) if said.isdecimal() else timedelta()
