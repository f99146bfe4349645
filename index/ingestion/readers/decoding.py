"""From bytes to text, in whatever encoding they are."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from index.model.errors import ArticleError
from index.text.sanitize import storable

_CHAOS = 0.02  # of charset-normalizer: a difference that says nothing
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"))
_UTF16_BE = (codecs.BOM_UTF16_BE, "utf-16")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_HEAD = 1024  # bytes in which a page names its encoding


def named_in(content: bytes) -> str | None:
    """The encoding that a page names at its head."""
    named = _META_CHARSET.search(content[:_HEAD])
    return named.group(1).decode("ascii") if named else None


def decode(content: bytes, named: str | None = None) -> str:
    """Text in whatever encoding it is in: by its byte-order mark, as UTF-8, as it is ``named``, else by charset-normalizer's best guess.

    Raises:
        ArticleError: it is not text.
    """
    for mark, encoding in (*_BOMS, _UTF16_BE):
        if content.startswith(mark):
            return storable(content.decode(encoding, errors="replace").removeprefix("\ufeff"))
    if b"\0" in content:
        raise ArticleError("this is not a text file.")
    try:
        return storable(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    with suppress(LookupError, ValueError):  # unknown, or not true
        if named:
            return storable(content.decode(named))
    from charset_normalizer import from_bytes

    matches = from_bytes(content)
    best = matches.best()
    if best is None:
        raise ArticleError("its encoding cannot be told; save it as UTF-8.")
    # Western European texts are taken for Central European or Baltic ones, which differ in a few letters; they are far commoner.
    western = (match for match in matches if match.encoding == "cp1252" and match.chaos <= best.chaos + _CHAOS)
    return storable(str(next(western, best)))
