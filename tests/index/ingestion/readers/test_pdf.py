"""PDFs: columns, running heads, paragraphs over borders, titles, ciphers; and what is made to do harm."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from io import BytesIO

import pytest

from index.ingestion.readers import pdf_layout
from index.ingestion.readers.pdf import from_pdf
from index.ingestion.readers.pdf_layout import Line, Page
from index.model.errors import ArticleError

Drawn = tuple[float, float, float, str]
"""Where a line stands, from the left and from the foot of the page, in which size, and what it says."""

FIRST = (
    "The video generator Aurora can be used by everybody from today, its maker said in a long statement. It costs twenty dollars a month, "
    "and all customers of the older service may go on using it for another year, at the price that they have paid since its launch."
)
SECOND = (
    "Testers who had waited since the autumn praised its speed, while others found fault with the sound of voices. Films of a minute are "
    "made in an hour. Longer ones have to wait until the maker has bought more machines, which it expects to do in the summer."
)


def pdf_of(pages: Sequence[Sequence[Drawn]], title: str = "") -> bytes:
    """A PDF with these lines, in Courier, whose letters are all as wide."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for lines in pages:
        shown = []
        for left, bottom, size, text in lines:
            escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            shown.append(f"BT /F1 {size} Tf {left} {bottom} Td ({escaped}) Tj ET")
        stream = "\n".join(shown).encode("cp1252")
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % (len(objects) + 2)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] /Count {len(kids)} >>".encode()
    objects.append(f"<< /Title ({title}) >>".encode())
    content, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    content += b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, size - 1, table)
    return bytes(content)


def block(text: str, left: float, top: float, columns: int, size: float = 10) -> list[Drawn]:
    """A paragraph, wrapped; a letter is .6 of the size wide."""
    wrapped = textwrap.wrap(text, columns, break_on_hyphens=False)
    return [(left, top - 1.2 * size * number, size, line) for number, line in enumerate(wrapped)]


def text_of(*pages: Sequence[Drawn]) -> str:
    return from_pdf(pdf_of(pages), "file:a.pdf").text


def test_a_paragraph_is_one_line() -> None:
    assert text_of([*block(FIRST, 50, 700, 80), *block(SECOND, 50, 600, 80)]) == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize("by_rows", [False, True])
def test_columns_are_read_one_after_the_other(by_rows: bool) -> None:
    lines = [*block(FIRST, 50, 700, 38), *block(SECOND, 320, 700, 38)]
    if by_rows:  # as some programs draw them: from left to right, then down
        lines.sort(key=lambda line: (-line[1], line[0]))
    assert text_of(lines) == f"{FIRST}\n\n{SECOND}"


def test_a_sentence_goes_on_in_the_next_column_and_on_the_next_page() -> None:
    first = block(FIRST, 50, 700, 38)
    rest = [(320.0, 700.0 - 12 * number, size, text) for number, (_, _, size, text) in enumerate(first[3:])]
    above, below = block(SECOND, 50, 764, 38)[:5], block(SECOND, 320, 640 - 12 * len(rest), 38)
    filled = [(left, bottom + 8, size, text) for left, bottom, size, text in above]
    assert FIRST in text_of([*filled, *first[:3], *rest, *below])
    assert text_of(first[:3], [(50.0, bottom, size, text) for _, bottom, size, text in rest]) == FIRST


def test_running_heads_and_numbers_of_pages_go() -> None:
    def page(number: int, text: str) -> list[Drawn]:
        return [(50, 770, 8, "Aurora quarterly, volume 3"), *block(text, 50, 700, 80), (300, 20, 8, f"Page {number} of 3")]

    third = f"In autumn, {SECOND}"
    assert text_of(page(1, FIRST), page(2, SECOND), page(3, third)) == f"{FIRST}\n\n{SECOND}\n\n{third}"


def test_words_that_a_line_end_broke_are_put_together() -> None:
    lines = ["It is a well-known maker that makes this gener-", "ator of films, and is as well-known for its under-", "standing of light."]
    drawn = [(50.0, 700.0 - 12 * number, 10.0, line) for number, line in enumerate(lines)]
    assert (
        text_of(drawn)
        == "It is a well-known maker that makes this generator of films, and is as well-known for its understanding of light."
    )


def test_items_of_a_list_are_items() -> None:
    lines: list[Drawn] = []
    for number, text in enumerate((FIRST, SECOND)):
        wrapped = block(text, 65, 700 - 80 * number, 78)
        lines += [(50, wrapped[0][1], 10, "\u2022"), *wrapped]
    assert text_of(lines) == f"- {FIRST}\n- {SECOND}"


def test_cells_of_a_table_are_no_columns() -> None:
    rows = [("Model", "Price", "Day"), ("Aurora", "$20", "4 May"), ("Borealis", "$30", "5 June"), ("Cirrus", "$5", "6 July")]
    text = text_of([(50 + 150 * n, 700 - 14 * row, 10, cell) for row, cells in enumerate(rows) for n, cell in enumerate(cells)])
    assert [line.split() for line in text.split("\n\n")] == [" ".join(cells).split() for cells in rows]


@pytest.mark.parametrize("title", ["Microsoft Word - aurora.doc", "Binder1.pdf", "untitled", "aurora_final.indd", ""])
def test_what_is_set_largest_is_the_title_where_none_is_stated(title: str) -> None:
    lines = [(50, 760, 8, "The Daily"), (50, 730, 18, "Aurora opens"), (50, 708, 18, "to the world"), *block(FIRST, 50, 660, 80)]
    draft = from_pdf(pdf_of([lines], title), "file:a.pdf")
    assert draft.title == "Aurora opens to the world"
    assert "# Aurora opens to the world" in draft.text


def test_a_title_that_is_stated_is_the_title() -> None:
    assert from_pdf(pdf_of([block(FIRST, 50, 700, 80)], "Aurora is out"), "file:a.pdf").title == "Aurora is out"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_what_only_must_not_be_changed_can_be_read(algorithm: str) -> None:
    from pypdf import PdfReader, PdfWriter

    def encrypted(password: str) -> bytes:
        writer, made = PdfWriter(clone_from=PdfReader(BytesIO(pdf_of([block(FIRST, 50, 700, 80)])))), BytesIO()
        writer.encrypt(password, "owner", algorithm=algorithm)
        writer.write(made)
        return made.getvalue()

    assert from_pdf(encrypted(""), "file:a.pdf").text == FIRST
    with pytest.raises(ArticleError, match="encrypted"):
        from_pdf(encrypted("secret"), "file:a.pdf")


@pytest.mark.parametrize("day", ["D:20269999", "D:99999999999999", "soon", "D:20250304100000+99'99'", "D:0000"])
def test_a_day_that_is_none_is_none(day: str) -> None:
    content = pdf_of([block(FIRST, 50, 700, 80)], f"Aurora) /CreationDate ({day}")
    assert from_pdf(content, "file:a.pdf").published is None


def _hostile() -> dict[str, list[Page]]:
    def page(lines: list[Line]) -> Page:
        return Page(lines, 0, 800)

    count = 40_000
    return {
        "one place": [page([Line(f"word {number} more", 50, 250, 300, 10) for number in range(count)])],
        "one line": [page([Line("a", 3.0 * number, 3.0 * number + 2, 300, 10) for number in range(count)])],
        "columns": [page([Line("some words here", 60.0 * (n % 9), 60.0 * (n % 9) + 55, n / 50, 10) for n in range(count)])],
        "no height": [page([Line("some words here", 0, 0, 0, 0.1)] * count)],
        "hyphens": [page([Line("ab-", 0, 100, -12.0 * number, 10) for number in range(count)])],
        "many pages": [page([Line("some words here", 0, 100, 12.0 * line, 10) for line in range(130)]) for _ in range(300)],
    }


@pytest.mark.parametrize("kind", _hostile())
def test_what_it_takes_grows_as_the_pages_do(kind: str) -> None:
    pages = _hostile()[kind]
    started = time.thread_time()
    pdf_layout.text_of(pages)
    assert time.thread_time() - started < 10


@pytest.mark.parametrize(
    "matrix", ["1e38 0 0 1e38 1e38 1e38", "0 0 0 0 0 0", "1e-30 0 0 1e-30 0 0", "-1 0 0 -1 300 300", "0 1 -1 0 300 300"]
)
def test_places_that_no_page_has_are_read_or_refused(matrix: str) -> None:
    content = pdf_of([block(FIRST, 50, 700, 80)]).replace(b"BT /F1 10 Tf 50 700 Td", f"BT /F1 10 Tf {matrix} Tm".encode())
    try:
        assert from_pdf(content, "file:a.pdf").text
    except ArticleError as refused:
        assert "\n" not in str(refused)
