"""What was true on a day: months that are all that is known, parts of articles with days of their own, articles without a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.wording import wording
from index import Precision, Quote
from index.api import Index
from index.model.quotes import Mark
from tests.support.articles import write

CHANGELOG = """# Corvo change log

## 10 November 2025

Corvo 3 exports films in colour for all customers.

## 4 March 2025

Corvo 2 exports films without any colour at all.
"""


async def quotes(index: Index, question: str, as_of: date | None = None) -> tuple[Quote, ...]:
    return (await index.ask(question, as_of=as_of)).quotes


async def test_a_month_counts_from_its_last_day(index: Index, tmp_path: Path) -> None:
    await index.add([str(write(tmp_path / "a.md", "Corvo exports films in colour.", title="Corvo", published="2025-02"))])
    assert not await quotes(index, "Does Corvo export films in colour?", date(2025, 2, 27))
    [quote] = await quotes(index, "Does Corvo export films in colour?", date(2025, 2, 28))
    assert quote.article.precision is Precision.MONTH
    assert wording("en").published(quote.article) == "February 2025"
    assert wording("fr").published(quote.article) == "février 2025"


async def test_parts_with_days_of_their_own_count_from_these(index: Index, tmp_path: Path) -> None:
    await index.add([str(write(tmp_path / "a.md", CHANGELOG, title="Corvo change log", published="2025-11-10"))])
    [old] = await quotes(index, "Does Corvo export films in colour?", date(2025, 6, 1))
    assert (old.text, old.section) == ("Corvo 2 exports films without any colour at all.", date(2025, 3, 4))
    both = await quotes(index, "Does Corvo export films in colour?", date(2025, 12, 1))
    assert {quote.section for quote in both} == {date(2025, 3, 4), date(2025, 11, 10)}
    [again] = await index.quoted([Mark.of(old)])
    assert (again.text, again.section) == (old.text, old.section)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Corvo exports films in colour.", date.today()),
        ("Corvo exports films in colour. It was launched on 3 March 2025.", date(2025, 3, 3)),
    ],
)
async def test_what_is_undated_counts_from_the_first_day_that_is_known_of_it(index: Index, tmp_path: Path, text: str, first: date) -> None:
    await index.add([str(write(tmp_path / "a.md", text, title="Corvo"))])
    assert not await quotes(index, "Does Corvo export films in colour?", date.fromordinal(first.toordinal() - 1))
    assert await quotes(index, "Does Corvo export films in colour?", first)


async def test_a_title_that_was_quoted_is_found_again(index: Index, tmp_path: Path) -> None:
    await index.add([str(write(tmp_path / "a.md", "It exports films.", title="Corvo is out today", published="2025-02-03"))])
    [listed] = await index.list()
    quote = Quote("Corvo is out", 0.9, 0, 12, listed.article, title=True)
    [again] = await index.quoted([Mark.of(quote)])
    assert (again.text, again.title) == ("Corvo is out", True)
