"""Rebuilds as jobs: joined, followed, cancelled, resumed; beside questions and additions; and from one model to another."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import pytest_asyncio

from bot.settings import Settings
from index import Change, DataError, Job, JobError, JobState, ModelError, open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders import sentence_transformers
from index.embedding.encoders.base import TextEncoder
from index.embedding.learned import bundle as fitting
from index.ingestion import embed
from index.model.errors import BusyError
from index.storage import context
from tests.conftest import Opener
from tests.support.articles import RememberingEncoder, check_stored, news, write

pytestmark = pytest.mark.model

ARTICLES = 8
QUESTION = "When will Cirrus ship?"


class Holding:
    """An encoder that stops before the next passages as long as it is held, and tells how many there were."""

    def __init__(self, real: TextEncoder | RememberingEncoder) -> None:
        self.real = real
        self.free = threading.Event()
        self.free.set()
        self.passages = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if name != "passages_with_tokens":
            return found

        def held(texts: Sequence[str]) -> Any:
            assert self.free.wait(60)
            self.passages += len(texts)
            return found(texts)

        return held


@pytest.fixture(scope="module")
def remembering(encoder: TextEncoder) -> RememberingEncoder:
    """What each article's vectors are need be worked out only once here."""
    return RememberingEncoder(encoder)


@pytest.fixture
def held(remembering: RememberingEncoder, monkeypatch: pytest.MonkeyPatch) -> Holding:
    """The encoder of every index that is opened from now on; a few articles take several transactions."""
    made = Holding(remembering)
    monkeypatch.setattr(encoders, "load", lambda *_: made)
    monkeypatch.setattr(embed, "BATCH_TEXTS", 6)
    return made


@pytest_asyncio.fixture(scope="module")
async def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with some articles."""
    folder = tmp_path_factory.mktemp("original")
    async with open_index(Settings(data=folder / "data")) as index:
        await index.add([str(path) for path in news(folder / "news", ARTICLES)])
        await index.ask(QUESTION)
    return folder / "data"


@pytest_asyncio.fixture
async def filled(held: Holding, original: Path, data: Path, tmp_path: Path) -> AsyncIterator[Index]:
    """A copy of it, open."""
    copytree(original, data)
    async with open_index(Settings(data=data, cache=tmp_path / "cache")) as index:
        yield index


async def end(index: Index, job: Job) -> list[Job]:
    """All that is seen of a job until it ends."""
    return [seen async for seen in index.jobs.follow(job.id)]


async def until(index: Index, job: Job, *, done: int) -> None:
    async for seen in index.jobs.follow(job.id):
        if seen.state is JobState.RUNNING and seen.done >= done:
            return
    raise AssertionError(f"it ended before {done} articles were done")


def generations(data: Path) -> list[tuple[int, int, str | None]]:
    """Number, whether it is live, and scope of each."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return database.execute("SELECT id, live, scope FROM generations ORDER BY id").fetchall()


async def first_quote(index: Index, question: str = QUESTION, **options: Any) -> str:
    return (await index.ask(question, **options)).quotes[0].text


# A job's life


async def test_a_job_tells_how_far_it_is_until_it_is_done(filled: Index, data: Path) -> None:
    before = await first_quote(filled)
    job = await filled.jobs.start()
    seen = await end(filled, job)
    assert [one.state for one in seen if one.state is not JobState.QUEUED] == [JobState.RUNNING] * (len(seen) - 2) + [JobState.DONE]
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert {one.total for one in seen} == {ARTICLES}
    assert len({one.done for one in seen}) > 3
    assert seen[-1].done == ARTICLES
    assert all(one.left is not None and one.left.total_seconds() >= 0 for one in seen if one.open and one.rate)
    assert seen[-2].rate is not None
    assert seen[-1].left is None
    assert seen[-1].started is not None
    assert seen[-1].finished is not None
    assert seen[-1].queued <= seen[-1].started <= seen[-1].finished
    assert await filled.jobs.get(job.id) == await filled.jobs.latest() == seen[-1]
    assert await first_quote(filled) == before
    assert check_stored(data) == ARTICLES


async def test_a_second_request_joins_the_first(filled: Index, held: Holding) -> None:
    held.free.clear()
    first = await filled.jobs.start()
    second, third = await asyncio.gather(filled.jobs.start(), filled.jobs.start())
    assert first.id == second.id == third.id
    held.free.set()
    await end(filled, first)
    assert (await filled.jobs.start()).id != first.id


@pytest.mark.parametrize("turns", range(5))
async def test_who_stops_following_just_as_the_job_moves_has_stopped(filled: Index, held: Holding, turns: int) -> None:
    held.free.clear()
    job = await filled.jobs.start()
    following = asyncio.create_task(end(filled, job))
    await asyncio.sleep(0.2)
    filled.jobs._move()
    for _ in range(turns):  # of the event loop
        await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait([following], timeout=10)
    held.free.set()
    assert following.cancelled()


async def test_a_cancelled_job_changes_nothing_and_leaves_nothing(filled: Index, held: Holding, data: Path) -> None:
    before = generations(data)
    job = await filled.jobs.start()
    await until(filled, job, done=1)
    held.free.clear()
    cancelled = await filled.jobs.cancel(job.id)
    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED
    held.free.set()
    assert (await end(filled, job))[-1].state is JobState.CANCELLED
    assert generations(data) == before
    assert (await filled.ask(QUESTION)).answered
    await filled.rebuild()
    assert await filled.jobs.cancel(job.id) == await filled.jobs.get(job.id)
    last = await filled.jobs.latest()
    assert last is not None
    assert (await filled.jobs.cancel(last.id)) == last  # it is done


async def test_a_rebuild_that_somebody_cancels_is_told_to_who_waits_for_it(filled: Index, held: Holding) -> None:
    held.free.clear()
    waiting = asyncio.create_task(filled.rebuild())
    job = await filled.jobs.start()  # whichever of the two comes first
    await filled.jobs.cancel(job.id)
    held.free.set()
    with pytest.raises(JobError, match="cancelled"):
        await waiting


async def test_a_job_that_fails_says_why_and_the_next_one_goes_on(
    filled: Index, held: Holding, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await filled.jobs.start()
    await until(filled, job, done=1)

    def refuse(*_given: Sequence[str]) -> None:
        raise DataError("There is no room left.")

    with monkeypatch.context() as patch:
        patch.setattr(held, "layers", refuse, raising=False)
        (*_, failed) = await end(filled, job)
    assert (failed.state, failed.problem) == (JobState.FAILED, "There is no room left.")
    assert (await filled.ask(QUESTION)).answered
    (seen, *_) = [one for one in await end(filled, await filled.jobs.start()) if one.state is JobState.RUNNING]
    assert seen.done >= 1
    assert check_stored(data) == ARTICLES


async def test_a_job_that_nobody_knows_is_told(filled: Index) -> None:
    assert await filled.jobs.get(99) is None
    assert await filled.jobs.cancel(99) is None
    assert await filled.jobs.latest("slack:nobody") is None
    with pytest.raises(JobError, match="99"):
        await anext(filled.jobs.follow(99))


async def test_a_restart_goes_on_where_it_was(held: Holding, original: Path, opened: Opener, data: Path) -> None:
    copytree(original, data)
    async with opened() as index:
        whole = (await index.counts()).passages
        job = await index.jobs.start()
        await until(index, job, done=3)
    async with opened() as index:
        again = await index.jobs.latest()
        assert again is not None
        assert (again.id, again.state) == (job.id, JobState.RUNNING)
        await index.jobs.resume()
        seen = await end(index, job)
        assert seen[-1].state is JobState.DONE
        assert min(one.done for one in seen) >= 3
        assert held.passages <= whole + 2  # what was in hand when it stopped is done again
        await index.jobs.resume()  # there is nothing to go on with
        assert await index.jobs.latest() == seen[-1]
    assert check_stored(data) == ARTICLES


# Several processes


async def test_another_process_follows_and_cancels(filled: Index, held: Holding, opened: Opener, data: Path) -> None:
    async with opened() as other:
        held.free.clear()
        job = await filled.jobs.start()
        await until(filled, job, done=0)
        assert (await other.jobs.start()).id == job.id
        following = asyncio.create_task(end(other, job))
        held.free.set()
        seen = await following
        assert seen[-1].state is JobState.DONE
        held.free.clear()
        job = await filled.jobs.start()
        await until(filled, job, done=0)
        await other.jobs.cancel(job.id)
        held.free.set()
        (*_, last) = await end(filled, job)
        assert last.state is JobState.CANCELLED
        await filled.rebuild()
        assert await first_quote(other) == await first_quote(filled)
    assert [(live, scope) for _, live, scope in generations(data)] == [(1, None)]


async def test_the_job_of_a_process_that_stops_is_taken_up_by_one_that_waits_for_it(
    held: Holding, original: Path, opened: Opener, data: Path
) -> None:
    copytree(original, data)
    async with opened() as other:
        async with opened() as index:
            held.free.clear()
            job = await index.jobs.start()
            await until(index, job, done=0)
            following = asyncio.create_task(other.rebuild())
            await asyncio.sleep(0)
            held.free.set()
        await following
        ended = await other.jobs.get(job.id)
        assert ended is not None
        assert ended.state is JobState.DONE
    assert check_stored(data) == ARTICLES


async def test_a_generation_that_was_replaced_is_gone_but_for_who_reads_it(filled: Index, opened: Opener, data: Path) -> None:
    async with opened() as other:
        before = await first_quote(other)
        held_open = other._context._searchable
        assert held_open is not None
        (old,) = (data / "vectors").iterdir()
        await filled.rebuild()
        (new,) = (data / "vectors").iterdir()
        assert new != old
        assert [live for _, live, _ in generations(data)] == [1]
        assert held_open.sentences.sum() != 0  # the files are gone, and can still be read by who had opened them
        assert await first_quote(other) == before
        assert other._context._searchable is not held_open


async def test_an_act_waits_for_another_writer_for_a_while(filled: Index, opened: Opener, tmp_path: Path) -> None:
    async with opened() as other:
        async with other._context.writing():
            waiting = asyncio.create_task(filled.add([str(path) for path in news(tmp_path / "more", ARTICLES + 2)]))
            assert (await filled.ask(QUESTION)).answered
            assert not waiting.done()
        assert [outcome.change for outcome in await waiting].count(Change.ADDED) == 2


async def test_a_rebuild_waits_for_another_writer_as_long_as_it_takes(
    filled: Index, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "PATIENCE", 0.05)
    async with opened() as other:
        async with other._context.writing():
            waiting = asyncio.create_task(filled.rebuild())
            with pytest.raises(BusyError):
                await filled.remove(["x"])
            assert not waiting.done()
        await waiting


# Beside everything else


async def test_what_is_added_changed_and_removed_meanwhile_is_in_the_new_generation(
    filled: Index, held: Holding, data: Path, tmp_path: Path
) -> None:
    paths = [Path(listed.source.removeprefix("file:")) for listed in sorted(await filled.list(), key=lambda one: one.source)]
    job = await filled.jobs.start()
    await until(filled, job, done=2)
    held.free.clear()
    write(paths[0], "Aurora 0 will ship in November.", title="Aurora is late", published="2026-01-01")
    write(paths[-1], "Harbor 7 will ship in December.", title="Harbor is late", published="2026-01-01")
    new = write(tmp_path / "new.md", "Kestrel 99 will ship in October.", title="Kestrel", published="2026-01-01")
    adding = asyncio.create_task(filled.add([str(paths[0]), str(paths[-1]), str(new)]))
    removing = asyncio.create_task(filled.remove([str(paths[1])]))
    held.free.set()
    assert [outcome.change for outcome in await adding] == [Change.UPDATED, Change.UPDATED, Change.ADDED]
    assert len(await removing) == 1
    assert (await end(filled, job))[-1].state is JobState.DONE
    assert check_stored(data) == ARTICLES
    assert await first_quote(filled, "When will Kestrel 99 ship?") == "Kestrel 99 will ship in October."
    assert await first_quote(filled, "When will Harbor 7 ship?") == "Harbor 7 will ship in December."


async def test_a_workspace_rebuilds_its_own_articles_alone(filled: Index, held: Holding, data: Path, tmp_path: Path) -> None:
    ours = [write(tmp_path / f"{at}.md", f"Obsidian {at} ships in June.", title=f"Obsidian {at}") for at in range(3)]
    await filled.add([str(path) for path in ours], scope="slack:ours")
    before = await first_quote(filled, "When will Obsidian 2 ship?", scopes=("slack:ours",))

    def passages(scope: str) -> set[int]:
        with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
            query = "SELECT p.id FROM passages p JOIN articles a ON a.number = p.article WHERE a.scope = ?"
            return {id_ for (id_,) in database.execute(query, (scope,))}

    shared, own, live, held.passages = passages(""), passages("slack:ours"), generations(data), 0
    job = await filled.jobs.start("slack:ours")
    assert job.total == len(ours)
    assert (await end(filled, job))[-1].state is JobState.DONE
    assert held.passages == len(ours)
    assert generations(data) == live
    assert passages("") == shared
    assert len(passages("slack:ours")) == len(own)
    assert not passages("slack:ours") & own
    assert check_stored(data) == ARTICLES + len(ours)
    assert await first_quote(filled, "When will Obsidian 2 ship?", scopes=("slack:ours",)) == before
    assert (await filled.jobs.latest()) is None


# From one model to another


@pytest.fixture(scope="module")
def other(encoder: TextEncoder, tmp_path_factory: pytest.TempPathFactory) -> RememberingEncoder:
    """A model whose vectors are others: the bundled one with another prefix."""
    assert encoder.folder is not None
    folder = tmp_path_factory.mktemp("models") / "other-e5"
    copytree(encoder.folder, folder, copy_function=lambda source, target: Path(target).symlink_to(source))
    prompts = folder / "config_sentence_transformers.json"
    prompts.unlink()
    prompts.write_text('{"prompts": {"query": "query: ", "document": "text: "}}', encoding="utf-8")
    return RememberingEncoder(sentence_transformers.load(str(folder), str(folder)))


@pytest.fixture
def changed(held: Holding, other: RememberingEncoder, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings once the model has been changed; what is learned about another model, in minutes, is in the cache already."""
    cache = tmp_path / "cache"
    fitting.keep(cache / f"fitted-{fitting._key(other)}.npz", fitting.load(held, cache), other)
    models = {"": held, other.folder: other}
    monkeypatch.setattr(encoders, "load", lambda name, *_: models[name])
    return Settings(data=data, cache=cache, embedding_model=str(other.folder))


def made_by(data: Path) -> list[tuple[str, str]]:
    """Fingerprint and setting of each generation."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return database.execute("SELECT fingerprint, model FROM generations").fetchall()


async def test_the_old_model_answers_until_the_new_one_is_through(
    filled: Index, changed: Settings, other: RememberingEncoder, tmp_path: Path
) -> None:
    data = changed.data
    before = await first_quote(filled)
    new = write(tmp_path / "new.md", "Kestrel 99 will ship in October.", title="Kestrel", published="2026-01-01")
    async with open_index(changed) as index:
        assert await index.jobs.needed()
        with pytest.raises(JobError, match="an owner has to rebuild everything"):
            await index.jobs.start("slack:ours")
        job = await index.jobs.start()
        assert await first_quote(index) == before
        assert [outcome.change for outcome in await index.add([str(new)])] == [Change.ADDED]
        assert (await end(index, job))[-1].state is JobState.DONE
        assert made_by(data) == [(other.fingerprint, str(other.folder))]
        assert not await index.jobs.needed()
        assert await first_quote(index) == before
        assert await first_quote(index, "When will Kestrel 99 ship?") == "Kestrel 99 will ship in October."
    assert check_stored(data) == ARTICLES + 1
    assert await filled.jobs.needed()  # another process goes on with what it was told to use, and answers with what there is
    assert await first_quote(filled) == before


async def test_the_old_model_is_let_go_of_when_it_has_been_replaced(filled: Index, changed: Settings) -> None:
    async with open_index(changed) as index:
        old = weakref.ref(await index.engine())
        await index.rebuild()
        assert (await index.ask(QUESTION)).answered
        gc.collect()
        assert old() is None


async def test_what_an_older_version_embedded_is_answered_with_the_model_that_fits(filled: Index, changed: Settings, data: Path) -> None:
    async with open_index(changed) as index:
        await index.rebuild()
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database, database:
        database.execute("UPDATE generations SET model = ''")
    async with open_index(changed) as index:
        assert (await index.ask(QUESTION)).answered
        assert not await index.jobs.needed()
    with pytest.raises(DataError, match="shipdate index rebuild"):
        await filled.ask(QUESTION)


async def test_a_model_that_cannot_be_loaded_fails_the_rebuild_and_leaves_the_answers(
    filled: Index, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, bundled = await first_quote(filled), encoders.load

    def load(name: str, cache: Path, engine: str) -> TextEncoder:
        if name:
            raise ModelError(f"The model {name} cannot be loaded.")
        return bundled(name, cache, engine)

    monkeypatch.setattr(encoders, "load", load)
    async with open_index(Settings(data=data, embedding_model="no/such")) as index:
        assert await first_quote(index) == before
        (*_, last) = await end(index, await index.jobs.start())
        assert (last.state, last.problem) == (JobState.FAILED, "The model no/such cannot be loaded.")
        with pytest.raises(JobError, match="no/such"):
            await index.rebuild()
        assert await first_quote(index) == before
