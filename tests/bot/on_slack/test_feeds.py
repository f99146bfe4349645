"""Feeds are followed, listed and dropped in Slack."""

from __future__ import annotations

import pytest

from tests.bot.on_slack.conftest import Bot
from tests.support.feeds import item, rss
from tests.support.site import serving
from tests.support.slack import ADMIN, texts

pytestmark = pytest.mark.model


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


async def test_feeds_to_begin_with_are_followed_by_their_group(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/feeds", "add starter labs", user=ADMIN)
    (added,) = await bot.slack.said(room)
    assert "feeds of the starter pack" in added["text"]
    for feed in await bot.service.feeds(bot.admin):  # other tests have the same workspace
        await bot.service.remove_feed(bot.admin, feed.url)
