"""``shipdate doctor``: what is wrong is said, with what to do, whatever it is that is wrong."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from bot.on_terminal.cli import app
from bot.server import doctor as checkup
from bot.server.run import LOCK
from bot.settings import Settings
from index.api import Index
from index.storage.maintenance.integrity import Check, Health, check_data
from index.storage.store.database import JOBS_LOCK
from tests.bot.server.test_logs import WithToken

pytestmark = pytest.mark.model

NOBODY = 65534


@pytest.fixture
def filled(samples: Index, samples_data: Path, tmp_path: Path) -> Path:
    """A data folder with the sample articles in it, to do anything with."""
    copytree(samples_data, tmp_path / "filled")
    change(tmp_path / "filled", "PRAGMA wal_checkpoint(TRUNCATE)")  # the log of the open one was copied, too
    return tmp_path / "filled"


def doctor(data: Path, *more: str) -> tuple[int, str, str]:
    """Exit status, what it printed, what it said on stderr."""
    done = CliRunner().invoke(app, ["--data", str(data), "doctor", "--offline", *more])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def change(data: Path, *statements: str) -> None:
    """Spoil a database behind Shipdate's back."""
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def found(data: Path, state: Health) -> dict[str, Check]:
    """What has come out like that."""
    return {check.name: check for check in check_data(data) if check.state is state}


# What is well


def test_a_healthy_installation_is_ok_in_every_line(filled: Path) -> None:
    status, said, errors = doctor(filled)
    assert (status, errors) == (0, "")
    for name in ("versions", "model", "data", "schema", "database", "vectors", "vector files", "feeds", "jobs", "ops"):
        assert any(line.startswith("ok") and f" {name} " in line for line in said.splitlines()), name
    assert "warning" not in said
    assert "error" not in said
    assert all(package in said for package in ("sqlite 3.", "python 3.", "faiss-cpu", "torch", "sentence-transformers"))


def test_scripts_get_an_object(filled: Path) -> None:
    report = json.loads(doctor(filled, "--json")[1])
    assert {"model", "articles", "passages", "vectors", "data", "checks"} <= report.keys()
    assert {"name", "folder", "engine"} <= report["model"].keys()
    assert report["articles"] == 14
    assert report["articles"] < report["passages"] < report["vectors"]
    assert all(check.keys() == {"name", "state", "message", "advice"} for check in report["checks"])
    assert {check["state"] for check in report["checks"]} == {"ok"}


def test_an_empty_place_is_well_and_stays_empty(data: Path) -> None:
    assert doctor(data)[0] == 0
    assert not data.exists()


def test_looking_changes_nothing(filled: Path) -> None:
    def content() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in filled.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))}

    before = content()
    list(check_data(filled))
    assert content() == before


# What is not


def overwritten(data: Path) -> None:
    path = data / "shipdate.sqlite"
    content = path.read_bytes()
    page = content.index(b"Kutcher") // 4096
    path.write_bytes(content[: page * 4096] + b"\xff" * 4096 + content[(page + 1) * 4096 :])


SPOILT: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("garbage", lambda data: (data / "shipdate.sqlite").write_bytes(b"garbage" * 10_000), "database", "restore"),
    ("overwritten", overwritten, "database", "restore"),
    ("truncated", lambda data: os.truncate(data / "shipdate.sqlite", 40_000), "database", "restore"),
    ("a vector is gone", lambda data: change(data, "UPDATE passages SET vectors = '' WHERE id = 1"), "vectors", "rebuild"),
    ("a vector is torn", lambda data: change(data, "UPDATE passages SET vectors = substr(vectors, 3) WHERE id = 1"), "vectors", "rebuild"),
    ("an article is bare", lambda data: change(data, "DELETE FROM passages WHERE article = 1"), "vectors", "rebuild"),
    ("words are gone", lambda data: change(data, "DELETE FROM passage_words WHERE rowid = 1"), "vectors", "rebuild"),
    (
        "words are left",
        lambda data: change(data, "INSERT INTO passage_words (rowid, terms) VALUES (999, 'left')"),
        "vectors",
        "rebuild",
    ),
    (
        "words are other ones",
        lambda data: change(data, "UPDATE passage_words_content SET c0 = 'other' WHERE id = 1"),
        "database",
        "restore",
    ),
    (
        "a reference is lost",
        lambda data: change(data, "PRAGMA foreign_keys = OFF", "DELETE FROM articles WHERE number = 1"),
        "database",
        "restore",
    ),
    ("newer", lambda data: change(data, "UPDATE alembic_version SET version_num = '9999'"), "schema", "Update Shipdate"),
    ("no table", lambda data: change(data, "DROP TABLE feeds"), "feeds", "restore"),
]


@pytest.mark.parametrize(("spoil", "name", "advice"), [case[1:] for case in SPOILT], ids=[case[0] for case in SPOILT])
def test_what_is_spoilt_is_an_error_with_what_to_do(filled: Path, spoil: Callable[[Path], object], name: str, advice: str) -> None:
    spoil(filled)
    errors = found(filled, Health.ERROR)
    assert name in errors, list(check_data(filled))
    assert advice in (errors[name].advice or "")


@pytest.mark.parametrize("spoil", [SPOILT[0][1], SPOILT[3][1]], ids=["garbage", "a vector is gone"])
def test_an_error_is_exit_status_1_and_one_line(filled: Path, spoil: Callable[[Path], object]) -> None:
    spoil(filled)
    status, said, errors = doctor(filled)
    assert status == 1
    assert len(errors.splitlines()) == 1
    assert "error" in said
    status, said, _ = doctor(filled, "--json")
    assert status == 1
    assert json.loads(said)["model"]["engine"]


def test_a_file_in_the_place_of_the_folder_is_an_error(data: Path) -> None:
    data.write_text("a file", encoding="utf-8")
    assert "data" in found(data, Health.ERROR)


@pytest.mark.slow
def test_a_model_that_is_missing_is_an_error_and_the_rest_is_looked_at(filled: Path, tmp_path: Path) -> None:
    made = checkup.checkup(Settings(data=filled, embedding_model=str(tmp_path / "none")), offline=True)
    assert [check.name for check in made.checks if check.state is Health.ERROR] == ["model"]
    assert (made.model["name"], made.model["engine"], made.articles) == (str(tmp_path / "none"), None, 14)


def test_vectors_of_another_model_are_a_warning(filled: Path) -> None:
    change(filled, "UPDATE generations SET fingerprint = 'other:1'")
    status, said, _ = doctor(filled)
    assert status == 0
    assert "other:1" in said
    assert "index rebuild" in said


def test_vector_files_are_made_again_and_are_no_error(filled: Path) -> None:
    (folder,) = (filled / "vectors").glob("[0-9]*")
    (folder / "ids.npy").write_bytes(b"torn")
    assert "made again" in (found(filled, Health.WARNING)["vector files"].advice or "")
    shutil.rmtree(folder)
    assert "made again" in found(filled, Health.OK)["vector files"].message


def test_a_feed_that_fails_is_a_warning_with_the_reason(filled: Path) -> None:
    change(
        filled,
        "INSERT INTO feeds (scope, url, every, added, due, failing, failures, problem) VALUES "
        f"('', 'https://a.example/feed', 60, 0, 0, {time.time() - 9999}, 7, 'It answered 404.')",
    )
    warning = found(filled, Health.WARNING)["feeds"]
    assert "https://a.example/feed" in warning.message
    assert "It answered 404." in warning.message


def test_a_job_that_nobody_works_on_or_that_failed_is_a_warning(filled: Path) -> None:
    change(filled, "INSERT INTO jobs (scope, state, done, total, queued) VALUES ('', 'running', 1, 2, 0)")
    assert "nobody works on it" in found(filled, Health.WARNING)["jobs"].message
    with FileLock(filled / JOBS_LOCK):
        assert "1 at work" in found(filled, Health.OK)["jobs"].message
    change(filled, "UPDATE jobs SET state = 'failed', problem = 'The disk is full.'")
    assert "The disk is full." in found(filled, Health.WARNING)["jobs"].message


def test_an_older_schema_is_updated_by_the_next_command(filled: Path) -> None:
    change(filled, "UPDATE alembic_version SET version_num = '0002'")
    assert "schema" in found(filled, Health.WARNING)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere, so be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_is_read_only_is_an_error_and_is_still_looked_at(filled: Path) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are not for others
        Path(place).chmod(0o755)
        data = Path(place) / "data"
        copytree(filled, data)
        for path in [data, *data.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with unprivileged():
            checks = {check.name: check for check in check_data(data)}
        for path in [data, *data.rglob("*")]:
            path.chmod(0o755)
    assert checks["data"].state is Health.ERROR
    assert "cannot be written" in checks["data"].message
    assert {name for name, check in checks.items() if check.state is Health.ERROR} == {"data"}
    assert {"database", "schema", "vectors", "vector files"} <= checks.keys()


# The installation around it


def test_tokens_are_told_to_be_there_and_never_shown(filled: Path) -> None:
    made = checkup.checkup(WithToken(data=filled, some_token="xoxb-secret"), offline=True)
    told = {check.name: check.message for check in made.checks}
    assert (told["SOME_TOKEN"], told["SIGNING_SECRET"]) == ("is set", "is not set")
    assert "xoxb-secret" not in json.dumps(made.as_object())


def ops(settings: Settings) -> Check:
    return next(check for check in checkup.checkup(settings, offline=True).checks if check.name == "ops")


def test_the_ops_address_is_free_or_taken_or_none(filled: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"127.0.0.1:{server.getsockname()[1]}"
        assert ops(Settings(data=filled, ops=taken)).state is Health.ERROR
        with FileLock(filled / LOCK):
            assert "is running" in ops(Settings(data=filled, ops=taken)).message
    assert "is free" in ops(Settings(data=filled, ops=taken)).message
    assert ops(Settings(data=filled, ops="localhost")).state is Health.ERROR


def test_a_network_that_is_not_there_is_a_warning(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    monkeypatch.setattr(checkup, "_REACHED", f"http://127.0.0.1:{free}/")
    made = checkup.checkup(Settings(data=filled), offline=False)
    (network,) = [check for check in made.checks if check.name == "network"]
    assert network.state is Health.WARNING
    assert str(free) in network.message


def test_a_network_that_hangs_costs_seconds(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # connects, and never answers
        monkeypatch.setattr(checkup, "_REACHED", f"http://127.0.0.1:{server.getsockname()[1]}/")
        monkeypatch.setattr(checkup, "_PATIENCE", 0.2)
        (network,) = [check for check in checkup.checkup(Settings(data=filled), offline=False).checks if check.name == "network"]
    assert network.state is Health.WARNING
