"""What lies on the disk: who may read it, and what it is worth to somebody who has it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.serving import LOCK, _alone
from bot.settings import Settings
from index import backup, open_index
from index.checking import Health, check_data
from index.launches.catalogue import product_named
from tests.writing import news, write


@pytest.fixture
def careless() -> Iterator[None]:
    """Whoever starts Shipdate lets everybody read and write what they make."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def shared_folder(tmp_path: Path, careless: None) -> Path:
    """A data folder that was there before, for everybody."""
    (tmp_path / "shared").mkdir(0o777)
    return tmp_path / "shared"


def modes(folder: Path) -> dict[str, int]:
    """The modes of all files and folders below a folder."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_all(folder: Path) -> None:
    """Let everybody read and write all that Shipdate has made there."""
    for path in folder.rglob("*"):
        if path.name != "kept.zip":
            path.chmod(0o777 if path.is_dir() else 0o666)


async def _made(data: Path) -> None:
    async with open_index(Settings(data=data)):
        pass


async def work_in(data: Path, tmp_path: Path) -> None:
    """All that makes a file there."""
    news(tmp_path / "news", 2)
    async with open_index(Settings(data=data)) as index:
        await index.add([str(tmp_path / "news")])
        await index.ask("When will Aurora ship?")
        await index.add_product(product_named("Newthing"))
        await index.rebuild()
        with _alone(data):
            await asyncio.to_thread(backup.back_up, data, data / "kept.zip")
    await backup.restore(data, data / "kept.zip")


async def test_no_file_of_a_data_folder_can_be_read_by_anybody_else(shared_folder: Path, tmp_path: Path) -> None:
    """A folder that exists already keeps its mode, and with the usual one everybody could read the tokens in the database."""
    async with open_index(Settings(data=shared_folder)) as index:
        await index.ledger.settings("")  # so that the files of the write-ahead log are there
        await work_in(shared_folder, tmp_path)
        found = modes(shared_folder)
    assert {"shipdate.sqlite", "shipdate.sqlite-wal", "shipdate.sqlite-shm", "products.toml", "writer.lock", LOCK} <= found.keys()
    assert any(name.startswith("before-restore") for name in found)
    assert any(name.endswith("manifest.json") for name in found)
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}
    assert mode(shared_folder) == 0o777  # it is somebody's own


async def test_what_is_restored_into_a_new_folder_is_as_closed(careless: None, shared_folder: Path, tmp_path: Path) -> None:
    await work_in(shared_folder, tmp_path)
    await backup.restore(tmp_path / "new", shared_folder / "kept.zip")
    assert not [name for name, mode in modes(tmp_path / "new").items() if mode & 0o077]
    assert mode(tmp_path / "new") == 0o700


async def test_files_that_an_older_version_left_open_are_closed_at_the_next_start(shared_folder: Path, tmp_path: Path) -> None:
    await work_in(shared_folder, tmp_path)
    open_all(shared_folder)
    async with open_index(Settings(data=shared_folder)):
        assert not [name for name, mode in modes(shared_folder).items() if mode & 0o077]


async def test_what_is_not_its_own_is_left_alone(shared_folder: Path, tmp_path: Path) -> None:
    """The data folder may be somebody's home; and in one that is open to all, others may have put links to anywhere."""
    theirs, far = write(shared_folder / "letter.md", "Dear reader."), write(tmp_path / "far", "Anything.")
    (shared_folder / "serve.lock").symlink_to(far)
    (shared_folder / "vectors").mkdir()
    (shared_folder / "vectors" / "1-1").symlink_to(tmp_path)
    for path in (theirs, far):
        path.chmod(0o644)
    await _made(shared_folder)
    assert [mode(path) for path in (theirs, far)] == [0o644, 0o644]


def test_doctor_tells_of_an_open_folder_and_of_open_files(shared_folder: Path) -> None:
    asyncio.run(_made(shared_folder))

    def privacy() -> tuple[Health, str, str]:
        (found,) = (check for check in check_data(shared_folder) if check.name == "privacy")
        return found.state, found.message, found.advice or ""

    state, message, advice = privacy()
    assert (state, advice) == (Health.WARNING, f"Run `chmod 700 {shared_folder}`.")
    assert "0777" in message
    (shared_folder / "shipdate.sqlite").chmod(0o640)
    state, message, _ = privacy()
    assert state is Health.WARNING
    assert str(shared_folder / "shipdate.sqlite") in message
    (shared_folder / "shipdate.sqlite").chmod(0o600)
    shared_folder.chmod(0o700)
    assert privacy()[0] is Health.OK
