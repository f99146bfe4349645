"""Killed at any moment: what was done stays done, nothing is half done, and the same command again finishes the rest."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, suppress
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import pytest_asyncio

from bot.settings import Settings
from index import Change, JobState, open_index
from tests.support.articles import check_quotes, check_stored, draft_of, news, stored_texts
from tests.support.feeds import item, rss
from tests.support.site import page_of, serving

KILLS = 35  # of an addition, and as many of a rebuild
REFRESH_KILLS = 30  # a hundred altogether
ARTICLES, FEEDS = 12, 2

pytestmark = [
    pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="there is no fork here"),
    pytest.mark.model,
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("articles")
    news(folder, ARTICLES)
    return folder


@pytest.fixture(scope="module")
def processes(articles: Path) -> Iterator[ForkServerContext]:
    """Starts processes that have the model loaded already."""
    context = multiprocessing.get_context("forkserver")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHIPDATE_TEST_ARTICLES", str(articles))
        patch.setenv("OMP_NUM_THREADS", "1")
        context.set_forkserver_preload(["tests.support.crashes"])
        yield context
    from multiprocessing import forkserver

    with suppress(AttributeError):
        forkserver._forkserver._stop()


def start(context: ForkServerContext, work: str, *arguments: object) -> ForkServerProcess:
    """A process that does ``work`` of :mod:`tests.support.crashes`, once it is ready for it."""
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_Work(work), args=(*arguments, sending))
    process.start()
    sending.close()
    receiving.recv()
    return process


class _Work:
    """Names a function without importing its module here, which is for the fork server only."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: object) -> None:
        from tests.support import crashes

        getattr(crashes, self._name)(*arguments)


def duration(process: ForkServerProcess) -> float:
    """Of a process that nobody kills."""
    started = time.perf_counter()
    process.join()
    assert process.exitcode == 0
    return time.perf_counter() - started


def kill_after(process: ForkServerProcess, seconds: float) -> None:
    time.sleep(seconds)
    process.kill()
    process.join()


async def check_usable(data: Path, *, at_least: int = 0) -> int:
    """Assert that the index opens, every article that is listed is whole, and answers come. Returns how many articles are in."""
    async with open_index(Settings(data=data)) as index:
        listed = await index.list()
        assert len(listed) >= at_least
        assert all(one.passages > 0 for one in listed)
        assert check_stored(data) == len(listed)
        for one in listed[:1]:
            answer = await index.ask(f"When does {one.article.title.split()[0]} ship?")
            assert answer.answered
            check_quotes(answer, stored_texts(data))
    return len(listed)


@pytest.mark.timeout(600)
async def test_an_addition_that_is_killed_leaves_whole_articles_and_can_be_repeated(
    processes: ForkServerContext, articles: Path, tmp_path: Path
) -> None:
    whole = max(duration(start(processes, "add", tmp_path / f"whole-{run}", articles)) for run in range(3))
    moments = random.Random(20240215)
    counts = []
    for kill in range(KILLS):
        data = tmp_path / str(kill)
        kill_after(start(processes, "add", data, articles), moments.uniform(0, whole))
        kept = await check_usable(data)
        counts.append(kept)
        if kill % 5 == 0:
            assert duration(start(processes, "add", data, articles)) < 10 * whole + 1
            assert await check_usable(data) == ARTICLES
            assert not list(data.glob("vectors/partial-*"))
    assert len(set(counts)) > 2, f"the kills were not spread over the run: {counts}"


@pytest.mark.timeout(600)
async def test_a_rebuild_that_is_killed_goes_on_answering_and_can_be_repeated(
    processes: ForkServerContext, articles: Path, tmp_path: Path
) -> None:
    original = tmp_path / "original"
    duration(start(processes, "add", original, articles))
    copytree(original, tmp_path / "whole")
    whole = duration(start(processes, "rebuild", tmp_path / "whole", articles))
    moments = random.Random(20241209)
    data = tmp_path / "data"
    copytree(original, data)
    for kill in range(KILLS):
        kill_after(start(processes, "rebuild", data, articles), moments.uniform(0, whole))
        assert await check_usable(data, at_least=ARTICLES) == ARTICLES
        if kill % 8 == 0:
            duration(start(processes, "rebuild", data, articles))
            assert await check_usable(data) == ARTICLES
    duration(start(processes, "rebuild", data, articles))
    assert await check_usable(data) == ARTICLES
    assert {state for _, state in jobs(data)} == {"done"}  # each that was killed was gone on with
    assert rows(data, "SELECT live, scope FROM generations") == [(1, None)]
    assert len(list((data / "vectors").glob("[0-9]*"))) == 1


async def test_ctrl_c_leaves_a_rebuild_that_can_be_gone_on_with(processes: ForkServerContext, tmp_path: Path) -> None:
    news(tmp_path / "articles", 40)
    data, said = tmp_path / "data", tmp_path / "said"
    async with open_index(Settings(data=data)) as index:
        await index.add([str(tmp_path / "articles")])
        process = start(processes, "command", ["--data", str(data), "index", "rebuild"], said)
        wait_for(lambda: bool(rows(data, "SELECT 1 FROM jobs WHERE done > 2")))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        process.join(20)
        assert process.exitcode == 1
        (line,) = said.read_text(encoding="utf-8").splitlines()
        assert "kept" in line
        ((id_, state),) = jobs(data)
        assert state == "running"
        await index.jobs.resume()
        (first, *_, last) = [job async for job in index.jobs.follow(id_)]
    assert first.done > 2
    assert last.state is JobState.DONE
    assert await check_usable(data) == 40


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    """What stands in the database, as another process sees it."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return database.execute(query).fetchall()


def jobs(data: Path) -> list[tuple[int, str]]:
    return rows(data, "SELECT id, state FROM jobs ORDER BY id")


@pytest_asyncio.fixture
async def followed(articles: Path, tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder with two feeds of the articles, which a site of this process serves: on pages, and in the feed itself."""
    async with serving() as site, open_index(Settings(data=tmp_path / "followed", allow_private_network=True)) as index:
        for feed in range(FEEDS):
            items = []
            for path in news(articles, ARTICLES)[feed::FEEDS]:
                article = draft_of(path).article()
                if feed:
                    site.put(f"/{path.stem}", page_of(article))
                    items.append(item(article.title, f"/{path.stem}"))
                else:
                    items.append(item(article.title, guid=path.stem, summary=article.text))
            await index.feeds.add(site.put(f"/{feed}.xml", rss(*items), "application/rss+xml"))
        yield tmp_path / "followed"


@pytest.mark.timeout(600)
async def test_a_refresh_of_feeds_that_is_killed_leaves_whole_articles_and_can_be_repeated(
    processes: ForkServerContext, followed: Path, tmp_path: Path
) -> None:
    async def refresh(data: Path) -> float:
        return await asyncio.to_thread(lambda: duration(start(processes, "refresh", data)))

    copytree(followed, tmp_path / "whole")
    whole = await refresh(tmp_path / "whole")
    assert await check_usable(tmp_path / "whole") == ARTICLES
    moments = random.Random(20260425)
    counts = []
    for kill in range(REFRESH_KILLS):
        data = tmp_path / str(kill)
        copytree(followed, data)
        process = await asyncio.to_thread(start, processes, "refresh", data)
        await asyncio.to_thread(kill_after, process, moments.uniform(0, whole))
        kept = await check_usable(data)
        counts.append(kept)
        if kill % 3 == 0:
            await refresh(data)
            assert await check_usable(data) == ARTICLES
            async with open_index(Settings(data=data)) as index:
                assert all(feed.checked and not feed.problem for feed in await index.feeds.list())
    assert len(set(counts)) > 2, f"the kills were not spread over the run: {counts}"


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)


def committed(data: Path) -> int:
    """How many articles are in, as another process sees it."""
    try:
        with closing(sqlite3.connect(f"file:{data / 'shipdate.sqlite'}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.Error:
        return 0


async def test_ctrl_c_keeps_what_was_committed_and_the_same_command_goes_on(processes: ForkServerContext, tmp_path: Path) -> None:
    news(tmp_path / "articles", 40)
    data, said = tmp_path / "data", tmp_path / "said"
    arguments = ["--data", str(data), "index", "add", str(tmp_path / "articles")]
    process = start(processes, "command", arguments, said)
    wait_for(lambda: committed(data) > 2)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    stopped = time.monotonic()
    process.join(20)
    took = time.monotonic() - stopped
    kept = await check_usable(data, at_least=3)
    assert kept < 40
    async with open_index(Settings(data=data)) as index:
        changes = [outcome.change for outcome in await index.add([str(tmp_path / "articles")])]
    assert changes.count(Change.UNCHANGED) == kept
    assert changes.count(Change.ADDED) == 40 - kept
    assert await check_usable(data) == 40
    assert took < 5, "it did not stop when it was told to"
    assert "Traceback" not in said.read_text(encoding="utf-8")
    (line,) = said.read_text(encoding="utf-8").splitlines()
    assert "kept" in line
    assert process.exitcode == 1


async def test_ctrl_c_at_any_moment_is_no_traceback(processes: ForkServerContext, tmp_path: Path, articles: Path) -> None:
    moments = random.Random(20260324)
    for attempt in range(5):
        said = tmp_path / f"said-{attempt}"
        process = start(processes, "command", ["--data", str(tmp_path / f"data-{attempt}"), "index", "add", str(articles)], said)
        await asyncio.sleep(moments.uniform(0.05, 0.5))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        process.join(20)
        assert "Traceback" not in said.read_text(encoding="utf-8")
        await check_usable(tmp_path / f"data-{attempt}")
