"""Articles from PDF files, by PDFium, which says where each character stands."""

from __future__ import annotations

import ctypes
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from index.ingestion.readers import pdf_layout, titles
from index.ingestion.readers.draft import TEXT_LIMIT, Draft
from index.ingestion.readers.pdf_layout import Line, Page
from index.ingestion.readers.published import credible, told_by
from index.model.articles import Precision
from index.model.errors import ArticleError
from index.text import language
from index.text.sanitize import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdfium2 import PdfDocument, PdfPage
    from pypdfium2.raw import FS_RECTF

DEADLINE = 60.0
"""Seconds that one may take: it is the most laborious kind of article."""

_PAGES = 300
_CELL_GAP, _SPACE_GAP = (
    0.9,
    2.5,
)  # of a line's height: wider ones part columns and cells; spaces that are drawn are stretched in narrow columns
_UPRIGHT = 0.1  # radians
_FAR = 1e5  # points, from where a page begins: PDF's own limit is a seventh of that
_PASSWORD = 4  # PDFium's code of what needs one
_LINE_ENDS = (0x0A, 0x0D)
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st", 0xA0: " "}
_HYPHENS = dict.fromkeys((0x02, 0xFFFE, 0xAD, 0x2010), "-")  # as PDFium marks what breaks a word, and as PDFs do
_BLANKS = {0: "", 9: " ", 0xFFFF: "", 0x200B: "", 0xFEFF: ""}
_DAY = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")
_BROKEN = "this PDF is broken or too complicated to be read; save its text as .txt and add that."


def from_pdf(content: bytes, source: str) -> Draft:
    """The text of a PDF in the order of reading, its title and its date.

    Raises:
        ArticleError: broken, encrypted, without text (scanned pages), or too long.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(content)
    except PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise ArticleError("this PDF is encrypted; save it without a password.") from None
        raise ArticleError(_BROKEN) from None
    try:
        if len(document) > _PAGES:
            raise ArticleError(f"this PDF has {len(document):,} pages; the limit is {_PAGES}, so split it.")
        text, largest = pdf_layout.text_of(list(_pages(document)))
        title, created = _metadata(document)
    except PdfiumError:
        raise ArticleError(_BROKEN) from None
    finally:
        document.close()
    if not any(map(str.isalnum, text)):
        raise ArticleError("this PDF has no text, only pictures of it; run it through a text recognition (OCR) first.")
    published = credible(created)
    told = None if published else told_by(text, language.detect(text), datetime.now(UTC))
    precision = Precision.INFERRED if told else Precision.DAY
    return Draft(source=source, text=text, title=title or largest, published=published or told, precision=precision)


def _pages(document: PdfDocument) -> Iterator[Page]:
    length = 0
    for number in range(len(document)):
        page = document[number]
        try:
            lines = list(_lines(page, TEXT_LIMIT - length))
            bottom, top = _height(page)
        finally:
            page.close()
        length += sum(len(line.text) for line in lines)
        yield Page(lines, bottom, top)


def _lines(page: PdfPage, limit: int) -> Iterator[Line]:
    """What stands beside each other on a page, in the order in which it is drawn."""
    from pypdfium2 import raw

    characters = page.get_textpage()
    try:
        count = characters.count_chars()
        if count > limit:  # a small file can draw the same page a thousand times
            raise ArticleError(f"this PDF has more than {TEXT_LIMIT:,} characters of text, so split it.")
        box = raw.FS_RECTF()
        where = ctypes.byref(box)
        run, drawn_space, upright = _Run(), False, page.get_rotation() == 0
        for index in range(count):
            code = raw.FPDFText_GetUnicode(characters, index)
            mark = "\n" if code in _LINE_ENDS else _LIGATURES.get(code) or _HYPHENS.get(code) or _BLANKS.get(code, chr(code))
            if mark == "\n":
                yield from run.ended()
            elif mark.isspace():
                drawn_space = not raw.FPDFText_IsGenerated(characters, index)
                run.add_space()
            elif mark and raw.FPDFText_GetLooseCharBox(characters, index, where) and _is_placed(box):
                if not run.goes_on(box, _SPACE_GAP if drawn_space else _CELL_GAP):
                    yield from run.ended()
                    if abs(raw.FPDFText_GetCharAngle(characters, index)) > _UPRIGHT and upright:
                        continue  # along a margin, or across the page
                run.add(mark, box)
                drawn_space = False
        yield from run.ended()
    finally:
        characters.close()


def _is_placed(box: FS_RECTF) -> bool:
    """Whether it is where a page can be: what multiplies lengths without end comes to places that are no numbers."""
    return all(-_FAR < place < _FAR for place in (box.left, box.right, box.bottom, box.top))


def _height(page: PdfPage) -> tuple[float, float]:
    """Its foot and its top."""
    _, bottom, _, top = page.get_bbox()
    return (bottom, top) if -_FAR < bottom < top < _FAR else (0.0, _FAR)


class _Run:
    """Characters that stand beside each other."""

    def __init__(self) -> None:
        self._marks: list[str] = []
        self._left = self._right = self._bottom = self._height = 0.0

    def goes_on(self, box: FS_RECTF, gap: float) -> bool:
        """Whether a character stands behind those before it, no further than ``gap`` times their height."""
        height = max(self._height, box.top - box.bottom)
        near = box.left - self._right <= gap * height and box.right >= self._left - height
        return bool(self._marks) and near and abs(box.bottom - self._bottom) <= height

    def add(self, mark: str, box: FS_RECTF) -> None:
        if not self._marks:
            self._left, self._bottom, self._height = box.left, box.bottom, 0.1
        self._marks.append(mark)
        self._right, self._height = box.right, max(self._height, box.top - box.bottom)

    def add_space(self) -> None:
        if self._marks and self._marks[-1] != " ":
            self._marks.append(" ")

    def ended(self) -> Iterator[Line]:
        """The line that they are, if they are any; what is added then begins another."""
        if text := readable("".join(self._marks)).strip():
            yield Line(text, self._left, self._right, self._bottom, self._height)
        self._marks = []


def _metadata(document: PdfDocument) -> tuple[str | None, datetime | None]:
    """What it says of itself, which is often malformed, and can be missed: title and day of its making."""
    title = titles.clean(readable(document.get_metadata_value("Title")))
    created = None
    if day := _DAY.match(document.get_metadata_value("CreationDate")):
        numbers = [int(number or least) for number, least in zip(day.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)]
        hours, minutes = int(day.group(8) or 0), int(day.group(9) or 0)
        with suppress(ValueError, OverflowError):
            offset = timedelta(hours=hours, minutes=minutes) * (-1 if day.group(7) == "-" else 1)
            created = datetime(*numbers, tzinfo=timezone(offset) if offset else UTC)  # type: ignore[arg-type, misc]
    return title if titles.is_title(title) else None, created
