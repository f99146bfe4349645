"""A platform is one folder against a contract: one that is made here joins in without an edit elsewhere, and the others keep to theirs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
import pytest_asyncio
import typer
from typer.testing import CliRunner

import bot
from bot import platforms
from bot.on_terminal.commands.of_platforms import add_commands
from bot.platforms import Command, NamingError, Option, Part, Person, Platform, Ready, Workspace
from bot.server import doctor, logs, run
from bot.service.permissions import Act, Caller, PermissionDeniedError, owners
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.storage.maintenance.integrity import Check, Health
from index.storage.store.database import Database

OPERATOR = Caller("terminal", user="root")


def _link(_read_settings: Callable[[], Settings], start: str | None) -> str:
    return f"https://t.example/shipdate?start={start}"


class Telegram(Platform[Service]):
    """A platform that the bot does not have, and that keeps letters of its own."""

    name = "telegram"
    title = "Telegram"
    user_id = re.compile(r"[0-9]+")
    workspace_id = re.compile(r"-?[0-9]+")
    workspace_word = "CHAT_ID"
    secrets = re.compile(r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}\b")
    commands = (Command("telegram-link", "Print the link to the bot.", _link, Option("--start", "WORD", "What the chat begins with.")),)

    def __init__(self) -> None:
        self.letters = Counter[Person | Workspace]()

    def has_tokens(self, settings: Settings) -> bool:
        return "telegram" in settings.data.name

    def part(self, settings: Settings, service: Service) -> Part:
        async def run(ready: Ready) -> None:
            self.letters[Workspace(self.name, "-100")] = len(await service.feeds(OPERATOR)) + 1
            ready()

        return Part(self.name, run)

    async def forget(self, whom: Person | Workspace, database: Database) -> Mapping[str, int]:
        return {"letters": self.letters.pop(whom, 0)}

    async def remains(self, whom: Person | Workspace, database: Database) -> Mapping[str, int]:
        return {"letters": self.letters[whom]}

    def checks(self, settings: Settings) -> Iterable[Check]:
        yield Check("letters", Health.WARNING, f"{self.letters.total()} lie about")


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[Telegram]:
    """Its package, in the list of platforms."""
    package, platform = ModuleType("bot_on_telegram"), Telegram()
    vars(package)["PLATFORM"] = platform
    monkeypatch.setitem(sys.modules, "bot_on_telegram", package)
    monkeypatch.setattr(platforms, "MODULES", (*platforms.MODULES, "bot_on_telegram"))
    return platform


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "telegram", owners="telegram:42")


@pytest_asyncio.fixture
async def service(telegram: Telegram, settings: Settings) -> AsyncIterator[Service]:
    async with open_index(settings) as index:
        yield Service(index, settings)


def test_its_people_and_workspaces_are_named(telegram: Telegram) -> None:
    assert Person.named(" telegram:42") == Person("telegram", None, "42")
    assert Workspace.named("telegram:-100") == Workspace("telegram", "-100")
    assert owners("telegram:42, discord:7") == {Person("telegram", None, "42"), Person("discord", None, "7")}
    with pytest.raises(NamingError, match="write discord:USER_ID, slack:TEAM_ID:USER_ID or telegram:USER_ID"):
        Person.named("telegram:T1:42")
    with pytest.raises(NamingError, match="write discord:GUILD_ID, slack:TEAM_ID or telegram:CHAT_ID"):
        Workspace.named("telegram:here")
    with pytest.raises(NamingError, match="name people of Discord, Slack and Telegram"):
        owners("terminal:root")


def test_nobody_is_named_by_a_platform_that_is_not_there() -> None:
    for name in ("telegram:42", "telegram", ""):
        with pytest.raises(NamingError, match="write discord:USER_ID or slack:TEAM_ID:USER_ID"):
            Person.named(name)
        with pytest.raises(NamingError, match="write discord:GUILD_ID or slack:TEAM_ID"):
            Workspace.named(name)


async def test_its_people_own_things_and_are_written_down(service: Service) -> None:
    owner, other = Caller("telegram", "-100", "42"), Caller("telegram", "-100", "43")
    await service.check(owner, Act.ADD_FEED, shared=True)
    with pytest.raises(PermissionDeniedError):
        await service.remove(other, ["1"], shared=True)
    (line,) = await service.audit(OPERATOR)
    assert (line.platform, line.workspace, line.user) == ("telegram", "-100", "43")


async def test_it_is_served_when_it_has_a_token(telegram: Telegram, service: Service, settings: Settings, tmp_path: Path) -> None:
    (part,) = run._surfaces(settings, service)
    heard: list[str | None] = []
    await part.run(lambda problem=None: heard.append(problem))
    assert (part.name, heard, telegram.letters.total()) == ("telegram", [None], 1)
    assert not run._surfaces(Settings(data=tmp_path / "other"), service)


async def test_what_it_keeps_is_erased_and_counted(telegram: Telegram, service: Service) -> None:
    whom, other = Person.named("telegram:42"), Workspace.named("telegram:-100")
    telegram.letters.update({whom: 3, other: 2})
    forgotten = await service.forget(OPERATOR, whom)
    assert (forgotten.deleted["letters"], forgotten.remaining["letters"], forgotten.complete) == (3, 0, True)
    assert telegram.letters == {other: 2}
    assert "letters" not in (await service.forget(OPERATOR, Person.named("discord:42"))).deleted


def test_the_doctor_looks_at_it(telegram: Telegram, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_model", lambda _settings: ({}, Check("model", Health.OK, "is there")))
    checks = doctor.checkup(settings, offline=True).checks
    assert Check("letters", Health.WARNING, "0 lie about") in checks


def test_its_secrets_are_hidden_in_the_log(telegram: Telegram) -> None:
    assert logs._without(f"sent with 12345678:{'a' * 35} today", ()) == f"sent with {logs.HIDDEN} today"


def test_its_commands_are_the_terminal_s(telegram: Telegram) -> None:
    app = typer.Typer()
    add_commands(app)
    result = CliRunner().invoke(app, ["telegram-link", "--start", "now"])
    assert (result.exit_code, result.output) == (0, "https://t.example/shipdate?start=now\n")
    assert "What the chat begins with." in CliRunner().invoke(app, ["telegram-link", "--help"]).output
    assert "slack-manifest" in CliRunner().invoke(app, ["--help"]).output


def test_no_platform_is_named_like_another_one_or_like_the_terminal() -> None:
    names = [platform.name for platform in platforms.registered()]
    assert len({platforms.TERMINAL, *names}) == len(names) + 1
    assert all(platforms.find(platform.name) is platform for platform in platforms.registered())


def test_to_know_the_platforms_loads_none_of_their_libraries() -> None:
    heavy = {"discord", "slack_bolt", "slack_sdk", "aiohttp", "sqlalchemy", "pydantic", "cryptography"}
    script = f"import sys; import bot.on_terminal.cli; from bot import platforms; platforms.registered(); print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_nothing_but_its_folder_the_settings_and_the_list_names_a_platform() -> None:
    """Docstrings may give examples."""
    root = Path(bot.__file__).parent
    folders = {module.rpartition(".")[2] for module in platforms.MODULES}
    named = re.compile("|".join(platform.name for platform in platforms.registered()), re.IGNORECASE)
    naming: set[tuple[str, str]] = set()
    for path in root.rglob("*.py"):
        name = path.relative_to(root)
        if name.parts[0] not in folders and name.name != "settings.py":
            words = _words(ast.parse(path.read_text(encoding="utf-8")))
            naming |= {(name.as_posix(), word) for word in words if named.search(word)}
    assert naming == {("platforms.py", module) for module in platforms.MODULES}


def _words(tree: ast.AST) -> Iterator[str]:
    """All names and texts of a file, but for texts that stand by themselves."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(word)) if id(node) not in alone:
                yield word
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word) | ast.alias(name=word) | ast.keyword(arg=str(word)):
                yield word
            case ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word) | ast.ClassDef(name=word):
                yield word
            case ast.ImportFrom(module=str(word)):
                yield word
