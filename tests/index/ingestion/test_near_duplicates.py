"""The same text on ten sites is kept once, with all its sources; what differs in what it says is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Settings
from index import EVERYBODY, Article, Change, open_index
from index.api import Index
from index.ingestion.sources import near_duplicates
from tests.support.articles import check_stored, draft_of, news, stored_texts, write
from tests.support.site import ARTICLES, Site, page, page_of, serving

pytestmark = pytest.mark.model

AGENCY = draft_of(ARTICLES / "chatgpt-search-launch.md").article()
MORE = "Read the whole story in our newsletter, which is sent to all of our readers every morning."
DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module")
async def served() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


@pytest.fixture
def site(served: Site) -> Site:
    """The site, as if nothing had been asked yet."""
    served.asked.clear()
    return served


@pytest_asyncio.fixture
async def index(data: Path) -> AsyncIterator[Index]:
    """An empty index that may ask this machine."""
    async with open_index(Settings(data=data, allow_private_network=True)) as made:
        yield made


async def add(index: Index, *sources: object, scope: str = EVERYBODY) -> list[Change]:
    return [outcome.change for outcome in await index.add([str(source) for source in sources], scope=scope)]


def told(text: str, *, language: str = "en", published: datetime | None = None, publisher: str | None = None) -> Article:
    return Article("1", "file:/a", "file:/a", "Title", text, language, publisher, published)


def found(kept: Article, new: Article) -> bool:
    """Whether one is taken for a copy of the other: as a candidate first, and then by its words."""
    one, other = near_duplicates.signature(kept), near_duplicates.signature(new)
    return (
        bool(set(near_duplicates.bands(one)) & set(near_duplicates.bands(other)))
        and near_duplicates.likely(one, other)
        and near_duplicates.same(kept, new)
    )


# What is one text


async def test_an_agencys_text_on_ten_sites_is_kept_once_with_all_its_sources(index: Index, site: Site, data: Path) -> None:
    addresses = [
        site.put(f"/agency/{number}", page_of(replace(AGENCY, title=f"{number} things about search"), publisher=f"Site {number}"))
        for number in range(10)
    ]
    outcomes = await index.add(addresses)
    assert [outcome.change for outcome in outcomes] == [Change.ADDED] + [Change.DUPLICATE] * 9
    assert {outcome.detail for outcome in outcomes[1:]} == {addresses[0]}
    [listed] = await index.list()
    assert listed.also == tuple(addresses[1:])
    assert check_stored(data) == 1

    assert await add(index, *addresses) == [Change.UNCHANGED] * 10
    assert [site.log(f"/agency/{number}") for number in range(10)] == [[200, 304]] * 10


async def test_a_copy_in_a_later_run_is_found_too(index: Index, tmp_path: Path) -> None:
    first = write(tmp_path / "a.md", AGENCY.text, published="2024-10-31")
    second = write(tmp_path / "b.md", f"{AGENCY.text}\n\n{MORE}", published="2024-11-01")
    assert await add(index, first) == [Change.ADDED]
    assert await add(index, second) == [Change.DUPLICATE]
    assert await add(index, second, first) == [Change.UNCHANGED] * 2


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("apple-ki-eu", "Mehr in der Zeitung."),
        ("gpt5-sortie", "Lire la suite."),
        ("voz-europa", "Sigue leyendo."),
        ("gpt5-henkou", "続きは紙面で。"),
        ("claude-code-yulan", "更多内容请见报纸。"),
    ],
)
def test_one_more_sentence_makes_no_other_text_in_any_language(name: str, more: str) -> None:
    article = draft_of(ARTICLES / f"{name}.md").article()
    assert found(article, replace(article, text=f"{article.text}\n\n{more}", title="Another headline"))


def test_a_site_may_name_itself_in_it() -> None:
    kept = replace(AGENCY, publisher="Example News")
    new = replace(AGENCY, text=AGENCY.text.replace("OpenAI", "OpenAI told the Daily Planet, it", 1), publisher="Daily Planet")
    assert found(kept, new)
    assert not found(kept, replace(new, publisher="Example News"))


# What is not


@pytest.mark.parametrize(
    ("before", "after"), [("31", "30"), ("ChatGPT", "Gemini"), ("Thursday", "Friday"), ("OpenAI", "Perplexity"), ("Aurora", "Borealis")]
)
def test_other_numbers_names_and_days_are_other_news(before: str, after: str) -> None:
    for sentence in ("The {} of them all.", "{} is all."):
        one, other = (told(f"{AGENCY.text} {sentence.format(word)}") for word in (before, after))
        assert found(one, replace(one, title="Another headline"))
        assert not found(one, other)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("gpt5-sortie", "en juin", "en juillet"),
        ("voz-europa", "en junio", "en julio"),
        ("apple-ki-eu", "im Juni", "im Juli"),
        ("apple-ki-eu", "die Aurora", "die Borealis"),
        ("gpt5-henkou", "6月に", "7月に"),
        ("claude-code-yulan", "明天", "下周"),
    ],
)
def test_months_and_names_are_told_apart_in_every_language(name: str, before: str, after: str) -> None:
    article = draft_of(ARTICLES / f"{name}.md").article()
    one, other = (replace(article, text=f"{article.text}\n\n{said}") for said in (before, after))
    assert found(one, one)
    assert not found(one, other)


@pytest.mark.parametrize(
    ("kept", "new", "same"),
    [
        (datetime(2025, 3, 4, tzinfo=UTC), datetime(2025, 3, 7, tzinfo=UTC), True),
        (datetime(2025, 3, 4, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC), True),
        (datetime(2025, 3, 4, tzinfo=UTC), datetime(2025, 4, 4, tzinfo=UTC), False),
        (datetime(2025, 3, 4, tzinfo=UTC), None, True),
        (None, None, True),
        (None, datetime(2025, 3, 4, tzinfo=UTC), False),
    ],
)
def test_what_is_said_again_a_month_later_is_news_and_so_is_a_date(kept: datetime | None, new: datetime | None, same: bool) -> None:
    assert found(told(AGENCY.text, published=kept), told(AGENCY.text, published=new)) is same


async def test_a_text_that_is_published_again_later_is_kept_twice(index: Index, tmp_path: Path) -> None:
    first = write(tmp_path / "a.md", AGENCY.text, published="2024-10-31")
    second = write(tmp_path / "b.md", AGENCY.text, published="2025-10-31")
    assert await add(index, first, second) == [Change.ADDED] * 2


async def test_templates_filled_in_differently_are_no_copies(index: Index, tmp_path: Path) -> None:
    news(tmp_path / "news", 24)
    filled = (
        "The release of {0} was announced today. {0} will be open to everybody, and {0} costs nothing for those who tested {0} before. " * 3
    )
    long = [write(tmp_path / "news" / f"{name}.md", filled.format(name)) for name in ("Aurora", "Borealis", "Cirrus")]
    assert await add(index, tmp_path / "news") == [Change.ADDED] * (24 + len(long))


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_text_has_a_signature_and_is_its_own_twin(text: str, other: str) -> None:
    made = near_duplicates.signature(told(text))
    assert len(made) == 512
    assert len(set(near_duplicates.bands(made))) == 16
    assert all(-(2**63) <= key < 2**63 for key in near_duplicates.bands(made))
    assert found(told(text), told(text))
    assert near_duplicates.same(told(text), told(other)) == near_duplicates.same(told(other), told(text))  # either may come first


# What becomes of copies


async def test_when_the_kept_text_changes_its_copies_are_read_anew(index: Index, site: Site, data: Path) -> None:
    first, second = (site.put(f"/copy/{name}", page_of(AGENCY)) for name in ("first", "second"))
    assert await add(index, first, second) == [Change.ADDED, Change.DUPLICATE]
    site.put("/copy/first", page("Aurora", "Aurora is open to everybody now. It costs nine dollars a month."))
    assert await add(index, first) == [Change.UPDATED]
    assert await add(index, second) == [Change.ADDED]
    assert check_stored(data) == 2


async def test_when_the_kept_article_is_removed_its_copies_are_read_anew(index: Index, site: Site) -> None:
    first, second = (site.put(f"/copy/{name}", page_of(AGENCY)) for name in ("first", "second"))
    await add(index, first, second)
    assert await index.remove([first])
    assert await add(index, second) == [Change.ADDED]


async def test_a_copy_that_gets_words_of_its_own_is_an_article(index: Index, site: Site) -> None:
    first, second = (site.put(f"/copy/{name}", page_of(AGENCY)) for name in ("first", "second"))
    await add(index, first, second)
    site.put("/copy/second", page("Aurora", "Aurora is open to everybody now. It costs nine dollars a month."))
    assert await add(index, first, second) == [Change.UNCHANGED, Change.UPDATED]
    assert [one.also for one in await index.list()] == [(), ()]


async def test_an_article_that_becomes_a_copy_no_longer_stands_alone(index: Index, tmp_path: Path, data: Path) -> None:
    first, second = write(tmp_path / "a.md", AGENCY.text), write(tmp_path / "b.md", "Borealis ships in June.")
    assert await add(index, first, second) == [Change.ADDED] * 2
    write(second, AGENCY.text)
    assert await add(index, first, second) == [Change.UNCHANGED, Change.DUPLICATE]
    assert list(stored_texts(data).values()) == [AGENCY.text]
    answer = await index.ask("When does Borealis ship?")
    assert not any("Borealis" in quote.text for quote in answer.quotes)


async def test_a_copy_can_be_taken_out_by_its_address(index: Index, tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.md", AGENCY.text), write(tmp_path / "b.md", AGENCY.text)
    await add(index, first, second)
    assert await index.remove([str(second)]) == {str(second): (await index.list())[0].article.title}
    assert [one.also for one in await index.list()] == [()]


async def test_a_copy_in_another_workspace_betrays_nothing(index: Index, tmp_path: Path) -> None:
    path, copy = write(tmp_path / "a.md", AGENCY.text), write(tmp_path / "b.md", f"{AGENCY.text}\n\n{MORE}")
    assert await add(index, path, scope="slack:T1") == [Change.ADDED]
    assert await add(index, copy, scope="slack:T2") == [Change.ADDED]
    assert await add(index, copy) == [Change.ADDED]
    assert await add(index, copy, scope="slack:T1") == [Change.DUPLICATE]
    assert [one.also for one in await index.list(scopes=["slack:T2", EVERYBODY])] == [(), ()]
    assert [one.also for one in await index.list(scopes=["slack:T1"])] == [(f"file:{copy}",)]
