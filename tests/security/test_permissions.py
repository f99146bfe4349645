"""Nobody does what they may not, and nothing that they may is missing from the audit."""

# ruff: noqa: F811 (fixtures are named where they are imported, and again where they are asked for)

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import bot as package
from bot.conversing import Place
from bot.permissions import Act, Caller, PermissionDeniedError, Person
from bot.service import Service
from bot.settings import Settings
from index import Audited, ShipdateError
from index.core import Index
from index.launches.catalogue import product_named
from tests.bot.on_discord.conftest import settings, start, world  # noqa: F401 (fixtures)
from tests.bot.on_discord.world import World, press
from tests.bot.on_slack.conftest import Bot, bot, room, session_bot, slack, slack_index  # noqa: F401 (fixtures)
from tests.bot.on_slack.slack import ADMIN, ALICE, eventually, find_action
from tests.bot.test_cli import shipdate

OPERATOR = Caller("terminal", user="root")
BOSS = Caller("slack", "T1", "U1", admin=True)
MEMBER = Caller("slack", "T1", "U2")
GUEST = Caller("slack", "T1", "U3", guest=True)

SECRET = "Quicksilver 9 will ship on 4 May 2027, says its maker. Only this workspace knows."
WHEN = "When will Quicksilver 9 ship?"
UPLOAD = {"quicksilver.md": f'---\ntitle: "Quicksilver 9 gets a date"\npublished: 2026-03-01\n---\n\n{SECRET}'.encode()}
DAY = "4 May 2027"

# Whatever passes a permission passes the audit


async def remove_answer(service: Service, caller: Caller) -> None:
    asker = Caller("slack", "T1", "U9")
    exchange, _ = await service.conversations.ask(asker, Place("C1", f"{caller.user}.{caller.platform}", "1"), "When will it ship?")
    await service.conversations.remove(caller, exchange.id)


WRITING: dict[Act, Callable[[Service, Caller], Awaitable[object]]] = {
    Act.ADD_ARTICLES: lambda service, caller: service.add(caller, [], uploads=UPLOAD),
    Act.REMOVE_ARTICLES: lambda service, caller: service.remove(caller, ["upload:quicksilver.md"]),
    Act.ADD_FEED: lambda service, caller: service.add_feed(caller, "http://127.0.0.1:1/feed"),
    Act.IMPORT_FEEDS: lambda service, caller: service.import_feeds(caller, "<opml/>"),
    Act.REMOVE_FEED: lambda service, caller: service.remove_feed(caller, "1"),
    Act.REFRESH_FEEDS: lambda service, caller: service.refresh_feeds(caller),
    Act.REMOVE_ANSWER: remove_answer,
    Act.REBUILD: lambda service, caller: service.rebuild(caller),
    Act.CANCEL_JOB: lambda service, caller: service.cancel(caller, 10**6),
    Act.CHANGE_SETTINGS: lambda service, caller: service.change_settings(caller, {"language": "fr"}),
    Act.ADD_PRODUCT: lambda service, caller: service.add_product(caller, product_named("Aurora", parent="no-such")),
    Act.REMOVE_PRODUCT: lambda service, caller: service.remove_product(caller, "no-such"),
    Act.FORGET: lambda service, caller: service.forget(caller, Person("slack", "T1", "U99")),
    Act.RESTORE: lambda service, caller: service.note_restore(caller, Path("kept.zip")),
}


def test_every_act_that_changes_something_is_tried_here() -> None:
    assert WRITING.keys() == {act for act in Act if act.writes}


async def lines_of(service: Service, act: Callable[[Service, Caller], Awaitable[object]], caller: Caller) -> list[Audited]:
    """What the audit says of something that somebody does, whatever becomes of it."""
    before = len(await service.audit(OPERATOR))
    try:
        if caller.is_operator and act is remove_answer:
            caller = BOSS  # answers are a workspace's
        await act(service, caller)
    except ShipdateError:
        pass
    return list(await service.audit(OPERATOR))[before:]


@pytest.mark.parametrize("act", WRITING)
async def test_an_act_that_changes_something_leaves_one_line_in_the_audit_done_or_refused(index: Index, data: Path, act: Act) -> None:
    asked = Service(index, Settings(data=data))
    (done,) = await lines_of(asked, WRITING[act], OPERATOR)
    assert done.act == act
    assert done.outcome.startswith(("done", "failed"))
    (refused,) = await lines_of(asked, WRITING[act], MEMBER)
    assert (refused.act, refused.user, refused.outcome) == (act, "U2", "refused: PermissionDeniedError")


async def test_what_changes_something_cannot_pass_as_a_look(index: Index, data: Path) -> None:
    policy = Service(index, Settings(data=data))._policy
    for act in Act:
        if act.writes:
            with pytest.raises(ValueError, match="has to be in the audit"):
                await policy.seeing(OPERATOR, act)


def test_permissions_are_judged_in_one_place_and_looked_up_before_an_act_only_by_surfaces() -> None:
    """A new method that judged by itself, as the removal of answers once did, would change things that the audit does not know of."""
    importing, checking = set(), set()
    root = Path(package.__file__).parent
    for path in root.rglob("*.py"):
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "bot.permissions" and any(one.name == "check" for one in node.names):
                importing.add(name)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check":
                checking.add(name)
    assert importing == {"policy.py"}
    assert {name for name in checking if "/" not in name} == {"policy.py", "service.py"}
    source = ast.parse((root / "service.py").read_text(encoding="utf-8"))
    passing = [node.name for node in ast.walk(source) if isinstance(node, ast.AsyncFunctionDef) and "_policy.check(" in ast.unparse(node)]
    assert passing == ["check"]


async def test_an_admin_of_a_server_who_deletes_somebody_s_answer_is_in_its_audit(world: World) -> None:
    for presser in (world.admin, world.ann):
        await world.mention(world.ann, "When will Sora ship?")
        await press(presser, world.answers()[-1], "remove")
    await world.mention(world.ann, "When will Sora ship?")
    await press(world.bob, world.answers()[-1], "remove")
    lines = await world.service.audit(OPERATOR)
    assert [(line.act, line.user, line.outcome) for line in lines] == [
        ("remove answer", str(world.admin.id), "done"),
        ("remove answer", str(world.bob.id), "refused: PermissionDeniedError"),
    ]
    assert all(line.subject and line.subject.startswith("answer ") for line in lines)


async def test_an_admin_of_a_slack_workspace_who_deletes_somebody_s_answer_is_in_its_audit(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", "Who in Hollywood is testing Sora?", user=ALICE)
    (said,) = await bot.slack.said(room)
    await bot.slack.click(room, said, find_action(said, "delete"), user=ADMIN)

    async def line() -> bool:
        lines = await bot.service.audit(bot.admin, last=1)
        return [(one.act, one.user, one.outcome) for one in lines] == [("remove answer", ADMIN, "done")]

    assert await eventually(line)


async def test_nobody_without_a_name_takes_the_answers_of_others_without_one_for_their_own(index: Index, data: Path) -> None:
    asked, nameless = Service(index, Settings(data=data)), Caller("slack", "T1")
    exchange, _ = await asked.conversations.ask(nameless, Place("C1", "1", "1"), "When will it ship?")
    with pytest.raises(PermissionDeniedError):
        await asked.conversations.remove(nameless, exchange.id)


def test_a_restore_is_in_the_audit_that_it_brings_along(data: Path, tmp_path: Path) -> None:
    assert shipdate("products", "add", "Aurora", data=data).returncode == 0
    kept = tmp_path / "kept.zip"
    assert shipdate("backup", str(kept), data=data).returncode == 0
    assert shipdate("restore", str(kept), "--yes", data=data).returncode == 0
    shown = shipdate("audit", data=data).stdout.splitlines()
    assert "restore" in shown[-1]
    assert "kept.zip" in shown[-1]
