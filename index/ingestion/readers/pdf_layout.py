"""From lines that stand somewhere on pages to the blocks of a text: columns, running heads, paragraphs, headings.

Lengths are in points, and y grows upwards, as in PDF.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.ingestion.readers.lines import begins_item, breaks_word, ends_sentence, joined, laid_out, words_of
from index.text.scripts import HAN, KANA

CELL_GAP = "   "
"""What stands between cells of a table."""

_BULLET_LIMIT = 5  # characters of a bullet or a number, with its point
_SAME_SIZE = 1.12  # the ratio of what is taken for type of one size
_HEADING = 1.15  # times the size of most of the text
_HEADING_LIMIT = 200  # characters
_GUTTERS = 8  # places at which a column's end is looked for
_COLUMN_LINES = 5  # of a column, at least
_CROSSING = 0.35  # of the characters, in lines that go over the gutter: titles, tables, abstracts
_FILLED = 0.55  # of a column's width, which its lines take; cells of tables take less
_DEPTH = 2  # two gutters above each other in this order make four columns
_EDGE = 0.1  # of a page's height, at its top and foot
_EDGE_LINES = 3  # there, which can be running heads
_REPEATED = 0.4  # of the pages: those at the left and at the right often have different ones
_GAP = 1.35  # times the usual distance of lines, from which on a paragraph ends
_INDENT = 0.7  # times the size of the type
_LOOK_BACK = 6  # blocks: notes and pictures' captions at a column's foot stand between the two halves of a paragraph

_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|p\.|s\.|第)\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of|von|sur|de|di)\s*\d{1,4})?\W*\Z",
    re.IGNORECASE,
)
_IDEOGRAPH = re.compile(f"[{KANA}{HAN}]")


@dataclass(frozen=True, slots=True)
class Line:
    """Some words beside each other, and where they stand: from ``left`` to ``right``, with the foot of the letters at ``bottom``."""

    text: str
    left: float
    right: float
    bottom: float
    size: float


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page, in whatever order it draws them."""

    lines: Sequence[Line]
    bottom: float
    top: float


@dataclass(slots=True)
class _Block:
    lines: list[Line]
    first: bool  # of its column

    @property
    def size(self) -> float:
        return self.lines[-1].size


def text_of(pages: Sequence[Page]) -> tuple[str, str | None]:
    """The text of pages, a block on each line, and what is set in the largest type on the first of them, if it is larger than the rest."""
    edges = _running(pages)
    contents = [[line for line in page.lines if (number, line) not in edges] for number, page in enumerate(pages)]
    everything = [line for lines in contents for line in lines]
    if not everything:
        return "", None
    size = _usual_size(everything)
    words = words_of(" ".join(line.text for line in everything))
    blocks: list[_Block] = []
    for lines in contents:
        for column in _columns(lines, _DEPTH):
            for block in _paragraphs(column):
                _append(blocks, block)
    texts = [joined([line.text for line in block.lines], words) for block in blocks]
    title = _title(contents[0], size, words)
    return laid_out(["# " + text if _is_heading(block, text, size) else text for block, text in zip(blocks, texts, strict=True)]), title


def _is_heading(block: _Block, text: str, size: float) -> bool:
    return block.size >= _HEADING * size and len(text) <= _HEADING_LIMIT and any(map(str.isalpha, text)) and not begins_item(text)


def _title(lines: Sequence[Line], size: float, words: frozenset[str]) -> str | None:
    said = [line for line in lines if sum(map(str.isalpha, line.text)) >= 2]
    largest = max((line.size for line in said), default=0.0)
    if largest < _HEADING * size:
        return None
    title = joined([line.text for line in said if line.size * _SAME_SIZE >= largest], words)
    return title if len(title) <= _HEADING_LIMIT else None


def _usual_size(lines: Iterable[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0]


def _running(pages: Sequence[Page]) -> set[tuple[int, Line]]:
    """Heads and feet, by page: what stands at the same height on many pages, but for its numbers, and the numbers of pages."""
    places: defaultdict[tuple[str, int], list[tuple[int, Line]]] = defaultdict(list)
    found: set[tuple[int, Line]] = set()
    for number, page in enumerate(pages):
        height = page.top - page.bottom
        ordered = sorted(page.lines, key=lambda line: -line.bottom)
        for line in dict.fromkeys([*ordered[:_EDGE_LINES], *ordered[-_EDGE_LINES:]]):
            from_edge = min(page.top - line.bottom, line.bottom - page.bottom)
            if from_edge > _EDGE * height:
                continue
            if _PAGE_NUMBER.match(line.text):
                found.add((number, line))
            places[_NUMBER.sub("#", line.text).casefold(), round((line.bottom - page.bottom) / 4)].append((number, line))
    for lines in places.values():
        count = len({number for number, _ in lines})
        if count >= 2 and count >= _REPEATED * len(pages):
            found.update(lines)
    return found


def _columns(lines: Sequence[Line], depth: int) -> Iterator[list[Line]]:
    """The lines in the order of reading, column by column; what goes over the gutter parts what is above it from what is below."""
    gutter = _gutter(lines) if depth else None
    if gutter is None:
        if lines:
            yield _rows(lines)
        return
    bands: list[tuple[list[Line], list[Line]]] = [([], [])]
    spanning: list[list[Line]] = [[]]
    for line in sorted(lines, key=lambda line: -line.bottom):
        if line.left < gutter < line.right:
            if any(bands[-1]):
                bands.append(([], []))
                spanning.append([])
            spanning[-1].append(line)
        else:
            bands[-1][line.left >= gutter].append(line)
    for above, (left, right) in zip(spanning, bands, strict=True):
        if above:
            yield _rows(above)
        yield from _columns(left, depth - 1)
        yield from _columns(right, depth - 1)


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where a page falls in two columns: hardly a line goes over it, and on both sides there are many that are as wide as their side."""
    if len(lines) < 2 * _COLUMN_LINES:
        return None
    total = sum(len(line.text) for line in lines)
    starts = Counter(round(line.left / 3) * 3 for line in lines)
    leftmost = min(line.left for line in lines)
    candidates = [start for start, count in starts.most_common(_GUTTERS) if count >= _COLUMN_LINES and start > leftmost + 50]
    best, least = None, _CROSSING * total
    for start in candidates:
        gutter = start - 3.0
        crossing = sum(len(line.text) for line in lines if line.left < gutter < line.right)
        left = [line for line in lines if line.right <= gutter]
        right = [line for line in lines if line.left >= gutter]
        if crossing < least and min(len(left), len(right)) >= _COLUMN_LINES and _fills(left) and _fills(right):
            best, least = gutter, crossing
    return best


def _fills(lines: Sequence[Line]) -> bool:
    """Whether most lines are as wide as what they stand in, or as one of the columns in that."""
    widths = sorted(line.right - line.left for line in lines)
    usual = widths[int(len(widths) * 0.9)]
    return usual > 50 and median(widths) >= _FILLED * usual and median(len(line.text) for line in lines) >= 12


def _rows(lines: Sequence[Line]) -> list[Line]:
    """From top to foot; what stands at one height is one line, with wide gaps between its cells."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (-line.bottom, line.left)):
        if rows and rows[-1][0].bottom - line.bottom < 0.35 * min(line.size, rows[-1][0].size):
            rows[-1].append(line)
        else:
            rows.append([line])
    single = [True, *(len(row) == 1 for row in rows), True]
    return [
        _one(sorted(row, key=lambda line: line.left), " " if before and behind else CELL_GAP)  # words that were set wide, or a table
        for row, before, behind in zip(rows, single, single[2:], strict=False)
    ]


def _one(row: Sequence[Line], gap: str) -> Line:
    if len(row) == 1:
        return row[0]
    bullet, *cells = row
    if begins_item(f"{bullet.text} {cells[0].text}") and len(bullet.text) <= _BULLET_LIMIT:
        cells[0] = replace(cells[0], text=f"{bullet.text} {cells[0].text}")
    else:
        cells = [bullet, *cells]
    longest = max(cells, key=lambda line: len(line.text))
    return Line(gap.join(cell.text for cell in cells), bullet.left, max(line.right for line in row), longest.bottom, longest.size)


def _paragraphs(column: Sequence[Line]) -> Iterator[_Block]:
    right = max(line.right for line in column)
    pitches = [line.bottom - following.bottom for line, following in pairwise(column)]
    pitch = _usual_pitch(pitches, column)
    block = _Block([column[0]], first=True)
    for (line, following), distance in zip(pairwise(column), pitches, strict=True):
        if _goes_on(line, following, distance=distance, pitch=pitch, right=right, in_item=begins_item(block.lines[0].text)):
            block.lines.append(following)
        else:
            yield block
            block = _Block([following], first=False)
    yield block


def _usual_pitch(pitches: Sequence[float], column: Sequence[Line]) -> float:
    near = [pitch for pitch, line in zip(pitches, column, strict=False) if 0.5 * line.size < pitch < 2.2 * line.size]
    rounded = Counter(round(pitch, 0) for pitch in near)
    return max(rounded.most_common(1)[0][0], 1.0) if rounded else 1.2 * column[0].size


def _goes_on(line: Line, following: Line, *, distance: float, pitch: float, right: float, in_item: bool) -> bool:
    ratio = following.size / line.size
    if not 1 / _SAME_SIZE <= ratio <= _SAME_SIZE or begins_item(following.text) or CELL_GAP in line.text or CELL_GAP in following.text:
        return False
    usual = pitch if line.size <= pitch else 1.25 * line.size  # larger type stands further apart
    if distance > _GAP * usual:
        return False
    centred = abs(following.left + following.right - line.left - line.right) < line.size / 2
    if following.left - line.left > _INDENT * line.size and not in_item and not centred:
        return False
    if breaks_word(line.text):
        return True
    first = following.text.split(" ", 1)[0]
    word = line.size if _IDEOGRAPH.match(first) else (following.right - following.left) * len(first) / len(following.text)
    full = line.right + 1.1 * word >= right - line.size / 2
    return full or (following.text[:1].islower() and not ends_sentence(line.text))


def _append(blocks: list[_Block], block: _Block) -> None:
    """Add a block, or the rest of one that a column or page has broken."""
    first = block.lines[0].text
    if block.first and (first[:1].islower() or _IDEOGRAPH.match(first) or first[:1].isdigit()) and not begins_item(first):
        for before in reversed(blocks[-_LOOK_BACK:]):
            if 1 / _SAME_SIZE <= before.size / block.size <= _SAME_SIZE:
                if not ends_sentence(before.lines[-1].text) and len(before.lines) + len(block.lines) > 2:
                    before.lines += block.lines
                    return
                break
    blocks.append(block)
