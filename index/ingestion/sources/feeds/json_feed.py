"""JSON Feed, versions 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from index.ingestion.readers.decoding import decode
from index.ingestion.sources.feeds.entries import Entry, Source, paragraphs
from index.ingestion.web.address import AddressError
from index.ingestion.web.address import parse as parse_address
from index.ingestion.web.response import Fetched
from index.model.errors import ArticleError, FeedError

_VERSION = "://jsonfeed.org/version/"


def is_json(content: bytes) -> bool:
    """Whether it is an object of JSON, rather than XML."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read(fetched: Fetched) -> Source:
    """What a feed says.

    Raises:
        FeedError: it is none.
    """
    try:
        feed = json.loads(decode(fetched.content, fetched.charset).removeprefix("\ufeff"), strict=False)
    except (ArticleError, ValueError, RecursionError):
        raise FeedError(f"{fetched.url} is not a feed: its JSON cannot be read.") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or _VERSION not in _text(feed.get("version")).replace("www.", ""):
        raise FeedError(f"{fetched.url} is not a feed; give the address of an RSS or Atom feed, or of a page that names its feed.")
    entries = [_entry(item, fetched.url) for item in items if isinstance(item, dict)]
    return Source(_text(feed.get("title")), _text(feed.get("home_page_url")), "", entries)


def _entry(item: Mapping[str, Any], base: str) -> Entry:
    texts = [_text(item.get("content_html")), paragraphs(_text(item.get("content_text"))), paragraphs(_text(item.get("summary")))]
    published, updated = _text(item.get("date_published")), _text(item.get("date_modified"))
    return Entry(
        id=_text(item.get("id")),
        link=_absolute(_text(item.get("url")) or _text(item.get("external_url")), base),
        title=_text(item.get("title")),
        published=published,
        updated=updated,
        html=next((text for text in texts if text.strip()), ""),
        origin=_author(item) if item.get("external_url") and not item.get("url") else "",
    )


def _author(item: Mapping[str, Any]) -> str:
    authors = item.get("authors") or [item.get("author")]
    named = [author for author in authors if isinstance(author, dict)] if isinstance(authors, list) else []
    return _text(named[0].get("name")) if named else ""


def _text(value: object) -> str:
    """A text, or a number, of which some make their ids; empty for what is neither."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _absolute(link: str, base: str) -> str:
    try:
        return str(parse_address(base).join(link.strip())) if link.strip() else ""
    except AddressError:
        return link
