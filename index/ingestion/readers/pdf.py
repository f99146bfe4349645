"""Articles from PDF files, by pypdf."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from index.ingestion.readers.draft import TEXT_LIMIT, Draft
from index.ingestion.readers.published import credible, told_by
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text import language
from index.text.sanitize import storable

if TYPE_CHECKING:
    from pypdf import PdfReader

DEADLINE = 60.0
"""Seconds that one may take: it is the most laborious kind of article."""

_PAGES = 300


def from_pdf(content: bytes, source: str) -> Draft:
    """The text of a PDF, its title and its date.

    Raises:
        ArticleError: broken, encrypted, without text (scanned pages), or too long.
    """
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not _opened(reader):
            raise ArticleError("this PDF is encrypted; save it without a password.")
        if len(reader.pages) > _PAGES:
            raise ArticleError(f"this PDF has {len(reader.pages):,} pages; the limit is {_PAGES}, so split it.")
        text = storable(_text(reader)).strip()
    except (ArticleError, MemoryError):
        raise
    except Exception:  # whatever a broken one makes pypdf raise
        raise ArticleError("this PDF is broken or too complicated to be read; save its text as .txt and add that.") from None
    if not any(map(str.isalnum, text)):
        raise ArticleError("this PDF has no text, only pictures of it; run it through a text recognition (OCR) first.")
    title, created = _metadata(reader)
    published = credible(created)
    told = None if published else told_by(text, language.detect(text), datetime.now(UTC))
    precision = Precision.INFERRED if told else Precision.DAY
    return Draft(source=source, text=text, title=title, published=published or told, precision=precision)


def _opened(reader: PdfReader) -> bool:
    """Whether it can be read without a password: many are encrypted so that they can be read by everybody and only not be changed."""
    from pypdf.errors import DependencyError

    with suppress(DependencyError):  # a cipher that pypdf has no library for
        return bool(reader.decrypt(""))
    return False


def _text(reader: PdfReader) -> str:
    pages: list[str] = []
    length = 0
    for page in reader.pages:
        pages.append(page.extract_text().strip())
        length += len(pages[-1])
        if length > TEXT_LIMIT:  # a small file can draw the same page a thousand times
            raise ArticleError(f"this PDF has more than {TEXT_LIMIT:,} characters of text, so split it.")
    return "\n\n".join(pages)


def _metadata(reader: PdfReader) -> tuple[str | None, datetime | None]:
    """What it says of itself, which is often malformed, and can be missed: title and day of its making."""
    title, created = None, None
    with suppress(Exception):
        if said := reader.metadata:
            title = storable(said.title or "").strip() or None
            moment = said.creation_date
            created = moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    return title, created
