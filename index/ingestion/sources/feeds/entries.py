"""What a feed says, before anything of it is believed: the same for XML and JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_ITEM = re.compile(r"\s*[-*•·–]\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, as it stands there; what it does not say is empty.

    Attributes:
        link: its address, which may be relative, or none at all.
        title: with markup, as many feeds have it.
        published, updated: as they are written.
        html: the longest text that the feed has of it.
        origin: whose it is, where the feed collects what others wrote.
        video: whether it is a film, of which no page says more than the feed does.
    """

    id: str
    link: str
    title: str
    published: str
    updated: str
    html: str = field(repr=False)
    origin: str = ""
    video: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A feed, as it stands there.

    Attributes:
        home: the page that it is the feed of.
        ttl: for how many minutes it asks to be left alone.
    """

    title: str
    home: str
    ttl: str
    entries: Sequence[Entry]


def paragraphs(text: str) -> str:
    """A plain text as HTML: a paragraph, or an item of a list, a line."""
    lines = (line for line in text.splitlines() if line.strip())
    return "".join(
        f"<li>{html.escape(line[mark.end() :])}</li>" if (mark := _ITEM.match(line)) else f"<p>{html.escape(line)}</p>" for line in lines
    )
