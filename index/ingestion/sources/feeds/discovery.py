"""The feed that a fetched web page names as its own."""

from __future__ import annotations

from index.ingestion.web.address import parse
from index.ingestion.web.response import Fetched


def discover(page: Fetched) -> str | None:
    """Its address (see :func:`index.ingestion.readers.feed_links.feed_of`); None where none is named. CPU-bound."""
    from trafilatura import load_html

    from index.ingestion.readers.feed_links import feed_of

    tree = load_html(page.content)
    feed = feed_of(tree, parse(page.url)) if tree is not None else None
    return str(feed) if feed else None
