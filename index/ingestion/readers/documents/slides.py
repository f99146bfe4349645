"""Articles from slides. PowerPoint cuts words into runs, between which pandoc puts spaces, so these are read here."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator

from lxml import etree, html

from index.ingestion.readers.documents import archives, blocks
from index.ingestion.readers.draft import Draft
from index.model.errors import ArticleError
from index.text.sanitize import storable

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SLIDES = 1_000
_SLIDE = 4 * 1024 * 1024  # bytes of one; a larger one is cut, and its rest not read
_LISTS = {"body", "obj"}  # their paragraphs are items, unless there is one only
_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"dt", "ftr", "sldNum", "hdr"}


def from_slides(content: bytes, source: str) -> Draft:
    """A .pptx file: each slide's title as a heading, its paragraphs, and the rows of its tables.

    Raises:
        ArticleError: broken, protected by a password, empty, or too much of it.
    """
    page = html.Element("body")
    with archives.opened(content, "pptx") as archive:
        stated = archives.stated(archive, "pptx")
        for slide in _slides(archive):
            for shape in slide.iter(f"{_P}sp", f"{_A}tbl"):
                _add(page, shape)
    text = blocks.lines(page)
    if not any(map(str.isalnum, text)):
        raise ArticleError("there is no text in it, only pictures perhaps; save it as PDF and run it through a text recognition (OCR).")
    return Draft(source, text, title=blocks.title(stated.get("title", ""), page, text), published=archives.day(stated))


def _slides(archive: zipfile.ZipFile) -> Iterator[etree._Element]:
    """The slides in their order."""
    presentation = archives.xml(archives.member(archive, "ppt/presentation.xml"))
    relations = archives.xml(archives.member(archive, "ppt/_rels/presentation.xml.rels"))
    if presentation is None or relations is None:
        return
    targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations.iter("{*}Relationship")}
    for named in list(presentation.iter(f"{_P}sldId"))[:_SLIDES]:
        name = posixpath.normpath(posixpath.join("/ppt", targets.get(named.get(_ID), ""))).lstrip("/")
        if name in archive.namelist() and (slide := archives.xml(archives.member(archive, name, _SLIDE))) is not None:
            yield slide


def _add(page: html.HtmlElement, shape: etree._Element) -> None:
    """A shape, as HTML."""
    if shape.tag == f"{_A}tbl":
        table = etree.SubElement(page, "table")
        headed = (properties := shape.find(f"{_A}tblPr")) is not None and properties.get("firstRow") in {"1", "true"}
        for at, row in enumerate(shape.iter(f"{_A}tr")):
            line = etree.SubElement(table, "tr")
            for cell in row.iter(f"{_A}tc"):
                etree.SubElement(line, "th" if headed and at == 0 else "td").text = " ".join(_paragraphs(cell))
        return
    place = next(shape.iter(f"{_P}ph"), None)
    kind = place.get("type", "obj") if place is not None else "box"
    texts = _paragraphs(shape)
    if kind in _FURNITURE:
        return
    if kind in _TITLES:
        etree.SubElement(page, "h1").text = " ".join(texts)
    elif kind in _LISTS and len(texts) > 1:
        items = etree.SubElement(page, "ul")
        for text in texts:
            etree.SubElement(items, "li").text = text
    else:
        for text in texts:
            etree.SubElement(page, "p").text = text


def _paragraphs(element: etree._Element) -> list[str]:
    return [text for paragraph in element.iter(f"{_A}p") if (text := _text(paragraph))]


def _text(paragraph: etree._Element) -> str:
    """The words of a paragraph, without the marks of notes."""
    pieces: list[str] = []
    for piece in paragraph.iter(f"{_A}t", f"{_A}br"):
        properties = piece.getparent().find(f"{_A}rPr")
        raised = properties is not None and not (properties.get("baseline") or "0").startswith(("0", "-"))
        if piece.tag == f"{_A}br":
            pieces.append(" ")
        elif not (raised and (piece.text or "").strip(" ,*†").isdigit()):
            pieces.append(piece.text or "")
    return " ".join(storable("".join(pieces)).split())
