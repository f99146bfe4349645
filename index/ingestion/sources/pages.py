"""Articles from web pages: fetched safely (see :mod:`index.ingestion.web.fetch`), and understood."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from index.ingestion.readers.draft import Draft
from index.ingestion.sources.files import SIZE_LIMIT, pdf_deadline
from index.ingestion.web.address import LIMIT, Address, AddressError, parse
from index.ingestion.web.response import Fetched
from index.model.articles import SourceState
from index.model.errors import ArticleError
from index.system import sandbox
from index.system.sandbox import Sandbox
from index.text.sanitize import storable

if TYPE_CHECKING:
    from index.ingestion.web.fetch import Fetcher

_ACCEPT = "text/html, application/xhtml+xml, text/markdown, application/pdf;q=0.9, text/plain;q=0.9"
_HTML = {"text/html", "application/xhtml+xml"}
_PDF = {"application/pdf", "application/x-pdf"}
_MARKDOWN = {"text/markdown", "text/x-markdown"}
_MARKDOWN_END = re.compile(r"\.(?:md|mdx|markdown)(?:[?#]|$)", re.IGNORECASE)


def source_of(address: str) -> str:
    """The name under which the article at an address is kept: the address in one spelling, without its fragment.

    What is no address has a name, too, under which it is said that nothing can be had there.
    """
    try:
        return str(parse(address).document)
    except AddressError:
        return storable(address[:LIMIT])


async def read(address: str, fetcher: Fetcher, workers: Sandbox, known: SourceState | None = None) -> Draft | None:
    """The article on a web page; None when the server says that it has not changed since what is ``known`` of it.

    Raises:
        ArticleError: one sentence on why there is no article to be had there.
    """
    source = str(parse(address).document)
    etag, modified = (known.etag, known.modified) if known else (None, None)
    fetched = await fetcher.get(source, accept=_ACCEPT, limit=SIZE_LIMIT, etag=etag, modified=modified)
    if fetched is None:
        return None
    try:
        draft = await workers.run_within(pdf_deadline() if _is_pdf(fetched) else sandbox.DEADLINE, understand, fetched, source)
    except ArticleError as error:
        raise ArticleError(f"{address}: {error}") from None
    return replace(draft, etag=fetched.etag, modified=fetched.modified)


def understand(fetched: Fetched, source: str) -> Draft:
    """The article in what a server sent. CPU-bound; what reads it is imported here, in a worker.

    Raises:
        ArticleError: there is none.
    """
    from index.ingestion.readers import markdown, page, pdf, plain_text
    from index.ingestion.readers.published import credible

    if fetched.kind in _HTML:
        draft = page.from_html(fetched.content, source, address=fetched.url, charset=fetched.charset)
    elif _is_pdf(fetched):
        draft = pdf.from_pdf(fetched.content, source)
    elif fetched.kind in _MARKDOWN or (fetched.kind == "text/plain" and _MARKDOWN_END.search(fetched.url)):
        draft = markdown.from_markdown(fetched.content, source, charset=fetched.charset)
    elif fetched.kind == "text/plain":
        draft = plain_text.from_text(fetched.content, source, charset=fetched.charset)
    elif fetched.kind.endswith("xml"):
        raise ArticleError("it is a feed or other XML, not a page of text; add a feed with `shipdate feeds add`.")
    else:
        raise ArticleError(f"it is {fetched.kind or 'of no stated kind'}, not a page of text.")
    return replace(draft, url=str(_own(draft.url, parse(fetched.url))), published=credible(draft.published))


def _own(claimed: str | None, fetched: Address) -> Address:
    """The address of a page: what it says, where it may (see :meth:`~index.ingestion.web.address.Address.speaks_for`)."""
    with suppress(AddressError):
        if claimed and fetched.speaks_for(said := parse(claimed)):
            return said
    return fetched


def _is_pdf(fetched: Fetched) -> bool:
    return fetched.kind in _PDF or fetched.content.startswith(b"%PDF-")
