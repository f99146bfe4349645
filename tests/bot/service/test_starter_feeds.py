"""The feeds to begin with are added as any others are: with permission, an audit, and limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.presentation.admin_reports import starter_feeds
from bot.service.permissions import Caller, PermissionDeniedError
from bot.service.service import Service
from bot.settings import Settings
from bot.wording import wording
from index import FeedError, StarterFeeds, open_index
from tests.support.feeds import rss
from tests.support.site import serving

ADMIN = Caller("slack", workspace="T1", user="U1", admin=True)
SOMEBODY = Caller("slack", workspace="T1", user="U2")


async def test_as_many_are_followed_as_there_is_room_for(data: Path) -> None:
    settings = Settings(data=data, max_feeds=10)
    async with open_index(settings) as index:
        service = Service(index, settings)
        labs = len(index.feeds.starter(["labs"]))
        assert await service.add_starter(ADMIN, ["labs"]) == StarterFeeds(labs, 0, 0, 10)
        made = await service.add_starter(ADMIN, ["labs", "video"])
        assert made == StarterFeeds(10 - labs, labs, len(index.feeds.starter(["video"])) - (10 - labs), 10)
        assert len(await service.feeds(ADMIN)) == 10
        everything = await service.add_starter(Caller.operator())
        assert (everything.added, everything.left_out) == (len(index.feeds.starter()), 0)
        assert [one.subject for one in (await service.audit(ADMIN)) if one.act == "add feed"]
        with pytest.raises(PermissionDeniedError):
            await service.add_starter(SOMEBODY)
        with pytest.raises(FeedError, match="no group"):
            await service.add_starter(ADMIN, ["games"])


def test_what_was_left_out_is_said() -> None:
    assert starter_feeds(StarterFeeds(1, 2, 3, 4), wording("en")) == (
        "Following 1 feeds of the starter pack. 2 of them were followed before. 3 were left out: this workspace may follow at most 4 feeds."
    )


async def test_feeds_that_do_not_answer_are_named(data: Path) -> None:
    settings = Settings(data=data, allow_private_network=True)
    async with serving() as site, open_index(settings) as index:
        service = Service(index, settings)
        good, gone = (site.put(path, rss(), "application/rss+xml") for path in ("/good.xml", "/gone.xml"))
        for address in (good, gone):
            await service.add_feed(Caller.operator(), address)
        site.remove("/gone.xml")
        problems = await service.check_feeds(Caller.operator())
        assert problems[good] is None
        assert "404" in (problems[gone] or "")
