"""Adding, replacing, removing and listing articles, and what a data folder may be."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings import Settings
from index import Change, DataError, Progress, Reason, open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.model.errors import BusyError
from index.storage import context
from index.storage.store.database import HEAD
from tests.conftest import Opener
from tests.support.articles import CountingEncoder, check_quotes, check_stored, news, put, stored_texts, write

pytestmark = pytest.mark.model


async def add(index: Index, *paths: Path) -> list[Change]:
    return [outcome.change for outcome in await index.add([str(path) for path in paths])]


async def titles(index: Index) -> list[str]:
    return [listed.article.title for listed in await index.list()]


@pytest.fixture
def counting(encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    """Counts what is embedded, in every index that is opened from now on."""
    made = CountingEncoder(encoder)
    monkeypatch.setattr(encoders, "load", lambda *_: made)
    return made


# Adding


async def test_a_file_is_added_once(index: Index, tmp_path: Path, data: Path) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.")
    assert await add(index, path) == [Change.ADDED]
    assert await add(index, path) == [Change.UNCHANGED]
    assert check_stored(data) == 1


async def test_unchanged_articles_embed_nothing(opened: Opener, tmp_path: Path, counting: CountingEncoder) -> None:
    paths = news(tmp_path / "news", 3)
    async with opened() as index:
        await add(index, tmp_path / "news")
    made = counting.passages
    assert made > 0
    async with opened() as index:
        assert await add(index, tmp_path / "news") == [Change.UNCHANGED] * 3
        assert counting.passages == made
        paths[0].write_text(paths[0].read_text(encoding="utf-8") + "\nIt is late.", encoding="utf-8")
        assert await add(index, tmp_path / "news") == [Change.UPDATED, Change.UNCHANGED, Change.UNCHANGED]
    assert made < counting.passages < 2 * made


async def test_a_changed_file_replaces_what_it_was(index: Index, tmp_path: Path, data: Path) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.")
    await add(index, path)
    (before,) = await index.list()
    write(path, "Aurora ships in June.")
    assert await add(index, path) == [Change.UPDATED]
    (after,) = await index.list()
    assert after.article.id == before.article.id
    assert stored_texts(data) == {after.article.id: "Aurora ships in June."}
    assert [quote.text for quote in (await index.ask("When does Aurora ship?")).quotes] == ["Aurora ships in June."]


async def test_a_change_of_the_date_alone_is_a_change(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.", published="2025-03-04")
    await add(index, path)
    write(path, "Aurora ships in May.", published="2025-03-05")
    assert await add(index, path) == [Change.UPDATED]
    (listed,) = await index.list()
    assert listed.article.published is not None
    assert listed.article.published.date() == date(2025, 3, 5)


async def test_the_same_words_in_another_file_are_a_duplicate(index: Index, tmp_path: Path) -> None:
    first = write(tmp_path / "a.md", "Aurora ships in May. It costs a lot.")
    second = write(tmp_path / "b.txt", "Aurora ships in May.\n\nIt costs   a lot.\n")
    outcomes = await index.add([str(first), str(second)])
    assert [outcome.change for outcome in outcomes] == [Change.ADDED, Change.DUPLICATE]
    assert outcomes[1].detail == f"file:{first}"
    assert await add(index, second) == [Change.UNCHANGED]
    [kept] = await index.list()
    assert kept.also == (f"file:{second}",)


async def test_a_text_that_moves_to_another_file_is_not_lost(index: Index, tmp_path: Path, data: Path) -> None:
    first = write(tmp_path / "a.md", "Aurora ships in May.")
    await add(index, first)
    write(first, "Borealis ships in June.")
    second = write(tmp_path / "b.md", "Aurora ships in May.")
    await add(index, first, second)
    assert sorted(stored_texts(data).values()) == ["Aurora ships in May.", "Borealis ships in June."]


async def test_a_file_that_becomes_a_duplicate_no_longer_says_what_it_said(index: Index, tmp_path: Path, data: Path) -> None:
    first, second = write(tmp_path / "a.md", "Aurora ships in May."), write(tmp_path / "b.md", "Borealis ships in June.")
    await add(index, first, second)
    write(second, "Aurora ships in May.")
    await add(index, second)
    assert list(stored_texts(data).values()) == ["Aurora ships in May."]


async def test_the_same_path_twice_is_one_article(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.")
    monkeypatch.chdir(tmp_path)
    assert await add(index, path, Path("a.md"), tmp_path) == [Change.ADDED]


async def test_a_file_that_cannot_be_read_does_not_stop_the_others(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.md", "Aurora ships in May.")
    write(tmp_path / "b.md", "")
    write(tmp_path / "c.md", "Cirrus ships in June.")
    outcomes = await index.add([str(tmp_path), str(tmp_path / "missing.md")])
    assert [outcome.change for outcome in outcomes] == [Change.ADDED, Change.FAILED, Change.ADDED, Change.FAILED]
    assert str(tmp_path / "b.md") in (outcomes[1].detail or "")


@pytest.mark.parametrize("text", ["1. —", "2) …\n\n- ***", "5", "½", "漢"])
async def test_an_article_of_hardly_anything_does_not_stop_the_others(index: Index, tmp_path: Path, text: str) -> None:
    write(tmp_path / "a.md", text)
    write(tmp_path / "b.md", "Borealis ships in June.")
    assert (await add(index, tmp_path))[1] is Change.ADDED
    await asyncio.wait_for(index.rebuild(), 30)
    assert "Borealis ships in June." in await titles(index)


async def test_a_file_name_that_is_not_unicode_does_not_stop_the_others(index: Index, tmp_path: Path) -> None:
    try:
        put(tmp_path / os.fsdecode(b"caf\xe9.md"), b"Aurora ships in May.")
    except OSError:
        pytest.skip("this file system has only Unicode names")
    write(tmp_path / "z.md", "Borealis ships in June.")
    changes = await add(index, tmp_path)
    assert changes[-1] is Change.ADDED
    assert changes[0] in (Change.ADDED, Change.FAILED)


async def test_a_home_folder_that_nobody_has_is_a_path_that_does_not_exist(index: Index) -> None:
    (outcome,) = await index.add(["~nobody-of-this-name/a.md"])
    assert outcome.change is Change.FAILED


@pytest.mark.parametrize("published", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31"])
async def test_the_ends_of_time_do_not_stop_the_others(index: Index, tmp_path: Path, published: str) -> None:
    write(tmp_path / "a.md", "Aurora ships in May.", published=published)
    write(tmp_path / "b.md", "Borealis ships in June.", published="2025-03-04")
    changes = await add(index, tmp_path)
    assert changes[1] is Change.ADDED
    assert (await index.ask("When does Borealis ship?")).answered


@pytest.mark.parametrize("language", ["tlh", "French", "EN", "zh-Hans", "x" * 40, "../../fr"])
async def test_a_language_that_nobody_knows_does_no_harm(index: Index, tmp_path: Path, language: str) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May. Testers liked it.", language=language)
    assert await add(index, path) == [Change.ADDED]
    assert (await index.ask("When does Aurora ship?")).answered


async def test_progress_is_told_up_to_the_end(index: Index, tmp_path: Path) -> None:
    news(tmp_path, 4)
    told: list[Progress] = []
    await index.add([str(tmp_path)], tell=told.append)
    assert (told[-1].articles, told[-1].of) == (4, 4)
    assert [one.texts for one in told] == sorted(one.texts for one in told)


async def test_an_empty_folder_adds_nothing(index: Index, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert await add(index, tmp_path / "empty") == []


@settings(max_examples=12)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=3))
async def test_whatever_text_is_added_is_stored_whole(texts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            put(Path(folder, f"{number}.txt"), f"Aurora {number}. {text}".encode())
        async with open_index(Settings(data=Path(folder, "data"))) as index:
            outcomes = await index.add([folder])
            stored = sum(outcome.change is Change.ADDED for outcome in outcomes)
        assert check_stored(Path(folder, "data")) == stored


# Removing and listing


async def test_articles_are_removed_by_id_address_or_path(index: Index, tmp_path: Path, data: Path) -> None:
    paths = news(tmp_path / "news", 3)
    addressed = write(tmp_path / "d.md", "Drift ships in May.", url="https://daily.example/drift", title="Drift")
    await add(index, *paths, addressed)
    first = next(listed for listed in await index.list() if listed.source == f"file:{paths[0]}")
    names = [first.article.id, "https://daily.example/drift", str(paths[1]), f"file:{paths[2]}", "no such thing"]
    removed = await index.remove(names)
    assert list(removed) == names[:4]
    assert removed["https://daily.example/drift"] == "Drift"
    assert check_stored(data) == 0


async def test_an_index_whose_articles_were_all_removed_is_empty(opened: Opener, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.")
    async with opened() as index:
        await add(index, path)
        assert (await index.ask("When does Aurora ship?")).answered
        await index.remove([str(path)])
        assert (await index.ask("When does Aurora ship?")).reason is Reason.EMPTY_INDEX
    for _ in range(2):  # the second time from the files that the first wrote
        async with opened() as index:
            assert (await index.ask("When does Aurora ship?")).reason is Reason.EMPTY_INDEX
            assert (await index.counts()).vectors == 0
    assert caplog.messages == []
    async with opened() as index:
        assert await add(index, path) == [Change.ADDED]
        assert (await index.ask("When does Aurora ship?")).answered


async def test_a_removed_article_is_not_quoted(index: Index, tmp_path: Path) -> None:
    paths = news(tmp_path / "news", 2)
    await add(index, *paths)
    await index.remove([str(paths[0])])
    answer = await index.ask("When will Aurora ship?")
    assert {quote.article.title for quote in answer.quotes} <= {"Borealis 1 gets a date"}


async def test_what_was_quoted_before_is_not_when_another_process_has_changed_or_removed_it(
    index: Index, opened: Opener, tmp_path: Path
) -> None:
    async with opened() as other:
        for month in ("April", "May", "June"):
            path = write(tmp_path / "aurora.md", f"Aurora ships in {month}, says its maker.", title="Aurora gets a month")
            await add(other, path)
            answer = await index.ask("In which month does Aurora ship?")
            assert [quote.text for quote in answer.quotes] == [f"Aurora ships in {month}, says its maker."]
        await other.remove([str(path)])
        assert (await index.ask("When will Aurora ship?")).reason is Reason.EMPTY_INDEX


async def test_the_list_is_newest_first_and_undated_last(index: Index, tmp_path: Path) -> None:
    write(tmp_path / "a.md", "Aurora ships.", published="2024-05-01")
    write(tmp_path / "b.md", "Borealis ships.")
    write(tmp_path / "c.md", "Cirrus ships.", published="2025-05-01")
    write(tmp_path / "d.md", "Drift ships.", published="1969-07-20")
    await add(index, tmp_path)
    assert await titles(index) == ["Cirrus ships.", "Aurora ships.", "Drift ships.", "Borealis ships."]


async def test_dates_are_listed_with_the_offset_they_were_given_with(index: Index, tmp_path: Path) -> None:
    await add(index, write(tmp_path / "a.md", "Aurora ships.", published="2025-03-04T01:30:00+05:30"))
    (listed,) = await index.list()
    assert listed.article.published == datetime.fromisoformat("2025-03-04T01:30:00+05:30")
    assert listed.article.published.isoformat().endswith("+05:30")


async def test_counts_are_those_of_what_is_in(index: Index, tmp_path: Path, data: Path) -> None:
    assert (await index.counts()).articles == 0
    news(tmp_path / "news", 2)
    await add(index, tmp_path / "news")
    counts = await index.counts()
    assert (counts.articles, counts.passages) == (2, sum(listed.passages for listed in await index.list()))
    assert counts.vectors == counts.passages + 2 * 3  # three sentences each


# Scopes


async def test_a_workspace_sees_its_own_articles_and_everybodys(index: Index, tmp_path: Path) -> None:
    shared, ours, theirs = (
        write(tmp_path / f"{name}.md", f"{name} ships on 4 May.", title=name) for name in ("Aurora", "Borealis", "Cirrus")
    )
    await add(index, shared)
    await index.add([str(ours)], scope="slack:ours")
    await index.add([str(theirs)], scope="slack:theirs")

    async def found(*scopes: str) -> set[str]:
        answers = [await index.ask(f"When does {name} ship?", scopes=scopes) for name in ("Aurora", "Borealis", "Cirrus")]
        return {quote.article.title for answer in answers for quote in answer.quotes}

    assert await found("", "slack:ours") == {"Aurora", "Borealis"}
    assert await found("slack:theirs") == {"Cirrus"}
    assert await found("slack:nobody") == set()
    assert await found() == set()
    assert await titles(index) == ["Aurora"]
    assert [listed.article.title for listed in await index.list(scopes=["slack:ours"])] == ["Borealis"]


async def test_articles_are_found_by_the_words_of_their_titles_and_addresses(index: Index, tmp_path: Path) -> None:
    for number, title in enumerate(["L’Été d’Aurora", "Aurora 100% ready", "Яндекс Aurora_2"], 1):
        matter = {
            "title": title,
            "published": f"2026-03-0{number}",
            "publisher": "Example Wire",
            "url": f"https://shipdate.example/{number}",
        }
        await add(index, write(tmp_path / f"{number}.md", f"Aurora ships in May, says number {number}.", **matter))
    theirs = write(tmp_path / "theirs.md", "Aurora ships to others.", title="Aurora elsewhere")
    await index.add([str(theirs)], scope="slack:theirs")

    async def found(matching: str, limit: int | None = None, *scopes: str) -> list[str]:
        listed = await index.list(matching=matching, limit=limit, scopes=scopes or [""])
        assert listed == [one for one in await index.list(scopes=scopes or [""]) if one in listed]
        return [one.article.url[-1] for one in listed]

    assert await found("") == await found(" ") == await found("AURORA wire") == ["3", "2", "1"]
    assert await found("", 2) == ["3", "2"]
    assert await found("aurora", 1) == ["3"]
    assert await found("été") == await found("ÉTÉ aurora") == ["1"]
    assert await found("ЯНДЕКС") == ["3"]
    assert await found("%") == ["2"]
    assert await found("_") == ["3"]
    assert await found("example/2") == ["2"]
    assert await found("elsewhere") == await found("'") == await found("\ud800\0") == []
    assert len(await found("elsewhere", None, "slack:theirs")) == 1
    assert await found("aurora " * 3000) == ["3", "2", "1"]


async def test_the_same_article_may_be_in_two_scopes(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.")
    assert await add(index, path) == [Change.ADDED]
    assert [outcome.change for outcome in await index.add([str(path)], scope="slack:ours")] == [Change.ADDED]
    assert len({listed.article.id for listed in await index.list(scopes=["", "slack:ours"])}) == 2


async def test_one_scope_cannot_remove_anothers_article(index: Index, tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "Aurora ships in May.")
    await add(index, path)
    assert await index.remove([str(path)], scope="slack:ours") == {}
    assert len(await index.list()) == 1


# Words


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("黑曜石模型的价格是多少？", "黑曜石模型的价格是每月六十六元。"),
        ("黒曜石モデルの料金はいくらですか？", "黒曜石モデルの料金は月に二十ドルです。"),
    ],
)
async def test_chinese_and_japanese_names_are_found_by_their_characters(index: Index, tmp_path: Path, question: str, expected: str) -> None:
    write(tmp_path / "a.md", "黑曜石模型的价格是每月六十六元。")
    write(tmp_path / "b.md", "黒曜石モデルの料金は月に二十ドルです。")
    for number, name in enumerate(("白玉", "青玉", "红宝石")):
        write(tmp_path / f"zh{number}.md", f"{name}模型的价格是每月{number + 3}十元。")
    for number, name in enumerate(("白玉", "青玉", "紅玉")):
        write(tmp_path / f"ja{number}.md", f"{name}モデルの料金は月に{number + 3}十ドルです。")
    await add(index, tmp_path)
    assert (await index.ask(question)).quotes[0].text == expected


@pytest.mark.parametrize(
    "question",
    ['"', "a OR b", "NEAR(sora, 3)", "terms:sora", "sora*", "-sora", "(", "sora\0ship", "2.0 1,000 ..", "'; DROP TABLE articles"],
)
async def test_the_word_index_takes_a_question_for_nothing_but_words(samples: Index, samples_data: Path, question: str) -> None:
    check_quotes(await samples.ask(question), stored_texts(samples_data))


# Rebuilding


async def test_a_rebuild_changes_no_answer(index: Index, tmp_path: Path, data: Path) -> None:
    news(tmp_path / "news", 5)
    await add(index, tmp_path / "news")
    before = await index.ask("When will Cirrus ship?")
    counts = await index.counts()
    await index.rebuild()
    assert [quote.text for quote in (await index.ask("When will Cirrus ship?")).quotes] == [quote.text for quote in before.quotes]
    assert await index.counts() == counts
    assert check_stored(data) == 5


async def test_answers_go_on_during_a_rebuild(index: Index, tmp_path: Path) -> None:
    news(tmp_path / "news", 12)
    await add(index, tmp_path / "news")
    before = (await index.ask("When will Cirrus ship?")).quotes[0].text
    for _ in range(2):  # the moment of the swap is short
        rebuilding = asyncio.create_task(index.rebuild())
        answers = []
        while not rebuilding.done():
            answers.append(await index.ask("When will Cirrus ship?"))
        await rebuilding
        answers.append(await index.ask("When will Cirrus ship?"))
        assert [[quote.text for quote in answer.quotes[:1]] for answer in answers] == [[before]] * len(answers)


async def test_an_empty_index_can_be_rebuilt(index: Index) -> None:
    await index.rebuild()
    assert (await index.ask("When will Aurora ship?")).reason is Reason.EMPTY_INDEX


async def test_articles_of_another_model_are_answered_only_after_a_rebuild(opened: Opener, data: Path, tmp_path: Path) -> None:
    async with opened() as index:
        await add(index, *news(tmp_path / "news", 2))
    with_database(data, {"UPDATE generations SET fingerprint = ?": ("other:0",)})
    async with opened() as index:
        with pytest.raises(DataError, match="shipdate index rebuild"):
            await index.ask("When will Aurora ship?")
        with pytest.raises(DataError, match="shipdate index rebuild"):
            await add(index, *news(tmp_path / "more", 3))
        assert len(await index.list()) == 2
        await index.rebuild()
        assert (await index.ask("When will Aurora ship?")).answered
    assert check_stored(data) == 2


# Many at once


async def test_questions_are_answered_while_articles_are_added(index: Index, tmp_path: Path, data: Path) -> None:
    await add(index, *news(tmp_path / "first", 2))
    news(tmp_path / "more", 10)
    adding = asyncio.create_task(index.add([str(tmp_path / "more")]))
    answers = [await index.ask("When will Aurora ship?") for _ in range(5)]
    await adding
    for answer in answers:
        assert answer.answered
        check_quotes(answer, stored_texts(data))


async def test_two_tasks_that_add_wait_for_each_other(index: Index, tmp_path: Path, data: Path) -> None:
    news(tmp_path / "news", 6)
    both = await asyncio.gather(index.add([str(tmp_path / "news")]), index.add([str(tmp_path / "news")]))
    assert sorted(outcome.change for outcomes in both for outcome in outcomes) == [Change.ADDED] * 6 + [Change.UNCHANGED] * 6
    assert check_stored(data) == 6


async def test_who_waits_for_another_writer_is_told_in_the_end_and_readers_go_on(
    index: Index, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(index, *news(tmp_path / "news", 2))
    monkeypatch.setattr(context, "PATIENCE", 0.1)
    with FileLock(data / "writer.lock"):
        for work in (index.add([str(tmp_path)]), index.remove(["x"])):
            with pytest.raises(BusyError):
                await work
        assert (await index.ask("When will Aurora ship?")).answered
        assert len(await index.list()) == 2


async def test_what_another_process_adds_is_found(index: Index, opened: Opener, tmp_path: Path) -> None:
    assert (await index.ask("When will Aurora ship?")).reason is Reason.EMPTY_INDEX
    async with opened() as other:
        await add(other, *news(tmp_path / "news", 2))
    assert (await index.ask("When will Aurora ship?")).answered


async def test_a_new_data_folder_may_be_opened_by_many_at_once(opened: Opener) -> None:
    async def open_and_list() -> int:
        async with opened() as index:
            return len(await index.list())

    assert await asyncio.gather(*(open_and_list() for _ in range(5))) == [0] * 5


# Data folders


async def refusal(settings: Settings) -> str:
    with pytest.raises(DataError) as refused:
        async with open_index(settings) as index:
            await index.list()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def with_database(data: Path, statements: Mapping[str, tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database, database:
        for statement, values in statements.items():
            database.execute(statement, values)


async def test_a_folder_of_a_newer_version_is_refused_and_left_alone(opened: Opener, data: Path, tmp_path: Path) -> None:
    async with opened() as index:
        await add(index, *news(tmp_path / "news", 1))
    with_database(data, {"UPDATE alembic_version SET version_num = ?": ("9999",)})
    assert "newer version" in await refusal(Settings(data=data))
    with_database(data, {"UPDATE alembic_version SET version_num = ?": (HEAD,)})
    assert check_stored(data) == 1


async def test_a_file_in_the_folders_place_is_told(data: Path) -> None:
    put(data, b"not a folder")
    assert str(data) in await refusal(Settings(data=data))
    assert str(data) in await refusal(Settings(data=data / "below"))


async def test_a_folder_in_the_databases_place_is_told(data: Path) -> None:
    (data / "shipdate.sqlite").mkdir(parents=True)
    assert str(data) in await refusal(Settings(data=data))


async def test_a_damaged_database_is_told(data: Path) -> None:
    put(data / "shipdate.sqlite", b"this is no database at all " * 400)
    assert "shipdate.sqlite" in await refusal(Settings(data=data))


async def test_another_database_engine_is_refused_in_one_sentence(data: Path) -> None:
    assert "DATABASE_URL" in await refusal(Settings(data=data, database_url="postgresql://nowhere/none"))
