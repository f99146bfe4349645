"""Lists of feeds as OPML 2.0, which feed readers exchange (http://opml.org/spec2.opml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from index.model.errors import FeedError
from index.text.sanitize import storable

_DIRECTING = re.compile("[\u2028-\u202e\u2066-\u2069]")  # a terminal would show what stands around them otherwise than it is
_NOT_XML = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # https://www.w3.org/TR/xml/#charsets, or discouraged there


def read(text: str) -> Mapping[str, str | None]:
    """The feeds in a list, whatever folders they are in: address to title.

    Raises:
        FeedError: it is no OPML.
    """
    import listparser

    # As bytes, since a text that begins like an address would be fetched; in ASCII, since how it was encoded is behind us.
    found = listparser.parse(text.encode("ascii", "xmlcharrefreplace"))
    if found.version not in ("opml", "opml1", "opml2"):
        raise FeedError("This is not a list of feeds in OPML; export one from a feed reader.")
    return {storable(feed.url): storable(feed.title) if feed.title not in ("", feed.url) else None for feed in found.feeds}


def write(feeds: Iterable[tuple[str, str | None]]) -> str:
    """A list of feeds, addresses with titles, that :func:`read` and feed readers understand."""
    opml = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(opml, "head"), "title").text = "Feeds that Shipdate follows"
    body = ElementTree.SubElement(opml, "body")
    for url, title in feeds:
        name = _NOT_XML.sub("\ufffd", title or url)
        ElementTree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=_NOT_XML.sub("\ufffd", url))
    ElementTree.indent(opml)
    written = _DIRECTING.sub(lambda one: f"&#{ord(one[0])};", ElementTree.tostring(opml, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'
