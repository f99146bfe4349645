"""Articles from mails, and from pages that a browser saved whole (MHTML), which are written alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from lxml import html

from index.ingestion.readers import page, plain_text
from index.ingestion.readers.decoding import decode, named_in
from index.ingestion.readers.documents import blocks
from index.ingestion.readers.draft import Draft
from index.ingestion.readers.published import credible
from index.ingestion.web.address import is_address, parse
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text.sanitize import storable

_PARTS = 500  # of a message that are looked at
_HEADER = 1_000  # characters of a header


def from_mail(content: bytes, source: str) -> Draft:
    """A mail (.eml): its subject, its day, who sent it, and its text, from HTML where it has that.

    Raises:
        ArticleError: broken, encrypted, or without text.
    """
    message = _message(content)
    sent = credible(_day(_header(message, "Date")))
    name, address = parseaddr(_header(message, "From"))
    archived = _header(message, "Archived-At").strip("<> ")
    body = _body(message, source)
    return replace(
        body,
        title=_header(message, "Subject") or None,
        publisher=name or address or None,
        published=sent or body.published,
        precision=Precision.DAY if sent else body.precision,
        url=str(parse(archived)) if is_address(archived) else None,
    )


def from_saved_page(content: bytes, source: str) -> Draft:
    """A page that a browser saved whole (.mhtml, .mht), with the address where it was.

    Raises:
        ArticleError: broken, or no article can be found in it.
    """
    message = _message(content)
    address = _header(message, "Snapshot-Content-Location")
    part = next((part for part in _parts(message) if part.get_content_type() == "text/html"), None)
    if part is None:
        raise ArticleError("there is no page in it; save it again as a web page.")
    address = address or _header(part, "Content-Location")
    address = str(parse(address)) if is_address(address) else ""
    draft = page.from_html(_payload(part), source, address=address or None, charset=part.get_content_charset())
    return replace(draft, url=draft.url or address or None)


def _message(content: bytes) -> Message:
    try:
        message = message_from_bytes(content)
    except (RecursionError, ValueError, LookupError, IndexError, AttributeError, TypeError):  # what broken ones make of the parser
        raise ArticleError("it is broken or too complicated to be read; save its text as .txt and add that.") from None
    if not message.keys():
        raise ArticleError("it does not begin as a mail does; save it again from the program that it was read in.")
    return message


def _parts(message: Message) -> Iterator[Message]:
    """What it consists of, in order, without attachments; not by recursion."""
    waiting, seen = [message], 0
    while waiting and seen < _PARTS:
        part = waiting.pop()
        seen += 1
        if part.is_multipart():
            inner = part.get_payload()
            waiting += [one for one in reversed(inner if isinstance(inner, list) else []) if isinstance(one, Message)]
        elif str(part.get("Content-Disposition") or "").strip()[:10].lower() != "attachment":
            yield part


def _body(message: Message, source: str) -> Draft:
    """The text of a mail: its HTML, where there is some, for plain text beside it often says only that."""
    plain: Draft | None = None
    problem = ArticleError("there is no text in it.")
    for part in _parts(message):
        kind = part.get_content_type()
        try:
            if kind == "text/html":
                return Draft(source, _text_of(part))
            if kind == "text/plain" and plain is None:
                text = decode(_payload(part), part.get_content_charset())
                plain = plain_text.from_text(_unsigned(text).encode(), source)
        except ArticleError as error:
            problem = error
        if kind in {"application/pkcs7-mime", "application/pgp-encrypted"}:
            problem = ArticleError("it is encrypted; save its text as .txt and add that.")
    if plain is None:
        raise problem
    return plain


def _text_of(part: Message) -> str:
    content = _payload(part)
    written = decode(content, part.get_content_charset() or named_in(content))
    try:
        tree = html.document_fromstring(written.encode(), parser=html.HTMLParser(encoding="utf-8", no_network=True))
    except (ValueError, html.etree.ParserError):
        raise ArticleError("there is no text in it.") from None
    text = blocks.lines(tree)
    if not any(map(str.isalnum, text)):
        raise ArticleError("there is no text in it, only pictures perhaps.")
    return text


def _unsigned(text: str) -> str:
    """A mail's text without what stands under the line that begins a signature."""
    return text.replace("\r\n", "\n").partition("\n-- \n")[0]


def _payload(part: Message) -> bytes:
    with suppress(ValueError, LookupError, AssertionError):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            return payload
    return b""


def _header(message: Message, name: str) -> str:
    """A header as text, empty where there is none or it cannot be understood; what goes beyond a length is not looked at."""
    written = str(message.get(name) or "")[:_HEADER].replace("\n", " ").replace("\r", " ")
    with suppress(HeaderParseError, ValueError, LookupError):
        written = str(make_header(decode_header(written)))
    return " ".join(storable(written).split())


def _day(text: str) -> datetime | None:
    with suppress(ValueError, TypeError, OverflowError):
        sent = parsedate_to_datetime(text)
        sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
        sent.astimezone(UTC)
        return sent
    return None
