"""Commands, the shortcut, and the buttons below answers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.on_slack import create_app
from bot.service.service import Service
from bot.settings import Settings
from tests.bot.on_slack.conftest import Bot
from tests.support.slack import ADMIN, ALICE, BOB, BOT, TEAM, deliver, eventually, find_action, texts

pytestmark = pytest.mark.model

WHO = "Who in Hollywood is testing Sora?"


async def test_ask_answers_in_the_channel(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", WHO)
    (said,) = await bot.slack.said(room)
    assert "Kutcher" in texts(said)
    assert said.get("subtype") != "ephemeral"


async def test_ask_answers_as_of_a_day(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", "Where does Sora stand? as of 2024-03-01")
    (said,) = await bot.slack.said(room)
    assert "As of 1 March 2024." in texts(said)


async def test_ask_works_where_the_bot_is_no_member(bot: Bot) -> None:
    await bot.slack.command("C_WITHOUT", "/ask", WHO)
    (said,) = await bot.slack.said("C_WITHOUT")
    assert "Kutcher" in texts(said)


async def test_sora_status_tells_stage_proof_and_what_came_before(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/sora-status", "2024-12-31")
    (said,) = await bot.slack.said(room)
    assert "🟢 *Sora*: released since 9 December 2024" in texts(said)
    assert "🟡 announced since 15 February 2024" in texts(said)
    assert "OpenAI released Sora" in texts(said)


async def test_a_misspelt_name_is_offered_as_it_is_spelt(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/launch-status", "Rnway Gen")
    (said,) = await bot.slack.said(room)
    assert said["subtype"] == "ephemeral"
    assert "Nothing found" in said["text"]
    offered = find_action(said, "status:0")
    await bot.slack.click(room, said, offered)
    _, found = await bot.slack.said(room, 2)
    assert "Runway" in texts(found)


async def test_launch_status_takes_a_day(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/launch-status", "Kling 2024-06-30")
    (said,) = await bot.slack.said(room)
    assert "*Kling*" in texts(said)
    assert "As of 30 June 2024." in texts(said)


@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        ("/sora-status", "yesterday", "“yesterday” is not a date"),
        ("/launch-status", "", "Name a product"),
        ("/launch-status", "Sora 2024-13-45", "“2024-13-45” is not a date"),
        ("/ask", "x" * 2001, "This question has 2,001 characters"),
        ("/ask", "", "Ask me something"),
    ],
)
async def test_what_cannot_be_understood_is_told_in_one_private_sentence(
    bot: Bot, room: str, command: str, text: str, expected: str
) -> None:
    await bot.slack.command(room, command, text)
    (said,) = await bot.slack.said(room)
    assert expected in said["text"]


async def test_private_answers_can_be_shared(bot: Bot, room: str) -> None:
    await bot.set(private_replies=True)
    for command, text in (("/sora-status", ""), ("/ask", WHO)):
        await bot.slack.command(room, command, text)
    private = await bot.slack.said(room, 2)
    assert all(one["subtype"] == "ephemeral" for one in private)
    for one in private:
        await bot.slack.click(room, one, find_action(one, "share"))

    async def shared() -> Any:
        public = [one for one in await bot.slack.messages(room) if one["user"] == BOT and one.get("subtype") != "ephemeral"]
        return public if len(public) == 2 else None

    told = "\n".join(texts(one) for one in await eventually(shared))
    assert "discontinued" in told
    assert "Kutcher" in told


async def test_more_quotes_are_shown_to_whoever_wants_them(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", "What is known about Sora?")
    (said,) = await bot.slack.said(room)
    await bot.slack.click(room, said, find_action(said, "more"), user=BOB)
    _, further = await bot.slack.said(room, 2)
    assert further["ephemeral_to"] == BOB
    assert any(block["type"] == "rich_text" for block in further["blocks"])


async def test_votes_are_counted_once_for_each_person(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", WHO)
    (said,) = await bot.slack.said(room)
    good, bad = find_action(said, "feedback:good"), find_action(said, "feedback:bad")
    await bot.slack.click(room, said, good, user=ALICE)
    await bot.slack.said(room, 2)
    await bot.slack.click(room, said, {"type": "feedback_buttons", "action_id": "feedback", "value": bad["value"]}, user=ALICE)
    *_, last = await bot.slack.said(room, 3)
    assert "👍 0, 👎 1" in last["text"]


async def test_the_asker_and_admins_delete_an_answer_and_nobody_else(bot: Bot, room: str) -> None:
    for _ in range(2):
        await bot.slack.command(room, "/ask", WHO)
    mine, other = await bot.slack.said(room, 2)
    await bot.slack.click(room, mine, find_action(mine, "delete"), user=BOB)
    *_, refused = await bot.slack.said(room, 3)
    assert "Only the admins" in refused["text"]
    await bot.slack.click(room, mine, find_action(mine, "delete"), user=ALICE)
    await bot.slack.click(room, other, find_action(other, "delete"), user=ADMIN)

    async def gone() -> bool:
        return {one["ts"] for one in await bot.slack.said(room)} == {refused["ts"]}

    assert await eventually(gone)


async def test_buttons_work_after_a_restart_and_those_of_others_do_nothing(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", WHO)
    (said,) = await bot.slack.said(room)
    good = find_action(said, "feedback:good")
    app = create_app(bot.settings, Service(bot.service._index, bot.settings))
    for team, value in ((TEAM, good["value"]), ("T0ELSEWHERE", good["value"]), (TEAM, "nonsense:good")):
        await deliver(app, action_body(room, said, {**good, "value": value}, team=team))
    told = [one["text"] for one in (await bot.slack.said(room, 4))[1:]]
    assert "👍 1" in told[0]
    assert all("too old" in one for one in told[1:])


async def test_the_shortcut_asks_what_a_message_says(bot: Bot, room: str) -> None:
    app = create_app(bot.settings, bot.service)
    body = {
        "type": "message_action",
        "callback_id": "ask_about_message",
        "trigger_id": "shortcut.1",
        "message_ts": "9000000100.000001",
        "team": {"id": TEAM, "domain": "test"},
        "user": {"id": ALICE, "team_id": TEAM},
        "channel": {"id": room, "name": "room"},
        "message": {"type": "message", "user": BOB, "ts": "9000000100.000001", "text": f"I wonder: {WHO}"},
    }
    for _ in range(3):
        await deliver(app, body)
    (said,) = await bot.slack.said(room)
    assert "Kutcher" in said["text"]


async def test_who_asks_too_much_is_told_how_long_to_wait(bot: Bot, room: str) -> None:
    service = Service(bot.service._index, Settings(**{**bot.settings.model_dump(), "user_rate": 1}))
    app = create_app(bot.settings, service)
    for number in range(2):
        await deliver(app, command_body(room, "/ask", WHO, trigger=f"fast.{number}"))
    told = await bot.slack.said(room, 2)
    assert "You ask faster than 1 a minute" in told[1]["text"]


async def test_an_unforeseen_error_is_one_sentence_with_a_reference(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(bot.settings, bot.service)

    async def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("the inner life of Shipdate")

    monkeypatch.setattr(bot.service, "status", broken)
    await deliver(app, command_body(room, "/sora-status", "", trigger="broken.1"))
    (said,) = await bot.slack.said(room)
    assert said["text"].startswith("Something went wrong, which is a mistake of ours; tell an admin this reference: ")
    assert "inner life" not in str(said)
    assert said["subtype"] == "ephemeral"


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ("not_in_channel", "invite me there first"),
        ("channel_not_found", "invite me there first"),
        ("is_archived", "archived"),
        ("restricted_action", "does not let me post"),
    ],
)
async def test_where_slack_refuses_to_post_the_asker_is_told_why(bot: Bot, room: str, refusal: str, expected: str) -> None:
    bot.front.once["chat.postMessage"].append({"ok": False, "error": refusal})
    await bot.slack.write(room, f"<@{BOT}> {WHO}")
    (said,) = await bot.slack.said(room)
    assert expected in said["text"]
    assert said["subtype"] == "ephemeral"


def command_body(room: str, command: str, text: str, *, trigger: str, user: str = ALICE, team: str = TEAM) -> dict[str, Any]:
    """A slash command, without an address to answer at."""
    return {
        "token": "unused",
        "team_id": team,
        "channel_id": room,
        "user_id": user,
        "command": command,
        "text": text,
        "api_app_id": "A01APP",
        "trigger_id": trigger,
    }


def action_body(room: str, message: dict[str, Any], action: dict[str, Any], *, team: str = TEAM, user: str = ALICE) -> dict[str, Any]:
    """A press of a button, likewise."""
    return {
        "type": "block_actions",
        "team": {"id": team, "domain": "test"},
        "user": {"id": user, "team_id": team},
        "api_app_id": "A01APP",
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": room},
        "trigger_id": f"{team}.{message['ts']}.{action['value']}",
        "channel": {"id": room, "name": "room"},
        "message": message,
        "actions": [{**action, "block_id": "b", "action_ts": "1.1"}],
    }
