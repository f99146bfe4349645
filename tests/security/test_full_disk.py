"""A disk without room loses nothing, and whoever meets it reads one sentence that says what is the matter."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from shutil import copytree

import pytest

from index.api import Index
from index.storage.maintenance.integrity import Health, check_data
from index.storage.store.database import FILE
from tests.bot.on_terminal.test_cli import check_told
from tests.support.articles import SAMPLES, check_stored, write
from tests.support.terminal import shipdate, shipdate_process

pytestmark = [pytest.mark.model, pytest.mark.slow]

ARTICLES = len(list(SAMPLES.glob("*.md")))


def tidy(data: Path) -> None:
    """As a process that ends leaves it: nothing stands beside the database, so that even reading has to make files."""
    with closing(sqlite3.connect(data / FILE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for beside in data.glob(f"{FILE}-*"):
        beside.unlink()


@pytest.fixture
def data(samples: Index, samples_data: Path, tmp_path: Path) -> Path:
    """The sample articles."""
    copytree(samples_data, tmp_path / "data")
    tidy(tmp_path / "data")
    return tmp_path / "data"


def full() -> None:
    """No file can grow beyond a few KB: to whoever writes, that is a disk without room (as is a quota)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.fixture(scope="module")
def kept(samples: Index, samples_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("kept") / "kept.zip"
    assert shipdate("backup", file, data=samples_data).returncode == 0
    return file


COMMANDS: dict[str, Callable[[Path, Path], Sequence[object]]] = {
    "add": lambda _, place: ("index", "add", write(place / "new.md", "Aurora ships on Monday. Its price is 9 dollars.", title="Aurora")),
    "ask": lambda *_: ("ask", "When will Sora ship?"),
    "backup": lambda _, place: ("backup", place / "new.zip"),
    "restore": lambda kept, _: ("restore", kept, "--yes"),
    "products add": lambda *_: ("products", "add", "Aurora"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_on_a_full_disk_says_so_and_changes_nothing(
    data: Path, kept: Path, tmp_path: Path, command: Callable[[Path, Path], Sequence[object]]
) -> None:
    check_told(shipdate_process(*command(kept, tmp_path), data=data, prepare=full), "There is no room left to write in", "free some space")
    assert check_stored(data) == ARTICLES
    assert not list(data.glob("partial*"))
    assert not list(data.glob("before-restore*"))
    assert not list(tmp_path.glob("*.zip"))


def test_doctor_on_a_full_disk_does_not_tell_anybody_to_restore(data: Path) -> None:
    """ "disk I/O error: restore the newest backup" would have lost what is newer than the backup."""
    done = shipdate_process("doctor", "--offline", data=data, prepare=full)
    assert done.returncode == 1
    assert "there is no room left" in done.stdout
    assert "Free some space" in done.stdout
    assert "restore FILE" not in done.stdout
    assert "I/O" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "there is no room left" in done.stderr


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 8 MB."""
    place = tmp_path / "small"
    place.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(place: Path) -> None:
    with (place / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))


def test_a_disk_that_is_really_full_is_told_of_and_all_goes_on_when_there_is_room_again(data: Path, kept: Path, small: Path) -> None:
    moved = copytree(data, small / "data")
    fill(small)
    checks = {check.name: check for check in check_data(moved) if check.state is Health.ERROR}
    assert checks.keys() >= {"data", "database"}
    assert all("no room" in check.message and "restore FILE" not in (check.advice or "") for check in checks.values())
    check_told(shipdate("restore", kept, "--yes", data=moved), "no room left to write in", str(moved))
    check_told(shipdate("backup", small / "new.zip", data=data), "no room left to write in", f"in {small};")
    (small / "ballast").unlink()
    for beside in moved.glob(f"{FILE}-*"):
        beside.unlink()
    assert check_stored(moved) == ARTICLES
    assert {check.state for check in check_data(moved)} <= {Health.OK, Health.WARNING}


def test_a_restore_that_runs_out_of_room_half_way_leaves_what_was_there(data: Path, kept: Path, small: Path, tmp_path: Path) -> None:
    """There is room to unpack, and not to put in place."""
    moved = copytree(data, small / "data")
    spare = (kept.stat().st_size + (data / FILE).stat().st_size) * 3 // 2
    (small / "ballast").write_bytes(bytes(max(shutil.disk_usage(small).free - spare, 0)))
    done = shipdate("restore", kept, "--yes", data=moved)
    if done.returncode:
        check_told(done, "no room left to write in")
        assert not list(moved.glob("before-restore*"))
    assert check_stored(moved) == ARTICLES
