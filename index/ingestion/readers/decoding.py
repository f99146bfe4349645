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
_NUL_SHARE = 0.2  # of the bytes of Latin text in UTF-16, half of which are NUL
_LETTER_SHARE = 0.9  # of the characters of a text that is no noise


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
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if min(even, odd) > max(even, odd) // 20 or not even + odd or _BINARY.match(sample):
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if even + odd < _NUL_SHARE * len(sample):  # little Latin in it, or strays in another encoding
        with suppress(UnicodeDecodeError):
            rest = content.replace(b"\0", b"")
            rest.decode("utf-8")
            if not _is_binary(rest):
                return None
    text = sample.decode(encoding, errors="replace")
    letters = sum(character.isspace() or (character.isprintable() and character != "\ufffd") for character in text)
    return encoding if letters >= _LETTER_SHARE * len(text) else None
