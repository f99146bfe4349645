"""Articles from HTML: main text and metadata, by trafilatura."""

from __future__ import annotations

from index.ingestion.readers import page_checks, titles
from index.ingestion.readers.decoding import decode, named_in
from index.ingestion.readers.draft import Draft
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
    import trafilatura
    from trafilatura.settings import Document

    page = decode(content, charset or named_in(content))
    # A date is only taken from where a page states it: the wider search would guess one from any digits on the page. A date
    # that cannot be is found, too, and not believed afterwards; else the next best digits would be taken.
    found = trafilatura.bare_extraction(
        page,
        url=address,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"extensive_search": False, "original_date": True, **_EVER},
    )
    text = (found.text or "" if isinstance(found, Document) else "").strip()
    if instead := page_checks.seen(page, text, address):
        raise ArticleError(instead)
    if not isinstance(found, Document) or not any(map(str.isalnum, text)):
        raise ArticleError("no article text can be found in this page.")
    tree = trafilatura.load_html(page)
    own = _spelled(found.url)
    host = parse(own).host.removeprefix("www.") if own else None
    return Draft(
        source=source,
        text=text,
        title=(titles.title_of(tree, host) if tree is not None else None) or (found.title if titles.is_title(found.title) else None),
        url=own,
        publisher=(titles.publisher_of(tree) if tree is not None else None) or host or found.author,
        published=credible(moment(found.date)) if found.date else None,
        language=found.language,
    )


def _spelled(url: str | None) -> str | None:
    """The address that a page names; None where it is none."""
    try:
        return str(parse(url)) if url else None
    except AddressError:
        return None
