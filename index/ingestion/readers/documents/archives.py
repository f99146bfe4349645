"""What office files and books are packed in: looked at before anything is unpacked, and asked what it says of itself."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from lxml import etree

from index.ingestion.readers.published import credible
from index.ingestion.readers.published import stated as read_day
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text.sanitize import storable

_UNPACKED = 100 * 1024 * 1024  # bytes of an archive's members together: pictures are among them, hardly packed
_TEXTS = 40 * 1024 * 1024  # of its texts
_MEMBERS = 5_000
_RATIO = 200  # of unpacked to packed: XML that repeats itself comes to 30
_MEMBER = 1024 * 1024  # bytes of what a file says of itself
_TEXT_SUFFIXES = (".xml", ".xhtml", ".html", ".htm", ".rels")
_PROPERTIES = {"docx": "docProps/core.xml", "pptx": "docProps/core.xml", "odt": "meta.xml"}  # of a book: where its container says
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what held old office files, and holds new ones with a password
_STATED = {"title": "title", "created": "created", "creation-date": "created", "date": "date", "publisher": "publisher", "source": "source"}
_MAIN = {"docx": "[Content_Types].xml", "pptx": "ppt/presentation.xml", "odt": "content.xml", "epub": "META-INF/container.xml"}
_BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError),
    *(OSError, ValueError, EOFError, LookupError, NotImplementedError, RuntimeError, struct.error),
)


@contextmanager
def opened(content: bytes, kind: str) -> Iterator[zipfile.ZipFile]:
    """An archive that has been looked at without being unpacked.

    Args:
        kind: docx, pptx, odt or epub.

    Raises:
        ArticleError: it is none, is protected by a password, would unfold to too much, or turns out broken while it is used.
    """
    if content.startswith(_OLE):
        raise ArticleError(f"it is protected by a password, or is an old binary file under a new name; save it as .{kind} without one.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check(archive, kind, len(content))
            yield archive
    except _BROKEN:
        raise ArticleError(f"it is no .{kind} file, or a broken one; open it and save it again.") from None


def _check(archive: zipfile.ZipFile, kind: str, size: int) -> None:
    members = archive.infolist()
    names = set(archive.namelist())
    whole = sum(member.file_size for member in members)
    texts = sum(member.file_size for member in members if member.filename.lower().endswith(_TEXT_SUFFIXES))
    if len(members) > _MEMBERS or whole > min(_UNPACKED, _RATIO * size) or texts > _TEXTS or len(names) < len(members):
        raise ArticleError("it unfolds to far more than an article has, so it is not opened.")
    if any(member.flag_bits & 1 for member in members) or _is_protected(archive, names):
        raise ArticleError("it is protected by a password or by its seller; save it without that.")
    if _MAIN[kind] not in names or archive.testzip():  # what says too little of its size is found out here
        raise ArticleError(f"it is no .{kind} file, or a broken one; open it and save it again.")


def stated(archive: zipfile.ZipFile, kind: str) -> Mapping[str, str]:
    """What an archive says of itself: title, created, date, publisher, source; whatever it does not say is missing."""
    place = _PROPERTIES.get(kind) or _properties(archive, _MAIN[kind]).get("rootfile", "")
    said = _properties(archive, place) if place in archive.namelist() else {}
    return said if kind == "epub" else {name: text for name, text in said.items() if name != "date"}  # of the last change


def _is_protected(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Whether its texts cannot be read without a key; fonts in books are often scrambled, and are not needed."""
    if "META-INF/rights.xml" in names:
        return True
    for name in {"META-INF/manifest.xml", "META-INF/encryption.xml"} & names:
        said = member(archive, name)
        if b"encryption-data" in said or re.search(rb"CipherReference[^>]{1,400}\.x?html?\b", said):
            return True
    return False


def member(archive: zipfile.ZipFile, name: str, limit: int = _MEMBER) -> bytes:
    """A member, or the beginning of one that has more bytes than ``limit``, whatever it says of its size."""
    with archive.open(name) as file:
        return file.read(limit)


def _properties(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """What an XML file says under some names, each as it is said first."""
    said: dict[str, str] = {}
    root = xml(member(archive, name))
    for element in root.iter("{*}*") if root is not None else ():
        local = etree.QName(element).localname
        text = element.get("full-path") if local == "rootfile" else element.text
        text = " ".join(storable(text or "").split())
        if text and (local == "rootfile" or local in _STATED):
            said.setdefault(_STATED.get(local, local), text)
    return said


def xml(content: bytes) -> etree._Element | None:
    """A tree in which no entity is resolved, and nothing is fetched; None where it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    with suppress(etree.XMLSyntaxError, ValueError):
        return etree.fromstring(content, parser)
    return None


def day(stated: Mapping[str, str]) -> datetime | None:
    """When a document appeared, as it says of itself; None where it does not, or where that cannot be."""
    written = read_day(stated.get("created") or stated.get("date") or "")
    return credible(written.moment) if written and written.precision is Precision.DAY else None
