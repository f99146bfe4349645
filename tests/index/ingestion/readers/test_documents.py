"""Office files, books, notebooks and light markup: their headings, lists and tables, and what they say of themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from index.ingestion.readers.documents import blocks, pandoc
from index.ingestion.readers.draft import Draft
from index.ingestion.sources import files
from index.system.sandbox import Sandbox
from tests.support.documents import docx, epub, odt, packed, paragraph, pptx, shape, slide_table, word_table

ITEM = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
HEADING = '<w:pStyle w:val="Heading1"/>'
ROWS = [["Model", "Price"], ["Aurora", "$20"], ["Boreal", "$5"]]
DOCX = docx(
    paragraph("Aurora can be used by everybody from today.")
    + paragraph("Prices", HEADING)
    + paragraph("The small plan is free.", ITEM)
    + paragraph("The large plan costs twenty dollars.", ITEM)
    + word_table(ROWS)
    + paragraph("It speaks eight languages.")
)
RST = """Aurora opens
============

:Date: 2 March 2026

Aurora can be used by everybody
from `today <https://aurora.example/x>`_.

Prices
------

* The small plan is free.
* The large plan costs twenty dollars.

.. code:: python

   print(1)

====== =====
Model  Price
====== =====
Aurora $20
Boreal $5
====== =====

It speaks eight languages.
"""
ADOC = """= Aurora opens
Press Office <press@aurora.example>
v1.0, 2026-03-02

Aurora can be used by everybody
from https://aurora.example/x[today].

== Prices

* The small plan is free.
* The large plan costs twenty dollars.

|===
|Model |Price

|Aurora |$20
|Boreal |$5
|===

It speaks eight languages.
"""
RTF = r"""{\rtf1\ansi{\info{\title Aurora opens}{\creatim\yr2026\mo3\dy2\hr9\min0}}
\pard Aurora can be used by everybody from today.\par
\pard\outlinelevel0 Prices\par
\pard \u8226? The small plan is free.\par
\pard \u8226? The large plan costs twenty dollars.\par
\trowd\cellx1000\cellx2000\pard\intbl Model\cell Price\cell\row
\trowd\cellx1000\cellx2000\pard\intbl Aurora\cell $20\cell\row
\trowd\cellx1000\cellx2000\pard\intbl Boreal\cell $5\cell\row
\pard It speaks eight languages.\par}"""
ODT = odt(
    "<text:p>Aurora can be used by everybody from today.</text:p><text:h text:outline-level='1'>Prices</text:h>"
    "<text:list><text:list-item><text:p>The small plan is free.</text:p></text:list-item>"
    "<text:list-item><text:p>The large plan costs twenty dollars.</text:p></text:list-item></text:list>"
    "<table:table><table:table-column table:number-columns-repeated='2'/>"
    + "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in ROWS
    )
    + "</table:table><text:p>It speaks eight languages.</text:p>"
)
TEXT = """Aurora can be used by everybody from today.

# Prices

- The small plan is free.
- The large plan costs twenty dollars.

Model: Aurora; Price: $20
Model: Boreal; Price: $5

It speaks eight languages."""


def read(name: str, content: bytes | str) -> Draft:
    return files.parse(name, content if isinstance(content, bytes) else content.encode(), f"file:/{name}")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.docx", DOCX), ("a.odt", ODT), ("a.rtf", RTF), ("a.rst", RST), ("a.adoc", ADOC)],
    ids=lambda value: value if isinstance(value, str) and len(value) < 9 else "",
)
def test_headings_items_rows_title_and_day_are_read(name: str, content: bytes | str) -> None:
    draft = read(name, content)
    assert draft.text == TEXT
    assert draft.title == "Aurora opens"
    assert draft.published is not None
    assert draft.published.date().isoformat() == "2026-03-02"


def test_a_book_is_an_article_with_its_chapters_as_headings() -> None:
    first = "<h1>One</h1><p>Aurora can be used by everybody.</p><ul><li>The small plan is free.</li></ul>"
    draft = read("a.epub", epub(first, "<h1>Two</h1><p>It speaks eight languages.</p>"))
    assert draft.text == ("# One\n\nAurora can be used by everybody.\n\n- The small plan is free.\n\n# Two\n\nIt speaks eight languages.")
    assert (draft.title, draft.publisher) == ("Aurora opens", "Field Press")
    assert draft.published == datetime(2026, 3, 2, tzinfo=UTC)


def test_slides_are_read_in_their_order_and_words_that_runs_cut_are_whole() -> None:
    first = shape("ctrTitle", "Aurora opens") + shape("subTitle", "Every|body can use it from to|day.") + shape("sldNum", "1")
    second = shape("title", "Prices") + shape("body", "The small plan is free.", "The large plan costs $20.") + slide_table(ROWS)
    draft = read("a.pptx", pptx(first, second))
    assert draft.text == (
        "# Aurora opens\n\nEverybody can use it from today.\n\n# Prices\n\n- The small plan is free.\n- The large plan costs $20.\n\n"
        "Model: Aurora; Price: $20\nModel: Boreal; Price: $5"
    )
    assert draft.title == "Aurora opens"
    assert draft.published == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_notebook_is_its_words_without_code_and_results() -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Aurora opens\n", "\n", "Everybody can use it.\n"]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "source": ["print('hidden')"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["hidden\n"]}],
        },
        {"cell_type": "markdown", "metadata": {}, "source": ["- It is free.\n"]},
    ]
    draft = read("a.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    assert draft.text == "# Aurora opens\n\nEverybody can use it.\n\n- It is free."
    assert draft.title == "Aurora opens"


@pytest.mark.parametrize("title", ["", "Microsoft Word - draft.doc", "untitled", "Presentation1", "Document 2", "launch.docx"])
def test_what_a_program_calls_a_file_is_no_title(title: str) -> None:
    body = paragraph("Aurora opens to all", HEADING) + paragraph("It is free.")
    assert read("a.docx", docx(body, title=title)).title == "Aurora opens to all"


def test_a_day_that_cannot_be_is_none() -> None:
    assert read("a.docx", docx(paragraph("It is free."), created="1601-01-01T00:00:00Z")).published is None
    assert read("a.docx", docx(paragraph("It is free."), created="soon")).published is None


def test_links_keep_their_words_and_notes_their_sentences() -> None:
    draft = read("a.rst", "Aurora is `out <https://a.example/x>`_ today [1]_.\n\n.. [1] The note is a sentence.\n")
    assert draft.text == "Aurora is out today.\n\n- The note is a sentence."


async def test_a_worker_within_its_limits_reads_them() -> None:
    sandbox = Sandbox(workers=1)
    try:
        draft = await sandbox.run(pandoc.from_document, DOCX, "file:/a.docx", ".docx")
    finally:
        await sandbox.close()
    assert draft.text == TEXT


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protected by a password"),
        ("a.docx", DOCX[:-200], "broken"),
        ("a.docx", b"", "broken"),
        ("a.docx", packed({"a.txt": "x"}), "broken"),
        ("a.docx", docx(""), "no text"),
        ("a.odt", packed({"content.xml": "x", "META-INF/manifest.xml": "<manifest:encryption-data/>"}), "password"),
        ("a.epub", packed({"META-INF/container.xml": "x", "META-INF/rights.xml": "x"}), "its seller"),
        ("a.pptx", pptx(shape("body", "")), "no text"),
        ("a.ipynb", "{", "broken"),
        ("a.rtf", "Aurora", "broken"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "save it as .docx"),
        ("a.ppt", b"x", "save it as .pptx"),
        ("a.xlsx", b"x", "save it as .csv"),
        ("a.msg", b"x", "save it as .eml"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(name: str, content: bytes | str, problem: str) -> None:
    with pytest.raises(files.ArticleError, match=problem) as refused:
        read(name, content)
    assert str(refused.value).startswith(name)
    assert "\n" not in str(refused.value)


# HTML as lines


def lines(body: str) -> str:
    return blocks.lines(blocks.html.document_fromstring(f"<body>{body}</body>"))


def test_tables_that_lay_out_a_mail_are_paragraphs() -> None:
    inner = "<table><tr><td><h2>Aurora opens</h2><p>Everybody can use it.</p></td></tr></table>"
    assert lines(f"<table><tr><td>{inner}</td><td><p>It is free.</p></td></tr></table>") == (
        "# Aurora opens\n\nEverybody can use it.\n\nIt is free."
    )


def test_cells_that_go_over_rows_and_columns_stand_in_each() -> None:
    table = (
        "<tr><th>Model</th><th>Plan</th><th>Price</th></tr><tr><td rowspan='2'>Aurora</td><td>small</td><td>$0</td></tr>"
        "<tr><td>large</td><td>$20</td></tr><tr><td colspan='2'>Boreal</td><td>$5</td></tr>"
    )
    assert lines(f"<table>{table}</table>").splitlines() == [
        "Model: Aurora; Plan: small; Price: $0",
        "Model: Aurora; Plan: large; Price: $20",
        "Model: Boreal; Plan: Boreal; Price: $5",
    ]


def test_two_columns_without_a_head_are_names_and_values() -> None:
    assert lines("<table><tr><td>Launch</td><td>2 May</td></tr><tr><td>Price</td><td>$20</td></tr></table>") == "Launch: 2 May\nPrice: $20"


def test_line_breaks_end_lines_but_no_sentences() -> None:
    assert lines("<p>Aurora is<br>out.<br>It is free.</p>") == "Aurora is out.\n\nIt is free."


def test_what_is_hidden_and_code_are_left_out() -> None:
    assert lines("<p>Aurora is out.<span style='display:none'>no</span></p><pre>no</pre><script>no</script><p>So.</p>") == (
        "Aurora is out.\n\nSo."
    )


def test_lists_in_lists_and_definitions() -> None:
    assert lines("<ul><li>One<ul><li>Two</li></ul></li><li>Three</li></ul><dl><dt>Price</dt><dd>Free.</dd></dl>") == (
        "- One\n- Two\n- Three\n\nPrice: Free."
    )
