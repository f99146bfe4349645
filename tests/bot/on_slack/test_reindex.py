"""A rebuild in Slack shows how far it is, and can be cancelled."""

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
from bot.on_slack.callers import Callers
from bot.on_slack.send import Poster
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.wording import wording
from index import Job, JobState
from index.ingestion import embed
from tests.bot.on_slack.conftest import Bot
from tests.bot.on_slack.test_commands import action_body
from tests.support.articles import SAMPLES
from tests.support.slack import ADMIN, ALICE, BOT, OWNER, TEAM, deliver, eventually, find_action


async def test_reindexing_shows_how_far_it_is_and_ends_with_counts(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "EVERY", 0.01)
    monkeypatch.setattr(embed, "BATCH_TEXTS", 1)
    uploads = {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.md"))[:2]}
    await bot.service.add(bot.admin, [], uploads=uploads)
    await bot.slack.command(room, "/reindex", user=ADMIN)

    async def done() -> Any:
        (said,) = await bot.slack.said(room)
        return said if said["text"] == "Re-indexed: 2 articles." else None

    said = await eventually(done)
    assert not [block for block in said["blocks"] if block["type"] == "actions"]
    *before, _ = bot.front.called("chat.update")
    assert any("░" in str(update["blocks"]) for update in before)
    assert await bot.service.remove(bot.admin, [f"upload:{name}" for name in uploads])


async def test_progress_is_shown_no_more_often_than_it_may(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "EVERY", 0.2)
    now, ts = datetime.now(UTC), (await bot.front_post(room))["ts"]
    job = Job(1, "", JobState.RUNNING, 0, 500, None, now, now, None, None)

    async def jobs() -> AsyncIterator[Job]:
        for number in range(500):
            yield replace(job, done=number)
            await asyncio.sleep(0)
        yield replace(job, done=500, state=JobState.DONE)

    callers = Callers(bot.service, Poster(bot.front.url))
    app = create_app(bot.settings, bot.service)
    talk = callers.talk(AsyncBoltContext({"client": app.client}), {})
    begun = time.monotonic()
    show = partial(reindex.progress, words=wording("en"), shared=False)
    await reindex._follow(talk, (room, ts), jobs(), show)
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


async def test_where_the_bot_is_no_member_progress_is_shown_in_a_direct_message(bot: Bot, room: str) -> None:
    bot.front.once["chat.postMessage"].append({"ok": False, "error": "not_in_channel"})
    await bot.slack.command(room, "/reindex", "shared", user=OWNER)
    direct = await bot.slack.direct(OWNER)
    (said,) = await bot.slack.said(direct)
    await bot.slack.click(direct, said, find_action(said, "cancel"), user=OWNER)

    async def over() -> bool:
        return "Re-index" in (await bot.slack.said(direct))[0]["text"] and not (await bot.service.job(owner(), shared=True)).open

    assert await eventually(over)


async def test_the_cancel_button_works_after_a_restart(bot: Bot, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "BATCH_TEXTS", 1)
    job = await bot.service.rebuild(owner(), shared=True)
    ts = (await bot.front_post(room))["ts"]
    app = create_app(bot.settings, Service(bot.service._index, bot.settings))
    action = {"type": "button", "action_id": "cancel", "value": f"{job.id}:shared"}
    await deliver(app, action_body(room, {"ts": ts}, action, user=OWNER))
    (said,) = [one for one in await bot.slack.messages(room) if one["user"] == BOT]
    assert "was cancelled" in said["text"]


def owner() -> Caller:
    return Caller("slack", workspace=TEAM, user=OWNER)
