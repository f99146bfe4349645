"""The feeds to begin with are a list that feed readers can read, too."""

from __future__ import annotations

from importlib.resources import files
from xml.etree import ElementTree

import pytest

from index import FeedError
from index.ingestion.sources import opml, starter
from index.ingestion.web.address import parse


def test_it_has_the_labs_and_the_press_in_eight_languages() -> None:
    groups = starter.groups()
    assert {"labs", "video", "coding", "devices"} <= set(groups)
    press = {name for name in groups if name.startswith("press-")}
    assert press == {f"press-{one}" for one in ("en", "de", "fr", "es", "pt", "it", "zh", "ja")}
    assert all(len(feeds) >= 3 for feeds in groups.values())


def test_each_feed_is_there_once_with_its_address_and_what_it_is() -> None:
    text = files("index.ingestion.sources").joinpath(starter.FILE).read_text("utf-8")
    outlines = [one for one in ElementTree.fromstring(text).iter("outline") if one.get("xmlUrl")]
    for one in outlines:
        assert all(one.get(name) for name in ("text", "htmlUrl", "language", "description"))
        assert str(parse(one.get("xmlUrl", "")).document) == one.get("xmlUrl")
    assert len({one.get("xmlUrl") for one in outlines}) == len(outlines) == len(starter.feeds())
    assert opml.read(text) == starter.feeds()


def test_groups_are_chosen_by_name() -> None:
    groups = starter.groups()
    assert starter.feeds(["labs", "Press-FR"]) == {**groups["labs"], **groups["press-fr"]}
    assert len(starter.feeds(["press"])) == sum(len(feeds) for name, feeds in groups.items() if name.startswith("press-"))


def test_a_group_that_is_not_there_is_told() -> None:
    with pytest.raises(FeedError, match="labs, video, coding, devices, press, press-en"):
        starter.feeds(["games"])
