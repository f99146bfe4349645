"""Ids and digests by which articles and quotes are known: nobody makes two that are alike, and older ones still work."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from bot.service.conversations import Votes
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.ingestion.readers.draft import Draft
from index.ingestion.sources import feeds
from index.ingestion.web.response import Fetched
from index.model.articles import article_id
from index.model.quotes import words_digest
from index.storage.store import database
from tests.conftest import Opener
from tests.support.articles import write
from tests.support.feeds import item, rss

pytestmark = pytest.mark.model

OPERATOR = Caller("terminal", user="root")
ASKER = Caller("discord", "1", "10")
FEED = "https://news.example/feed"
WORDS = "Zilt ships on 4 May 2026."
SCOPE = "discord:1"


@given(st.text(), st.text())
def test_an_articles_id_has_128_bits(source: str, scope: str) -> None:
    """Of 48 bits two that are alike are made in seconds, and the second article could not be added any more."""
    assert len(Draft(source, "Zilt ships.", "Zilt", language="en").article(scope).id) * 4 == 128
    assert len(words_digest(source)) * 4 == 128


def test_two_items_of_a_feed_have_two_places_with_128_bits() -> None:
    content = rss(item("One", guid="1"), item("Two", guid="2")).encode()
    found = feeds.parse(Fetched(FEED, "application/xml", None, content), datetime.now(UTC))
    places = {one.source.partition("#")[2] for one in found.items}
    assert {len(place) * 4 for place in places} == {128}
    assert len(places) == 2


# What an older version has written


def old_id(source: str, scope: str) -> str:
    return sha256(f"{scope}\n{source}".encode()).hexdigest()[:12]


def older(data: Path) -> None:
    """A data folder as version 0004 left it: articles, what was answered with them, a feed."""
    data.mkdir(mode=0o700)
    config = database._migrations()
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with create_engine("sqlite://", creator=lambda: connection).connect() as wrapped:
            config.attributes["connection"] = wrapped
            command.upgrade(config, "0004")
            wrapped.commit()
        place = f"{FEED}#{sha256(b'the guid').hexdigest()[:12]}"
        for number, (scope, source) in enumerate([("", "https://zilt.example/"), (SCOPE, place), ("", "https://other.example/")], 1):
            connection.execute(
                "INSERT INTO articles (number, id, scope, source, url, title, language, text, digest, text_digest, signature) "
                "VALUES (?, ?, ?, ?, ?, 'Zilt', 'en', ?, '', ?, x'')",
                (number, old_id(source, scope), scope, source, source, f"Hear, hear: {WORDS}", str(number)),
            )
        marks = [
            [old_id("https://zilt.example/", ""), 12, 12 + len(WORDS), sha256(WORDS.encode()).hexdigest()[:16]],
            [old_id(place, SCOPE), 12, 12 + len(WORDS), sha256(WORDS.encode()).hexdigest()[:16]],
            [old_id("https://other.example/", ""), 12, 12 + len(WORDS), sha256(b"It said something else.").hexdigest()[:16]],
            ["0123456789ab", 0, 4, "0123456789abcdef"],  # its article has gone
        ]
        connection.execute(
            "INSERT INTO exchanges (id, at, platform, workspace, user, channel, asked, thread, reply, as_of, language, products, quotes) "
            "VALUES (7, 1e10, 'discord', '1', '10', 'c', 'a', 't', 'r', 739000, 'en', '[]', ?)",
            (json.dumps(marks),),
        )
        connection.execute("INSERT INTO votes VALUES (7, '11', 1)")
        connection.execute(
            "INSERT INTO feeds (id, scope, url, every, added, due, failures) VALUES (3, ?, ?, 3600, 0, 9e9, 0)", (SCOPE, FEED)
        )
        connection.execute("INSERT INTO feed_items (feed, key, digest, source, failures) VALUES (3, 'the guid', 'd', ?, 0)", (place,))
        connection.executemany(
            "INSERT INTO feed_items (feed, key, digest, source, failures) VALUES (3, ?, 'd', 'https://x.example/', 0)",
            [(f"{number} " * 5000,) for number in range(3)],
        )
        connection.commit()


@pytest.fixture
def moved(data: Path) -> Path:
    older(data)
    return data


async def test_what_an_older_version_has_shown_still_works(moved: Path) -> None:
    async with open_index(Settings(data=moved)) as index:
        service = Service(index, Settings(data=moved))
        exchange, quotes = await service.conversations.quotes(ASKER, 7)
        assert [(quote.text, quote.article.url) for quote in quotes][:1] == [(WORDS, "https://zilt.example/")]
        assert len(quotes) == 2  # the article that says something else now, and the one that has gone, are not quoted
        assert len(exchange.quotes) == 4
        assert await service.conversations.vote(ASKER, 7, good=True) == Votes(2, 0)
        listed = await index.list(scopes=["", SCOPE])
        assert {len(one.article.id) for one in listed} == {32}
        assert all(one.article.id == article_id(one.source, SCOPE if one.source.startswith(FEED) else "") for one in listed)


async def test_an_article_can_be_taken_out_by_its_older_id(moved: Path) -> None:
    """A button that was shown before, or a script, still names it so."""
    async with open_index(Settings(data=moved)) as index:
        removed = await index.remove([old_id("https://zilt.example/", ""), "0123456789ab"])
    assert removed == {old_id("https://zilt.example/", ""): "Zilt"}


async def test_an_id_that_begins_two_articles_takes_out_neither(opened: Opener, data: Path, tmp_path: Path) -> None:
    async with opened() as index:
        await index.add([str(write(tmp_path / f"{name}.md", f"{name} ships in May.")) for name in ("Aurora", "Borealis")])
        with closing(sqlite3.connect(data / "shipdate.sqlite")) as connection, connection:
            connection.execute("UPDATE articles SET id = 'aaaaaaaaaaaa' || number || substr(id, 14)")
        assert await index.remove(["aaaaaaaaaaaa", "a", "", "%", "aaaaaaaaaaa_1"]) == {}
        assert len(await index.remove(["aaaaaaaaaaaa1"])) == 1


async def test_what_is_known_of_a_feeds_items_moves_along(moved: Path) -> None:
    async with open_index(Settings(data=moved)) as index:
        noted = await index.feeds._store.noted(3)
        assert {len(key) for key in noted} == {64}
        key = sha256(b"the guid").hexdigest()
        assert noted[key].digest == "d"
        assert f"{FEED}#{key[:32]}" in {one.source for one in await index.list(scopes=[SCOPE])}
        await index.forget(SCOPE)
        assert not any((await index.remains(SCOPE)).values())
    with closing(sqlite3.connect(moved / "shipdate.sqlite")) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'slack_oauth_states'").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
