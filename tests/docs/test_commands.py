"""Every command in the docs does what the page says. Those of ``shipdate`` are run here, on the sample articles; the few that cannot be are
at least understood."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from shutil import copy, copytree, rmtree
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bot.on_terminal.cli import app
from index.api import Index
from tests.support.articles import ROOT, SAMPLES, write
from tests.support.pages import PAGES, Command, blocks, commands, named, spans

pytestmark = pytest.mark.model

NOT_RUN: Mapping[str, str] = {
    r"shipdate serve": "runs until it is stopped: tests/bot/server/test_run.py",
    r"shipdate chat": "waits for somebody who types: tests/bot/on_terminal/test_chat.py",
    r"shipdate (index add|feeds add) .*https://": "asks the network: tests/index/ingestion",
    r"shipdate feeds refresh": "asks the network: tests/bot/on_terminal/test_feeds.py",
    r"shipdate index rebuild --cancel": "nothing is at work that could be cancelled: tests/index/ingestion/test_reindex.py",
    r"shipdate doctor --measure": "takes minutes: tests/index/embedding/test_choose.py",
    r"make ": "sets up .venv",
    r"python -m pytest ": "runs tests",
}
"""How a command begins that is not run, and why."""

WITHOUT_ASKING: Mapping[str, str] = {"forget": "--yes", "restore": "--yes", "doctor": "--offline"}
"""What is added to a command: nobody is there to be asked, and no network."""

FROM_NOTHING = frozenset({"docs/articles.md"})
"""Pages that begin with an empty data folder; the others have the sample articles in it."""

OPML = '<opml version="2.0"><body><outline type="rss" text="Launches" xmlUrl="https://example.com/launches.xml"/></body></opml>'

_FRAME = re.compile(r"[╭╮╰╯│─\s]+")


def program(command: Command) -> str:
    """The command with its program's name alone, wherever that is kept."""
    return command.line.replace(".venv/bin/", "", 1)


def is_run(command: Command) -> bool:
    return not any(re.match(beginning, program(command)) for beginning in NOT_RUN)


def understand(words: list[str]) -> None:
    """Have the arguments of ``shipdate`` read as they would be, and nothing done."""
    command: Any = get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words[0]]
        words = words[1:]
    command.make_context("shipdate", words)


def squeezed(text: str) -> str:
    """A text without the frames that are drawn around it, and without how it is broken into lines."""
    return _FRAME.sub(" ", text).strip()


@pytest.fixture
def folder(samples: Index, samples_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with all that the pages name: a data folder with the sample articles, a folder of articles, a list of feeds."""
    copytree(samples_data, tmp_path / "data")
    write(tmp_path / "articles" / "aurora.md", "Aurora ships on 4 May.")
    copy(SAMPLES / "2024-07-24-kling-global.md", tmp_path / "articles")
    (tmp_path / "feeds.opml").write_text(OPML, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("DISCORD_TOKEN", f"{base64.b64encode(b'1234567890').decode()}.x.y")
    return tmp_path


def run(words: list[str], folder: Path, stdin: str = "") -> str:
    """What ``shipdate`` prints; it has to succeed."""
    arguments = [word.replace("~/", f"{folder}/") for word in words]
    done = CliRunner().invoke(app, ["--data", str(folder / "data"), *arguments, *filter(None, [WITHOUT_ASKING.get(words[0])])], input=stdin)
    assert done.exit_code == 0, f"{' '.join(words)}: {done.output}{done.exception}"
    return done.output


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=named)
def test_every_command_of_a_page_can_be_run(page: Path, folder: Path) -> None:
    if named(page) in FROM_NOTHING:
        rmtree(folder / "data")
    for command in commands(page):
        if not is_run(command):
            continue
        assert command.words[0].removeprefix(".venv/bin/") == "shipdate", f"{command.line}: say in NOT_RUN why it is not run"
        printed = squeezed(run(list(command.words[1:]), folder, command.stdin))
        for line in command.printed:
            assert squeezed(line) in printed or line == "...", f"{command.line} does not print: {line}"


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=named)
def test_a_command_that_is_not_run_is_understood(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for command in commands(page):
        match [command.words[0].removeprefix(".venv/bin/"), *command.words[1:]]:
            case ["shipdate", *words] if not is_run(command):
                understand(words)
            case ["make", *words]:
                assert {word for word in words if "=" not in word} <= targets, command.line
            case ["python", "-m", "pytest", *words]:
                assert all((ROOT / word).exists() for word in words if "/" in word), command.line


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_command_that_is_named_in_a_sentence_exists(page: Path) -> None:
    for span in spans(page):
        if not span.startswith("shipdate "):
            continue
        command: Any = get_command(app)
        for word in re.findall(r"(?<![\w-])[a-z][a-z-]*", span)[1:]:
            if not hasattr(command, "commands"):
                break
            command = command.commands[word]
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", span)) <= options, span


def test_every_reason_is_needed() -> None:
    lines = [program(command) for page in PAGES for command in commands(page)]
    assert [beginning for beginning in NOT_RUN if not any(re.match(beginning, line) for line in lines)] == []


def test_the_readme_begins_with_what_make_ask_prints(folder: Path) -> None:
    question = re.search(r"^Q \?= (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert question is not None
    shown = blocks(ROOT / "README.md", "")[0].splitlines()
    assert shown[:2] == ["$ make ask", question[1]]
    assert squeezed(" ".join(shown[2:])) in squeezed(run(["ask", question[1]], folder))


def test_objects_are_as_the_page_shows_them(folder: Path) -> None:
    answer, status = map(json.loads, blocks(ROOT / "docs" / "cli.md", "json"))
    line = json.dumps({name: answer[name] for name in ("id", "question", "as_of")})
    check_keys(answer, json.loads(run(["ask", "--json-lines"], folder, f"{line}\n")), but={"status"})
    check_keys(status, json.loads(run(["status", status["name"], "--as-of", status["as_of"], "--json"], folder)))


def check_keys(shown: Any, real: Any, but: frozenset[str] | set[str] = frozenset()) -> None:
    """Assert that the objects have the same names in them, all the way down; ``{"...": ...}`` stands for any."""
    match shown, real:
        case dict(), dict() if "..." not in shown:
            assert shown.keys() == real.keys()
            for name in shown.keys() - but:
                check_keys(shown[name], real[name])
        case list(), list():
            for one, other in zip(shown, real, strict=False):
                check_keys(one, other)
