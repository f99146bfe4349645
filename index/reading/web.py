"""Articles from web pages: fetched safely (see :mod:`index.reading.fetching`), and understood."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from index.errors import ArticleError
from index.reading import pdf, sandbox
from index.reading.draft import Draft, credible, from_html, from_text
from index.reading.fetched import Fetched
from index.reading.files import SIZE_LIMIT
from index.reading.sandbox import Sandbox

if TYPE_CHECKING:
    from index.reading.fetching import Fetcher
    from index.storing.store import Known

_ACCEPT = "text/html, application/xhtml+xml, text/markdown, application/pdf;q=0.9, text/plain;q=0.9"
_HTML = {"text/html", "application/xhtml+xml"}
_PDF = {"application/pdf", "application/x-pdf"}
_TEXT = {"text/plain", "text/markdown", "text/x-markdown"}
_WEB = re.compile(r"https?://", re.IGNORECASE)


def is_address(name: str) -> bool:
    """Whether ``name`` is an address of the web rather than a path."""
    return bool(_WEB.match(name))


def source_of(address: str) -> str:
    """The name under which the article at an address is kept: the address in one spelling, without its fragment."""
    import httpx

    from index.reading.fetching import parse

    try:
        return str(parse(address))
    except httpx.InvalidURL:
        return address


async def read(address: str, fetcher: Fetcher, workers: Sandbox, known: Known | None = None) -> Draft | None:
    """The article on a web page; None when the server says that it has not changed since what is ``known`` of it.

    Raises:
        ArticleError: one sentence on why there is no article to be had there.
    """
    source = source_of(address)
    etag, modified = (known.etag, known.modified) if known else (None, None)
    fetched = await fetcher.get(source, accept=_ACCEPT, limit=SIZE_LIMIT, etag=etag, modified=modified)
    if fetched is None:
        return None
    try:
        draft = await workers.run_within(pdf.DEADLINE if _is_pdf(fetched) else sandbox.DEADLINE, understand, fetched, source)
    except ArticleError as error:
        raise ArticleError(f"{address}: {error}") from None
    return replace(draft, etag=fetched.etag, modified=fetched.modified)


def understand(fetched: Fetched, source: str) -> Draft:
    """The article in what a server sent; its address is what the page says only if that is of the same site. CPU-bound.

    Raises:
        ArticleError: there is none.
    """
    if fetched.kind in _HTML:
        draft = from_html(fetched.content, source, address=fetched.url, charset=fetched.charset)
    elif _is_pdf(fetched):
        draft = pdf.from_pdf(fetched.content, source)
    elif fetched.kind in _TEXT:
        draft = from_text(fetched.content, source, charset=fetched.charset)
    elif fetched.kind.endswith("xml"):
        raise ArticleError("it is a feed or other XML, not a page of text; add a feed with `shipdate feeds add`.")
    else:
        raise ArticleError(f"it is {fetched.kind or 'of no stated kind'}, not a page of text.")
    own = draft.url if draft.url and same_site(draft.url, fetched.url) else fetched.url
    return replace(draft, url=own, published=credible(draft.published))


def _is_pdf(fetched: Fetched) -> bool:
    return fetched.kind in _PDF or fetched.content.startswith(b"%PDF-")


def same_site(one: str, other: str) -> bool:
    """Whether one host is the other, or below it, such as m.example.org; nobody may speak for another site."""
    import httpx

    try:
        hosts = sorted((httpx.URL(address).host.removeprefix("www.") for address in (one, other)), key=len)
    except httpx.InvalidURL:
        return False
    return one.startswith(("http://", "https://")) and (hosts[1] == hosts[0] or hosts[1].endswith(f".{hosts[0]}"))
