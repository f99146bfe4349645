"""Names in feeds, made plain: many have markup in them, escaped once or twice, and signs that look like markup and are none."""

from __future__ import annotations

import html
import re
from functools import cache

from index.ingestion.readers.draft import shortened
from index.text.sanitize import storable

_MARK = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>")
_VERSION = re.compile(r"(?:v|ver\.?|version|release)?[\s._-]{0,3}\d{1,6}(?:\.\d{1,6}){1,4}[\w.+-]{0,40}", re.IGNORECASE)
_OWNER = re.compile(  # what release trackers put before, or after, the name of what they track
    r"\s*(?:(?:recent\s+|latest\s+)?(?:release notes|releases|tags|updates?|changes|versions)\s+(?:from|for|of|in)"
    r"|(?:pypi|npm)\s+(?:recent\s+)?(?:updates|releases|release history)\s+(?:for|of))\s+",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*[-–—|:·]?\s*(?:release notes|releases|changelog|change log|release history)\s*$", re.IGNORECASE)
_NAME = re.compile(r"@?[\w./-]{1,100}(?:\s+[\w./-]{1,60}){0,3}")  # longer ones are sentences, and no names
_NAMELESS = {"untitled", "(untitled)", "[untitled]", "no title", "(no title)", "[no title]", "null", "undefined"}


def name(value: str) -> str | None:
    """A title, or a name, without markup, on one line; None where nothing is left.

    Only what HTML knows is markup: "R&D <3", "Speed < 5 ms" and "list<int>" are kept whole.
    """
    text = html.unescape(_plain(html.unescape(_plain(storable(value)))))
    line = " ".join(text.split())
    return None if line.casefold() in _NAMELESS else shortened(line) or None


def of_release(title: str | None, feed: str | None) -> str | None:
    """A title that is nothing but a version, with the name of what it is a version of, as the feed has it."""
    if title is None or feed is None or not _VERSION.fullmatch(title):
        return title
    owner = _AFTER.sub("", _OWNER.sub("", feed, count=1)).strip()
    return f"{owner} {title}" if _NAME.fullmatch(owner) else title


def _plain(text: str) -> str:
    """Without the tags of HTML."""
    return _MARK.sub(lambda mark: " " if mark[1].lower() in _tags() else mark[0], text)


@cache
def _tags() -> frozenset[str]:
    from lxml.html import defs

    return frozenset(defs.tags) | {"mark", "time", "wbr", "figure", "figcaption", "svg", "math", "video", "audio", "picture", "section"}
