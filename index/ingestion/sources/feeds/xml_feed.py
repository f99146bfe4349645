"""RSS, RDF and Atom, read by feedparser once what makes it stumble is mended."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping
from html.entities import html5
from typing import Any
from xml.sax import SAXException

from index.ingestion.sources.feeds.entries import Entry, Source, paragraphs
from index.ingestion.web.response import Fetched
from index.model.errors import FeedError
from index.text.sanitize import storable

_FIRST_ELEMENT = re.compile(rb"<\w")
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?([\w.:-]{1,60})\s+(?:(SYSTEM|PUBLIC)\b|\"([^\"<>]{0,200})\"|'([^'<>]{0,200})')")
_ENTITIES = 300  # that a feed may declare; HTML has some 250
_VALUE = re.compile(rb"(?:[^&%]|&(?:#\w{1,8}|amp|lt|gt|quot|apos);)*")
_REFERENCE = re.compile(rb"&(?:#[0-9]{1,8};|#x[0-9a-fA-F]{1,7};|([\w.:-]{1,60});)?")
_XML = {b"amp", b"lt", b"gt", b"quot", b"apos"}
_BARE = re.compile(rb"<(?=[\s\d=<>]|-[^-])")
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")
_WIDE = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARATION = re.compile(r"\s*<\?xml[^<>]{0,200}\?>")
_UNFOLDED = 5 * 1024 * 1024  # bytes that a feed's own entities may become


def read(fetched: Fetched) -> Source:
    """What a feed says.

    Raises:
        FeedError: it is none.
    """
    import feedparser

    headers = {"content-location": fetched.url}
    content, charset = _narrow(fetched.content, fetched.charset)
    if charset:
        headers["content-type"] = f"application/xml; charset={charset}"
    try:
        # As a stream: a text or bytes could be taken for the name of a file. Nothing is shown as HTML, so nothing has to be taken out
        # of it, which would be what only looks like it, too.
        found = feedparser.parse(io.BytesIO(_mended(content, fetched.url)), response_headers=headers, sanitize_html=False)
    except FeedError:
        raise
    except Exception as error:  # it raises what garbage makes Python raise, such as ValueError for a character that does not exist
        raise FeedError(f"{fetched.url} cannot be read as a feed ({error}).") from None
    if not found.entries:
        if not found.get("version"):
            raise FeedError(f"{fetched.url} is not a feed; give the address of an RSS or Atom feed, or of a page that names its feed.")
        if isinstance(found.get("bozo_exception"), SAXException):
            raise FeedError(f"{fetched.url} is a broken feed in which no item can be found ({found.bozo_exception.getMessage()}).")
    feed = found.feed
    return Source(feed.get("title") or "", feed.get("link") or "", feed.get("ttl") or "", [_entry(entry) for entry in found.entries])


def _entry(entry: Mapping[str, Any]) -> Entry:
    text = max([*(entry.get("content") or ()), entry.get("summary_detail") or {}], key=lambda one: len(one.get("value") or ""))
    value, video = storable(text.get("value") or ""), "yt_videoid" in entry
    return Entry(
        id=entry.get("id") or "",
        link=entry.get("link") or "",
        title=entry.get("title") or "",
        published=entry.get("published") or "" if "published" in entry else "",
        updated=entry.get("updated") or "" if "updated" in entry else "",  # asked for what is not there, it would give the other one
        html=paragraphs(value) if video or text.get("type") in (None, "text/plain") else value,
        origin=(entry.get("source") or {}).get("title") or "",
        video=video,
    )


def _narrow(content: bytes, charset: str | None) -> tuple[bytes, str | None]:
    """In an encoding that has ASCII's letters as they are, and its name, where it is told beside the feed."""
    for mark, encoding in _WIDE:
        if content.startswith(mark):
            text = content.decode(encoding, "replace").removeprefix("\ufeff")
            declaration = _DECLARATION.match(text)
            return text[declaration.end() if declaration else 0 :].encode("utf-8", "replace"), "utf-8"
    return content, charset


def _mended(content: bytes, url: str) -> bytes:
    """Without what keeps a feed from being well-formed XML, as far as it is known how that was meant: bare ``&`` and ``<``, entities of
    HTML or of its own, control characters. What stands in CDATA stays as it is.

    Raises:
        FeedError: it declares entities that unfold to more than a few words.
    """
    content = content.lstrip()
    if b"\x1b$" in content or b"\x1b(" in content:  # ISO-2022, whose letters are ASCII's
        return content
    content = _CONTROL.sub(b"", content)
    start = _FIRST_ELEMENT.search(content)
    head = content[: start.start()] if start else content
    if not start:
        return content
    body, declared = content[len(head) :], {}
    if b"<!ENTITY" in head:
        declared = _declared(head, url)
        doctype = _DOCTYPE.search(head)
        head = head[: doctype.start()] if doctype else head
    unfolded = 0

    def reference(found: re.Match[bytes]) -> bytes:
        nonlocal unfolded
        name = found[1]
        if name is None:
            return found[0] if found[0] != b"&" else b"&amp;"
        if name in declared:
            unfolded += len(declared[name])
            if unfolded > _UNFOLDED:
                raise FeedError(f"{url} declares entities that unfold to more than anybody reads; so it is not read.")
            return declared[name]
        if name not in _XML and (letters := html5.get(f"{name.decode('ascii', 'replace')};")):
            return "".join(f"&#{ord(letter)};" for letter in letters).encode()
        return found[0] if name in _XML else b"&amp;" + found[0][1:]

    pieces = body.split(b"<![CDATA[")
    for place, piece in enumerate(pieces):
        inside, end, outside = piece.partition(b"]]>") if place else (b"", b"", piece)
        if not place or end:
            pieces[place] = inside + end + _BARE.sub(b"&lt;", _REFERENCE.sub(reference, outside))
    return head + b"<![CDATA[".join(pieces)


def _declared(head: bytes, url: str) -> dict[bytes, bytes]:
    """The entities that a feed declares, which are a few letters each; those that stand elsewhere are nothing.

    Raises:
        FeedError: one of them is made of others, or they are many: ten lines of such can unfold to gigabytes.
    """
    declared: dict[bytes, bytes] = {}
    found = list(_ENTITY.finditer(head))
    if len(found) != head.count(b"<!ENTITY") or len(found) > _ENTITIES:
        raise FeedError(f"{url} declares entities of its own that are no plain words; so it is not read.")
    for one in found:
        value = one[4] or one[5] or b""
        if not _VALUE.fullmatch(value):
            raise FeedError(f"{url} declares entities that are made of others, which no feed needs; so it is not read.")
        if not one[1]:
            declared[one[2]] = b"" if one[3] else value
    return declared
