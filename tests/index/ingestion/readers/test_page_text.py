"""The text of pages: that it is theirs, whole, a block on each line, and without what stands around it."""

from __future__ import annotations

import re
from collections import Counter
from statistics import mean

import pytest

from index.ingestion.readers.page import from_html
from tests.index.ingestion.readers.pages import Shape, shapes
from tests.index.ingestion.readers.pages.layouts import FIRST, SECOND

SHAPES = (*shapes(FIRST), *shapes(SECOND))
_WORD = re.compile(r"[぀-ヿ一-鿿]|\w+")


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Four words each, as the article extraction benchmark counts them."""
    words = _WORD.findall(text.lower())
    return Counter(tuple(words[start : start + 4]) for start in range(max(1, len(words) - 3)))


def f1(shape: Shape, text: str) -> float:
    """How much of the text is the page's, and how much of the page's is in it; the headline is no part of either."""
    title = re.search("<h1[^>]*>(.*?)</h1>", shape.html)
    assert title is not None
    read = "\n".join(line for line in text.splitlines() if line.removeprefix("# ") != title.group(1))
    found, gold = shingles(read), shingles("\n".join(shape.lines))
    both = (found & gold).total()
    return 2 * both / (found.total() + gold.total())


def text_of(shape: Shape) -> str:
    """What is read from a page."""
    return from_html(shape.html.encode(), "page.html").text


def test_there_are_sixty_shapes() -> None:
    assert len(SHAPES) == 60


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_line_of_a_page_is_read_and_no_furniture(shape: Shape) -> None:
    text = text_of(shape)
    lines = text.splitlines()
    assert [line for line in shape.lines if line not in lines] == []
    assert [words for words in shape.furniture if words in text] == []
    assert f1(shape, text) > 0.9


def test_the_text_of_pages_is_theirs_on_average() -> None:
    assert mean(f1(shape, text_of(shape)) for shape in SHAPES) >= 0.97
