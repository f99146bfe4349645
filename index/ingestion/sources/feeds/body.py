"""The words of an entry, which are HTML, as the text of a draft. Nothing in them is furniture, so nothing has to be looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = set(
    "address article aside blockquote body br caption center dd details div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr li main ol p"
    " section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_DROPPED = set(
    "applet audio button canvas embed figcaption form head iframe input map math nav noscript object picture pre script select source style"
    " svg template textarea title video".split()
)
_COLUMNS, _CELL = 12, 300  # of a table that is read as one; longer cells are layout
_FAREWELL = re.compile(  # what blogs and newsletters put below each entry of their feeds
    r"the post .{1,400} (?:appeared first on|first appeared on) .{1,200}"
    r"|der beitrag .{1,400} erschien zuerst auf .{1,200}"
    r"|l[’']article .{1,400} est apparu en premier sur .{1,200}|cet article .{1,400} est apparu en premier sur .{1,200}"
    r"|la entrada .{1,400} (?:se publicó primero|apareció primero|aparece primero) en .{1,200}"
    r"|o (?:post|conteúdo) .{1,400} (?:apareceu|aparece) primeiro em .{1,200}"
    r"|l[’']articolo .{1,400} (?:proviene da|sembra essere il primo su) .{1,200}"
    r"|.{1,400}最先出现在.{1,200}|.{1,400}は.{1,200}に最初に表示されました。?"
    r"|(?:continue reading|read more|read the (?:full|rest of the) (?:story|article|post)|weiterlesen|mehr lesen|lire la suite"
    r"|leer más|seguir leyendo|leia mais|continue lendo|leggi tutto|continua a leggere|阅读全文|阅读更多|続きを読む)\b.{0,200}"
    r"|(?:comments|view comments|subscribe now|share|leave a comment|read in app|view in browser|unsubscribe)"
    r"|thanks for reading .{1,300}",
    re.IGNORECASE,
)
_LAST = 6  # lines in which it is looked for


def text_of(html: str) -> str:
    """The text: a block a line, in the form that :class:`~index.ingestion.readers.draft.Draft` describes; empty where there is none."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        root = document_fromstring(html, parser=HTMLParser(encoding=None, recover=True)) if html.strip() else None
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    if root is None:
        return ""
    lines = [line for line in _lines(root) if any(map(str.isalnum, line))]
    for place in range(len(lines) - 1, max(len(lines) - 1 - _LAST, 0), -1):
        if _FAREWELL.fullmatch(lines[place].removeprefix("- ")):
            del lines[place]
    return _joined(lines)


def _joined(lines: list[str]) -> str:
    text, before = "", ""
    for line in lines:
        close = line.startswith(("- ", "\t")) and line[0] == before[:1]  # items of a list, rows of a table
        text += ("" if not text else "\n" if close else "\n\n") + line.removeprefix("\t")
        before = line
    return text


def _lines(root: HtmlElement) -> Iterator[str]:
    """The blocks; rows of tables begin with a tabulator."""
    from lxml import etree

    words: list[str] = []
    mark = ""

    def line() -> Iterator[str]:
        nonlocal mark
        text = " ".join("".join(words).split())
        words.clear()
        if text:
            yield mark + text
            mark = ""

    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            rows = _rows(element) if tag == "table" else []
            if tag in _DROPPED or rows:
                yield from line()
                yield from rows
                walk.skip_subtree()
                continue
            if tag in _BLOCKS:
                yield from line()
                mark = "# " if tag in _HEADINGS else "- " if tag == "li" else mark if tag != "hr" else ""
            words.append(element.text or "")
            continue
        if event == "end" and tag in _BLOCKS:
            yield from line()
            mark = "" if tag in _HEADINGS or tag == "li" else mark
        words.append(element.tail or "" if element is not root else "")
    yield from line()


def _rows(table: HtmlElement) -> list[str]:
    """The rows of a table that names its columns, each as "Model: Sora; Price: $20"; none of one that is for layout."""
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if (
        len(rows) < 2
        or not 2 <= len(rows[0]) <= _COLUMNS
        or any(cell.tag != "th" for cell in rows[0])
        or table.find(".//table") is not None
    ):
        return []
    texts = [[" ".join(cell.text_content().split()) for cell in row] for row in rows]
    if any(len(text) > _CELL for row in texts for text in row):
        return []
    names, *values = texts
    return [
        "\t" + "; ".join(f"{name}: {value}" if name else value for name, value in zip(names, row, strict=False) if value)
        for row in values
        if any(row)
    ]
