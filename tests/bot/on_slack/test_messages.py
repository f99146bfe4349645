"""Questions in channels, direct messages and threads of a real Slack server, over Socket Mode."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.on_slack import create_app
from bot.on_slack.callers import People
from bot.service.service import Service
from tests.bot.on_slack.conftest import Bot
from tests.support.slack import ADMIN, ALICE, BOB, BOT, TEAM, deliver, event_body, eventually, find_action, message_event, texts

pytestmark = pytest.mark.model

WHEN = f"<@{BOT}> When will Sora ship?"
WHO = "Who in Hollywood is testing Sora?"


async def test_a_mention_is_answered_once_in_its_thread_with_the_quote_and_its_source(bot: Bot, room: str) -> None:
    asked = await bot.slack.write(room, WHEN)  # Slack sends two events of it
    await bot.slack.write(room, f"<@{BOT}> {WHO}")
    first, second = sorted(await bot.slack.said(room, 2), key=lambda one: one["thread_ts"])  # both are answered at once
    assert first["thread_ts"] == asked
    assert "shut down" in first["text"]
    assert "🔴 *Sora*: discontinued since 24 March 2026" in texts(first)
    assert "<https://shipdate.example/samples/2026-09-25-sora-api-off|" in texts(first)
    assert "<!date^" in texts(first)
    quote = next(block for block in first["blocks"] if block["type"] == "rich_text")
    assert quote["elements"][0]["type"] == "rich_text_quote"
    assert "Kutcher" in second["text"]
    assert len(await bot.slack.said(room)) == 2
    (call, *_) = bot.front.called("chat.postMessage")
    assert call["unfurl_links"] is call["unfurl_media"] is False


async def test_a_thread_goes_on_without_a_mention_and_knows_what_it_is_about(bot: Bot, room: str) -> None:
    thread = await bot.slack.write(room, WHEN)
    await bot.slack.said(room)
    await bot.slack.write(room, "and Kling?", thread=thread, user=BOB)
    _, second = await bot.slack.said(room, 2)
    assert second["thread_ts"] == thread
    assert "*Kling*" in texts(second)


async def test_what_people_say_to_each_other_in_a_thread_gets_no_answer(bot: Bot, room: str) -> None:
    thread = await bot.slack.write(room, WHEN)
    await bot.slack.said(room)
    for text in (f"<@{BOB}> what do you make of it?", "thanks, that is what I had been looking for"):
        await bot.slack.write(room, text, thread=thread)
    await bot.slack.write(room, f"<@{BOT}> {WHO}", thread=thread)
    assert ["Kutcher" in said["text"] for said in await bot.slack.said(room, 2)] == [False, True]


async def test_a_thread_goes_on_after_a_restart_by_what_slack_still_has(bot: Bot, room: str) -> None:
    thread = await bot.slack.write(room, f"<@{BOT}> How much does Kling cost?")
    await bot.slack.said(room)
    app = create_app(bot.settings, Service(bot.service._index, bot.settings))
    later = "9000000000.000001"
    await deliver(app, event_body(message_event(room, "and Sora?", later, thread_ts=thread)))
    assert len(await bot.slack.said(room, 2)) == 2
    assert bot.front.called("conversations.history")


async def test_a_direct_message_is_answered_in_place(bot: Bot) -> None:
    channel = await bot.slack.direct(BOB)
    await bot.slack.write(channel, WHO, user=BOB)
    (said,) = await bot.slack.said(channel)
    assert "thread_ts" not in said
    await bot.slack.write(channel, "und wann kommt Sora?", user=BOB)
    _, second = await bot.slack.said(channel, 2)
    assert "24 March 2026" in texts(second)


async def test_an_edited_question_gets_its_answer_edited_and_a_deleted_one_takes_it_along(bot: Bot, room: str) -> None:
    asked = await bot.slack.write(room, WHEN)
    (before,) = await bot.slack.said(room)
    await bot.slack.edit(room, asked, f"<@{BOT}> {WHO}")

    async def changed() -> dict[str, Any] | None:
        (now,) = await bot.slack.said(room)
        return now if "Kutcher" in now["text"] else None

    assert (await eventually(changed))["ts"] == before["ts"]
    await bot.slack.delete(room, asked)

    async def gone() -> bool:
        return not [one for one in await bot.slack.messages(room) if one["user"] == BOT]

    assert await eventually(gone)


async def test_a_question_that_is_edited_while_it_is_answered_is_answered_as_edited(bot: Bot, room: str) -> None:
    app = create_app(bot.settings, bot.service)
    ts = "9000000001.000001"
    edited = {
        "type": "message",
        "subtype": "message_changed",
        "channel": room,
        "ts": "9000000001.000002",
        "message": message_event(room, f"<@{BOT}> {WHO}", ts, edited={"user": ALICE, "ts": "9000000001.000002"}),
        "previous_message": message_event(room, WHEN, ts),
    }
    await asyncio.gather(deliver(app, event_body(message_event(room, WHEN, ts)), wait=False), deliver(app, event_body(edited), wait=False))

    async def answered() -> bool:
        return any("Kutcher" in one["text"] for one in await bot.slack.said(room))

    assert await eventually(answered)
    assert len(await bot.slack.said(room)) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B0OTHER"},
        {"user": BOT},
        {"subtype": "channel_join"},
        {"subtype": "bot_message", "user": None},
        {"subtype": "message_changed", "message": {"bot_id": "B0OTHER", "text": WHEN, "ts": "1.1", "user": "U0OTHER"}},
        {"subtype": "message_changed", "message": {"text": WHEN, "ts": "1.1", "user": ALICE}},  # a link was unfurled
    ],
    ids=["bot", "itself", "join", "legacy bot", "edit by a bot", "unfurled"],
)
async def test_bots_and_what_only_happens_are_left_alone(bot: Bot, room: str, event: dict[str, Any]) -> None:
    app = create_app(bot.settings, bot.service)
    await deliver(app, event_body({**message_event(room, WHEN, "9000000002.000001"), **event}))
    assert not [one for one in await bot.slack.messages(room) if one["user"] == BOT]


async def test_the_same_event_five_times_and_after_a_restart_is_answered_once(bot: Bot, room: str) -> None:
    body = event_body(message_event(room, WHEN, "9000000003.000001"), id_="EvAgain")
    mention = event_body({**message_event(room, WHEN, "9000000003.000001"), "type": "app_mention"}, id_="EvMention")
    first = create_app(bot.settings, bot.service)
    await asyncio.gather(*(deliver(first, one, wait=False) for one in (body, body, mention, body, body, body)))
    await bot.slack.said(room)
    restarted = create_app(bot.settings, Service(bot.service._index, bot.settings))
    await deliver(restarted, body)
    await deliver(restarted, mention)
    assert len(await bot.slack.said(room)) == 1


async def test_in_chosen_channels_it_answers_unasked_when_it_is_sure(bot: Bot, room: str, slack: Any) -> None:
    await bot.set(unprompted_channels=(room,))
    other = slack.room()
    for channel in (room, other):
        await bot.slack.write(channel, "Has anybody seen my keys?")
        await bot.slack.write(channel, "When did OpenAI release Sora?")
    (said,) = await bot.slack.said(room)
    assert "Sora" in texts(said)
    await bot.slack.write(other, f"<@{BOT}> {WHO}")
    assert len(await bot.slack.said(other)) == 1


async def test_where_answers_are_private_only_the_asker_sees_them_and_may_share_them(bot: Bot, room: str) -> None:
    await bot.set(private_replies=True)
    asked = await bot.slack.write(room, WHEN)
    (said,) = await bot.slack.said(room)
    assert said["subtype"] == "ephemeral"
    assert said["ephemeral_to"] == ALICE
    assert said["thread_ts"] == asked
    await bot.slack.click(room, said, find_action(said, "share"))

    async def shared() -> Any:
        return [one for one in await bot.slack.messages(room) if one["user"] == BOT and one.get("subtype") != "ephemeral"]

    (public,) = await eventually(shared)
    assert "shut down" in public["text"]

    async def only_that() -> bool:
        return len(await bot.slack.said(room)) == 1

    assert await eventually(only_that)


async def test_an_answer_is_in_the_language_of_its_question(bot: Bot, room: str) -> None:
    await bot.slack.write(room, f"<@{BOT}> Quand est-ce que Sora a fermé ?")
    (said,) = await bot.slack.said(room)
    assert "abandonné" in texts(said) or "arrêté" in texts(said) or "24 mars 2026" in texts(said)
    assert "Supprimer" in texts(said)


async def test_one_or_two_words_are_answered_in_the_asker_s_own_language_and_a_setting_goes_before_all(bot: Bot, room: str) -> None:
    bot.front.people["U05PARIS"] = {"locale": "fr-FR"}
    app = create_app(bot.settings, bot.service)
    await deliver(app, event_body(message_event(room, f"<@{BOT}> Sora status", "9000000004.000001", user="U05PARIS")))
    bot.front.answers["users.info"] = {"ok": True, "user": {"id": "U06LYON", "team_id": TEAM, "locale": "fr-FR"}}
    await deliver(app, event_body(message_event(room, f"<@{BOT}> Sora", "9000000004.000002", user="U06LYON")))
    del bot.front.answers["users.info"]
    await bot.set(language="fr")
    await deliver(app, event_body(message_event(room, WHEN, "9000000004.000003")))
    said = await bot.slack.said(room, 3)
    assert ["Supprimer" in texts(one) for one in said] == [False, True, True]  # the server does not know the first one


async def test_who_somebody_is_is_asked_once_in_five_minutes(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    people, client = People(), create_app(bot.settings, bot.service).client
    first = await asyncio.gather(*(people.caller(client, TEAM, ALICE) for _ in range(5)))
    assert len(set(first)) == 1
    assert len(bot.front.called("users.info")) == 1
    monkeypatch.setattr("bot.on_slack.callers.KEPT", 0.01)
    people = People()
    await people.caller(client, TEAM, ALICE)
    await asyncio.sleep(0.02)
    await people.caller(client, TEAM, ALICE)
    assert len(bot.front.called("users.info")) == 3


async def test_whom_slack_does_not_tell_about_is_asked_for_again(bot: Bot) -> None:
    people, client = People(), create_app(bot.settings, bot.service).client
    bot.front.once["users.info"].append({"ok": False, "error": "internal_error"})
    assert not (await people.caller(client, TEAM, ADMIN)).admin
    assert (await people.caller(client, TEAM, ADMIN)).admin


async def test_a_guest_from_another_workspace_administers_nothing_here(bot: Bot) -> None:
    bot.front.answers["users.info"] = {"ok": True, "user": {"id": "U07GUEST", "team_id": "T0ELSEWHERE", "is_admin": True}}
    caller = await People().caller(create_app(bot.settings, bot.service).client, TEAM, "U07GUEST")
    del bot.front.answers["users.info"]
    assert not caller.admin


async def test_nothing_found_is_said(bot: Bot, room: str) -> None:
    await bot.slack.write(room, f"<@{BOT}> How tall is the Eiffel tower?")
    (said,) = await bot.slack.said(room)
    assert said["text"] == "Nothing found: none of my articles answers this."
    await bot.slack.click(room, said, find_action(said, "delete"))

    async def gone() -> bool:
        return not [one for one in await bot.slack.messages(room) if one["user"] == BOT]

    assert await eventually(gone)
