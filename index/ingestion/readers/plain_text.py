"""Articles from plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from index.ingestion.readers import front_matter, lines
from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.published import moment, stated, told_by
from index.ingestion.web.address import is_address, parse
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text import language

_HEAD_LINE = re.compile(r"(title|subject|published|date|url|link|source|publisher|site)[ \t]*:[ \t]*(\S.*)", re.IGNORECASE)
_NAMES = {"subject": "title", "date": "published", "link": "url", "site": "publisher"}
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
_SIGNATURE = re.compile(r"^-- \n(?:.*\n?){0,10}\Z", re.MULTILINE)


def from_text(content: bytes, source: str, *, charset: str | None = None) -> Draft:
    """A Markdown or plain text file, with or without YAML front matter.

    Args:
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, empty, or with front matter that cannot be understood (the line is named, or what cannot be).
    """
    said, text = front_matter.take(decode(content, charset))
    if not said:
        said, text = _head(text)
    text = lines.reflow(_QUOTED.sub("", _SIGNATURE.sub("", text))).strip()
    if not any(map(str.isalnum, text)):
        raise ArticleError("there is no text in it.")
    published = said.get("published")
    told = None if published else told_by(text, said.get("language") or language.detect(text), datetime.now(UTC))
    return Draft(
        source=source,
        text=text,
        title=said.get("title"),
        url=str(parse(url)) if (url := said.get("url")) and is_address(url) else None,  # what makes sites has paths there
        publisher=said.get("publisher"),
        published=moment(published) if published else told,
        precision=Precision.INFERRED if told else Precision.DAY,
        language=said.get("language"),
    )


def _head(text: str) -> tuple[Mapping[str, str], str]:
    """What the first lines say of the text, where all up to a blank one are of the form ``Date: ...``, and the text after them."""
    said: dict[str, str] = {}
    start = len(text) - len(text.lstrip())
    while line := _HEAD_LINE.match(text, start):
        name, value = line.group(1).lower(), line.group(2).strip()
        name = _NAMES.get(name, name)
        if name == "source":
            name = "url" if is_address(value) else "publisher"
        said.setdefault(name, value)
        start = min(line.end() + 1, len(text))
    day = stated(said["published"]) if "published" in said else None
    unread = "published" in said and (day is None or day.precision is not Precision.DAY)
    blank = not text[start:].split("\n", 1)[0].strip()
    return ({}, text) if unread or not blank else (said, text[start:])
