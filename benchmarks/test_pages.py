"""What web pages cost: to add them, against the bare encoder; and to ask whether a thousand have changed.

Run alone, on an idle machine: ``make benchmark``.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pytest

from benchmarks.measuring import sentence_texts
from benchmarks.test_rates import articles, bare_model, encode
from bot.settings import Settings
from index import Change, open_index
from index.api import Index
from index.ingestion.embed import cut
from index.ingestion.sources import pages
from index.ingestion.web.fetch import Fetcher
from index.model.articles import Article
from index.storage.store.base import Entry
from index.system.sandbox import Sandbox
from tests.support.site import Site, page, serving

PAGES, SIZE = 24, 3000  # characters of text a page
UNCHANGED = 1000


@pytest.mark.timeout(1200)  # a slow machine is slow on both sides
async def test_adding_pages_runs_at_nearly_the_rate_of_the_bare_encoder(tmp_path: Path) -> None:
    async with serving() as site, open_index(Settings(data=tmp_path / "warm", allow_private_network=True)) as index:
        encoder = (await index.engine()).encoder
        addresses = [
            site.put(f"/long/{number}", page(f"Article {number}", text, published="2025-03-04"))
            for number, text in enumerate(_texts(PAGES))
        ]
        cuts = [cut(article) for article in await _read(addresses)]
        texts = [text for one in cuts for text in (*one.passage_texts(), *sentence_texts(one))]
        model = bare_model(encoder)
        bare, engine, added = [], [], []
        for turn in range(3):
            async with open_index(Settings(data=tmp_path / str(turn), allow_private_network=True)) as fresh:
                fresh._context._engines = index._context._engines  # the model is loaded once
                started = perf_counter()
                outcomes = await fresh.add(addresses)
                added.append(perf_counter() - started)
                fresh._context._engines = {}  # whose it is not closes it not
            assert {outcome.change for outcome in outcomes} == {Change.ADDED}
            started = perf_counter()
            encode(model, texts, "passage: ")
            bare.append(perf_counter() - started)
            started = perf_counter()
            encoder.encode_passages(texts)
            engine.append(perf_counter() - started)
    ratio = statistics.median(bare) / statistics.median(added)
    print(
        f"\nadding {PAGES} pages of {SIZE} characters ({len(texts)} texts): {PAGES / min(added):.2f} pages/s, "
        f"bare encoder {PAGES / min(bare):.2f} pages/s: ratio {ratio:.2f}"
    )
    print(f"its own engine, bare: {PAGES / min(engine):.2f} pages/s: ratio {statistics.median(engine) / statistics.median(added):.2f}")
    assert ratio >= 0.8


async def test_a_thousand_unchanged_pages_cost_a_thousand_small_requests(tmp_path: Path) -> None:
    async with serving() as site, open_index(Settings(data=tmp_path, allow_private_network=True)) as index:
        addresses = await _known(index, site)
        site.asked.clear()
        started = perf_counter()
        outcomes = await index.add(addresses)
        elapsed = perf_counter() - started
    assert {outcome.change for outcome in outcomes} == {Change.UNCHANGED}
    assert {(one.status, one.conditional) for one in site.asked} == {(304, True)}
    assert len(site.asked) == UNCHANGED
    print(f"\n{UNCHANGED} unchanged pages of one host: {elapsed:.1f} s")
    assert elapsed < 15


async def _known(index: Index, site: Site) -> list[str]:
    """Pages that are in already. What was embedded of them is not looked at here, so nothing is."""
    addresses, entries = [], []
    for number in range(UNCHANGED):
        address = site.put(f"/short/{number}", page(f"Article {number}", f"Product {number} ships."))
        article = Article(f"page{number}", address, address, f"Article {number}", f"Product {number} ships.", "en")
        entries.append(Entry(article, "", str(number), (), etag=site.etag(f"/short/{number}")))
        addresses.append(address)
    await index.add([str(Path(__file__).parents[1] / "bot" / "on_terminal" / "samples" / "2024-02-15-sora-shown.md")])
    generation = await index._store.live()
    assert generation
    await index._store.write(entries, generation)
    return addresses


def _texts(count: int) -> list[str]:
    """Long articles, recombined from the sentences of real ones."""
    dice = random.Random(1)
    sentences = [one.text(sentence) for one in map(cut, articles()) for passage in one.passages for sentence in passage.sentences]
    made = []
    for _ in range(count):
        paragraphs: list[str] = []
        while sum(map(len, paragraphs)) < SIZE:
            paragraphs.append(" ".join(dice.choice(sentences) for _ in range(4)))
        made.append("\n\n".join(paragraphs))
    return made


async def _read(addresses: Sequence[str]) -> list[Article]:
    fetcher, sandbox = Fetcher(allow_private=True, ports=frozenset()), Sandbox()
    drafts = [await pages.read(address, fetcher, sandbox) for address in addresses]
    await fetcher.close()
    await sandbox.close()
    return [draft.article() for draft in drafts if draft]
