"""The App Home and the assistant pane."""

from __future__ import annotations

from typing import Any

import pytest

from bot.on_slack import create_app
from tests.bot.on_slack.conftest import Bot
from tests.support.slack import ALICE, BOT, TEAM, deliver, event_body, eventually, message_event, texts

pytestmark = pytest.mark.model


async def test_the_home_tab_shows_where_launches_stand(bot: Bot) -> None:
    await bot.slack.open_home(ALICE)

    async def published() -> Any:
        return (await bot.slack.page())["homeViews"].get(ALICE)

    (view,) = (await eventually(published)).values()
    told = texts(view)
    assert "🔴 *Sora*: discontinued since 24 March 2026" in told
    assert "🟢 " in told
    assert told.count("History") >= 3
    assert any(block.get("dispatch_action") for block in view["blocks"])


SEARCH = {"type": "plain_text_input", "action_id": "search"}


@pytest.mark.parametrize("action", [SEARCH | {"value": "sora"}, {"type": "button", "action_id": "history", "value": "|Sora"}])
async def test_a_product_s_history_opens_in_a_modal(bot: Bot, action: dict[str, Any]) -> None:
    await bot.slack.act(t="block_action", user=ALICE, appId="A01APP", action=action)
    call = await opened(bot)
    assert call["view"]["title"]["text"] == "Sora"
    assert "released since 9 December 2024" in texts(call)
    assert "announced since 15 February 2024" in texts(call)


async def test_a_search_that_finds_nothing_offers_what_was_meant_in_the_same_modal(bot: Bot) -> None:
    await bot.slack.act(t="block_action", user=ALICE, appId="A01APP", action=SEARCH | {"value": "Rnway Gen"})
    call = await opened(bot)
    offered = next(block for block in call["view"]["blocks"] if block["type"] == "actions")["elements"][0]
    body = {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "test"},
        "user": {"id": ALICE, "team_id": TEAM},
        "container": {"type": "view", "view_id": "V0"},
        "trigger_id": f"again.{call['trigger_id']}",
        "view": {"id": "V0", "type": "modal"},
        "actions": [{"type": "button", "action_id": offered["action_id"], "value": offered["value"], "block_id": "b", "action_ts": "1.1"}],
    }
    await deliver(create_app(bot.settings, bot.service), body)
    (update,) = bot.front.called("views.update")
    assert "Runway" in texts(update)


async def opened(bot: Bot) -> dict[str, Any]:
    """The modal that was opened."""

    async def look() -> Any:
        return bot.front.called("views.open")

    (call,) = await eventually(look)
    found: dict[str, Any] = call
    return found


# The assistant pane


def pane(thread: str, channel: str) -> dict[str, Any]:
    started = {"user_id": ALICE, "context": {}, "channel_id": channel, "thread_ts": thread}
    return event_body({"type": "assistant_thread_started", "assistant_thread": started, "event_ts": thread})


async def test_the_pane_greets_and_suggests_what_is_indexed(bot: Bot) -> None:
    channel, app = await bot.slack.direct(ALICE), create_app(bot.settings, bot.service)
    for _ in range(3):
        await deliver(app, pane("9100000000.000001", channel))
    (greeting,) = [one for one in await bot.slack.messages(channel) if one.get("thread_ts") == "9100000000.000001"]
    assert "word for word" in greeting["text"]
    (call,) = bot.front.called("assistant.threads.setSuggestedPrompts")
    assert {"title": "When will Sora ship?", "message": "When will Sora ship?"} in call["prompts"]
    assert len(call["prompts"]) <= 4


async def test_a_question_in_the_pane_shows_that_it_is_looked_up_and_names_the_thread(bot: Bot) -> None:
    channel, app, thread = await bot.slack.direct(ALICE), create_app(bot.settings, bot.service), "9100000001.000001"
    for at, text in enumerate(("When will Sora ship?", "and Kling?"), start=2):
        ts = f"9100000001.00000{at}"
        await deliver(app, event_body(message_event(channel, text, ts, thread_ts=thread, channel_type="im"), id_=ts))
    said = [one for one in await bot.slack.messages(channel) if one.get("thread_ts") == thread and one["user"] == BOT]
    assert "*Sora*" in texts(said[0])
    assert "*Kling*" in texts(said[1])
    assert [call["title"] for call in bot.front.called("assistant.threads.setTitle")] == ["When will Sora ship?"]
    assert [call["status"] for call in bot.front.called("assistant.threads.setStatus")] == ["is looking it up …"] * 2


async def test_edits_in_the_pane_are_followed(bot: Bot) -> None:
    channel, app, thread, ts = (
        await bot.slack.direct(ALICE),
        create_app(bot.settings, bot.service),
        "9100000002.000001",
        "9100000002.000002",
    )
    before = message_event(channel, "When will Sora ship?", ts, thread_ts=thread, channel_type="im")
    after = {**before, "text": "Who in Hollywood is testing Sora?", "edited": {"user": ALICE, "ts": "9100000002.000003"}}
    await deliver(app, event_body(before))
    edited = {"type": "message", "subtype": "message_changed", "channel": channel, "channel_type": "im", "ts": "1.2"}
    await deliver(app, event_body({**edited, "message": after, "previous_message": before}))
    (said,) = [one for one in await bot.slack.messages(channel) if one.get("thread_ts") == thread]
    assert "Kutcher" in said["text"]


async def test_a_slack_without_a_pane_gets_answers_all_the_same(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    channel, app, thread = await bot.slack.direct(ALICE), create_app(bot.settings, bot.service), "9100000003.000001"
    for method in ("setStatus", "setTitle"):
        monkeypatch.setitem(bot.front.answers, f"assistant.threads.{method}", {"ok": False, "error": "unknown_method"})
    event = message_event(channel, "When will Sora ship?", "9100000003.000002", thread_ts=thread, channel_type="im")
    await deliver(app, event_body(event))
    (said,) = [one for one in await bot.slack.messages(channel) if one.get("thread_ts") == thread]
    assert "*Sora*" in texts(said)
