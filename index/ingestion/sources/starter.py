"""Feeds to begin with: of the labs and the press of this field, kept as one list in OPML beside this module."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files
from xml.etree import ElementTree

from index.model.errors import FeedError

FILE = "starter.opml"


def groups() -> Mapping[str, Mapping[str, str]]:
    """Its groups, in order: of each the feeds, address to title. The press has a group for each language: ``press-en``."""
    opml = ElementTree.fromstring(files("index.ingestion.sources").joinpath(FILE).read_text("utf-8"))
    return {group.get("text", ""): {one.get("xmlUrl", ""): one.get("text", "") for one in group} for group in opml.iterfind("body/outline")}


def feeds(names: Collection[str] = ()) -> Mapping[str, str]:
    """The feeds of these groups, or of all: address to title. ``press`` is the press in all languages.

    Raises:
        FeedError: there is no such group.
    """
    known = groups()
    wanted = [name.lower() for name in names] or list(known)
    chosen: dict[str, str] = {}
    for name in wanted:
        meant = [one for group, one in known.items() if group == name or group.startswith(f"{name}-")]
        if not meant:
            shown = ", ".join(dict.fromkeys(group for one in known for group in (one.partition("-")[0], one)))
            raise FeedError("The starter pack has no group “{group}”; it has these: {groups}.", group=name[:40], groups=shown)
        for one in meant:
            chosen |= one
    return chosen
