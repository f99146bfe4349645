"""Feeds are followed: what is new in them is added once, what is broken in one hurts no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Settings
from index import ArticleError, BusyError, Change, Feed, FeedError, Look, Outcome, open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.ingestion.follow_feeds import EVERY, Following, wait
from index.ingestion.sources import feeds
from index.ingestion.web import fetch
from tests.support.articles import RememberingEncoder, check_quotes, check_stored, stored_texts
from tests.support.feeds import BILLION_LAUGHS, item, rss, story, teaser
from tests.support.site import Site, page, serving

pytestmark = pytest.mark.model

FEED, XML = "/feed.xml", "application/rss+xml"
DATE = "Tue, 04 Mar 2025 10:00:00 +0100"


@pytest.fixture(scope="module")
def remembering(encoder: TextEncoder) -> RememberingEncoder:
    """The same few stories come again and again."""
    return RememberingEncoder(encoder)


@pytest_asyncio.fixture
async def index(data: Path, remembering: RememberingEncoder, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Index]:
    monkeypatch.setattr(encoders, "load", lambda *_: remembering)
    async with open_index(Settings(data=data, allow_private_network=True)) as made:
        yield made


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as made:
        yield made


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, index: Index) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)
        index.feeds.clock = self

    def __call__(self) -> float:
        return self.now.timestamp()


async def follow(index: Index, site: Site, *items: str) -> Look:
    """Follow a feed with these items at :data:`FEED`, and look at it."""
    await index.feeds.add(site.put(FEED, rss(*items), XML))
    return await look(index)


async def look(index: Index) -> Look:
    (made,) = await index.feeds.refresh()
    return made


async def only(index: Index) -> Feed:
    (feed,) = await index.feeds.list()
    return feed


def changes(made: Look) -> list[Change]:
    return [outcome.change for outcome in made.outcomes]


def texts(data: Path) -> str:
    return "\n".join(stored_texts(data).values())


async def leads_to_itself(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/round"})


async def streams(request: web.Request) -> web.StreamResponse:
    """Three gigabytes."""
    response = web.StreamResponse(headers={"Content-Type": XML})
    await response.prepare(request)
    for _ in range(3 * 1024):
        await response.write(b" " * 1024**2)
    return response


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(90):
        while not await happened():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


# Following


async def test_a_feed_is_followed_once_under_its_own_title(index: Index, site: Site) -> None:
    address = site.put(FEED, rss(title="Launch <b>News</b>"), XML)
    feed = await index.feeds.add(address)
    assert (feed.url, feed.title, feed.every) == (address, "Launch News", EVERY)
    assert feed.due <= datetime.now(UTC)
    assert feed.checked is feed.new is feed.failing is feed.problem is None
    assert await index.feeds.add(f"{address}#top") == feed == await only(index)
    often = await index.feeds.add(address, every=timedelta(minutes=5))
    assert (often.id, often.every) == (feed.id, timedelta(minutes=5))
    assert (await index.feeds.add(address)).every == timedelta(minutes=5)


async def test_a_page_leads_to_the_feed_that_it_names(index: Index, site: Site) -> None:
    site.put(FEED, rss(), XML)
    head = f'<link rel="alternate" type="application/rss+xml" href="{FEED}">'
    feed = await index.feeds.add(site.put("/blog", page("A blog", teaser("Aurora"), head=head)))
    assert feed.url == site.address + FEED


@pytest.mark.parametrize(
    ("path", "said"),
    [("/claude-europe", "not a feed"), ("/nothing", "404"), ("/round", "redirects"), ("/streams", "larger than 5 MB")],
)
async def test_what_is_no_feed_is_told_and_not_followed(index: Index, site: Site, path: str, said: str) -> None:
    site.handle("/round", leads_to_itself)
    site.handle("/streams", streams)
    with pytest.raises((FeedError, ArticleError)) as told:
        await index.feeds.add(site.address + path)
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    assert await index.feeds.list() == []


@pytest.mark.parametrize("every", [timedelta(minutes=4), timedelta(0), timedelta(days=31)])
async def test_a_feed_is_not_looked_at_too_often_nor_too_seldom(index: Index, site: Site, every: timedelta) -> None:
    with pytest.raises(FeedError, match="5 minutes"):
        await index.feeds.add(site.put(FEED, rss(), XML), every=every)


async def test_feeds_on_private_networks_are_not_asked(data: Path, site: Site) -> None:
    async with open_index(Settings(data=data)) as index:
        with pytest.raises(ArticleError):
            await index.feeds.add(site.put(FEED, rss(), XML))
    assert site.asked == []


async def test_a_feed_is_removed_by_id_or_address_and_its_articles_stay(index: Index, site: Site) -> None:
    await follow(index, site, item("Aurora", guid="1", summary=teaser("Aurora")))
    feed = await only(index)
    assert (await index.feeds.remove(str(feed.id))).url == feed.url
    assert await index.feeds.list() == []
    assert len(await index.list()) == 1
    again = await index.feeds.add(feed.url)
    assert changes(await look(index)) == [Change.UNCHANGED]
    assert (await index.feeds.remove(f"{feed.url}#x")).id == again.id != feed.id
    with pytest.raises(FeedError, match="feeds list"):
        await index.feeds.remove(feed.url)
    with pytest.raises(FeedError, match="feeds list"):
        await index.feeds.refresh(["999"])


async def test_each_scope_has_its_own_feeds_and_articles(index: Index, site: Site) -> None:
    address = site.put(FEED, rss(item("Aurora", guid="1", summary=teaser("Aurora"))), XML)
    await index.feeds.add(address, scope="slack:T1")
    await index.feeds.add(address, scope="discord:1")
    assert await index.feeds.list() == []
    assert len(await index.feeds.list(scopes=["slack:T1", "discord:1"])) == 2
    assert await index.feeds.refresh() == []
    (made,) = await index.feeds.refresh(scope="slack:T1")
    assert changes(made) == [Change.ADDED]
    assert len(await index.list(scopes=["slack:T1"])) == 1
    assert await index.list(scopes=["discord:1"]) == []
    with pytest.raises(FeedError):
        await index.feeds.remove(str(made.feed.id), scope="discord:1")


# What they bring


async def test_whole_articles_are_added_as_they_stand_in_the_feed(index: Index, data: Path, site: Site) -> None:
    made = await follow(index, site, item("Aurora gets a date", "/aurora", date=DATE, content=story("Aurora", 3)))
    assert changes(made) == [Change.ADDED]
    (listed,) = await index.list()
    article = listed.article
    assert listed.source == article.url == f"{site.address}/aurora"
    assert (article.title, article.publisher, article.language) == ("Aurora gets a date", "Example News", "en")
    assert article.published == datetime(2025, 3, 4, 9, tzinfo=UTC)
    assert site.log("/aurora") == []
    answer = await index.ask("When will Aurora ship?")
    assert "4 May" in answer.quotes[0].text
    check_quotes(answer, stored_texts(data))
    assert check_stored(data) == 1


async def test_the_page_is_read_where_the_feed_has_only_a_summary(index: Index, data: Path, site: Site) -> None:
    site.put("/aurora", page("Another title", story("Aurora", 3), published="2025-03-01", publisher="The Site"))
    site.put("/undated", page("Undated", story("Borealis"), published="2025-03-02"))
    items = (item("Aurora gets a date", "/aurora", date=DATE, summary=teaser("Aurora")), item("Undated", "/undated"))
    assert changes(await follow(index, site, *items)) == [Change.ADDED] * 2
    first, second = (listed.article for listed in await index.list())
    assert (first.title, first.publisher) == ("Aurora gets a date", "The Site")
    assert first.published == datetime(2025, 3, 4, 9, tzinfo=UTC)
    assert second.published is not None
    assert second.published.date().isoformat() == "2025-03-02"
    assert "customer 305" in texts(data)


async def test_a_feed_that_has_not_changed_costs_one_conditional_request(index: Index, site: Site) -> None:
    site.put("/aurora", page("Aurora", story("Aurora")))
    first = await follow(index, site, item("Aurora", "/aurora"))
    before = len(site.asked)
    second = await look(index)
    assert second.outcomes == ()
    (asked,) = site.asked[before:]
    assert (asked.path, asked.status, asked.conditional) == (FEED, 304, True)
    assert (second.feed.new, second.feed.problem) == (first.feed.new, None)


async def test_items_that_have_not_changed_cost_nothing_although_the_feed_has(index: Index, site: Site) -> None:
    site.put("/aurora", page("Aurora", story("Aurora")))
    await follow(index, site, item("Aurora", "/aurora"))
    site.put(FEED, rss(item("Borealis", guid="2", summary=teaser("Borealis")), item("Aurora", "/aurora")), XML)
    assert changes(await look(index)) == [Change.ADDED]
    assert len(site.log("/aurora")) == 1
    assert len(await index.list()) == 2


async def test_an_item_that_changes_is_updated_and_one_that_vanishes_stays(index: Index, data: Path, site: Site) -> None:
    site.put("/borealis", page("Borealis", story("Borealis")))
    await follow(index, site, item("Aurora", guid="1", summary=teaser("Aurora", 3)), item("Borealis", "/borealis", summary="Soon."))
    site.put("/borealis", page("Borealis", story("Borealis", 9)))
    site.put(FEED, rss(item("Borealis", "/borealis", summary="Later.")), XML)
    assert changes(await look(index)) == [Change.UPDATED]
    assert len(await index.list()) == 2
    assert "Aurora will ship on 4 May" in texts(data)
    assert "Borealis will ship on 10 May" in texts(data)
    assert "Borealis will ship on 2 May" not in texts(data)


async def test_an_article_that_was_taken_out_comes_back_only_when_its_item_changes(index: Index, site: Site) -> None:
    aurora, borealis = item("Aurora", "/aurora", content=story("Aurora")), item("Borealis", "/borealis", content=story("Borealis"))
    await follow(index, site, aurora)
    await index.remove([f"{site.address}/aurora"])
    site.put(FEED, rss(borealis, aurora), XML)
    assert changes(await look(index)) == [Change.ADDED]
    assert [listed.article.title for listed in await index.list()] == ["Borealis"]
    site.put(FEED, rss(borealis, item("Aurora", "/aurora", content=story("Aurora", 5))), XML)
    assert changes(await look(index)) == [Change.ADDED]


async def test_two_items_of_one_page_are_one_article(index: Index, site: Site) -> None:
    site.put("/aurora", page("Aurora", story("Aurora")))
    made = await follow(index, site, item("Aurora", "/aurora", "1"), item("Aurora again", "/aurora#more", "2"))
    assert changes(made) == [Change.ADDED]
    assert len(await index.list()) == 1


# Pages that cannot be had


async def test_the_summary_stands_in_for_a_page_that_cannot_be_fetched_until_it_can(index: Index, data: Path, site: Site) -> None:
    items = item("Aurora", "/aurora", summary=teaser("Aurora", 3)), item("Borealis", "/borealis", summary="Soon.")
    made = await follow(index, site, *items)
    assert changes(made) == [Change.ADDED, Change.FAILED]
    assert "404" in (made.outcomes[1].detail or "")
    assert made.feed.problem is None
    assert texts(data) == teaser("Aurora", 3)
    site.put("/aurora", page("Aurora", story("Aurora", 3)))
    site.put("/borealis", page("Borealis", story("Borealis")))
    assert changes(await look(index)) == [Change.UPDATED, Change.ADDED]
    assert "customer 305" in texts(data)
    assert (await look(index)).outcomes == ()
    assert site.log(FEED)[-1] == 304


async def test_the_summary_does_not_replace_an_article(index: Index, data: Path, site: Site) -> None:
    site.put("/aurora", page("Aurora", story("Aurora", 3)))
    await follow(index, site, item("Aurora", "/aurora", summary=teaser("Aurora", 3)))
    whole = texts(data)
    site.remove("/aurora")
    site.put(FEED, rss(item("Aurora", "/aurora", summary=teaser("Aurora", 9))), XML)
    assert changes(await look(index)) == [Change.FAILED]
    assert texts(data) == whole
    site.put("/aurora", page("Aurora", story("Aurora", 9)))
    assert changes(await look(index)) == [Change.UPDATED]
    assert "10 May" in texts(data)


async def test_another_site_s_article_is_read_there_and_never_replaced(index: Index, data: Path, site: Site) -> None:
    there = site.put("/aurora", page("Aurora", story("Aurora", 3))).replace("127.0.0.1", "localhost")
    made = await follow(index, site, item("Aurora cancelled", there, date=DATE, content=story("Borealis")))
    assert changes(made) == [Change.ADDED]
    ((listed,), whole) = await index.list(), texts(data)
    assert (listed.article.title, "customer 305" in whole) == ("Aurora", True)
    site.remove("/aurora")
    await index.feeds.add(site.put("/second.xml", rss(item("Aurora", there, "2", content=story("Borealis"))), XML))
    (second,) = await index.feeds.refresh([f"{site.address}/second.xml"])
    assert changes(second) == [Change.FAILED]
    assert texts(data) == whole


async def test_the_summary_stays_where_the_page_has_no_article(index: Index, data: Path, site: Site) -> None:
    site.put("/app", "<html><head><script src='/app.js'></script></head><body><div id='app'></div></body></html>")
    assert changes(await follow(index, site, item("Aurora", "/app", summary=teaser("Aurora")))) == [Change.ADDED]
    assert (await look(index)).outcomes == ()
    assert site.log("/app") == [200]
    site.put(FEED, rss(item("Aurora", "/app", summary=teaser("Aurora", 9))), XML)
    assert changes(await look(index)) == [Change.UPDATED]
    assert texts(data) == teaser("Aurora", 9)


async def test_a_site_in_trouble_is_not_asked_for_all_its_pages(index: Index, site: Site) -> None:
    names = [f"Product{number}" for number in range(12)]
    made = await follow(index, site, *(item(name, f"/{name}", summary=teaser(name, at)) for at, name in enumerate(names)))
    assert changes(made) == [Change.ADDED] * 12
    assert sum(len(site.log(f"/{name}")) for name in names) == 3


async def test_a_summary_goes_on_standing_in_when_its_feed_is_followed_again(index: Index, data: Path, site: Site) -> None:
    await follow(index, site, item("Aurora", "/aurora", summary=teaser("Aurora")))
    await index.feeds.remove((await only(index)).url)
    assert changes(await follow(index, site, item("Aurora", "/aurora", summary=teaser("Aurora")))) == [Change.UNCHANGED]
    site.put("/aurora", page("Aurora", story("Aurora", 3)))
    assert changes(await look(index)) == [Change.UPDATED]
    assert "customer 305" in texts(data)


async def test_a_page_that_never_comes_is_given_up(index: Index, site: Site) -> None:
    await follow(index, site, item("Aurora", "/aurora", summary=teaser("Aurora")))
    for _ in range(14):
        await look(index)
    assert len(site.log("/aurora")) == 12
    assert site.log(FEED)[-1] == 304


async def test_a_summary_that_was_taken_out_does_not_come_back_with_its_page(index: Index, site: Site) -> None:
    await follow(index, site, item("Aurora", "/aurora", summary=teaser("Aurora")))
    await index.remove([f"{site.address}/aurora"])
    site.put("/aurora", page("Aurora", story("Aurora")))
    assert (await look(index)).outcomes == ()
    assert await index.list() == []


# How they fare


async def test_what_is_known_of_a_feed_is_shown(index: Index, site: Site) -> None:
    clock = Clock(index)
    start = clock.now
    made = await follow(index, site, item("Aurora", guid="1", summary=teaser("Aurora")))
    assert (made.feed.checked, made.feed.new, made.feed.failing) == (start, start, None)
    assert start + EVERY <= made.feed.due <= start + 1.1 * EVERY
    clock.now += timedelta(hours=2)
    made = await look(index)
    assert (made.feed.checked, made.feed.new) == (clock.now, start)
    assert await only(index) == made.feed


async def test_a_feed_that_fails_is_asked_less_and_less_often_and_says_since_when(index: Index, site: Site) -> None:
    clock = Clock(index)
    await follow(index, site)
    site.put(FEED, "hello", XML)
    start = clock.now
    for failures, hours in enumerate((1, 2, 4, 8, 16, 24, 24), 1):
        made = await look(index)
        assert (made.feed.failures, made.feed.failing, made.feed.checked) == (failures, start, start)
        assert "not a feed" in (made.feed.problem or "")
        assert timedelta(hours=hours) <= made.feed.due - clock.now <= timedelta(hours=1.1 * hours)
        clock.now = made.feed.due
    site.put(FEED, rss(), XML)
    made = await look(index)
    assert (made.feed.failures, made.feed.failing, made.feed.problem, made.feed.checked) == (0, None, None, clock.now)


async def test_a_server_that_asks_to_be_left_alone_is(index: Index, site: Site) -> None:
    clock = Clock(index)

    async def busy(_: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "40000"})

    await follow(index, site)
    site.handle(FEED, busy)
    made = await look(index)
    assert made.feed.problem is not None
    assert timedelta(seconds=39_990) <= made.feed.due - clock.now <= timedelta(seconds=44_000)


async def test_a_feed_may_ask_for_fewer_looks(index: Index, site: Site) -> None:
    clock = Clock(index)
    await index.feeds.add(site.put(FEED, rss(head="<ttl>600</ttl>"), XML))
    assert (await look(index)).feed.due - clock.now >= timedelta(hours=10)


spans = st.timedeltas(timedelta(minutes=5), timedelta(days=30))


@given(spans, st.integers(0, 10**6), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_the_next_look_is_never_too_early_and_never_lost(every: timedelta, failures: int, least: timedelta) -> None:
    seconds = wait(every, failures=failures, least=least)
    assert seconds >= max(every, least).total_seconds()
    assert seconds <= 1.1 * max(every, least, timedelta(days=1) if failures else timedelta(0)).total_seconds() + 0.001
    assert wait(every, failures=failures) <= 1.1 * wait(every, failures=failures + 1)


async def test_a_feed_that_does_not_answer_is_told(index: Index, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await follow(index, site)
    monkeypatch.setattr(fetch, "TIME_LIMIT", 0.3)

    async def hangs(_: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    site.handle(FEED, hangs)
    assert "in time" in ((await look(index)).feed.problem or "")


async def test_another_writer_stops_a_look_and_nothing_is_lost(index: Index, data: Path, site: Site) -> None:
    await index.feeds.add(site.put(FEED, rss(item("Aurora", guid="1", summary=teaser("Aurora"))), XML))
    before = await only(index)
    with FileLock(data / "writer.lock"), pytest.raises(BusyError):
        await index.feeds.refresh()
    assert await only(index) == before
    assert changes(await look(index)) == [Change.ADDED]


async def test_a_feed_may_be_removed_while_it_is_looked_at(index: Index, site: Site) -> None:
    await follow(index, site)
    (feed,) = await index.feeds.list()

    async def removes(_: web.Request) -> web.Response:
        await index.feeds.remove(feed.url)
        return web.Response(text=rss(item("Aurora", guid="1", summary=teaser("Aurora"))), content_type=XML)

    site.handle(FEED, removes)
    assert await index.feeds.refresh() == []
    assert await index.feeds.list() == []


async def test_several_feeds_are_looked_at_at_once_but_never_two_of_one_server(index: Index, site: Site) -> None:
    async with serving() as other:
        asking = {site.address: 0, other.address: 0}
        most, both = 0, asyncio.Event()

        def handler(at: str) -> Callable[[web.Request], Awaitable[web.Response]]:
            async def answer(_: web.Request) -> web.Response:
                nonlocal most
                asking[at] += 1
                most = max(most, asking[at])
                if all(asking.values()):
                    both.set()
                async with asyncio.timeout(60):
                    await both.wait()
                await asyncio.sleep(0.02)
                asking[at] -= 1
                return web.Response(text=rss(), content_type=XML)

            return answer

        for place in range(4):
            for at in (site, other):
                await index.feeds.add(at.put(f"/{place}.xml", rss(), XML))
                at.handle(f"/{place}.xml", handler(at.address))
        looks = await index.feeds.refresh()
    assert len(looks) == 8
    assert all(made.feed.problem is None for made in looks)
    assert most == 1


# In the background


async def test_bad_feeds_hurt_no_good_one(index: Index, data: Path, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Every kind of trouble is polled together with three good feeds; two feeds hang all the while."""

    trouble = {
        "/streams": "larger than",
        "/round": "redirects",
        "/breaks": "broke off",
        "/broken": "broken",
        "/laughs": "entities",
        "/no-such-place": "404",
        "/picture": "not a feed",
    }
    hanging = {"/hangs", "/drips"}
    weird = [
        item(
            "<b>Aurora</b> &amp; <script>alert(1)</script>friends", guid="1", date="Thu, 01 Jan 1970 00:00:00 GMT", summary=teaser("Aurora")
        ),
        item("Borealis", guid="2", date="2099-01-01T00:00:00Z", summary=teaser("Borealis")),
        item(summary=teaser("Cirrus")),
    ]
    async with serving() as bad, serving() as hangs, serving() as drips:
        bad.handle("/streams", streams)
        bad.handle("/round", leads_to_itself)
        bad.put("/broken", "<rss version='2.0'><channel><item", XML)
        bad.put("/laughs", BILLION_LAUGHS, XML)
        bad.put("/picture", b"\x89PNG\r\n\x1a\n\0\0\0", "image/png")
        listed = [bad.address + path for path in trouble]
        listed += [hangs.address + "/hangs", drips.address + "/drips"]
        listed.append(bad.put("/weird", rss(*weird), XML))
        listed += [
            site.put(f"/{name}.xml", rss(item(name, guid=name, summary=teaser(name, 7))), XML) for name in ("Drift", "Ember", "Fathom")
        ]
        outlines = "".join(f'<outline type="rss" xmlUrl="{address}"/>' for address in listed)
        assert len(await index.feeds.import_opml(f"<opml version='2.0'><body>{outlines}</body></opml>")) == len(listed)

        async def looked_at() -> bool:
            return sum(bool(feed.checked or feed.failing) for feed in await index.feeds.list()) == len(listed) - len(hanging)

        with caplog.at_level(logging.WARNING, "index.ingestion.follow_feeds"):
            polling = asyncio.create_task(index.feeds.poll())
            await until(looked_at)
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling
    states = {feed.url: feed for feed in await index.feeds.list()}
    for (path, said), address in zip(trouble.items(), listed, strict=False):
        assert said in (states[address].problem or ""), path
        assert states[address].checked is None
        assert states[address].problem in caplog.text
    for address in listed[-4:]:
        assert states[address].problem is None
        assert states[address].new is not None
    articles = [one.article for one in await index.list()]
    assert len(articles) == 6 == check_stored(data)
    assert {"Aurora & alert(1) friends", "Borealis", "Drift", "Ember", "Fathom"} < {article.title for article in articles}
    assert all(article.published is None for article in articles)


async def test_only_what_is_due_is_looked_at(index: Index, site: Site) -> None:
    clock = Clock(index)
    await follow(index, site)
    await index.feeds.add(site.put("/second.xml", rss(item("Aurora", guid="1", summary=teaser("Aurora"))), XML))
    before = len(site.log(FEED))
    polling = asyncio.create_task(index.feeds.poll())

    async def found() -> bool:
        return len(await index.list()) == 1

    await until(found)
    assert len(site.log(FEED)) == before
    clock.now += timedelta(hours=2)

    async def asked_again() -> bool:
        return len(site.log(FEED)) > before

    await until(asked_again)
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling


async def test_a_mistake_of_our_own_stops_one_feed_alone(
    index: Index, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("first", "second"):
        await index.feeds.add(site.put(f"/{name}.xml", rss(), XML))
    take = Following._take

    async def mistaken(self: Following, feed: Feed, contents: feeds.Contents) -> tuple[Sequence[Outcome], bool]:
        if "first" in feed.url:
            raise RuntimeError("a mistake")
        return await take(self, feed, contents)

    monkeypatch.setattr(Following, "_take", mistaken)
    polling = asyncio.create_task(index.feeds.poll())

    async def checked() -> bool:
        return any(feed.checked for feed in await index.feeds.list())

    await until(checked)
    assert not polling.done()
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    assert "a mistake" in caplog.text


# Lists of feeds


async def test_a_list_of_feeds_comes_in_once_and_goes_out(index: Index) -> None:
    listed = (
        "<opml version='1.0'><body><outline text='News'><outline text='A &amp; B' xmlUrl='https://a.example/rss?x=1&amp;y=2'/></outline>"
        "<outline text='https://b.example/rss' xmlUrl='https://b.example/rss'/><outline text='C' xmlUrl='ftp://c.example/rss'/>"
        "<outline text='D' xmlUrl='http://[d'/></body></opml>"
    )
    outcomes = await index.feeds.import_opml(listed)
    assert [outcome.change for outcome in outcomes] == [Change.ADDED, Change.ADDED, Change.FAILED, Change.FAILED]
    assert "ftp://c.example/rss" in (outcomes[2].detail or "")
    assert [(feed.url, feed.title) for feed in await index.feeds.list()] == [
        ("https://a.example/rss?x=1&y=2", "A & B"),
        ("https://b.example/rss", None),
    ]
    out = await index.feeds.export_opml()
    assert [outcome.change for outcome in await index.feeds.import_opml(out)] == [Change.UNCHANGED, Change.UNCHANGED]
    assert [outcome.change for outcome in await index.feeds.import_opml(out, scope="slack:T1")] == [Change.ADDED, Change.ADDED]
    assert await index.feeds.export_opml(scopes=["slack:T1"]) == out
    with pytest.raises(FeedError, match="OPML"):
        await index.feeds.import_opml("hello")
