"""The feed that a web page names as its own."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.ingestion.web.address import Address, AddressError, parse

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_KINDS = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/xml",
    "text/xml",
    "application/json",
    "text/rss",
    "text/rss+xml",
    "text/atom+xml",
}
_COMMENTS = re.compile(r"comment(?!ar(?:y|ies)\b)|komment|coment[aá]rio|commenti\b|评论|評論|留言|コメント|댓글", re.IGNORECASE)
_NO_FEED = re.compile(r"wp-json|oembed|manifest\.json|opensearch|sitemap|\.webmanifest", re.IGNORECASE)


def feed_of(tree: HtmlElement, own: Address | None) -> Address | None:
    """Its address: of several that of the page's own section, and never that of its comments; None where none is named.

    Args:
        own: the page's address; without it, a feed has to be named by a whole one.
    """
    base = own
    with suppress(AddressError, StopIteration):
        base = _joined(own, next(iter(tree.xpath("//base/@href"))))
    named: list[Address] = []
    for link in tree.iter("link"):
        address, title = str(link.get("href") or "").strip(), str(link.get("title") or "")
        kind = link.get("type", "").lower().partition(";")[0].strip()
        if not address or kind not in _KINDS or not {"alternate", "feed"} & set(link.get("rel", "").lower().split()):
            continue
        with suppress(AddressError):
            target = _joined(base, address).document
            if not _COMMENTS.search(f"{title} {urlsplit(str(target)).path}") and not _NO_FEED.search(str(target)):
                named.append(target)
    return max(named, key=lambda feed: _shared(feed, own), default=None)


def _joined(base: Address | None, reference: str) -> Address:
    return base.join(reference) if base else parse(reference)


def _shared(feed: Address, page: Address | None) -> int:
    """How many folders of the page's address a feed's begins with: that of a section stands below it. At most all of the feed's."""
    if page is None or not page.speaks_for(feed):
        return 0
    parts, others = _folders(feed), _folders(page)
    return next((at for at, (one, other) in enumerate(zip(parts, others, strict=False)) if one != other), min(len(parts), len(others)))


def _folders(address: Address) -> list[str]:
    return [part for part in urlsplit(str(address)).path.split("/") if part]
