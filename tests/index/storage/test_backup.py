"""Backups: whole, taken while others write, and put back while others read; killed at any moment, it is the old content or the new."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from multiprocessing.context import ForkServerContext
from pathlib import Path
from shutil import copytree

import pytest
from alembic import command
from filelock import FileLock

from bot.settings import Settings
from index import Change, open_index
from index.api import Index
from index.model.errors import BackupError, BusyError, DataError
from index.storage.catalogue import OWN, product_named
from index.storage.maintenance import backup
from index.storage.maintenance.archive import inspect
from index.storage.maintenance.backup import back_up, restore
from index.storage.store import database
from tests.conftest import Opener
from tests.support.articles import ROOT, check_stored, news, stored_texts

pytestmark = pytest.mark.model

KILLS = 30


def entries(folder: Path) -> set[str]:
    """What is in a folder, but for what anybody may leave there."""
    return {path.name for path in folder.iterdir() if path.suffix not in (".lock",) and not path.name.endswith(("-wal", "-shm"))}


@pytest.fixture(scope="module")
async def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three articles and a product of its own. Read only."""
    folder = tmp_path_factory.mktemp("old")
    async with open_index(Settings(data=folder / "data")) as index:
        await index.add([str(path) for path in news(folder / "news", 3)])
        await index.add_product(product_named("Oldthing"))
    return folder / "data"


@pytest.fixture(scope="module")
async def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a data folder with seven others, and another product."""
    folder = tmp_path_factory.mktemp("new")
    async with open_index(Settings(data=folder / "data")) as index:
        await index.add([str(path) for path in news(folder / "news", 10)[3:]])
        await index.add_product(product_named("Newthing"))
    back_up(folder / "data", folder / "new.zip")
    return folder / "new.zip"


@pytest.fixture
def filled(old: Path, tmp_path: Path) -> Path:
    """A copy of the old one, to do anything with."""
    copytree(old, tmp_path / "filled")
    return tmp_path / "filled"


# One after the other


async def test_what_was_backed_up_is_what_is_restored(old: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.zip"
    made = back_up(old, file)
    assert (made.articles, made.schema, inspect(file)) == (3, database.HEAD, made)
    assert entries(tmp_path) == {"kept.zip"}
    assert await restore(tmp_path / "elsewhere", file) is None
    assert stored_texts(tmp_path / "elsewhere") == stored_texts(old)
    assert check_stored(tmp_path / "elsewhere") == 3
    assert (tmp_path / "elsewhere" / OWN).read_bytes() == (old / OWN).read_bytes()
    with closing(sqlite3.connect(tmp_path / "elsewhere" / "shipdate.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'restoring'").fetchall()
    async with open_index(Settings(data=tmp_path / "elsewhere")) as index:
        assert (await index.ask("When will Aurora 0 ship?")).answered


async def test_a_backup_is_an_ordinary_archive(old: Path, tmp_path: Path) -> None:
    back_up(old, tmp_path / "kept.zip")
    with zipfile.ZipFile(tmp_path / "kept.zip") as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"manifest.json", "shipdate.sqlite", OWN}
        assert json.loads(archive.read("manifest.json"))["articles"] == 3
        archive.extract("shipdate.sqlite", tmp_path / "taken out")
    assert check_stored(tmp_path / "taken out") == 3


async def test_what_was_there_before_a_restore_can_be_had_back(filled: Path, new: Path) -> None:
    before = stored_texts(filled), (filled / OWN).read_bytes()
    kept = await restore(filled, new)
    assert kept is not None
    assert check_stored(filled) == 7
    assert "Newthing" in (filled / OWN).read_text(encoding="utf-8")
    assert await restore(filled, kept) is not None
    assert (stored_texts(filled), (filled / OWN).read_bytes()) == before


async def test_a_file_that_is_there_is_only_replaced_when_that_is_said(old: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.zip").write_text("precious", encoding="utf-8")
    with pytest.raises(BackupError, match="--force"):
        back_up(old, tmp_path / "kept.zip")
    assert (tmp_path / "kept.zip").read_text(encoding="utf-8") == "precious"
    back_up(old, tmp_path / "kept.zip", replace=True)
    assert inspect(tmp_path / "kept.zip").articles == 3


async def test_an_older_backup_is_brought_up_to_date(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "older").mkdir()
    config = database._migrations()
    with closing(sqlite3.connect(tmp_path / "older" / "shipdate.sqlite")) as connection:
        from sqlalchemy import create_engine

        with create_engine("sqlite://", creator=lambda: connection).connect() as wrapped:
            config.attributes["connection"] = wrapped
            command.upgrade(config, "0001")
            wrapped.commit()
    assert back_up(tmp_path / "older", tmp_path / "older.zip").schema == "0001"
    await restore(filled, tmp_path / "older.zip")
    async with open_index(Settings(data=filled)) as index:
        assert (await index.counts()).articles == 0
        assert not (filled / OWN).exists()


# What is refused, and then nothing has changed


async def test_a_backup_of_a_newer_version_is_refused(filled: Path, old: Path, tmp_path: Path) -> None:
    copytree(old, tmp_path / "newer")
    with closing(sqlite3.connect(tmp_path / "newer" / "shipdate.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    back_up(tmp_path / "newer", tmp_path / "newer.zip")
    with pytest.raises(BackupError, match="newer version"):
        await restore(filled, tmp_path / "newer.zip")
    assert stored_texts(filled) == stored_texts(old)


async def test_a_file_that_is_no_backup_is_refused(filled: Path, old: Path, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "another archive")
    with zipfile.ZipFile(tmp_path / "strange.zip", "w") as archive:
        archive.writestr("manifest.json", '{"format": 1, "schema": "0003", "shipdate": "1", "checksums": {"../../x": "1"}}')
    for name in ("text.zip", "other.zip", "strange.zip", "missing.zip", "."):
        with pytest.raises(BackupError):
            await restore(filled, tmp_path / name)
    assert stored_texts(filled) == stored_texts(old)
    assert entries(filled) == entries(old)


async def test_a_torn_or_changed_backup_is_refused(filled: Path, old: Path, new: Path, tmp_path: Path) -> None:
    content, places, torn = await asyncio.to_thread(new.read_bytes), random.Random(20261125), tmp_path / "torn.zip"
    refused = 0
    for attempt in range(20):
        at = places.randrange(len(content))
        torn.write_bytes(content[:at] if attempt % 2 else content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            await restore(filled, torn)
        except BackupError as error:
            assert str(torn) in str(error)
            refused += 1
            assert stored_texts(filled) == stored_texts(old)
            assert entries(filled) == entries(old)
        else:  # what was changed says nothing, such as the time of a file in the archive
            assert check_stored(filled) == 7
            break
    assert refused >= 10


async def test_a_damaged_database_gives_no_backup_but_can_be_restored_over(filled: Path, new: Path, tmp_path: Path) -> None:
    file = filled / "shipdate.sqlite"
    good = file.read_bytes()
    page = good.index(b"Borealis 1") // 4096
    file.write_bytes(good[: page * 4096] + b"\xff" * 4096 + good[(page + 1) * 4096 :])
    with pytest.raises(DataError, match="damaged"):
        back_up(filled, tmp_path / "kept.zip")
    assert not (tmp_path / "kept.zip").exists()
    kept = await restore(filled, new)
    assert kept is not None
    assert check_stored(filled) == 7


@pytest.mark.parametrize("content", [b"this is no database" * 1000, b""], ids=["garbage", "empty"])
async def test_a_database_that_cannot_even_be_opened_is_set_aside(filled: Path, new: Path, content: bytes) -> None:
    (filled / "shipdate.sqlite").write_bytes(content)
    kept = await restore(filled, new)
    assert kept is not None
    if content:
        assert (kept / "shipdate.sqlite").read_bytes() == content
    assert check_stored(filled) == 7
    assert "Newthing" in (filled / OWN).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", [database.JOBS_LOCK, database.WRITER_LOCK])
async def test_nothing_is_restored_while_somebody_writes(
    filled: Path, old: Path, new: Path, lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PATIENCE", 0.1)
    monkeypatch.setattr(backup, "_JOBS_PATIENCE", 0.1)
    with FileLock(filled / lock), pytest.raises(BusyError, match="try again"):
        await restore(filled, new)
    assert stored_texts(filled) == stored_texts(old)


async def test_nothing_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing"):
        back_up(tmp_path / "nowhere", tmp_path / "kept.zip")


async def test_a_folder_that_cannot_be_written_is_told(old: Path) -> None:
    with pytest.raises(BackupError, match="/proc"):
        back_up(old, Path("/proc/kept.zip"))


# While others are at work


async def test_a_backup_while_articles_are_added_is_whole(index: Index, opened: Opener, data: Path, tmp_path: Path) -> None:
    news(tmp_path / "news", 40)
    async with opened() as reading:
        adding = asyncio.create_task(index.add([str(tmp_path / "news")]))
        sizes = []
        while not adding.done():
            if (await reading.counts()).articles > (sizes[-1] if sizes else 0):
                file = tmp_path / f"{len(sizes)}.zip"
                sizes.append((await asyncio.to_thread(back_up, data, file)).articles)
            await asyncio.sleep(0.01)
    assert [outcome for outcome in await adding if outcome.change is not Change.ADDED] == []
    assert sizes
    for number, articles in enumerate(sizes):
        await restore(tmp_path / f"restored-{number}", tmp_path / f"{number}.zip")
        assert check_stored(tmp_path / f"restored-{number}") == articles


@pytest.mark.slow
async def test_another_process_goes_on_answering_and_finds_the_new_content(filled: Path, new: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--data", str(filled), "ask", "--json-lines", stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    asking, answering = process.stdin, process.stdout
    assert asking is not None
    assert answering is not None

    async def ask(question: str) -> dict[str, object]:
        asking.write(json.dumps({"question": question}).encode() + b"\n")
        found: dict[str, object] = json.loads(await answering.readline())
        return found

    async def quoted(question: str) -> str:
        return json.dumps((await ask(question))["quotes"])

    assert "Aurora 0" in await quoted("When will Aurora 0 ship?")
    restoring = asyncio.create_task(restore(filled, new))
    while not restoring.done():
        assert (await ask("When will Aurora 0 ship?")).keys() >= {"answered"}
    kept = await restoring
    assert kept is not None
    assert "Islet 8" in await quoted("When will Islet 8 ship?")
    assert "Aurora 0" not in await quoted("When will Aurora 0 ship?")
    assert (await ask("When will Newthing ship?"))["products"] == ["newthing"]
    await restore(filled, kept)
    assert "Aurora 0" in await quoted("When will Aurora 0 ship?")
    assert (await ask("When will Oldthing ship?"))["products"] == ["oldthing"]
    asking.close()
    assert await process.wait() == 0
    assert check_stored(filled) == 3


# Killed


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("there is no fork here")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.index.storage.test_backup"])
    yield context
    from multiprocessing import forkserver

    with suppress(AttributeError):
        forkserver._forkserver._stop()


def put_back(data: Path, file: Path) -> None:
    """What the killed processes do."""
    asyncio.run(restore(data, file))


@pytest.mark.slow
async def test_killed_at_any_moment_it_is_the_old_content_or_the_new(
    processes: ForkServerContext, old: Path, new: Path, tmp_path: Path
) -> None:
    moments = random.Random(20261126)

    def run(data: Path, seconds: float | None) -> float:
        copytree(old, data)
        process = processes.Process(target=put_back, args=(data, new))
        process.start()
        assert process.pid is not None
        started = time.monotonic()
        if seconds is not None:
            process.join(seconds)
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        process.join()
        return time.monotonic() - started

    run(tmp_path / "warm", None)
    whole = run(tmp_path / "whole", None)
    found = set()
    for kill in range(KILLS):
        data = tmp_path / f"data-{kill}"
        run(data, moments.uniform(0, whole * 1.2))
        async with open_index(Settings(data=data)) as index:
            names = {product.id for product in await index.products()} & {"oldthing", "newthing"}
        found.add((check_stored(data), *names))
        assert found <= {(3, "oldthing"), (7, "newthing")}
    for kill in range(0, KILLS, 10):
        await restore(tmp_path / f"data-{kill}", new)
        assert check_stored(tmp_path / f"data-{kill}") == 7
        assert not list((tmp_path / f"data-{kill}").glob("*partial*"))
    assert len(found) == 2, "no kill came in time"
