"""What admins do, and what happens to those who are none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack import create_app, reindex
from bot.on_slack.send import Poster
from bot.on_slack.surface import Surface
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.wording import wording
from index import Job, JobState
from index.ingestion import embed
from tests.bot.on_slack.conftest import Bot
from tests.bot.on_slack.test_commands import action_body
from tests.support.articles import SAMPLES
from tests.support.feeds import item, rss
from tests.support.site import serving
from tests.support.slack import ADMIN, ALICE, BOB, BOT, OWNER, TEAM, deliver, eventually, find_action, texts

STORY = (
    "<html><head><title>Zephyrine ships</title></head><body><article><h1>Zephyrine ships</h1>"
    + "".join(
        f"<p>{sentence}</p>" for sentence in ("Zephyrine 1 will ship on 4 May 2026, says its maker.", "Testers liked it a lot. " * 20)
    )
    + "</article></body></html>"
)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/articles", "add https://example.org/a"),
        ("/articles", "remove abc"),
        ("/feeds", "add https://example.org/feed"),
        ("/feeds", "list"),
        ("/feeds", "remove 1"),
        ("/reindex", ""),
        ("/audit", ""),
        ("/shipdate", "settings"),
    ],
)
async def test_who_is_no_admin_gets_one_private_sentence(bot: Bot, room: str, command: str, text: str) -> None:
    await bot.slack.command(room, command, text, user=ALICE)
    (said,) = await bot.slack.said(room)
    assert said["text"] == "Only the admins of this workspace may do this; ask one of them."
    assert said["ephemeral_to"] == ALICE


@pytest.mark.parametrize(("user", "allowed"), [(ALICE, False), (ADMIN, False), (OWNER, True)])
async def test_what_all_workspaces_share_is_for_owners_alone(bot: Bot, room: str, user: str, allowed: bool) -> None:
    await bot.slack.command(room, "/feeds", "list shared", user=user)
    (said,) = await bot.slack.said(room)
    assert ("No feeds" in said["text"]) is allowed
    assert ("Only the owners" in said["text"]) is not allowed


async def test_whom_the_settings_name_is_an_admin_too(bot: Bot, room: str) -> None:
    await bot.set(admins=(BOB,))
    await bot.slack.command(room, "/feeds", "list", user=BOB)
    (said,) = await bot.slack.said(room)
    assert "No feeds are followed." in said["text"]


async def test_articles_are_added_listed_answered_from_and_removed(bot: Bot, room: str) -> None:
    async with serving() as site:
        address = site.put("/zephyrine", STORY)
        await bot.slack.command(room, "/articles", f"add <{address}> {site.address}/missing", user=ADMIN)
        (added,) = await bot.slack.said(room)
        assert "1 added, 1 failed" in added["text"]
        await bot.slack.command(room, "/ask", "When will Zephyrine ship?")
        _, answered = await bot.slack.said(room, 2)
        assert "4 May 2026" in texts(answered)
        await bot.slack.command(room, "/articles", "list", user=ALICE)
        *_, listed = await bot.slack.said(room, 3)
        assert f"<{address}|Zephyrine ships>" in texts(listed)
        assert "and " in texts(listed) or "15 articles" in texts(listed)
        await bot.slack.command(room, "/articles", f"remove {address} nothing", user=ADMIN)
        *_, removed = await bot.slack.said(room, 4)
        assert "Removed: Zephyrine ships" in texts(removed)
        assert "There is no article “nothing” here." in texts(removed)
    assert "audit" not in texts(removed)
    await bot.slack.command(room, "/audit", user=ADMIN)
    *_, audit = await bot.slack.said(room, 5)
    assert f"<@{ADMIN}> · remove articles" in texts(audit)
    assert "done: 1 removed" in texts(audit)


async def test_feeds_are_followed_listed_and_dropped(bot: Bot, room: str) -> None:
    async with serving() as site:
        feed = rss(item("One", f"{site.address}/one", "1", summary="A word."), title="News &")
        address = site.put("/feed.xml", feed, "application/rss+xml")
        await bot.slack.command(room, "/feeds", f"add {site.address}/missing {address}", user=ADMIN)
        (added,) = await bot.slack.said(room)
        assert "/missing cannot be read: the server answered 404" in added["text"]
        assert "Following News &amp;." in added["text"]
        assert len(added["blocks"]) == 2
        await bot.slack.command(room, "/feeds", "list", user=ADMIN)
        _, listed = await bot.slack.said(room, 2)
        assert f"<{address}|" in texts(listed)
        await bot.slack.command(room, "/feeds", f"remove {address}", user=ADMIN)
        *_, dropped = await bot.slack.said(room, 3)
        assert dropped["text"].startswith("No longer following ")


@pytest.mark.parametrize(
    "line", ["/articles", "/articles add", "/articles list all", "/feeds remove", "/feeds shout", "/shipdate", "/shipdate help"]
)
async def test_how_a_command_is_written_is_told(bot: Bot, room: str, line: str) -> None:
    command, _, text = line.partition(" ")
    await bot.slack.command(room, command, text, user=ADMIN)
    (said,) = await bot.slack.said(room)
    assert said["text"].startswith(f"Write: {command} ")


@pytest.mark.model
async def test_reindexing_shows_how_far_it_is_and_ends_with_counts(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "EVERY", 0.01)
    monkeypatch.setattr(embed, "BATCH_TEXTS", 1)
    uploads = {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.md"))[:2]}
    await bot.service.service.add(bot.admin, [], uploads=uploads)
    await bot.slack.command(room, "/reindex", user=ADMIN)

    async def done() -> Any:
        (said,) = await bot.slack.said(room)
        return said if said["text"] == "Re-indexed: 2 articles." else None

    said = await eventually(done)
    assert not [block for block in said["blocks"] if block["type"] == "actions"]
    *before, _ = bot.front.called("chat.update")
    assert any("░" in str(update["blocks"]) for update in before)
    assert await bot.service.service.remove(bot.admin, [f"upload:{name}" for name in uploads])


@pytest.mark.model
async def test_progress_is_shown_no_more_often_than_it_may(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "EVERY", 0.2)
    now, ts = datetime.now(UTC), (await bot.front_post(room))["ts"]
    job = Job(1, "", JobState.RUNNING, 0, 500, None, now, now, None, None)

    async def jobs() -> AsyncIterator[Job]:
        for number in range(500):
            yield replace(job, done=number)
            await asyncio.sleep(0)
        yield replace(job, done=500, state=JobState.DONE)

    surface = Surface(bot.service.service, Poster(bot.front.url))
    app = create_app(bot.settings, bot.service.service)
    talk = surface.talk(AsyncBoltContext({"client": app.client}), {})
    begun = time.monotonic()
    show = partial(reindex.progress, words=wording("en"), shared=False)
    await reindex._follow(surface, talk, (room, ts), jobs(), show)
    assert 1 <= len(bot.front.called("chat.update")) <= (time.monotonic() - begun) / 0.2
    (said,) = await bot.slack.said(room)
    assert said["text"] == "Re-indexed: 500 articles."


async def test_reindexing_is_cancelled_by_its_button_by_those_who_may(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "EVERY", 0.3)
    monkeypatch.setattr(embed, "BATCH_TEXTS", 1)
    await bot.slack.command(room, "/reindex", "shared", user=OWNER)
    (said,) = await bot.slack.said(room)
    cancel = find_action(said, "cancel")
    await bot.slack.click(room, said, cancel, user=ALICE)
    *_, refused = await bot.slack.said(room, 2)
    assert "Only the owners" in refused["text"]
    await bot.slack.click(room, said, cancel, user=OWNER)

    async def cancelled() -> Any:
        return [one for one in await bot.slack.said(room) if "was cancelled" in one["text"]]

    assert await eventually(cancelled)


@pytest.mark.model
async def test_where_the_bot_is_no_member_progress_is_shown_in_a_direct_message(bot: Bot, room: str) -> None:
    bot.front.once["chat.postMessage"].append({"ok": False, "error": "not_in_channel"})
    await bot.slack.command(room, "/reindex", "shared", user=OWNER)
    direct = await bot.slack.direct(OWNER)
    (said,) = await bot.slack.said(direct)
    await bot.slack.click(direct, said, find_action(said, "cancel"), user=OWNER)

    async def over() -> bool:
        return "Re-index" in (await bot.slack.said(direct))[0]["text"] and not (await bot.service.service.job(owner(), shared=True)).open

    assert await eventually(over)


def owner() -> Caller:
    return Caller("slack", workspace=TEAM, user=OWNER)


@pytest.mark.model
async def test_settings_are_changed_in_a_modal(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/shipdate", "settings", user=ADMIN)

    async def opened() -> Any:
        return (await bot.slack.page())["modalStack"]

    (view,) = await eventually(opened)
    assert view["title"]["text"] == "Settings"
    values = {
        "unprompted_channels": {"type": "multi_conversations_select", "selected_conversations": [room]},
        "private_replies": {"type": "radio_buttons", "selected_option": {"value": "private"}},
        "language": {"type": "static_select", "selected_option": {"value": "fr"}},
        "log_questions": {"type": "checkboxes", "selected_options": [{"value": "log"}]},
        "admins": {"type": "multi_users_select", "selected_users": [BOB]},
    }
    await bot.slack.act(t="view_submit", user=ADMIN, values={name: {name: value} for name, value in values.items()})

    async def changed() -> Any:
        now = await bot.service.service.settings(bot.admin)
        return now if now.private_replies else None

    now = await eventually(changed)
    assert (now.unprompted_channels, now.language, now.log_questions, now.admins) == ((room,), "fr", True, (BOB,))
    await bot.slack.command(room, "/shipdate", "settings", user=BOB)
    (again,) = await eventually(opened)
    shown = {block["block_id"]: block["element"] for block in again["blocks"]}
    assert shown["unprompted_channels"]["initial_conversations"] == [room]
    assert shown["language"]["initial_option"]["value"] == "fr"


@pytest.mark.model
async def test_a_modal_that_somebody_else_sends_changes_nothing(bot: Bot) -> None:
    app = create_app(bot.settings, bot.service.service)
    body = {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "test"},
        "user": {"id": ALICE, "team_id": TEAM},
        "view": {"id": "V1", "type": "modal", "callback_id": "settings", "state": {"values": {}}},
    }
    answered = await deliver(app, body)
    assert "Only the admins" in answered.body
    assert "errors" in answered.body


@pytest.mark.model
async def test_the_cancel_button_works_after_a_restart(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "BATCH_TEXTS", 1)
    job = await bot.service.service.rebuild(owner(), shared=True)
    ts = (await bot.front_post(room))["ts"]
    app = create_app(bot.settings, Service(bot.service.service._index, bot.settings))
    action = {"type": "button", "action_id": "cancel", "value": f"{job.id}:shared"}
    await deliver(app, action_body(room, {"ts": ts}, action, user=OWNER))
    (said,) = [one for one in await bot.slack.messages(room) if one["user"] == BOT]
    assert "was cancelled" in said["text"]
