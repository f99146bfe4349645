"""Articles from HTML: main text and metadata, by trafilatura."""

from __future__ import annotations

from index.ingestion.readers import page_checks
from index.ingestion.readers.decoding import decode, named_in
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.page_text import main_text
from index.ingestion.readers.published import credible, moment
from index.ingestion.web.address import AddressError, parse
from index.model.errors import ArticleError

_EVER = {"min_date": "1900-01-01", "max_date": "2999-12-31"}


def from_html(content: bytes, source: str, *, address: str | None = None, charset: str | None = None) -> Draft:
    """A web page: its main text and its metadata, by trafilatura. Menus, comments and advertisements are left out.

    Args:
        address: where it stands on the web, if it does.
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, or no article can be found in the page; the text says what was seen instead.
    """
    from trafilatura import load_html
    from trafilatura.metadata import extract_metadata

    page = decode(content, charset or named_in(content))
    tree = load_html(page)
    if tree is None:
        raise ArticleError("no article text can be found in this page.")
    # A date is only taken from where a page states it: the wider search would guess one from any digits on the page. A date
    # that cannot be is found, too, and not believed afterwards; else the next best digits would be taken.
    found = extract_metadata(tree, address, {"extensive_search": False, "original_date": True, **_EVER})
    text = main_text(tree, found.url or address)
    if len(text) < page_checks.SHORT and (instead := page_checks.seen(page, text)):
        raise ArticleError(instead)
    if not any(map(str.isalnum, text)):
        raise ArticleError("no article text can be found in this page.")
    return Draft(
        source=source,
        text=text,
        title=found.title,
        url=_spelled(found.url),
        publisher=found.sitename or found.author,
        published=credible(moment(found.date)) if found.date else None,
        language=found.language,
    )


def _spelled(url: str | None) -> str | None:
    """The address that a page names; None where it is none."""
    try:
        return str(parse(url)) if url else None
    except AddressError:
        return None
