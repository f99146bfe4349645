"""Where launches stand, by little articles of the tests' own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from filelock import FileLock

from bot.settings import Settings
from index import BusyError, QuestionError, Stage, Status, open_index
from index.api import Index
from index.model.errors import CatalogueError
from index.storage import catalogue
from index.storage.catalogue import OWN, Catalogue, product_named
from index.storage.store.database import HEAD
from tests.conftest import Opener
from tests.support.articles import check_stored, stored_texts, write

pytestmark = pytest.mark.model

UNKNOWN = Stage.UNKNOWN
ARTICLES: Mapping[str, tuple[str, str]] = {
    "2024-02-01": (
        "Velda Works unveils Lumora",
        "Velda Works unveiled Lumora today, a program that draws moving pictures. Nobody outside the company can use Lumora yet.",
    ),
    "2024-06-03": (
        "Velda Works lets testers in",
        "Velda Works has opened Lumora to a small group of invited testers. Everybody else has to wait for an invitation to Lumora.",
    ),
    "2024-11-20": (
        "Velda Works opens Lumora to everyone",
        "From today Lumora is available to everyone, Velda Works said. Anyone can sign up for Lumora and use it for 12 dollars a month.",
    ),
    "2026-03-10": (
        "Velda Works closes Lumora",
        "Velda Works has shut Lumora down. Since this morning Lumora is switched off for good and can no longer be used by anyone.",
    ),
}
"""The life of a launch, by the day of publication."""

STAGES = (Stage.ANNOUNCED, Stage.LIMITED, Stage.RELEASED, Stage.DISCONTINUED)
DAYS = [date.fromisoformat(day) for day in ARTICLES]


def put(folder: Path, *days: str) -> list[str]:
    """The articles of these days, as files."""
    return [
        str(write(folder / f"{day}.md", ARTICLES[day][1], title=ARTICLES[day][0], published=day, language="en")) for day in days or ARTICLES
    ]


def check_verbatim(status: Status, data: Path) -> None:
    """Assert what is promised of every proof: its words stand where it says, in an article that was out by then."""
    texts = stored_texts(data)
    for period in status.history:
        quote = period.evidence
        assert quote.text == texts[quote.article.id][quote.start : quote.end]
        assert quote.text.strip()
        assert period.since <= status.as_of
        assert quote.article.published is None or quote.article.published.date() <= status.as_of


@pytest.fixture(scope="module")
def life_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of :func:`life`."""
    return tmp_path_factory.mktemp("life")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def life(life_data: Path) -> AsyncIterator[Index]:
    """An index of :data:`ARTICLES`. Read only."""
    async with open_index(Settings(data=life_data / "data")) as made:
        await made.add(put(life_data / "news"))
        yield made


# As of a day


@pytest.mark.parametrize(("number", "stage"), list(enumerate(STAGES)))
async def test_a_launch_stands_where_the_newest_article_of_the_day_says(life: Index, number: int, stage: Stage) -> None:
    until = DAYS[number + 1] if number + 1 < len(DAYS) else date(2027, 1, 1)
    for day in (DAYS[number], date.fromordinal(until.toordinal() - 1)):
        status = await life.status("Lumora", as_of=day)
        assert (status.product, status.name, status.as_of, status.stage) == ("lumora", "Lumora", day, stage)
        assert [(period.stage, period.since) for period in status.history] == list(zip(STAGES, DAYS, strict=True))[: number + 1]


async def test_before_the_first_article_nothing_is_known(life: Index) -> None:
    status = await life.status("Lumora", as_of=date(2024, 1, 31))
    assert (status.stage, status.history) == (UNKNOWN, ())


async def test_without_a_day_it_is_today(life: Index) -> None:
    status = await life.status("Lumora")
    assert status.stage is Stage.DISCONTINUED
    assert abs((date.today() - status.as_of).days) <= 1


async def test_every_stage_is_proved_by_words_that_stand_in_an_article(life: Index, life_data: Path) -> None:
    for day in (*DAYS, date(2027, 1, 1)):
        check_verbatim(await life.status("Lumora", as_of=day), life_data / "data")
    proofs = [period.evidence for period in (await life.status("Lumora")).history]
    assert [quote.article.published.date() for quote in proofs if quote.article.published] == DAYS
    assert all("Lumora" in quote.text for quote in proofs)


@pytest.mark.parametrize("name", ["lumora", "LUMORA", " Lumora ", "lumorra", "Lümora"])
async def test_the_name_may_be_typed_in_any_way(life: Index, name: str) -> None:
    status = await life.status(name, as_of=date(2025, 1, 1))
    assert (status.product, status.stage) == ("lumora", Stage.RELEASED)


@pytest.mark.parametrize("name", ["Zyx 3000", "Sora", "solar", "黑曜石", "lumo", "\ud800x", "x" * 100_000])
async def test_of_what_no_article_speaks_of_nothing_is_known(life: Index, name: str) -> None:
    status = await life.status(name)
    assert (status.stage, status.history) == (UNKNOWN, ())


@pytest.mark.parametrize("name", ["", "  ", "?!", "🙂", "—", "\0"])
async def test_a_name_with_neither_letter_nor_digit_is_told(life: Index, name: str) -> None:
    with pytest.raises(QuestionError, match=r"^[^\n]+$"):
        await life.status(name)


@pytest.mark.parametrize("day", [date.min, date.max])
async def test_the_ends_of_time_are_days(life: Index, day: date) -> None:
    assert (await life.status("Lumora", as_of=day)).stage is (UNKNOWN if day is date.min else Stage.DISCONTINUED)


async def test_an_empty_index_knows_nothing(index: Index) -> None:
    status = await index.status("Sora")
    assert (status.product, status.name, status.stage) == ("sora", "Sora", UNKNOWN)


async def test_the_samples_tell_the_life_of_sora(samples: Index, samples_data: Path) -> None:
    assert (await samples.status("Sora", as_of=date(2024, 2, 14))).stage is UNKNOWN
    # A few testers have it, and there is no date for anybody else: its article says both.
    assert (await samples.status("Sora", as_of=date(2024, 3, 1))).stage in (Stage.ANNOUNCED, Stage.LIMITED)
    assert (await samples.status("Sora", as_of=date(2025, 1, 1))).stage is Stage.RELEASED
    status = await samples.status("Sora", as_of=date(2026, 11, 1))
    assert status.stage is Stage.DISCONTINUED
    check_verbatim(status, samples_data)


# What changes with the articles


async def test_a_removed_article_no_longer_counts(index: Index, tmp_path: Path) -> None:
    paths = put(tmp_path, "2024-02-01", "2024-11-20", "2026-03-10")
    await index.add(paths)
    for path, stage in ((paths[2], Stage.RELEASED), (paths[1], Stage.ANNOUNCED), (paths[0], UNKNOWN)):
        await index.remove([path])
        assert (await index.status("Lumora")).stage is stage


async def test_a_changed_article_says_what_it_says_now(index: Index, tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a.md"
    for day, stage in zip(ARTICLES, STAGES, strict=True):
        write(path, ARTICLES[day][1], title=ARTICLES[day][0], published="2026-05-01", language="en")
        await index.add([str(path)])
        status = await index.status("Lumora")
        assert [period.stage for period in status.history] == [stage]
        check_verbatim(status, data)


async def test_an_undated_article_beats_no_dated_one(index: Index, tmp_path: Path) -> None:
    await index.add(put(tmp_path / "dated", "2024-11-20"))
    await index.add([str(write(tmp_path / "undated.md", ARTICLES["2024-02-01"][1], language="en"))])
    assert (await index.status("Lumora")).stage is Stage.RELEASED
    await index.remove([str(tmp_path / "dated" / "2024-11-20.md")])
    assert (await index.status("Lumora")).stage is UNKNOWN


async def test_articles_in_any_order_tell_the_same(index: Index, tmp_path: Path, life: Index) -> None:
    for path in reversed(put(tmp_path)):
        await index.add([path])
    one, other = await index.status("Lumora"), await life.status("Lumora")
    assert [(period.stage, period.since, period.evidence.text) for period in one.history] == [
        (period.stage, period.since, period.evidence.text) for period in other.history
    ]


async def test_a_rebuild_changes_no_status(index: Index, tmp_path: Path, data: Path) -> None:
    await index.add(put(tmp_path))
    before = [(period.stage, period.since, period.evidence) for period in (await index.status("Lumora")).history]
    await index.rebuild()
    assert [(period.stage, period.since, period.evidence) for period in (await index.status("Lumora")).history] == before
    assert check_stored(data) == len(ARTICLES)


async def test_a_workspace_sees_its_own_articles_and_everybodys(index: Index, tmp_path: Path) -> None:
    shared, ours, theirs = put(tmp_path, "2024-02-01", "2024-11-20", "2026-03-10")
    await index.add([shared])
    await index.add([ours], scope="slack:ours")
    await index.add([theirs], scope="slack:theirs")
    for scopes, stage in (
        (("",), Stage.ANNOUNCED),
        (("", "slack:ours"), Stage.RELEASED),
        (("slack:ours",), Stage.RELEASED),
        (("", "slack:theirs"), Stage.DISCONTINUED),
        (("slack:nobody",), UNKNOWN),
        ((), UNKNOWN),
    ):
        assert (await index.status("Lumora", scopes=scopes)).stage is stage, scopes


async def test_what_another_process_adds_and_removes_is_seen(index: Index, opened: Opener, tmp_path: Path) -> None:
    assert (await index.status("Lumora")).stage is UNKNOWN
    async with opened() as other:
        (path,) = put(tmp_path, "2024-11-20")
        await other.add([path])
        assert (await index.status("Lumora")).stage is Stage.RELEASED
        await other.remove([path])
        assert (await index.status("Lumora")).stage is UNKNOWN


async def test_statuses_are_told_while_articles_are_added(index: Index, tmp_path: Path) -> None:
    await index.add(put(tmp_path, "2024-02-01"))
    adding = asyncio.create_task(index.add(put(tmp_path)))
    while not adding.done():
        assert (await index.status("Lumora")).stage is not UNKNOWN
        await asyncio.sleep(0.01)
    await adding
    assert (await index.status("Lumora")).stage is Stage.DISCONTINUED


async def test_those_who_ask_at_once_after_a_change_share_one_look(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def load(data: Path) -> Catalogue:
        loaded.append(data)
        return original(data)

    await index.add(put(tmp_path, "2024-02-01"))
    original = catalogue.load
    monkeypatch.setattr(catalogue, "load", load)
    statuses = await asyncio.gather(*(index.status("Lumora") for _ in range(20)))
    assert {status.stage for status in statuses} == {Stage.ANNOUNCED}
    assert len(loaded) == 1


# Products of one's own


async def test_a_product_is_known_before_there_is_any_article(index: Index) -> None:
    assert (await index.status("明叶")).name == "明叶"
    await index.add_product(product_named("Brightleaf", aliases=("明叶",)))
    assert (await index.status("明叶")).name == "Brightleaf"


async def test_a_product_with_an_alias_is_found_in_what_was_read_before(index: Index, opened: Opener, tmp_path: Path, data: Path) -> None:
    text = "明叶今天正式上线，所有用户都可以注册使用。公司说，明叶每月二十元。"
    await index.add([str(write(tmp_path / "a.md", text, title="明叶上线", published="2025-05-05", language="zh"))])
    assert (await index.status("Brightleaf")).stage is UNKNOWN
    async with opened() as other:
        for _ in range(2):
            await index.add_product(product_named("Brightleaf", maker="Osterhus", aliases=("明叶",)))
            for one in (index, other):
                for name in ("Brightleaf", "brightleaff", "明叶"):
                    status = await one.status(name)
                    assert (status.product, status.name, status.stage) == ("brightleaf", "Brightleaf", Stage.RELEASED)
                    check_verbatim(status, data)
            await index.remove_product("brightleaf")
            for one in (index, other):
                assert (await one.status("Brightleaf")).stage is UNKNOWN
    assert check_stored(data) == 1


async def test_an_article_that_comes_after_its_product_is_read_in_its_light(index: Index, tmp_path: Path) -> None:
    await index.add_product(product_named("Brightleaf", aliases=("明叶",)))
    assert (await index.status("明叶")).name == "Brightleaf"
    text = "明叶今天正式上线，所有用户都可以注册使用。"
    await index.add([str(write(tmp_path / "a.md", text, published="2025-05-05", language="zh"))])
    assert (await index.status("Brightleaf")).stage is Stage.RELEASED


async def test_own_products_are_listed_last(index: Index) -> None:
    before = await index.products()
    await index.add_product(product_named("Brightleaf"))
    assert [product.id for product in await index.products()] == [*(product.id for product in before), "brightleaf"]


async def test_what_does_not_fit_changes_nothing(index: Index, data: Path) -> None:
    with pytest.raises(CatalogueError):
        await index.add_product(product_named("Brightleaf", aliases=("Sora 2",)))
    with pytest.raises(CatalogueError):
        await index.remove_product("sora")
    assert not (data / OWN).exists()


async def test_another_writer_is_told_at_once_and_statuses_go_on(index: Index, tmp_path: Path, data: Path) -> None:
    await index.add(put(tmp_path, "2024-11-20"))
    with FileLock(data / "writer.lock"):
        with pytest.raises(BusyError):
            await index.add_product(product_named("Brightleaf"))
        assert (await index.status("Lumora")).stage is Stage.RELEASED


async def test_a_broken_file_of_products_is_told(opened: Opener, data: Path, tmp_path: Path) -> None:
    async with opened() as index:
        await index.add(put(tmp_path, "2024-11-20"))
    (data / OWN).write_text("[[product]", encoding="utf-8")
    async with opened() as index:
        with pytest.raises(CatalogueError, match=OWN):
            await index.status("Lumora")
        (data / OWN).unlink()
        assert (await index.status("Lumora")).stage is Stage.RELEASED


# Data folders of before


def make_older(data: Path, older: Path) -> None:
    """A data folder with the same articles as the first version of the schema kept them."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    older.mkdir()
    engine = create_engine(f"sqlite:///{older / 'shipdate.sqlite'}")
    config = Config()
    config.set_main_option("script_location", "index:storage/store/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(older / "shipdate.sqlite")) as database:
        database.execute("ATTACH ? AS newer", (str(data / "shipdate.sqlite"),))
        with database:
            for table in ("articles", "generations", "passages"):
                columns = ", ".join(f'"{column[1]}"' for column in database.execute(f"PRAGMA main.table_info({table})"))
                database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")
            columns = "rowid, terms, names, common, capitals"
            database.execute(f"INSERT INTO main.passage_words ({columns}) SELECT {columns} FROM newer.passage_words")


async def test_a_database_of_before_is_upgraded_and_told_by_the_next_addition(opened: Opener, data: Path, tmp_path: Path) -> None:
    async with opened() as index:
        await index.add(put(tmp_path, "2024-02-01", "2024-11-20"))
    older = tmp_path / "older"
    make_older(data, older)
    async with open_index(Settings(data=older)) as index:
        assert (await index.status("Lumora")).stage is UNKNOWN
        assert (await index.ask("When is Lumora available?")).answered
        await index.add(put(tmp_path, "2024-02-01"))  # nothing new
        status = await index.status("Lumora")
        assert [period.stage for period in status.history] == [Stage.ANNOUNCED, Stage.RELEASED]
        check_verbatim(status, older)
        await index.add(put(tmp_path, "2026-03-10"))
        assert (await index.status("Lumora")).stage is Stage.DISCONTINUED
        assert (await index.ask("When is Lumora available?")).answered
    assert check_stored(older) == 3
    with closing(sqlite3.connect(older / "shipdate.sqlite")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
