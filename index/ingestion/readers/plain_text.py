"""Articles from plain text."""

from __future__ import annotations

from index.ingestion.readers import front_matter
from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import Draft


def from_text(content: bytes, source: str, *, charset: str | None = None) -> Draft:
    """A plain text file, with or without front matter.

    Args:
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, empty, or with front matter that cannot be understood (the line is named, or what cannot be).
    """
    matter, text = front_matter.take(decode(content, charset))
    return matter.draft(source, text)
