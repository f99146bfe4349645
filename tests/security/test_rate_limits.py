"""Nobody gets more than their share: all that costs work is counted by one rule, whichever way it comes."""

# ruff: noqa: F811 (fixtures are named where they are imported, and again where they are asked for)

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.on_slack import create_app
from bot.platforms import Person
from bot.service.conversations import Conversations, Place
from bot.service.permissions import Act, Caller
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.settings import Settings
from index import ShipdateError
from index.api import Index
from index.storage.catalogue import product_named
from tests.bot.on_discord.conftest import Start, settings, start  # noqa: F401 (fixtures)
from tests.bot.on_slack.conftest import Bot, bot, room, session_bot, slack, slack_index  # noqa: F401 (fixtures)
from tests.bot.on_slack.test_commands import WHO, action_body, command_body
from tests.support.discord import World, ids_of, press, told
from tests.support.slack import ADMIN, ALICE, TEAM, deliver, event_body, eventually, find_action

pytestmark = pytest.mark.model

ADMINISTRATOR = Caller("slack", "T1", "U1", admin=True)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
PLACE = Place("C1", "1", "1")
LESSER = 6  # of all that is no question there is room for so many times as much

ACTS: dict[str, Callable[[Service, Caller], Awaitable[object]]] = {
    "ask": lambda service, caller: service.ask(caller, ""),
    "status": lambda service, caller: service.status(caller, "Sora"),
    "suggest": lambda service, caller: service.suggest(caller, "sor", 5),
    "board": lambda service, caller: service.board(caller, 5),
    "articles": lambda service, caller: service.articles(caller),
    "counts": lambda service, caller: service.counts(caller),
    "add": lambda service, caller: service.add(caller, [], uploads={"a.png": b"\x89PNG"}),
    "remove": lambda service, caller: service.remove(caller, ["nothing"]),
    "rebuild": lambda service, caller: service.rebuild(caller),
    "job": lambda service, caller: service.job(caller),
    "cancel": lambda service, caller: service.cancel(caller, 10**6),
    "follow": lambda service, caller: anext(service.follow(caller, 10**6)),  # type: ignore[arg-type]
    "feeds": lambda service, caller: service.feeds(caller),
    "export_feeds": lambda service, caller: service.export_feeds(caller),
    "add_feed": lambda service, caller: service.add_feed(caller, "http://127.0.0.1:1/feed"),
    "add_starter": lambda service, caller: service.add_starter(caller, ["nothing"]),
    "check_feeds": lambda service, caller: service.check_feeds(caller),
    "import_feeds": lambda service, caller: service.import_feeds(caller, "<opml/>"),
    "remove_feed": lambda service, caller: service.remove_feed(caller, "1"),
    "refresh_feeds": lambda service, caller: service.refresh_feeds(caller),
    "products": lambda service, caller: service.products(caller),
    "add_product": lambda service, caller: service.add_product(caller, product_named("Aurora")),
    "remove_product": lambda service, caller: service.remove_product(caller, "aurora"),
    "change_settings": lambda service, caller: service.change_settings(caller, {"colour": "red"}),
    "audit": lambda service, caller: service.audit(caller, last=1),
    "forget": lambda service, caller: service.forget(caller, Person("slack", "T1", "U99")),
    "note_restore": lambda service, caller: service.note_restore(caller, Path("kept.zip")),
    "check": lambda service, caller: service.check(caller, Act.ADD_ARTICLES),
    "conversations.ask": lambda service, caller: service.conversations.ask(caller, PLACE, ""),
    "conversations.quotes": lambda service, caller: service.conversations.quotes(caller, 1),
    "conversations.vote": lambda service, caller: service.conversations.vote(caller, 1, good=True),
    "conversations.remove": lambda service, caller: service.conversations.remove(caller, 10**6),
    "conversations.judged": lambda service, caller: service.conversations.judged(caller),
}
WITHOUT = {
    "settings": "one row is read, in which the refusal itself is told",
    "conversations.overhear": "nobody waits for it: what is too much gets no answer",
}


def methods(kind: type) -> set[str]:
    """What somebody can do there."""
    public = [(name, one) for name, one in inspect.getmembers(kind, callable) if not name.startswith("_")]
    return {name for name, one in public if "caller" in inspect.signature(one).parameters}


def test_everything_that_somebody_can_ask_of_shipdate_is_tried_here() -> None:
    assert ACTS.keys() | WITHOUT.keys() == methods(Service) | {f"conversations.{name}" for name in methods(Conversations)}


@pytest.mark.parametrize("name", ACTS)
async def test_whatever_is_done_too_often_is_refused_and_told_when_to_try_again(index: Index, data: Path, name: str) -> None:
    asked = Service(index, Settings(data=data, user_rate=1), clock=lambda: 0, now=lambda: NOON)
    refused = None
    for _ in range(LESSER + 1):
        try:
            await ACTS[name](asked, ADMINISTRATOR)
        except TooManyQuestionsError as error:
            refused = error
        except ShipdateError:
            pass
    assert refused is not None
    assert 0 < refused.retry_after <= 60
    try:  # nobody else pays for it
        await ACTS[name](asked, replace(ADMINISTRATOR, user="U2"))
    except TooManyQuestionsError as error:
        raise AssertionError from error
    except ShipdateError:
        pass


async def test_a_workspace_of_many_people_has_a_limit_for_all_else_too(index: Index, data: Path) -> None:
    asked = Service(index, Settings(data=data, workspace_rate=1), clock=lambda: 0)
    people = [Caller("slack", "T1", f"U{number}") for number in range(LESSER + 1)]
    for one in people[:-1]:
        await asked.board(one, 5)
    with pytest.raises(TooManyQuestionsError, match="This workspace"):
        await asked.board(people[-1], 5)


async def test_who_turns_pages_keeps_their_questions_and_who_asks_keeps_their_suggestions(index: Index, data: Path) -> None:
    asked = Service(index, Settings(data=data, user_rate=1), clock=lambda: 0)
    for _ in range(LESSER):
        await asked.suggest(ADMINISTRATOR, "s", 5)
    await asked.ask(ADMINISTRATOR, "")
    with pytest.raises(TooManyQuestionsError):
        await asked.suggest(ADMINISTRATOR, "s", 5)


async def test_a_question_that_is_refused_costs_neither_the_model_nor_the_platform_anything(
    index: Index, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a thread, Shipdate asks the platform what was asked before, and looks that up, too: not for whoever has to wait."""
    before = Service(index, Settings(data=data), now=lambda: NOON)
    await before.conversations.ask(ADMINISTRATOR, PLACE, "When will Sora ship?")
    asked = Service(index, Settings(data=data, user_rate=1), clock=lambda: 0, now=lambda: NOON)  # which remembers no threads
    recalled: list[object] = []

    async def recall(exchange: object) -> str:
        recalled.append(exchange)
        return "When will Sora ship?"

    await asked.conversations.ask(ADMINISTRATOR, Place("C1", "2", "1"), "and Kling?", recall=recall)
    assert len(recalled) == 1

    async def never(*_: object, **__: object) -> None:
        raise AssertionError("the index was asked")

    monkeypatch.setattr(index, "ask", never)
    asked.conversations._subjects.clear()
    for number in range(3, 9):
        with pytest.raises(TooManyQuestionsError):
            await asked.conversations.ask(ADMINISTRATOR, Place("C1", str(number), "1"), "and Kling?", recall=recall)
    assert len(recalled) == 1


async def test_acts_that_are_refused_for_their_haste_do_not_fill_the_audit(index: Index, data: Path) -> None:
    asked = Service(index, Settings(data=data, user_rate=1), clock=lambda: 0, now=lambda: NOON)
    for _ in range(50):
        with pytest.raises(ShipdateError):
            await asked.remove(Caller("slack", "T1", "U2"), ["nothing"])
    assert len(await asked.audit(Caller("terminal", user="root"))) == LESSER


# Slack


@pytest.fixture
def slow(bot: Bot) -> Any:
    """The app, as Slack's socket meets it, with room for one question a minute."""
    return create_app(bot.settings, Service(bot.service._index, Settings(**{**bot.settings.model_dump(), "user_rate": 1})))


async def test_opening_the_home_tab_over_and_over_is_answered_a_few_times_and_told_once(bot: Bot, slow: Any) -> None:
    channel = await bot.slack.direct(ALICE)  # which opens the tab, too, for the bot that runs

    async def opened() -> bool:
        return bool(bot.front.called("views.publish"))

    await eventually(opened)
    bot.front.calls.clear()
    said = len(await bot.slack.messages(channel))
    for number in range(LESSER + 10):
        event = {"type": "app_home_opened", "user": ALICE, "channel": channel, "tab": "home", "event_ts": f"{number}.1"}
        await deliver(slow, event_body(event, id_=f"Home{number}"))
    assert len(bot.front.called("views.publish")) == LESSER
    (told_once,) = (await bot.slack.messages(channel))[said:]
    assert "You ask faster than 6 a minute" in told_once["text"]


@pytest.mark.parametrize(
    ("line", "most", "user"),
    [
        ("/articles list", 1, ALICE),
        ("/articles remove nothing", LESSER, ADMIN),
        ("/feeds list", LESSER, ADMIN),
        ("/audit", LESSER, ADMIN),
        ("/launch-status Sora", 1, ALICE),
        (f"/ask {WHO}", 1, ALICE),
    ],
)
async def test_a_slack_command_is_limited(bot: Bot, room: str, slow: Any, line: str, most: int, user: str) -> None:  # noqa: PLR0917
    command, _, text = line.partition(" ")
    for number in range(most + 1):
        assert not [one for one in await bot.slack.messages(room) if "faster than" in one["text"]]
        await deliver(slow, command_body(room, command, text, trigger=f"{room}.{number}", user=user))
    *_, last = await bot.slack.said(room)
    assert f"You ask faster than {most} a minute" in last["text"]


@pytest.mark.parametrize("action", ["more", "feedback:good", "delete"])
async def test_a_slack_button_is_limited(bot: Bot, room: str, slow: Any, action: str) -> None:
    await deliver(slow, command_body(room, "/ask", WHO, trigger=f"{room}.ask"))
    (said,) = await bot.slack.said(room)
    exchange = find_action(said, "delete")["value"]
    value = {"feedback:good": f"{exchange}:good", "delete": "1000000"}.get(action, exchange)
    for number in range(LESSER + 1):
        assert not [one for one in await bot.slack.messages(room) if "faster than" in one["text"]]
        press = action_body(room, said, {"type": "button", "action_id": action, "value": value})
        await deliver(slow, {**press, "trigger_id": f"{room}.press.{number}"})
    assert [one for one in await bot.slack.messages(room) if "You ask faster than 6 a minute" in one["text"]]


async def test_a_slack_modal_is_limited(bot: Bot, slow: Any) -> None:
    body = {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "test"},
        "user": {"id": ALICE, "team_id": TEAM},
        "view": {"id": "V1", "type": "modal", "callback_id": "settings", "state": {"values": {}}},
    }
    answered = [(await deliver(slow, body)).body for _ in range(LESSER + 1)]
    assert ["faster than" in one for one in answered] == [False] * LESSER + [True]


# Discord


async def test_discord_s_suggestions_end_silently_when_there_are_too_many(settings: Settings, start: Start) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 1}))) as world:
        shown = []
        for member, command, option in (
            (world.ann, "launch-status", "product"),
            (world.admin, "articles remove", "article"),
            (world.guild_owner(), "feeds remove", "feed"),
        ):
            for _ in range(LESSER):
                await member.autocomplete(world.channel, command, option, "")
            shown.append(await member.autocomplete(world.channel, command, option, ""))
        assert shown == [[], [], []]


@pytest.mark.parametrize(
    ("command", "options", "most"),
    [
        ("articles list", {}, 1),
        ("articles remove", {"article": "nonsense"}, 1),
        ("articles add", {"url": "nonsense"}, LESSER // 2),  # looked up once before files are fetched
        ("feeds list", {}, LESSER),
        ("audit", {}, LESSER),
        ("settings", {}, LESSER),
        ("launch-status", {"product": "Sora"}, 1),
    ],
)
async def test_a_discord_command_is_limited(
    settings: Settings,
    start: Start,
    command: str,
    options: dict[str, str],
    most: int,
) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 1}))) as world:
        for _ in range(most):
            await world.admin.slash(world.channel, command, **options)
        assert "You ask faster than" in told(await world.admin.slash(world.channel, command, **options))


async def test_discord_s_buttons_are_limited(settings: Settings, start: Start) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 1}))) as world:
        await world.mention(world.ann, WHO)
        (answer,) = world.answers()
        for member, act in ((world.ann, "good"), (world.bob, "more")):
            for _ in range(LESSER):
                await press(member, answer, act)
            assert "You ask faster than 6 a minute" in told(await press(member, answer, act))
        listed = await world.admin.slash(world.channel, "articles list")
        (forward,) = ids_of(listed.response)
        assert "You ask faster than 1 a minute" in told(await world.admin.click(listed.response, custom_id=forward))
