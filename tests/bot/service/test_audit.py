"""``shipdate audit`` and ``shipdate forget``, as whoever runs the machine meets them."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from bot.on_terminal import cli
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index import Audited, open_index
from tests.bot.on_terminal.test_cli import check_told
from tests.support.articles import ROOT, news, write
from tests.support.terminal import SHIPDATE, shipdate

ADMIN = Caller("slack", "T1", "U1", admin=True)
GUILD_ADMIN = Caller("discord", "1", "10", admin=True)


def audit(data: Path, *options: str) -> list[dict[str, str | None]]:
    """The audit as a script reads it."""
    done = shipdate("audit", "--json", *options, data=data)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_every_command_that_changes_something_is_in_the_audit(data: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "Aurora ships on 4 May.")
    began = datetime.now(UTC).replace(microsecond=0)
    for arguments in (
        ["index", "add", path],
        ["index", "add", tmp_path / "missing.md"],
        ["index", "remove", "nothing"],
        ["index", "rebuild"],
        ["products", "add", "Aurora"],
        ["products", "remove", "aurora"],
        ["products", "remove", "aurora"],
        ["index", "list"],
        ["ask", "When does Aurora ship?"],
        ["status", "Aurora"],
    ):
        CliRunner().invoke(cli.app, ["--data", str(data), *map(str, arguments)])  # here, where the model is loaded already
    lines = audit(data)
    assert [(line["act"], line["subject"], line["outcome"]) for line in lines] == [
        ("add articles", str(path), "done: 1 added"),
        ("add articles", str(tmp_path / "missing.md"), "failed: 1 failed"),
        ("remove articles", "nothing", "failed: 0 removed"),
        ("rebuild", "", "done: job 1"),
        ("add product", "aurora", "done"),
        ("remove product", "aurora", "done"),
        ("remove product", "aurora", "failed: CatalogueError"),
    ]
    for line in lines:
        assert (line["platform"], line["workspace"], line["user"], line["scope"]) == ("terminal", None, getpass.getuser(), "")
        assert began <= datetime.fromisoformat(line["at"] or "") <= datetime.now(UTC)

    shown = shipdate("audit", data=data)
    assert shown.returncode == 0
    assert [bool(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  terminal:", line)) for line in shown.stdout.splitlines()] == [False] + [
        True
    ] * 7
    assert "remove product (shared)" in shown.stdout


async def fill(data: Path, lines: int) -> None:
    """An audit of so many lines, an hour apart, the newest of them at noon on 4 March 2026."""
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    async with open_index(Settings(data=data)) as index:
        for number in range(lines):
            at = noon - timedelta(hours=lines - 1 - number)
            await index.ledger.begin(Audited(at, "slack", "T1", "U1", "slack:T1", "add feed", f"line {number}", "done"))


async def test_the_audit_shows_the_newest_lines_and_says_how_to_see_more(data: Path) -> None:
    await fill(data, 105)
    shown = shipdate("audit", data=data)
    assert len(shown.stdout.splitlines()) == 1 + 100
    assert "line 104" in shown.stdout.splitlines()[-1]
    assert "--since" in shown.stderr
    assert len(shipdate("audit", "--last", "3", data=data).stdout.splitlines()) == 1 + 3
    assert len(audit(data)) == 105
    assert len(audit(data, "--since", "2026-03-04")) == 13  # noon and the twelve hours before it
    assert len(audit(data, "--last", "2")) == 2
    check_told(shipdate("audit", "--since", "yesterday", data=data), "yesterday", "is not a date")


def test_an_empty_audit_is_no_error(data: Path) -> None:
    assert audit(data) == []
    assert shipdate("audit", data=data).returncode == 0


# Forgetting


@pytest_asyncio.fixture(scope="module")
async def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of two workspaces that have articles, settings, logged questions and an audit, and of what all share."""
    data = tmp_path_factory.mktemp("full")
    settings = Settings(data=data, owners="discord:10")
    (shared, first, second) = news(tmp_path_factory.mktemp("news"), 3)
    async with open_index(settings) as index:
        service = Service(index, settings)
        await service.add(Caller.operator(), [str(shared)])
        for caller, path in ((ADMIN, first), (GUILD_ADMIN, second)):
            await index.add([str(path)], scope=caller.scope)
            await service.change_settings(caller, {"log_questions": True, "admins": [str(caller.user), "99"]})
            await service.ask(caller, "When does the s3cret ship?")
        await service.remove(GUILD_ADMIN, ["nothing"], shared=True)
    return data


@pytest.fixture
def lived_in(full: Path, data: Path) -> Path:
    """The same, to do anything with."""
    return copytree(full, data)


ELSEWHERE = "Backups that you made keep what is forgotten later: make a new one, and delete the older ones.\n"


def counted(stdout: str) -> dict[str, tuple[int, int]]:
    """What was deleted and what remains, by kind."""
    rows = [line.rsplit(maxsplit=2) for line in stdout.splitlines()[1:]]
    return {what.strip(): (int(deleted), int(remaining)) for what, deleted, remaining in rows}


def on_disk(data: Path, text: str) -> bool:
    """Whether a text stands anywhere in the database's files."""
    return any(text.encode() in path.read_bytes() for path in data.glob("shipdate.sqlite*"))


async def test_a_person_is_forgotten_and_the_acts_stay(lived_in: Path) -> None:
    done = shipdate("forget", "--user", "discord:10", "--yes", data=lived_in)
    assert (done.returncode, done.stderr) == (0, ELSEWHERE)
    assert counted(done.stdout) == {"questions": (1, 0), "exchanges": (0, 0), "votes": (0, 0), "audit": (2, 0), "settings": (1, 0)}
    lines = audit(lived_in)
    assert [(line["act"], line["user"]) for line in lines if line["platform"] == "discord"] == [
        ("change settings", None),
        ("remove articles", None),
    ]
    assert [line["user"] for line in lines if line["platform"] == "slack"] == ["U1"]
    assert (lines[-1]["act"], lines[-1]["subject"], lines[-1]["outcome"]) == ("forget", "a user of discord", "done")
    async with open_index(Settings(data=lived_in)) as index:
        assert (await Service(index, Settings()).settings(GUILD_ADMIN)).admins == ("99",)
        assert (await Service(index, Settings()).settings(ADMIN)).admins == ("U1", "99")
    again = shipdate("forget", "--user", "discord:10", "--yes", data=lived_in)
    assert set(counted(again.stdout).values()) == {(0, 0)}


async def test_a_workspace_is_forgotten_with_all_that_was_its_own_and_the_others_keep_theirs(lived_in: Path) -> None:
    done = shipdate("forget", "--workspace", "discord:1", "--yes", data=lived_in)
    assert (done.returncode, done.stderr) == (0, ELSEWHERE)
    counts = counted(done.stdout)
    assert {remaining for _, remaining in counts.values()} == {0}
    assert counts["articles"][0] == counts["questions"][0] == 1
    assert counts["settings"][0] == counts["audit"][0] == 2
    assert counts["passages"][0] >= 1
    settings = Settings(data=lived_in)
    async with open_index(settings) as index:
        service = Service(index, settings)
        assert len(await service.articles(GUILD_ADMIN)) == 1
        assert len(await service.articles(ADMIN)) == 2
        assert (await service.settings(GUILD_ADMIN)).admins == ()
        assert (await service.settings(ADMIN)).admins == ("U1", "99")
        lines = await service.audit(Caller.operator())
        assert not any(line.workspace == "1" or line.scope == "discord:1" or "discord:1" in (line.subject or "") for line in lines)
        assert [line.act for line in lines] == ["add articles", "change settings", "remove articles", "forget"]


async def test_deleted_questions_are_nowhere_on_disk(lived_in: Path) -> None:
    assert on_disk(lived_in, "s3cret")
    for whom in (["--user", "discord:10"], ["--workspace", "slack:T1"]):
        assert shipdate("forget", *whom, "--yes", data=lived_in).returncode == 0
    assert not on_disk(lived_in, "s3cret")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--user", "alice", "--yes"], 1, "“alice” names nobody; write discord:USER_ID"),
        (["--user", "slack:T1", "--yes"], 1, "names nobody"),
        (["--workspace", "slack:T1:U1", "--yes"], 1, "names no workspace"),
        (["--workspace", "terminal", "--yes"], 1, "names no workspace"),
        (["--workspace", "", "--yes"], 1, "names no workspace"),
        (["--user", "discord:1"], 1, "say --yes"),
        ([], 2, "give either --user or --workspace"),
        (["--user", "discord:1", "--workspace", "discord:1"], 2, "give either --user or --workspace"),
    ],
)
def test_forgetting_nobody_in_particular_is_refused(data: Path, arguments: list[str], status: int, said: str) -> None:
    done = shipdate("forget", *arguments, data=data)
    assert done.returncode == status
    assert said in done.stderr
    assert not data.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("said", "status", "remaining"), [("n\n", 1, 1), ("y\n", 0, 0)])
async def test_on_a_terminal_it_asks_whether_that_is_meant(lived_in: Path, said: str, status: int, remaining: int) -> None:
    keyboard, stdin = os.openpty()
    os.write(keyboard, said.encode())
    command = [*SHIPDATE, "--data", str(lived_in), "forget", "--user", "slack:T1:U1"]
    done = await asyncio.to_thread(subprocess.run, command, stdin=stdin, capture_output=True, cwd=ROOT, check=False, timeout=120, text=True)
    os.close(keyboard)
    os.close(stdin)
    assert done.returncode == status
    assert "of slack:T1:U1 for good?" in done.stderr
    async with open_index(Settings(data=lived_in)) as index:
        assert (await index.ledger.user_remains("slack", "T1", "U1"))["questions"] == remaining
