"""Feeds are followed, listed and left on Discord."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from tests.bot.on_discord.conftest import AURORA
from tests.support.discord import World, told
from tests.support.feeds import item, rss
from tests.support.site import Site, page

pytestmark = pytest.mark.model


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The tests' own site may be asked."""
    return settings.model_copy(update={"allow_private_network": True})


async def test_feeds_are_followed_listed_and_left(world: World, site: Site) -> None:
    address = site.put("/feed.xml", rss(item("Aurora", f"{site.address}/aurora", "1", content=AURORA)), "application/rss+xml")
    assert "Following [Example News]" in told(await world.admin.slash(world.channel, "feeds add", url=address, minutes=30))
    listed = told(await world.admin.slash(world.channel, "feeds list"))
    assert "**Feeds: 1**" in listed
    assert "not looked at yet" in listed
    (choice,) = await world.admin.autocomplete(world.channel, "feeds remove", "feed", "example")
    assert "No longer following" in told(await world.admin.slash(world.channel, "feeds remove", feed=choice["value"]))
    assert "**Feeds: 0**" in told(await world.admin.slash(world.channel, "feeds list"))


async def test_what_is_no_feed_is_told(world: World, site: Site) -> None:
    assert "feed" in told(await world.admin.slash(world.channel, "feeds add", url=site.put("/page", page("A page", AURORA))))


async def test_feeds_to_begin_with_are_followed_by_their_group(world: World) -> None:
    assert "feeds of the starter pack" in told(await world.admin.slash(world.channel, "feeds add", url="starter labs"))
    assert "no group" in told(await world.admin.slash(world.channel, "feeds add", url="starter games"))
