"""Who is forgotten is forgotten: nothing of them is left in the data folder, not in what restores have kept of what was there before."""

from __future__ import annotations

import asyncio
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.platforms import Person, Workspace
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.storage.maintenance import backup
from index.storage.maintenance.backup import COPIES, back_up, copies, restore
from index.storage.store.database import FILE, WRITER_LOCK
from tests.bot.on_terminal.test_cli import check_told, shipdate
from tests.bot.service.test_audit import ADMIN, GUILD_ADMIN
from tests.support.articles import check_stored, news
from tests.support.terminal import shipdate_process

pytestmark = pytest.mark.model

OPERATOR = Caller.operator()
SECRET = "When does the s3cret ship?"


@pytest.fixture(scope="module")
async def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two workspaces with an article, settings, and a logged question each; and an article of everybody's."""
    folder = tmp_path_factory.mktemp("full")
    (shared, first, second) = news(folder / "news", 3)
    made = Settings(data=folder / "data")
    async with open_index(made) as index:
        service = Service(index, made)
        await service.add(OPERATOR, [str(shared)])
        for caller, path in ((ADMIN, first), (GUILD_ADMIN, second)):
            await index.add([str(path)], scope=caller.scope)
            await service.change_settings(caller, {"log_questions": True, "admins": [str(caller.user), "99"]})
            await service.ask(caller, SECRET)
    return folder / "data"


@pytest.fixture
async def data(full: Path, tmp_path: Path) -> Path:
    """The same, after it was restored twice: with two copies of all that was there before."""
    copytree(full, tmp_path / "data")
    back_up(tmp_path / "data", tmp_path / "mine.zip")
    for _ in range(2):
        await restore(tmp_path / "data", tmp_path / "mine.zip")
    assert len(copies(tmp_path / "data")) == 2
    return tmp_path / "data"


def written(data: Path, words: str) -> list[str]:
    """The files in a data folder, and in the archives there, in which words stand."""
    found = []
    for path in sorted(data.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found += [f"{path.name}/{name}" for name in archive.namelist() if words.encode() in archive.read(name)]
        elif path.is_file() and words.encode() in path.read_bytes():
            found.append(path.name)
    return found


FORGOTTEN = {
    "a person": ("--user", f"discord:{GUILD_ADMIN.user}", "s3cret", 2),
    "a workspace": ("--workspace", "discord:1", "Cirrus 2", 2),
}


@pytest.mark.parametrize(("option", "whom", "words", "count"), FORGOTTEN.values(), ids=FORGOTTEN)
async def test_who_is_forgotten_is_in_no_copy_that_a_restore_has_kept(data: Path, option: str, whom: str, words: str, count: int) -> None:
    assert len(written(data, words)) == 1 + len(copies(data))
    done = shipdate("forget", option, whom, "--yes", data=data)
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines() if line.startswith("copies")] == [["copies", str(count), "0"]]
    async with open_index(Settings(data=data)) as index:
        assert len(await index.list(scopes=["", ADMIN.scope])) == 2
    if option == "--workspace":
        assert written(data, words) == []
        assert written(data, f'"{GUILD_ADMIN.user}"') == []
    for copy in copies(data):
        await restore(data.parent / copy.stem, copy)
        async with open_index(Settings(data=data.parent / copy.stem)) as index:
            assert len(await index.list(scopes=["", ADMIN.scope])) == 2
            assert not any((await index.ledger.user_remains("discord", None, str(GUILD_ADMIN.user))).values())
            assert any((await index.ledger.user_remains("slack", "T1", str(ADMIN.user))).values())
    again = shipdate("forget", option, whom, "--yes", data=data)
    assert [line.split() for line in again.stdout.splitlines() if line.startswith("copies")] == [["copies", "0", "0"]]


async def test_the_operator_is_told_that_backups_elsewhere_still_hold_it(data: Path) -> None:
    done = shipdate("forget", "--user", "slack:T1:U1", "--yes", data=data)
    assert "Backups that you made keep what is forgotten later" in done.stderr
    assert written(data.parent, "s3cret") != []  # mine.zip is outside, by the operator's choice


async def test_a_copy_that_cannot_be_read_is_named_and_forgetting_is_not_said_to_be_complete(data: Path) -> None:
    """What is too damaged to be opened may hold anything, and only its owner can say that it is not needed."""
    newest, other = copies(data)
    newest.write_bytes(newest.read_bytes()[:5000])
    set_aside = data / "damaged-20200101T000000000000"
    set_aside.mkdir()
    (set_aside / FILE).write_bytes(b"s3cret")
    done = shipdate("forget", "--user", f"discord:{GUILD_ADMIN.user}", "--yes", data=data)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert str(newest) in last
    assert str(set_aside) in last
    assert str(other) not in last
    assert "delete" in last
    newest.unlink()
    (set_aside / FILE).unlink()
    set_aside.rmdir()
    assert shipdate("forget", "--user", f"discord:{GUILD_ADMIN.user}", "--yes", data=data).returncode == 0


async def test_a_copy_of_an_older_version_is_covered_too(data: Path, tmp_path: Path) -> None:
    """It is brought up to date on the way; what was unfinished in it is finished."""
    settings = Settings(data=data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "finish", lambda _: None)
        await restore(data, tmp_path / "mine.zip")
    async with open_index(settings) as index:
        forgotten = await Service(index, settings).forget(OPERATOR, Workspace("discord", "1"))
    assert forgotten.complete
    assert forgotten.deleted["copies"] == 3
    assert written(data, "Cirrus 2") == []


async def test_what_killed_processes_left_in_the_folder_is_gone_too(data: Path) -> None:
    """A backup or a restore that was killed leaves a whole database in its scratch folder."""
    for kind in ("partial", ".shipdate-partial"):
        left = data / f"{kind}-999999999-x"
        left.mkdir()
        (left / FILE).write_bytes(b"Cirrus 2")
    assert shipdate("forget", "--workspace", "discord:1", "--yes", data=data).returncode == 0
    assert written(data, "Cirrus 2") == []


async def test_forgetting_waits_for_a_restore_that_is_at_work(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would bring everything back."""
    from filelock import FileLock

    monkeypatch.setattr(backup, "_PATIENCE", 20)
    settings = Settings(data=data)
    async with open_index(settings) as index:
        with FileLock(data / WRITER_LOCK):
            forgetting = asyncio.create_task(Service(index, settings).forget(OPERATOR, Person("discord", None, str(GUILD_ADMIN.user))))
            await asyncio.sleep(0.3)
            assert (await index.ledger.user_remains("discord", None, str(GUILD_ADMIN.user)))["questions"] == 1
        assert (await forgetting).complete


async def test_forgetting_that_is_stopped_within_a_copy_leaves_the_copy_as_it_was(data: Path, tmp_path: Path) -> None:
    """Each copy is replaced at once: it holds all of before, or all but them."""
    before = [copy.read_bytes() for copy in copies(data)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        settings = Settings(data=data)
        async with open_index(settings) as index:
            with pytest.raises(KeyboardInterrupt):
                async with backup.rewriting(copies(data)[0]):
                    pass
            assert (await index.counts()).articles == 3
    assert [copy.read_bytes() for copy in copies(data)] == before
    await restore(tmp_path / "elsewhere", copies(data)[0])
    assert check_stored(tmp_path / "elsewhere") == 3


# Old copies


async def test_old_copies_are_removed_by_later_restores_and_the_newest_stay(data: Path, tmp_path: Path) -> None:
    kept = [await restore(data, tmp_path / "mine.zip") for _ in range(COPIES + 1)]
    assert copies(data) == kept[::-1][:COPIES]


async def test_a_clock_that_goes_wrong_removes_no_copy_that_was_just_made_nor_the_one_that_is_restored(data: Path, tmp_path: Path) -> None:
    """In 2056 three were made, which look newer than all that come after."""
    for number in range(COPIES):
        (data / f"before-restore-2056010{number + 1}T000000000000.zip").write_bytes((tmp_path / "mine.zip").read_bytes())
    kept = await restore(data, tmp_path / "mine.zip")
    assert kept is not None
    assert kept.exists()
    again = await restore(data, kept)
    assert again is not None
    assert again.exists()
    assert kept.exists()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 99)), max_size=8, unique=True))
def test_whatever_copies_there_are_at_most_so_many_are_left(tmp_path: Path, made: list[tuple[bool, int]]) -> None:
    for damaged, number in made:
        place = tmp_path / (f"damaged-2026{number:02}" if damaged else f"before-restore-2026{number:02}.zip")
        place.mkdir(exist_ok=True) if damaged else place.touch()
    (tmp_path / "before-noon.zip").touch()
    expected = copies(tmp_path)[:COPIES]
    backup._prune(tmp_path, [tmp_path / "before-noon.zip"])
    assert copies(tmp_path) == expected
    assert (tmp_path / "before-noon.zip").exists()
    for path in expected:
        path.rmdir() if path.is_dir() else path.unlink()


async def test_a_restore_that_fails_leaves_no_copy(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copies(data)
    with closing(sqlite3.connect(data / FILE, isolation_level=None)) as writing:
        monkeypatch.setattr(backup, "_PATIENCE", 0.2)
        writing.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Exception, match="in use by another writer"):
            await restore(data, tmp_path / "mine.zip")
    assert copies(data) == before


@pytest.mark.slow
def test_forgetting_on_a_full_disk_says_that_it_is_not_done(data: Path) -> None:
    import resource

    done = shipdate_process(
        "forget", "--user", "slack:T1:U1", "--yes", data=data, prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    )
    check_told(done, "There is no room left to write in")
    assert all(zipfile.is_zipfile(copy) for copy in copies(data))
