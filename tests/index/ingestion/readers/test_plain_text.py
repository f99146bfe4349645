"""Plain text: what its first lines say of it, and nothing but blocks below them."""

from __future__ import annotations

from datetime import UTC, datetime

from index.ingestion.readers.draft import Draft
from index.ingestion.readers.plain_text import from_text


def read(text: str) -> Draft:
    return from_text(text.encode(), "file:a.txt")


def test_the_first_lines_say_what_the_text_is() -> None:
    draft = read("Title: Aurora is out\nDate: 4 March 2025\nSource: https://daily.example/aurora\nPublisher: The Daily\n\nIt is out.")
    assert (draft.title, draft.url, draft.publisher, draft.text) == (
        "Aurora is out",
        "https://daily.example/aurora",
        "The Daily",
        "It is out.",
    )
    assert draft.published == datetime(2025, 3, 4, tzinfo=UTC)


def test_a_day_that_cannot_be_read_leaves_the_lines_in_the_text() -> None:
    draft = read("Title: Aurora\nDate: soon\n\nIt is out.")
    assert draft.title is None
    assert "soon" in draft.text


def test_a_sentence_with_a_colon_is_no_head() -> None:
    assert read("Source: close to the matter\nAurora is out.").publisher is None


def test_addresses_alone_on_a_line_signatures_and_marks_of_quotation_go() -> None:
    text = "> Aurora is out.\n\nhttps://daily.example/a\n\nI like it.\n-- \nEditor\nThe Daily\n"
    assert read(text).text == "Aurora is out.\n\nI like it."
