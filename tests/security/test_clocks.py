"""A clock that jumps, ahead or back, by a slip or by somebody's hand, silences nothing for good and deletes nothing that is not old."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.service.clock import JUMP, PROBATION, Timekeeper
from bot.service.conversations import EDITABLE, KEPT, Place
from bot.service.permissions import Caller
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.api import Index
from index.ingestion.follow_feeds import EVERY
from index.ingestion.readers import published
from index.ingestion.sources import feeds
from index.ingestion.web import fetch
from index.ingestion.web.response import Fetched
from index.model.audit import Logged
from index.model.feeds import Feed
from index.storage.maintenance.integrity import Health, check_data
from tests.support.feeds import item, rss, story
from tests.support.site import Site, serving

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
JUMPED = timedelta(days=30 * 365)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASKER = Caller("discord", "1", "10")


class Clocks:
    """What the time is, which can be set to anything; and a clock that only goes on."""

    def __init__(self) -> None:
        self.now, self.ticks = NOON, 0

    def __call__(self) -> datetime:
        return self.now

    def nanoseconds(self) -> int:
        return self.ticks

    def seconds(self) -> float:
        return self.now.timestamp()

    def go_on(self, time: timedelta) -> None:
        self.now += time
        self.ticks += time // timedelta(microseconds=1) * 1000

    def jump(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest_asyncio.fixture
async def index(data: Path) -> AsyncIterator[Index]:
    async with open_index(Settings(data=data, allow_private_network=True)) as made:
        yield made


@pytest.fixture
def service(index: Index, data: Path, clocks: Clocks) -> Service:
    return started(index, data, clocks)


def started(index: Index, data: Path, clocks: Clocks) -> Service:
    """As a new process has it."""
    return Service(index, Settings(data=data), now=clocks, clock=clocks.nanoseconds)


# Feeds


@pytest_asyncio.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(fetch, "_REST", 0.0)
    async with serving() as made:
        made.put("/feed.xml", rss(item("Aurora", content=story("Aurora"))), "application/rss+xml")
        yield made


async def looked_at(index: Index, site: Site) -> bool:
    """Whether a feed is asked once somebody polls: what is due is waited for until it is written down, however slow the machine is."""
    before, planned, store = len(site.asked), await index.feeds.list(), index.feeds._store
    really, known = store.due, asyncio.get_running_loop().create_future()

    async def due(now: float) -> Sequence[Feed]:
        feeds = await really(now)
        if not known.done():
            known.set_result(bool(feeds))
        return feeds

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "due", due)
        polling = asyncio.create_task(index.feeds.poll())
        if await known:
            for _ in range(1500):
                await asyncio.sleep(0.02)
                if len(site.asked) > before and await index.feeds.list() != planned:
                    break
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    return len(site.asked) > before


@pytest.mark.parametrize("jump", [JUMPED, timedelta(days=20), timedelta(days=3)], ids=["30 years", "20 days", "3 days"])
async def test_a_feed_that_was_looked_at_while_the_clock_was_ahead_is_looked_at_again_when_it_is_right(
    index: Index, site: Site, clocks: Clocks, jump: timedelta
) -> None:
    """Its next look was put down for 2056."""
    index.feeds.clock = clocks.seconds
    await index.feeds.add(site.address + "/feed.xml")
    clocks.jump(jump)
    await index.feeds.refresh()
    clocks.jump(-jump)
    assert await looked_at(index, site)
    (feed,) = await index.feeds.list()
    assert feed.due <= clocks.now + 1.1 * EVERY
    assert not await looked_at(index, site)


async def test_a_feed_that_failed_while_the_clock_was_ahead_is_said_to_fail_since_now(index: Index, site: Site, clocks: Clocks) -> None:
    index.feeds.clock = clocks.seconds
    await index.feeds.add(site.address + "/feed.xml")
    site.put("/feed.xml", "nothing", "text/plain")
    clocks.jump(JUMPED)
    await index.feeds.refresh()
    clocks.jump(-JUMPED)
    await index.feeds.refresh()
    (feed,) = await index.feeds.list()
    assert feed.failing == clocks.now
    assert feed.failures == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    every=st.timedeltas(timedelta(minutes=5), timedelta(days=30)),
    ahead=st.timedeltas(timedelta(0), 2 * JUMPED),
    wait=st.floats(0, 1.1),
)
async def test_no_clock_silences_a_feed_for_longer_than_its_longest_pause(
    index: Index, every: timedelta, ahead: timedelta, wait: float
) -> None:
    """Whatever was put down while the clock was wrong, it is due then or within the time that it may be put off for anyway."""
    longest = max(every, DAY) * 1.1
    store, now = index.feeds._store, NOON.timestamp()
    await store.add({"https://a.example/": None}, "", every=every, now=now)
    (feed,) = await store.list([""])
    due = now + (ahead + max(every, DAY) * wait).total_seconds()
    await store.succeeded(feed.id, now=now, due=due, title=None, validators=None, brought=False)
    at_once = bool(await store.due(now))
    later = bool(await store.due(now + longest.total_seconds() + 1))
    await store.remove(feed.id)
    assert at_once or later
    assert at_once == (due <= now or due > now + longest.total_seconds())


# What is deleted for its age


def logged(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        return [row[0] for row in database.execute("SELECT question FROM questions ORDER BY id")]


async def log(index: Index, at: datetime, question: str) -> None:
    await index.ledger.log(Logged(at, "discord", "1", "10", question, True, 1.0))


@pytest.fixture
async def lived_in(index: Index, service: Service, clocks: Clocks) -> None:
    """A question and an answer, and a service that has looked at what is old."""
    await log(index, clocks.now, "When?")
    await service.conversations.ask(ASKER, Place("general", "1", "1"), "When will Sora ship?")
    await service.expire()


async def answers(index: Index) -> bool:
    return await index.exchanges.of_question("discord", "general", "1") is not None


async def test_a_clock_that_jumps_ahead_deletes_nothing(index: Index, service: Service, data: Path, clocks: Clocks, lived_in: None) -> None:
    """One slip of 30 years, and the log of questions and all answers were gone."""
    clocks.jump(JUMPED)
    assert await service.expire() == 0
    clocks.go_on(PROBATION / 2)
    assert await service.expire() == 0
    clocks.jump(-JUMPED)
    clocks.go_on(2 * HOUR)
    assert await service.expire() == 0
    assert logged(data) == ["When?"]
    assert await answers(index)


async def test_a_process_that_starts_while_the_clock_is_ahead_deletes_nothing(
    index: Index, data: Path, clocks: Clocks, lived_in: None
) -> None:
    clocks.jump(JUMPED)
    assert await started(index, data, clocks).expire() == 0
    assert logged(data) == ["When?"]
    assert await answers(index)


async def test_what_is_old_is_deleted_all_the_same(index: Index, service: Service, data: Path, clocks: Clocks, lived_in: None) -> None:
    """Also after a machine was off for months: an hour later."""
    clocks.go_on(timedelta(days=31))
    assert await service.expire() == 1
    assert await answers(index)
    clocks.jump(KEPT)
    later = started(index, data, clocks)
    await later.expire()
    assert await answers(index)
    clocks.go_on(PROBATION)
    await later.expire()
    assert not await answers(index)


async def test_what_was_written_while_the_clock_was_ahead_is_not_kept_for_decades(
    index: Index, service: Service, data: Path, clocks: Clocks
) -> None:
    """A question logged in 2056 would have been kept until 2056."""
    await log(index, NOON, "before")
    await log(index, NOON + JUMPED, "in 2056")
    await log(index, NOON + HOUR, "after")
    clocks.go_on(2 * HOUR)
    await service.expire()
    clocks.go_on(timedelta(days=30) - 90 * MINUTE)
    assert await service.expire() == 1
    assert logged(data) == ["in 2056", "after"]
    clocks.go_on(HOUR)
    assert await service.expire() == 2
    assert logged(data) == []


async def test_what_was_written_while_the_clock_was_behind_takes_nothing_else_along(
    index: Index, service: Service, data: Path, clocks: Clocks
) -> None:
    await log(index, NOON, "before")
    await log(index, datetime(1970, 1, 1, tzinfo=UTC), "in 1970")
    clocks.go_on(HOUR)
    await service.expire()
    assert logged(data) == ["before"]


async def test_a_clock_that_was_ahead_once_does_not_end_the_deleting(
    index: Index, service: Service, data: Path, clocks: Clocks, lived_in: None
) -> None:
    """The next look at what is old was put off until 2056."""
    clocks.jump(JUMPED)
    await service.expire()
    clocks.jump(-JUMPED)
    for _ in range(32):
        clocks.go_on(DAY)
        await service._expire_at_times()
    assert logged(data) == []


steps = st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(0), timedelta(hours=6)), st.timedeltas(-JUMPED, JUMPED)), max_size=25)


@given(steps)
def test_the_clock_is_relied_on_only_when_it_has_gone_on_as_expected_for_an_hour(taken: list[tuple[bool, timedelta, timedelta]]) -> None:
    clocks = Clocks()
    keeper = Timekeeper(clocks, clocks.nanoseconds)
    assert keeper.is_steady(None)
    since: int | None = None
    for jumps, goes_on, by in taken:
        clocks.go_on(goes_on)
        if jumps:
            clocks.jump(by)
        if jumps and abs(by) > JUMP:
            since = clocks.ticks
        assert keeper.is_steady(None) == (since is None or clocks.ticks - since >= PROBATION // SECOND * 10**9)


# Conversations


async def test_a_question_that_was_asked_while_the_clock_was_ahead_is_not_of_today_for_decades(
    service: Service, index: Index, clocks: Clocks
) -> None:
    """Its answer could be edited, and its conversation gone on with, until 2056."""
    clocks.jump(JUMPED)
    await service.conversations.ask(ASKER, Place("general", "1", "1"), "When will Sora ship?")
    assert await service.conversations.editable("discord", "general", "1")
    clocks.jump(-JUMPED)
    assert await service.conversations.editable("discord", "general", "1") is None
    assert not await service.conversations.goes_on("discord", "general", "1")


async def test_a_clock_that_is_put_right_by_seconds_changes_nothing(service: Service, clocks: Clocks) -> None:
    await service.conversations.ask(ASKER, Place("general", "1", "1"), "When will Sora ship?")
    clocks.jump(-30 * SECOND)
    assert await service.conversations.editable("discord", "general", "1")
    assert await service.conversations.goes_on("discord", "general", "1")
    clocks.go_on(EDITABLE + MINUTE)
    assert await service.conversations.editable("discord", "general", "1") is None


@pytest.mark.parametrize("jump", [JUMPED, -JUMPED, 2 * HOUR, -2 * HOUR], ids=str)
async def test_an_event_that_a_platform_repeats_is_handled_once_whatever_the_clock_does(
    service: Service, clocks: Clocks, jump: timedelta
) -> None:
    """All that was handled before was forgotten by a clock that jumped ahead."""
    for key in ("before", "meanwhile", "after"):
        async with service.conversations.once("slack", key) as first:
            assert first
        for again in ("before", key):
            async with service.conversations.once("slack", again) as twice:
                assert not twice
        clocks.jump(jump)
        jump = -jump


async def test_events_do_not_pile_up_whatever_the_clock_does(service: Service, clocks: Clocks, data: Path) -> None:
    dice = random.Random(4)
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database, database:
        rows = [("slack", f"old {number}", NOON.timestamp() + dice.choice((-1, 1)) * 10**8) for number in range(5000)]
        database.executemany("INSERT INTO events VALUES (?, ?, ?, NULL)", rows)
    clocks.jump(JUMPED)
    async with service.conversations.once("slack", "ahead") as first:
        assert first
    clocks.jump(-JUMPED)
    for key in ("right again", "new"):
        clocks.go_on(2 * HOUR)
        async with service.conversations.once("slack", key) as first:
            assert first
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as database:
        assert database.execute("SELECT key FROM events").fetchall() == [("new",)]


# Rates


@pytest.mark.parametrize("jump", [JUMPED, -JUMPED], ids=["ahead", "back"])
async def test_who_asks_too_fast_waits_as_long_as_ever_whatever_the_clock_does(index: Index, data: Path, jump: timedelta) -> None:
    """A clock that goes back would shut everybody out, one that jumps ahead would let everybody in."""
    clocks = Clocks()
    service = Service(index, Settings(data=data, user_rate=2), now=clocks, clock=clocks.nanoseconds)
    for _ in range(2):
        await service.status(ASKER, "Sora")
    with pytest.raises(TooManyQuestionsError) as first:
        await service.status(ASKER, "Sora")
    clocks.jump(jump)
    with pytest.raises(TooManyQuestionsError) as second:
        await service.status(ASKER, "Sora")
    assert first.value.retry_after == second.value.retry_after == 30
    clocks.go_on(30 * SECOND)
    await service.status(ASKER, "Sora")


# Dates


def clock_showing(moment: datetime) -> type[datetime]:
    class Showing(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment

    return Showing


PUBLISHED = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("never_set", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, 0, 5, tzinfo=UTC)], ids=["1970", "2000"])
def test_a_clock_that_was_never_set_takes_no_article_its_date(never_set: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a battery starts in 1970; the articles that it read then would have been undated for good."""
    monkeypatch.setattr(published, "datetime", clock_showing(never_set))
    assert published.credible(PUBLISHED) == PUBLISHED
    document = rss(item("Aurora", content=story("Aurora"), date="Tue, 24 Nov 2026 08:00:00 GMT"))
    fetched = Fetched("https://a.example/feed", "application/rss+xml", None, document.encode())
    assert [one.published for one in feeds.parse(fetched, never_set).items] == [PUBLISHED]


@pytest.mark.parametrize("now", [datetime(2026, 11, 22, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)], ids=str)
def test_a_date_that_has_not_come_is_still_none(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "datetime", clock_showing(now))
    assert published.credible(PUBLISHED) is None


# Doctor


def clock_check(data: Path) -> tuple[Health, str]:
    (check,) = [check for check in check_data(data) if check.name == "clock"]
    return check.state, check.message


async def test_doctor_says_when_the_clock_cannot_be_right(index: Index, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.storage.maintenance import integrity

    await log(index, NOON, "When?")
    monkeypatch.setattr(integrity, "time", (NOON + HOUR).timestamp)
    assert clock_check(data) == (Health.OK, "it shows 2026-11-25 13:00 UTC")
    monkeypatch.setattr(integrity, "time", lambda: 0.0)
    state, message = clock_check(data)
    assert state is Health.WARNING
    assert "1970-01-01" in message
    assert "2026-11-25 12:00" in message
