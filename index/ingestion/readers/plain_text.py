"""Articles from plain text."""

from __future__ import annotations

from datetime import UTC, datetime

from index.ingestion.readers import front_matter
from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.published import moment, told_by
from index.ingestion.web.address import is_address, parse
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text import language


def from_text(content: bytes, source: str, *, charset: str | None = None) -> Draft:
    """A Markdown or plain text file, with or without YAML front matter.

    Args:
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, empty, or with front matter that cannot be understood (the line is named, or what cannot be).
    """
    said, text = front_matter.take(decode(content, charset))
    text = text.strip()
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
