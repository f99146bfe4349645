"""Nobody does what they may not, nothing that they may is missing from the audit, and strangers see nothing that is a workspace's own."""

# ruff: noqa: F811 (fixtures are named where they are imported, and again where they are asked for)

from __future__ import annotations

import ast
import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from simcord import interactions
from simcord.interactions import base_payload
from typer.testing import CliRunner

import bot as package
from bot.on_slack import create_app
from bot.on_terminal.cli import app
from bot.platforms import Person
from bot.service.conversations import Place
from bot.service.permissions import Act, Caller, PermissionDeniedError
from bot.service.policy import Policy
from bot.service.service import Service
from bot.settings import Settings
from index import Audited, ShipdateError, open_index
from index.api import Index
from index.storage.catalogue import product_named
from tests.bot.on_discord.conftest import settings, start, world  # noqa: F401 (fixtures)
from tests.bot.on_slack.conftest import Bot, bot, room, session_bot, slack, slack_index  # noqa: F401 (fixtures)
from tests.bot.on_slack.test_commands import action_body, command_body
from tests.bot.on_terminal.test_cli import shipdate
from tests.support.discord import World, press, text_of
from tests.support.slack import ADMIN, ALICE, BOB, BOT, deliver, event_body, eventually, find_action, message_event, texts

pytestmark = pytest.mark.model

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
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "bot.service.permissions"
                and any(one.name == "check" for one in node.names)
            ):
                importing.add(name)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check":
                checking.add(name)
    assert importing == {"service/policy.py"}
    assert {name for name in checking if name.startswith("service/")} == {"service/policy.py", "service/service.py"}
    source = ast.parse((root / "service" / "service.py").read_text(encoding="utf-8"))
    passing = [node.name for node in ast.walk(source) if isinstance(node, ast.AsyncFunctionDef) and "_policy.check(" in ast.unparse(node)]
    assert passing == ["check"]


ROOT = Path(package.__file__).parent

WRITING_CALLS = re.compile(
    r"put_back|(?:index|ledger|feeds|jobs|backup|erasure)"
    r"\.(?:add|remove|add_product|remove_product|start|resume|cancel|add_all|poll|refresh|import_opml|change_settings|forget\w*|log|expire|limit_audit|restore)\b"
)
"""Calls that change what the index holds, as they are written in the code."""


def writing_calls(tree: ast.AST) -> set[str]:
    return {match[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and (match := WRITING_CALLS.search(ast.unparse(node.func)))}


def test_surfaces_and_commands_change_the_index_through_the_service_alone() -> None:
    writing = {
        (path.relative_to(ROOT).as_posix(), call)
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] != "service"
        for call in writing_calls(ast.parse(path.read_text(encoding="utf-8")))
    }
    upkeep = {("server/run.py", call) for call in ("feeds.poll", "jobs.start", "jobs.resume")}  # by nobody
    assert writing == upkeep | {("on_terminal/commands/care.py", "put_back")}  # which replaces the audit, and is noted in the new one


def test_the_service_changes_the_index_only_while_the_audit_knows_of_it() -> None:
    """A new method that wrote by itself would be in no audit."""
    unguarded: set[tuple[str, str]] = set()
    for path in (ROOT / "service").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        acting = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncWith) and any("acting(" in ast.unparse(item.context_expr) for item in node.items)
        ]
        guarded = {id(inner) for node in acting for inner in ast.walk(node)}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in guarded]
        unguarded |= {(path.name, match[0]) for node in calls if (match := WRITING_CALLS.search(ast.unparse(node.func)))}
    upkeep = {("service.py", call) for call in ("ledger.log", "ledger.expire", "ledger.limit_audit")}
    within_forget = {("erasure.py", call) for call in ERASING}
    assert unguarded == upkeep | within_forget


ERASING = ("index.forget", "ledger.change_settings", "ledger.forget_user", "ledger.forget_workspace")
"""What :meth:`bot.service.service.Service.forget` does, which is in the audit, as the first of these tests shows."""


async def test_the_demo_s_articles_are_added_by_an_act_that_the_audit_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It has a folder of its own, which is thrown away; this one is kept, to look into."""

    @contextmanager
    def kept(**_: object) -> Iterator[str]:
        yield str(tmp_path)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", kept)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["demo"])
    assert result.exit_code == 0, result.output
    async with open_index(Settings(data=tmp_path)) as index:
        (line,) = await index.ledger.audited(scope=None, since=None, last=None)
    assert (line.act, line.platform, line.outcome.split(":")[0]) == ("add articles", "terminal", "done")


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


# Strangers and guests see what all share, and nothing else


async def policy(made: Index, data: Path) -> Policy:
    """One with the room that a test needs."""
    return Service(made, Settings(data=data, user_rate=10**6, workspace_rate=10**6))._policy


callers = st.builds(
    Caller,
    st.sampled_from(["discord", "slack"]),
    st.sampled_from([None, "T1", "T2"]),
    st.sampled_from([None, "U1"]),
    admin=st.booleans(),
    guest=st.booleans(),
    roles=st.sampled_from([frozenset(), frozenset({"S1"})]),
)


@pytest_asyncio.fixture(scope="module")
async def judging(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A policy; only the Slack workspace T2 opens what is its own to guests."""
    data = tmp_path_factory.mktemp("judging")
    async with open_index(Settings(data=data)) as made:
        await made.ledger.change_settings("slack:T2", {"guests_see_private": True})
        yield await policy(made, data)


@given(caller=callers)
async def test_whoever_asks_sees_at_most_what_all_share_and_their_own_workspace_and_no_guest_does(judging: Policy, caller: Caller) -> None:
    scopes = await judging.scopes(caller)
    assert scopes[0] == ""
    assert set(scopes) <= {"", caller.scope}
    assert (caller.scope in scopes) == (not caller.guest or caller.workspace is None or caller.scope == "slack:T2")


async def test_a_guest_sees_nothing_of_a_workspace_s_own_by_any_way(index: Index, data: Path) -> None:
    asked = Service(index, Settings(data=data))
    await asked.add(BOSS, [], uploads=UPLOAD)
    exchange, answer = await asked.conversations.ask(MEMBER, Place("C1", "1", "1"), WHEN)
    assert DAY in answer.quotes[0].text
    ways: dict[str, Callable[[Caller], Awaitable[object]]] = {
        "ask": lambda caller: asked.ask(caller, WHEN),
        "ask in the thread": lambda caller: asked.conversations.ask(caller, Place("C1", "2", "1"), "and when exactly?"),
        "status": lambda caller: asked.status(caller, "Quicksilver 9"),
        "suggest": lambda caller: asked.suggest(caller, "quicks", 25),
        "board": lambda caller: asked.board(caller, 25),
        "articles": asked.articles,
        "more quotes": lambda caller: asked.conversations.quotes(caller, exchange.id),
    }
    for name, way in ways.items():
        told = await way(GUEST)
        assert DAY not in repr(told), name
        assert "Quicksilver 9 gets a date" not in repr(told), name
    assert (await asked.counts(GUEST)).articles == 0
    assert DAY in repr(await ways["more quotes"](MEMBER))
    await asked.change_settings(BOSS, {"guests_see_private": True})
    assert DAY in repr(await ways["ask"](GUEST))
    assert DAY in repr(await ways["more quotes"](GUEST))


@pytest.fixture
async def secret(bot: Bot) -> Any:
    """An article of the Slack workspace's own."""
    await bot.service.add(bot.admin, [], uploads=UPLOAD)
    yield bot
    await bot.service.remove(bot.admin, ["upload:quicksilver.md"])


STRANGERS = {
    "a guest of several channels": {"is_restricted": True},
    "a guest of one channel": {"is_restricted": True, "is_ultra_restricted": True},
    "a stranger": {"is_stranger": True},
    "somebody of another workspace": {"team_id": "T0ELSEWHERE"},
    "an admin of another workspace": {"team_id": "T0ELSEWHERE", "is_admin": True},
    "somebody of another enterprise": {"team_id": "T0ELSEWHERE", "enterprise_user": {"teams": ["T0ELSEWHERE", "T0OTHER"]}},
    "somebody whom Slack tells nothing about": None,
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_slack_guest_or_stranger_is_told_nothing_of_the_host_s_own(
    secret: Bot,
    room: str,
    stranger: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody is invited into one channel, by Slack Connect or as a guest, and asks there, privately, and in the home tab."""
    if (told := STRANGERS[stranger]) is not None:
        monkeypatch.setitem(secret.front.people, BOB, told)
    else:
        monkeypatch.setitem(secret.front.answers, "users.info", {"ok": False, "error": "user_not_found"})
    app = create_app(secret.settings, secret.service)
    asked = message_event(room, f"<@{BOT}> {WHEN}", "9300000000.000001", user=BOB, user_team="T0ELSEWHERE")
    await deliver(app, event_body(asked))
    await deliver(app, command_body(room, "/ask", WHEN, trigger=f"ask.{room}", user=BOB))
    await deliver(app, command_body(room, "/launch-status", "Quicksilver 9", trigger=f"status.{room}", user=BOB))
    await deliver(app, command_body(room, "/articles", "list", trigger=f"list.{room}", user=BOB))
    said = await secret.slack.said(room, 4)
    assert not [one for one in said if DAY in texts(one) + one["text"] or "gets a date" in texts(one)]


async def test_a_slack_guest_gets_no_private_quotes_by_the_button_below_a_member_s_answer(
    secret: Bot,
    room: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(secret.front.people, BOB, {"is_restricted": True})
    app = create_app(secret.settings, secret.service)
    await deliver(app, command_body(room, "/ask", WHEN, trigger=f"mine.{room}", user=ALICE))
    (said,) = await secret.slack.said(room)
    assert DAY in texts(said)
    exchange = find_action(said, "delete")["value"]
    press = action_body(room, said, {"type": "button", "action_id": "share", "value": f"quotes:{exchange}"}, user=BOB)
    await deliver(app, {**press, "trigger_id": f"share.{room}"})
    (shared,) = await secret.slack.said(room)  # the answer itself has gone, as when a private one is shared
    assert DAY not in shared["text"] + texts(shared)


async def test_in_a_channel_that_another_organisation_reads_nobody_is_told_what_is_the_workspace_s_own(
    secret: Bot,
    room: str,
) -> None:
    """A member asks, for all to read, in a channel of Slack Connect: by a mention, then by a command, which does not say where it is."""
    app = create_app(secret.settings, secret.service)
    shared = event_body(message_event(room, f"<@{BOT}> {WHEN}", "9300000001.000001")) | {"is_ext_shared_channel": True}
    await deliver(app, shared)
    await deliver(app, command_body(room, "/ask", WHEN, trigger=f"shared.{room}"))
    for one in await secret.slack.said(room, 2):
        assert DAY not in texts(one)
    other = secret.slack.room()
    await deliver(app, command_body(other, "/ask", WHEN, trigger=f"own.{other}"))
    (said,) = await secret.slack.said(other)
    assert DAY in texts(said)
    await secret.set(guests_see_private=True)
    await deliver(app, command_body(room, "/ask", WHEN, trigger=f"opened.{room}"))
    *_, said = await secret.slack.said(room, 3)
    assert DAY in texts(said)


async def test_a_workspace_opens_what_is_its_own_to_guests_in_its_settings(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/shipdate", "settings", user=ADMIN)

    async def opened() -> Any:
        return (await bot.slack.page())["modalStack"]

    (view,) = await eventually(opened)
    assert "guests_see_private" in [block["block_id"] for block in view["blocks"]]
    chosen = {"type": "checkboxes", "selected_options": [{"value": "guests"}]}
    await bot.slack.act(t="view_submit", user=ADMIN, values={"guests_see_private": {"guests_see_private": chosen}})

    async def changed() -> bool:
        return (await bot.service.settings(bot.admin)).guests_see_private

    assert await eventually(changed)


def arriving(monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    """From now on, interactions of Discord's come like this."""

    def changed(*args: Any, **how: Any) -> tuple[Any, dict[str, Any]]:
        record, payload = base_payload(*args, **how)
        for name, value in more.items():
            payload[name] = payload[name] | value
        return record, payload

    monkeypatch.setattr(interactions, "base_payload", changed)


GUEST_FLAG = 1 << 4  # of a member who was invited into one voice channel alone


@pytest.mark.parametrize(
    "stranger",
    [
        {"authorizing_integration_owners": {"1": "7"}},
        {"authorizing_integration_owners": {"0": "0", "1": "7"}},
        {"member": {"flags": GUEST_FLAG}},
    ],
    ids=["an app that somebody installed for themselves", "in a direct message", "a guest of a voice channel"],
)
async def test_a_stranger_on_discord_is_told_nothing_of_the_server_s_own(
    world: World,
    stranger: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await world.add(SECRET, title="Quicksilver 9 gets a date", published="2026-03-01")
    assert DAY in text_of((await world.bob.slash(world.channel, "ask", question=WHEN)).response)
    arriving(monkeypatch, **stranger)
    for command, options in (("ask", {"question": WHEN}), ("launch-status", {"product": "Quicksilver 9"})):
        assert DAY not in text_of((await world.bob.slash(world.channel, command, **options)).response)
    await world.choose(world.service, guests_see_private=True)
    assert DAY in text_of((await world.bob.slash(world.channel, "ask", question=WHEN)).response)


async def test_in_direct_messages_and_on_other_servers_discord_tells_nothing_of_a_server_s_own(world: World) -> None:
    await world.add(SECRET, title="Quicksilver 9 gets a date", published="2026-03-01")
    elsewhere = world.env.create_guild()
    carl, channel = elsewhere.add_member(world.env.create_user("carl")), elsewhere.create_text_channel("here")
    assert DAY not in text_of((await carl.slash(channel, "ask", question=WHEN)).response)
    assert DAY not in text_of((await world.bob.user.slash("ask", question=WHEN)).response)


async def test_a_guest_s_own_admin_rights_elsewhere_are_worth_nothing(index: Index, data: Path) -> None:
    asked = Service(index, Settings(data=data))
    for stranger in (replace(GUEST, admin=False), Caller("slack", "T2", "U1", admin=True), Caller("discord", None, "1", admin=True)):
        with pytest.raises(PermissionDeniedError):
            await asked._policy.check(stranger, Act.CHANGE_SETTINGS, shared=stranger.workspace != "T1")
