"""HTML as text, a block on each line, with nothing left out: what a converter wrote, and mails, have no menus to be found.

One walk over the tree, without recursion, since tags can be nested by the ten thousand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree, html

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARTS = _HEADINGS | {"ul", "ol", "dl", "hr", "table"}  # what stands in no cell of a table of data
_BLOCKS = _PARTS | set(
    "address article aside blockquote body center details dd div dt fieldset figcaption figure footer form header li main p section "
    "summary tbody td tfoot th thead tr caption".split()
)
_UNREAD = frozenset(
    "applet audio button canvas del head iframe img input math nav noscript object pre script select style svg template textarea title "
    "video".split()
)
_UNREAD_CLASSES = re.compile(r"(?:^|\s)(?:footnote-ref|footnote-back|sourceCode|output)(?:\s|$)")  # marks and code, as pandoc writes them
_HIDDEN = re.compile(r"display\s{0,9}:\s{0,9}none|mso-hide\s{0,9}:\s{0,9}all", re.IGNORECASE)
_UNSEEN = re.compile("[\u00ad\u034f\u200b\u2060\ufeff]")
_ENDED = tuple(".!?:;…。！？：；”»)")  # a line that ends so is no half of a sentence
_LONG = 300  # characters of a cell; with more, a table lays out paragraphs
_NAME = 60  # characters of a column's name at most
_BREAK = "\x1f"  # no character of a page
_NO_TITLE = re.compile(
    r"^(?:microsoft word\b.*|(?:untitled|document|presentation|powerpoint[ -]presentation)\W*\d*|.*\.(?:docx?|pptx?|odt|rtf|pdf))$",
    re.IGNORECASE,
)
_HEAD = 100  # characters of a line above a text at most
_BULLET = re.compile(r"(?:[•◦▪‣●○■]\s*|[·–]\s+)(?=\S)")
_SPAN = 20  # columns or rows that a cell can go over
_COLUMNS = 100
_CELLS = 50_000  # of a table, when cells that go over several are repeated


@dataclass(slots=True)
class _Cell:
    text: str
    head: bool
    across: int
    below: int


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)
    caption: str = ""

    def lines(self) -> list[str]:
        """Each row, with the names of its columns where the first row names them; paragraphs where they are no rows."""
        if any(len(cell.text) > _LONG for row in self.rows for cell in row):
            return [cell.text for row in self.rows for cell in row if cell.text]
        rows = self._grid()
        names = self._names(rows)
        return [line for row in rows[1 if names else 0 :] if (line := _row(row, names))]

    def _names(self, rows: Sequence[Sequence[str]]) -> Sequence[str]:
        if len(rows) < 2 or len(rows[0]) < 2:
            return ()
        if all(cell.head for cell in self.rows[0]):
            return rows[0]
        first = rows[0]
        short = all(first) and all(len(name) <= _NAME and not any(map(str.isdigit, name)) for name in first)
        return first if short and len(set(first)) == len(first) and (len(first) > 2 or len(rows) > 2) else ()

    def _grid(self) -> list[list[str]]:
        """The texts by row and column; a cell that goes over several stands in each."""
        grid: list[dict[int, str]] = [{} for _ in self.rows]
        budget = _CELLS
        for top, row in enumerate(self.rows):
            column = 0
            for cell in row:
                while column in grid[top]:
                    column += 1
                for across in range(column, min(column + cell.across, _COLUMNS)):
                    for down in range(top, min(top + cell.below, len(grid))):
                        grid[down][across] = cell.text
                        budget -= 1
                column += cell.across
                if budget < 0 or column >= _COLUMNS:
                    break
        return [[row.get(column, "") for column in range(max(row, default=-1) + 1)] for row in grid if any(row.values())]


def _row(cells: Sequence[str], names: Sequence[str]) -> str:
    """A row as a line."""
    if names:
        named = [(names[at] if at < len(names) else "", text) for at, text in enumerate(cells) if text]
        return "; ".join(f"{name.rstrip(' :')}: {text.rstrip(' ;')}" if name else text for name, text in named)
    texts = [text.rstrip(" ;") for text in dict.fromkeys(cells) if text]
    if len(texts) == 2 and len(texts[0]) <= _NAME and not texts[0].endswith(_ENDED):
        return f"{texts[0]}: {texts[1]}"
    return "; ".join(texts)


def lines(tree: html.HtmlElement) -> str:
    """The text of a page as a draft has it (see :class:`index.ingestion.readers.draft.Draft`). Code and what is hidden are left out."""
    walk = _Walk(_layouts(tree))
    walk.over(tree)
    return walk.text()


def title(stated: str, tree: html.HtmlElement, text: str) -> str | None:
    """The title of a document: as it is stated, else the heading above all, else the first of its highest headings.

    Args:
        stated: what the file says of itself; many name the program that wrote them, or a file, and those are no titles.
        text: its lines; a short first one is a title, too, and None stands for it.
    """
    if stated and not _NO_TITLE.match(stated):
        return stated
    first = text.lstrip().partition("\n")[0]
    if first.startswith("# "):
        return first[2:]
    if len(first) <= _HEAD and not first.endswith(_ENDED) and not first.startswith("- "):
        return None
    return next((" ".join(head.text_content().split()) for head in tree.iter("h1")), None)


def _layouts(tree: html.HtmlElement) -> set[etree._Element]:
    """The tables that only lay out what stands in them: with tables, headings or lists in their cells, or of one column."""
    layouts: set[etree._Element] = set()
    open_: list[tuple[etree._Element, list[int]]] = []  # with the most cells of a row, and those of this one
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if event == "end":
            if tag == "table" and open_:
                table, (most, _) = open_.pop()
                if most < 2:
                    layouts.add(table)
        elif tag == "table":
            if open_:
                layouts.add(open_[-1][0])
            open_.append((element, [0, 0]))
        elif open_ and isinstance(tag, str):
            if tag in _PARTS or (tag == "td" and element.get("role") == "presentation"):
                layouts.add(open_[-1][0])
            counted = open_[-1][1]
            if tag == "tr":
                counted[1] = 0
            elif tag in {"td", "th"}:
                counted[1] += 1
                counted[0] = max(counted)
    return layouts


class _Walk:
    """What was read so far."""

    def __init__(self, layouts: set[etree._Element]) -> None:
        self._layouts = layouts
        self._blocks: list[tuple[str, object]] = []  # lines; those of one list or table, which share the second, have no blank line between
        self._pieces: list[str] = []
        self._heading = False
        self._items: list[bool] = []  # whether each open item still waits for its first line
        self._term = ""
        self._table: _Table | None = None

    def text(self) -> str:
        """The lines."""
        out: list[str] = []
        before: object = None
        for line, kind in self._blocks:
            if out and (kind is None or kind != before):
                out.append("")
            out.append(line)
            before = kind
        return "\n".join(out)

    def over(self, tree: html.HtmlElement) -> None:
        """Read an element, and all below it."""
        walk = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                if _unread(element):
                    walk.skip_subtree()
                    if element.tag in _BLOCKS or element.tag == "pre":
                        self._flush()
                else:
                    self._begin(element)
                    self._pieces.append(element.text or "")
            elif event == "end":
                if not _unread(element):
                    self._end(element)
                if element is not tree:
                    self._pieces.append(element.tail or "")
            else:
                self._pieces.append(element.tail or "")
        self._flush()

    def _begin(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._pieces.append(_BREAK)
        if tag not in _BLOCKS or (self._table is not None and tag not in {"tr", "td", "th", "caption"}):
            if tag in _BLOCKS:
                self._pieces.append(" ")
            return
        self._flush()
        if tag in _HEADINGS:
            self._heading = True
        elif tag == "li":
            self._items.append(True)
        elif tag == "table" and element not in self._layouts:
            self._table = _Table()
        elif tag == "tr" and self._table is not None:
            self._table.rows.append([])

    def _end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag not in _BLOCKS:
            return
        if self._table is not None:
            self._end_in_table(element, self._table)
            return
        if tag == "dt":
            self._term = self._line().rstrip(" :")
            return
        self._flush()
        if tag in _HEADINGS:
            self._heading = False
        elif tag == "li" and self._items:
            self._items.pop()

    def _end_in_table(self, element: etree._Element, table: _Table) -> None:
        if element.tag in {"td", "th"}:
            if not table.rows:
                table.rows.append([])
            across, below = (_span(element.get(name)) for name in ("colspan", "rowspan"))
            table.rows[-1].append(_Cell(self._line(), element.tag == "th", across, below))
        elif element.tag == "caption":
            table.caption = self._line()
        elif element.tag == "table":
            self._table = None
            self._pieces.clear()
            if table.caption:
                self._blocks.append((table.caption, None))
            self._blocks += [(line, table) for line in table.lines()]
        else:
            self._pieces.append(" ")

    def _line(self) -> str:
        """What was gathered, as one line."""
        text = " ".join(_UNSEEN.sub("", "".join(self._pieces)).split())
        self._pieces.clear()
        return text

    def _flush(self) -> None:
        """End a block."""
        if self._table is not None:  # what stands beside cells, or in a cell that was not closed, goes on in it
            return
        gathered = _UNSEEN.sub("", "".join(self._pieces))
        self._pieces.clear()
        if self._heading:
            self._add(" ".join(gathered.split()))
            return
        for text in _parts(gathered):
            self._add(text)

    def _add(self, text: str) -> None:
        if not any(map(str.isalnum, text)):
            return
        if self._term:
            text, self._term = f"{self._term}: {text}", ""
        if self._heading:
            self._blocks.append((f"# {text}", None))
        elif (self._items and self._items[-1]) or _BULLET.match(text):
            self._items[-1:] = [False] * len(self._items[-1:])
            self._blocks.append((f"- {_BULLET.sub('', text, count=1) if _BULLET.match(text) else text}", "item"))
        else:
            self._blocks.append((text, "item" if self._items else None))


def _parts(text: str) -> list[str]:
    """The lines of a paragraph with line breaks in it, of which those go together that a sentence goes over."""
    parts: list[list[str]] = []
    for piece in text.split(_BREAK):
        line = " ".join(piece.split())
        if parts and parts[-1][-1] and line[:1].islower() and not parts[-1][-1].endswith(_ENDED):
            parts[-1].append(line)
        else:
            parts.append([line])
    return [" ".join(part) for part in parts if part != [""]]


def _unread(element: etree._Element) -> bool:
    """Whether an element holds nothing that a reader sees as text."""
    return (
        element.tag in _UNREAD
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or _UNREAD_CLASSES.search(element.get("class") or "") is not None
        or _HIDDEN.search(element.get("style") or "") is not None
    )


def _span(text: str | None) -> int:
    return min(int(text), _SPAN) if text and text.isascii() and text.isdigit() and 0 < len(text) < 4 and int(text) else 1
