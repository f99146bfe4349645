"""Articles from HTML: main text and metadata, by trafilatura."""

from __future__ import annotations

from datetime import UTC, datetime

from index.ingestion.readers import page_checks
from index.ingestion.readers.decoding import decode, named_in
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.published import of_page
from index.ingestion.web.address import AddressError, parse
from index.model.errors import ArticleError
from index.text import language


def from_html(content: bytes, source: str, *, address: str | None = None, charset: str | None = None) -> Draft:
    """A web page: its main text and its metadata, by trafilatura. Menus, comments and advertisements are left out.

    Args:
        address: where it stands on the web, if it does.
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, or no article can be found in the page; the text says what was seen instead.
    """
    import trafilatura
    from trafilatura.settings import Document

    page = decode(content, charset or named_in(content))
    found = trafilatura.bare_extraction(
        page,
        url=address,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"extensive_search": False},  # the quickest; its date is not used
    )
    text = (found.text or "" if isinstance(found, Document) else "").strip()
    if len(text) < page_checks.SHORT and (instead := page_checks.seen(page, text)):
        raise ArticleError(instead)
    if not isinstance(found, Document) or not any(map(str.isalnum, text)):
        raise ArticleError("no article text can be found in this page.")
    dated = of_page(trafilatura.load_html(page), text, found.language or language.detect(text), address, datetime.now(UTC))
    return Draft(
        source=source,
        text=text,
        title=found.title,
        url=_spelled(found.url),
        publisher=found.sitename or found.author,
        published=dated.published,
        precision=dated.precision,
        updated=dated.updated,
        language=found.language,
    )


def _spelled(url: str | None) -> str | None:
    """The address that a page names; None where it is none."""
    try:
        return str(parse(url)) if url else None
    except AddressError:
        return None
