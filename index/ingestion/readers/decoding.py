"""From bytes to text, in whatever encoding they are."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from index.model.errors import ArticleError
from index.text.sanitize import readable

_CHAOS = 0.02  # of charset-normalizer: a difference that says nothing
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"))
_UTF16_BE = (codecs.BOM_UTF16_BE, "utf-16")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_HEAD = 1024  # bytes in which a page names its encoding

_SAMPLE = 65_536  # bytes of a file by which its kind is told
_BINARY = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF.{4}(?:WEBP|WAVE|AVI )|.{4}ftyp|PK\x03\x04|PK\x05\x06|\x1f\x8b|BZh[1-9]1AY|\xfd7zXZ|7z\xbc\xaf"
    rb"|Rar!\x1a"
    rb"|\x28\xb5\x2f\xfd|\x7fELF|MZ.{0,2}\0|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe|\0asm|%PDF-\d|\xd0\xcf\x11\xe0|SQLite format 3\0"
    rb"|OggS\0|ID3[\x02-\x04]"
    rb"|\x1aE\xdf\xa3|wOF[F2]|OTTO\0|\x00\x01\x00\x00|II\*\0|MM\0\*|\x00\x00[\x01\x02]\x00",
    re.DOTALL,
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b") + b"\x7f"
_FEW_CONTROLS = 4  # strays; a file may have more, if they are rare
_CONTROL_SHARE = 0.03  # of a file's bytes; bytes at random have .1
_UPPER = bytes((*range(7), 0x0E, 0x1E, 0x20, 0x30, *range(0x4E, 0xA0), 0xFF))
"""Upper halves of characters in UTF-16: Latin to Arabic, Thai, punctuation, kana, ideographs, full-width forms."""
_HANGUL = bytes(range(0xAC, 0xD8))  # which GB 2312 begins its characters with, too, but Korean has spaces
_SPACED = 0.1  # of the characters
_UPPER_SHARE = 0.95  # of the upper halves in text
_SCRIPT_SHARE = 0.8  # of the upper halves in text of an alphabet, which are control bytes
_LEAST_NULS = 3
_LEAST_SHARE = 0.03  # of the upper halves, which are NUL: ends of lines, digits and Latin names amid Chinese


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
            return readable(content.decode(encoding, errors="replace").removeprefix("\ufeff"))
    if order := _utf16(content):
        return readable(content.decode(order, errors="replace").removeprefix("\ufeff"))
    if _is_binary(content):
        raise ArticleError("this is not a text file.")
    content = content.replace(b"\0", b"")
    try:
        return readable(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    with suppress(LookupError, ValueError):  # unknown, or not true
        if named:
            return readable(content.decode(named))
    from charset_normalizer import from_bytes

    matches = from_bytes(content)
    best = matches.best()
    if best is None:
        raise ArticleError("its encoding cannot be told; save it as UTF-8.")
    # Western European texts are taken for Central European or Baltic ones, which differ in a few letters; they are far commoner.
    western = (match for match in matches if match.encoding == "cp1252" and match.chaos <= best.chaos + _CHAOS)
    return readable(str(next(western, best)))


def _is_binary(content: bytes) -> bool:
    """Whether it begins as a common kind of binary file does, or has more control bytes than stray into a text."""
    sample = content[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return bool(_BINARY.match(sample)) or (controls > _FEW_CONTROLS and controls > _CONTROL_SHARE * len(sample))


def _utf16(content: bytes) -> str | None:
    """The byte order of UTF-16 that has no mark: NULs stand at every other place alone, as halves of spaces, digits and Latin letters."""
    sample = content[: _SAMPLE & ~1]
    upper, lower = sorted((sample[::2], sample[1::2]), key=lambda half: half.count(0), reverse=True)
    nuls = upper.count(0)
    if nuls < _LEAST_NULS or lower.count(0) > nuls // 20 or _BINARY.match(sample):
        return None
    blocks = _UPPER + _HANGUL if nuls >= _SPACED * len(upper) else _UPPER
    if len(upper.translate(None, blocks)) > (1 - _UPPER_SHARE) * len(upper):
        return None
    alphabetic = len(upper.translate(None, _CONTROLS)) <= (1 - _SCRIPT_SHARE) * len(upper)
    if not alphabetic and (nuls < _LEAST_SHARE * len(upper) or _is_utf8(content.replace(b"\0", b""))):
        return None  # strays in another encoding
    return "utf-16-le" if sample[1::2].count(0) == nuls else "utf-16-be"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
