"""Articles from HTML: main text and metadata, by trafilatura."""

from __future__ import annotations

from datetime import UTC, datetime

from index.ingestion.readers import page_checks, titles
from index.ingestion.readers.decoding import decode, named_in
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.page_text import main_text
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
    from trafilatura import load_html
    from trafilatura.metadata import extract_metadata

    page = decode(content, charset or named_in(content))
    tree = load_html(page)
    if tree is None:
        raise ArticleError("no article text can be found in this page.")
    found = extract_metadata(tree, address, {"extensive_search": False})  # the quickest; its date is not used
    text = main_text(load_html(page), found.url or address)  # which takes the tree apart
    if instead := page_checks.seen(tree, text, address):
        raise ArticleError(instead)
    if not any(map(str.isalnum, text)):
        raise ArticleError("no article text can be found in this page.")
    dated = of_page(tree, text, found.language or language.detect(text), address, datetime.now(UTC))
    own = _spelled(found.url)
    host = parse(own).host.removeprefix("www.") if own else None
    title = titles.title_of(tree, host) or (found.title if titles.is_title(found.title) else None)
    return Draft(
        source=source,
        text=_below(title, text),
        title=title,
        url=own,
        publisher=titles.publisher_of(tree) or host or found.author,
        published=dated.published,
        precision=dated.precision,
        updated=dated.updated,
        language=found.language,
    )


def _below(title: str | None, text: str) -> str:
    """A text without the heading that says the title once more: the same text under two titles is the same text."""
    first, _, rest = text.partition("\n")
    repeats = title is not None and first.removeprefix("# ").casefold().split() == title.casefold().split()
    return rest.lstrip("\n") if repeats and first.startswith("# ") and rest.strip() else text


def _spelled(url: str | None) -> str | None:
    """The address that a page names; None where it is none."""
    try:
        return str(parse(url)) if url else None
    except AddressError:
        return None
