"""Pages, feeds and files that were made to do harm: each costs its own reading and nothing else.

Where a deadline has to pass it is shortened here; that questions go on meanwhile does not depend on it.
"""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings import Settings
from index import Change, open_index
from index.api import Index
from index.embedding.engine.engine import Engine
from index.ingestion.add import Adding
from index.ingestion.prepare import SENTENCE_LIMIT
from index.ingestion.readers import pdf as pdfs
from index.ingestion.readers.draft import NAME_LIMIT, TEXT_LIMIT
from index.ingestion.sources.feeds import Item
from index.system.sandbox import pool
from index.text.passages import split
from tests.support.articles import put, write
from tests.support.feeds import rss
from tests.support.loop import watched
from tests.support.site import Site, page, serving
from tests.support.site import pdf as pdf_of

pytestmark = pytest.mark.model

XML = "application/rss+xml"
SHORT = 5.0
"""Seconds: a deadline for tests; far more than anything honest takes here."""

FEEDS = {
    "an author that looks like an address": f"<item><title>a</title><author>{'a.' * 40_000}</author></item>",
    "a style without end": f"<item><title>a</title><description>&lt;p style=&quot;{'a' * 250_000}&quot;&gt;</description></item>",
    "ellipses without end": f"<item><title>a</title><description>{'… ' * 60_000}</description></item>",
    "marks that are never closed": f"<item><title>{'&lt;' * 60_000}</title><description>x</description></item>",
    "more titles than one": f"<item>{'<title>a</title>' * 60_000}</item>",
}

PAGES = {
    "thousands of paragraphs": "<p>x</p>" * 40_000,
    "sentences that are read as another language": f"<p>{'世。' * 40_000}</p>",
    "exclamations": f"<p>{'a! ' * 60_000}</p>",
    "titles of persons": f"<p>{'Dr. ' * 3_000}</p>",
    "marks within marks": "<div>" * 20_000 + "x",
    "quotation marks": f"<p>{'“' * 60_000} a</p>",
}


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A hostile one."""
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def index(tmp_path: Path) -> AsyncIterator[Index]:
    """An index that may fetch from this machine, and answers already."""
    async with open_index(Settings(data=tmp_path / "data", allow_private_network=True)) as made:
        await made.add([str(write(tmp_path / "aurora.md", "Aurora ships in May, its maker said.", published="2025-03-04"))])
        await made.ask("When does Aurora ship?")
        yield made


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines that a test can wait for."""
    monkeypatch.setattr(pool, "DEADLINE", SHORT)
    monkeypatch.setattr("index.system.sandbox.DEADLINE", SHORT)
    monkeypatch.setattr(pdfs, "DEADLINE", SHORT)


@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("hostile", FEEDS.values(), ids=FEEDS)
async def test_a_feed_that_keeps_a_parser_busy_keeps_nobody_else_waiting(index: Index, site: Site, hostile: str) -> None:
    await index.feeds.add(site.put("/feed.xml", rss(), XML))
    site.put("/feed.xml", rss(hostile), XML)
    async with watched() as standstill:
        look = asyncio.create_task(index.feeds.refresh())
        while not look.done():
            assert (await index.ask("When does Aurora ship?")).answered
            await asyncio.sleep(0.2)
    assert len(await look) == 1
    assert standstill.longest < 0.5


@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("hostile", PAGES.values(), ids=PAGES)
async def test_a_page_that_keeps_a_parser_busy_keeps_nobody_else_waiting(index: Index, site: Site, hostile: str) -> None:
    address = site.put("/page", f"<html lang='en'><head><title>a</title></head><body><article>{hostile}</article></body></html>")
    good = site.put("/good", page("Borealis is out", "Borealis can be used by everybody from today on. " * 10))
    async with watched() as standstill:
        adding = asyncio.create_task(index.add([address, good]))
        while not adding.done():
            assert (await index.ask("When does Aurora ship?")).answered
            await asyncio.sleep(0.2)
    _, second = await adding
    assert second.change is Change.ADDED
    assert standstill.longest < 0.5


@pytest.mark.slow
@given(st.text(st.sampled_from("….[]\n a<"), max_size=3000).map(lambda text: text * 20))
@settings(max_examples=30, deadline=2000)
def test_no_text_makes_a_pattern_of_ours_slow(text: str) -> None:
    from index.ingestion.readers.draft import Draft
    from index.ingestion.sources.feeds import titles

    titles.name(text)
    item = Item("k", "d", "s", "l", "l", None, None, None, "")
    item.is_whole(Draft("s", text + "x"))


@pytest.mark.slow
async def test_a_small_pdf_that_unfolds_to_millions_of_characters_is_refused(index: Index, tmp_path: Path) -> None:
    whole = pdf_of(["words without end " * 20] * 60)
    pages = put(tmp_path / "a.pdf", _repeated(whole, 290))
    [outcome] = await index.add([str(pages)])
    assert outcome.change is Change.FAILED
    assert outcome.detail
    assert f"{TEXT_LIMIT:,} characters" in outcome.detail


def _repeated(content: bytes, times: int) -> bytes:
    """A PDF that shows the same page again and again."""
    from io import BytesIO

    from pypdf import PdfReader, PdfWriter

    writer, [first] = PdfWriter(), PdfReader(BytesIO(content)).pages[:1]
    for _ in range(times):
        writer.add_page(first)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


async def test_a_text_with_more_characters_than_a_book_is_refused(index: Index, tmp_path: Path) -> None:
    [outcome] = await index.add([str(write(tmp_path / "a.txt", "word " * (TEXT_LIMIT // 5 + 10)))])
    assert outcome.change is Change.FAILED
    assert outcome.detail
    assert "split it" in outcome.detail


@pytest.mark.slow
async def test_a_text_with_more_sentences_than_can_be_embedded_is_refused(index: Index, tmp_path: Path) -> None:
    [outcome] = await index.add([str(write(tmp_path / "a.txt", "So it is.\n" * (SENTENCE_LIMIT + 1)))])
    assert outcome.change is Change.FAILED
    assert outcome.detail
    assert f"more than {SENTENCE_LIMIT:,} sentences" in outcome.detail


async def test_a_title_of_kilobytes_is_cut_with_an_ellipsis(index: Index, site: Site, data: Path) -> None:
    text = "Cirrus ships in June, its maker said on Tuesday, and adds that testers liked it. " * 5
    [outcome] = await index.add([site.put("/a", page("Cirrus " * 1_500, text, publisher="News " * 20_000))])
    assert outcome.change is Change.ADDED
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        named = database.execute("SELECT title, publisher FROM articles WHERE title LIKE 'Cirrus%'").fetchall()
    [(title, publisher)] = named
    assert len(title) <= NAME_LIMIT
    assert title.endswith(" …")
    assert publisher == "127.0.0.1"  # no site has such a name; so it is its host's


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["gzip", "br"])
async def test_bytes_behind_the_end_of_a_packed_page_count(index: Index, site: Site, packing: str) -> None:
    """The packed page is small and whole; what comes behind it would never end."""
    packed = gzip.compress(b"<p>x</p>") if packing == "gzip" else brotli.compress(b"<p>x</p>")

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html", "Content-Encoding": packing})
        await response.prepare(request)
        await response.write(packed)
        for _ in range(1000):
            await response.write(b"\0" * 100_000)
        return response

    [outcome] = await index.add([site.handle("/endless", endless)])
    assert outcome.change is Change.FAILED
    assert outcome.detail
    assert "larger than" in outcome.detail


async def test_nobody_is_kept_from_writing_while_an_article_is_encoded(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, held, reached = Engine.layers, asyncio.Event(), asyncio.Event()

    async def slow(self: Engine, texts: list[str], heads: list[str]) -> object:
        if any("Slowly" in text for text in texts):
            reached.set()
            await held.wait()
        return await layers(self, texts, heads)

    monkeypatch.setattr(Engine, "layers", slow)
    first = asyncio.create_task(index.add([str(write(tmp_path / "slow.md", "Slowly but surely, Drift ships."))]))
    await reached.wait()
    async with asyncio.timeout(60):
        [second] = await index.add([str(write(tmp_path / "fast.md", "Ember ships at once."))])
        await index.remove([str(tmp_path / "aurora.md")])
    assert second.change is Change.ADDED
    held.set()
    [outcome] = await first
    assert outcome.change is Change.ADDED


async def test_the_same_text_added_twice_at_once_is_kept_once(index: Index, tmp_path: Path) -> None:
    text = "Fathom can be used by everybody from today on, its maker said on Tuesday. It costs nine dollars a month for all."
    paths = [str(write(tmp_path / f"{number}.md", text)) for number in range(4)]
    outcomes = [outcome for some in await asyncio.gather(*(index.add([path]) for path in paths)) for outcome in some]
    assert sorted(outcome.change for outcome in outcomes) == [Change.ADDED, *[Change.DUPLICATE] * 3]
    assert len(await index.list(matching="Fathom")) == 1


async def test_an_article_that_is_embedded_for_a_generation_which_is_replaced_meanwhile_is_embedded_again(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, replaced = Adding._settle, asyncio.Event()

    async def late(self: Adding, *args: object) -> None:
        if not replaced.is_set():
            replaced.set()
            await index.rebuild()
        await settle(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Adding, "_settle", late)
    [outcome] = await index.add([str(write(tmp_path / "glint.md", "Glint ships in July.", title="Glint"))])
    assert outcome.change is Change.ADDED
    assert (await index.ask("When does Glint ship?")).answered


@pytest.mark.slow
@given(st.lists(st.sampled_from(["世。", "a! ", "Dr. ", "1. ", "\n", "\n\n", "x" * 50 + " ", "“", "\r\n", "Mr. X said. "]), max_size=30))
@settings(max_examples=30)
def test_whatever_a_long_text_is_made_of_its_sentences_are_in_order(parts: list[str]) -> None:
    text = "".join(part * 200 for part in parts)
    passages = split(text, "en")
    spans = [sentence for passage in passages for sentence in passage.sentences]
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(text[span.start : span.end] == text[span.start : span.end].strip() for span in spans)
    assert bool(spans) == any(map(str.isalnum, text))
