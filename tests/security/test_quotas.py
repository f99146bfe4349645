"""Nobody can fill the disk: whatever people, feeds and strangers make Shipdate write down has a limit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.service.permissions import Caller, PermissionDeniedError
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.api import Index
from index.ingestion.sources import feeds
from index.ingestion.web.response import Fetched
from index.model.audit import Audited, Logged
from index.model.chat import Exchange
from index.model.errors import QuotaError
from index.storage.store import exchanges, jobs, ledger
from index.storage.store import feeds as feed_store
from tests.support.feeds import item, rss, teaser
from tests.support.site import serving

pytestmark = pytest.mark.model

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
OPERATOR = Caller("terminal", user="root")
MEMBER = Caller("slack", "T1", "U2")
ADMIN = Caller("slack", "T1", "U1", admin=True)


def count(data: Path, table: str, where: str = "1") -> int:
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0])


# Feeds


async def test_a_feed_whose_items_are_new_at_each_look_leaves_a_limited_number_behind(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 items with guids of 25 KB at each look made three gigabytes a day, outside of every quota."""
    monkeypatch.setattr(feed_store, "GONE_LIMIT", 30)
    async with serving() as site, open_index(Settings(data=data, allow_private_network=True)) as index:
        site.put("/feed", rss(item("first", guid="first", summary="too little")), "application/rss+xml")
        feed = await index.feeds.add(f"{site.address}/feed")
        for look in range(4):
            items = [item("x", guid=f"{look} {number} {'g' * 25_000}", summary="too little") for number in range(20)]
            site.put("/feed", rss(*items), "application/rss+xml")
            await index.feeds.refresh([str(feed.id)])
        noted = await index.feeds._store.noted(feed.id)
    assert len(noted) == 20 + 30
    assert count(data, "feed_items", "length(key) > 64 OR length(digest) > 64") == 0


async def test_an_item_that_is_in_the_feed_is_never_forgotten_and_never_read_twice(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_store, "GONE_LIMIT", 0)
    async with serving() as site, open_index(Settings(data=data, allow_private_network=True)) as index:
        site.put("/feed", rss(*(item(f"{n}", guid=str(n), summary=teaser(f"Zilt {n}", n)) for n in range(3))), "application/rss+xml")
        feed = await index.feeds.add(f"{site.address}/feed")
        (look,) = await index.feeds.refresh([str(feed.id)])
        assert len(look.outcomes) == 3
        site.put("/feed", rss(*(item(f"{n}", guid=str(n), summary=teaser(f"Zilt {n}", n)) for n in range(1, 4))), "application/rss+xml")
        (look,) = await index.feeds.refresh([str(feed.id)])
        assert len(look.outcomes) == 1
        assert len(await index.feeds._store.noted(feed.id)) == 3


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=3000), st.integers(1, 30))
def test_whatever_a_feed_says_keys_and_sources_stay_short(said: str, times: int) -> None:
    long = said * times
    content = rss(item(long, guid=long, link=f"https://news.example/{'a' * len(long)}", summary=long)).encode()
    for one in feeds.parse(Fetched("https://news.example/feed", "application/xml", None, content), NOW).items:
        assert len(one.id) == 64
        assert len(one.source) < 2500


async def test_copies_of_one_text_count_like_articles(data: Path, tmp_path: Path) -> None:
    """A feed that says the same at ever new addresses had no limit: copies of an article were none."""
    async with open_index(Settings(data=data, max_articles=5)) as index:
        same = {f"{number}.md": b"Zilt ships on 4 May 2026, says its maker, and testers liked it." for number in range(5)}
        await index.add([], uploads=same, scope="slack:T1")
        assert count(data, "copies") == 4
        with pytest.raises(QuotaError):
            await index.add([], uploads={"new.md": b"Zilt ships on 4 May 2026, says its maker, and testers liked it."}, scope="slack:T1")
        assert [one.change for one in await index.add([], uploads=same, scope="slack:T1")] == ["unchanged"] * 5


# What people do


def audited(outcome: str, *, workspace: str | None = "T1", at: datetime = NOW) -> Audited:
    return Audited(at, "slack", workspace, "U1", "slack:T1", "add articles", None, outcome)


async def test_refused_acts_do_not_fill_the_audit_nor_push_out_what_was_done(
    index: Index, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "REFUSED_LIMIT", 10)
    monkeypatch.setattr(ledger, "_BETWEEN", 5)
    service = Service(index, Settings(data=data))
    await service.change_settings(ADMIN, {"private_replies": True})
    for _ in range(40):
        with pytest.raises(PermissionDeniedError):
            await service.add(MEMBER, ["https://zilt.example/"])
    assert 10 <= count(data, "audit", "outcome LIKE 'refused%'") <= 15
    assert (await service.audit(OPERATOR))[0].outcome.startswith("done")


async def test_one_workspace_cannot_push_out_the_audit_of_another(index: Index, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "AUDIT_LIMIT", 3)
    for workspace in ("T1", *["T2"] * 10, None):
        await index.ledger.begin(audited("done", workspace=workspace))
    await index.ledger.limit_audit()
    assert [line.workspace for line in await index.ledger.audited()] == ["T1", "T2", "T2", "T2", None]


async def test_what_is_old_is_deleted_by_the_same_chore(index: Index, data: Path) -> None:
    service = Service(index, Settings(data=data, audit_days=10), now=lambda: NOW)
    for age in (5, 15):
        await index.ledger.begin(audited("done", at=NOW - timedelta(days=age)))
    await service.expire()
    assert [line.at for line in await index.ledger.audited()] == [NOW - timedelta(days=5)]


async def test_questions_and_answers_of_a_workspace_have_a_limit(index: Index, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "QUESTIONS_LIMIT", 3)
    monkeypatch.setattr(exchanges, "EXCHANGES_LIMIT", 4)
    service = Service(index, Settings(data=data), now=lambda: NOW)
    for number in range(8):
        await index.ledger.log(Logged(NOW, "slack", "T1", "U1", f"question {number}", True, 1.0))
        await index.exchanges.add(Exchange(NOW, "slack", "T1", "U1", "C1", str(number), "t", NOW.date(), "en"))
    await index.ledger.log(Logged(NOW, "slack", "T2", "U1", "another", True, 1.0))
    assert await service.expire() == 5
    assert (count(data, "questions"), count(data, "questions", "question = 'question 7'"), count(data, "exchanges")) == (4, 1, 4)
    assert await index.exchanges.of_question("slack", "C1", "7")
    assert not await index.exchanges.of_question("slack", "C1", "3")


async def test_rebuilds_that_are_begun_and_ended_again_and_again_have_a_limit(
    index: Index, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOBS_LIMIT", 3)
    for _ in range(8):
        job = await index.jobs._jobs.open("slack:T1")
        await index.jobs._jobs.cancel(job.id)
    assert count(data, "jobs") == 3


async def test_a_server_cannot_make_the_problem_of_its_feed_long(index: Index) -> None:
    await index.feeds._store.add({"https://news.example/feed": None}, "", every=timedelta(hours=1), now=0.0)
    (feed,) = await index.feeds.list()
    failed = await index.feeds._store.failed(feed, "x" * 100_000, now=0.0, due=1.0)
    assert failed is not None
    assert len(failed.problem or "") == 500
