"""Articles from plain text."""

from __future__ import annotations

import re

from index.ingestion.readers import front_matter, lines
from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.front_matter import Matter
from index.ingestion.web.address import is_address
from index.model.errors import ArticleError

_HEAD_LINE = re.compile(r"(title|subject|published|date|url|link|source|publisher|site)[ \t]*:[ \t]*(\S.*)", re.IGNORECASE)
_NAMES = {"subject": "title"}
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
_SIGNATURE = re.compile(r"^-- \n(?:.*\n?){0,10}\Z", re.MULTILINE)


def from_text(content: bytes, source: str, *, charset: str | None = None) -> Draft:
    """A plain text file, with or without front matter, or lines such as ``Date: 2026-05-04`` at its head.

    Args:
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, empty, or with front matter that cannot be understood (the line is named, or what cannot be).
    """
    matter, text = front_matter.take(decode(content, charset))
    if matter == Matter():
        matter, text = _head(text)
    return matter.draft(source, lines.reflow(_QUOTED.sub("", _SIGNATURE.sub("", text))))


def _head(text: str) -> tuple[Matter, str]:
    """What the first lines say of the text, where all up to a blank one are of the form ``Date: ...``, and the text after them."""
    values: dict[str, str] = {}
    start = len(text) - len(text.lstrip())
    while line := _HEAD_LINE.match(text, start):
        name, value = line.group(1).lower(), line.group(2).strip()
        if name == "source":
            name = "url" if is_address(value) else "publisher"
        values.setdefault(_NAMES.get(name, name), value)
        start = min(line.end() + 1, len(text))
    if text[start:].split("\n", 1)[0].strip():
        return Matter(), text
    try:
        return Matter.of(values), text[start:]
    except ArticleError:  # what stands behind "Date:" is none: so this is text like any other
        return Matter(), text
