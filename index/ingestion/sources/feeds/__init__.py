"""Feeds (RSS, RDF, Atom, JSON Feed) taken apart: which articles one tells of, and what it says of each.

Feeds in the wild are broken in every way, so nothing in one is believed that can be wrong: XML that is not well formed is read
as far as it goes, dates that cannot be are none, and names are only text.
"""

from index.ingestion.sources.feeds.discovery import discover
from index.ingestion.sources.feeds.items import Contents, Item
from index.ingestion.sources.feeds.parse import ACCEPT, ITEM_LIMIT, SIZE_LIMIT, parse

__all__ = ["ACCEPT", "ITEM_LIMIT", "SIZE_LIMIT", "Contents", "Item", "discover", "parse"]
