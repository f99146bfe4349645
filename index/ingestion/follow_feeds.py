"""Feeds that are followed: looked at when they are due, their articles added, and how each fares kept.

Articles are written first and the items that told of them noted after, so a process that dies between the two costs another
reading, in which nothing has changed, and neither loses an article nor doubles one.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from index.ingestion.add import Read
from index.ingestion.embed import Tell
from index.ingestion.readers.draft import Draft
from index.ingestion.sources import feeds, opml, pages, starter
from index.ingestion.web.address import AddressError, parse
from index.ingestion.web.response import Fetched, FetchError
from index.model.articles import EVERYBODY, Change, Outcome, SourceState
from index.model.errors import ArticleError, BusyError, FeedError, QuotaError, ShipdateError
from index.model.feeds import Feed, Look
from index.storage.store.feeds import JITTER, LONGEST, FeedStore, Noted, Validators
from index.system import telemetry
from index.system.sandbox import Sandbox, SandboxError
from index.text.sanitize import storable

if TYPE_CHECKING:
    from index.ingestion.web.fetch import Fetcher
    from index.storage.context import IndexContext

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

EVERY = timedelta(hours=1)
"""From one look at a feed to the next, unless it is told otherwise."""

LEAST, MOST = timedelta(minutes=5), timedelta(days=30)
"""The bounds of what it can be told."""

TOGETHER = 16
"""Items of a feed that are read before they are written: few, so that what is done stays done."""

_AT_ONCE = 4  # feeds
_CHECKED_AT_ONCE = 8  # feeds, when it is only asked whether they answer
_TICK = 5.0  # seconds between two looks at what is due
_PAUSE = 60.0  # seconds until a look that another writer stopped is tried again
_PAGE_FAILURES, _PAGE_SECONDS = 3, 300.0  # in one look; pages after them wait for the next
_PAGE_LOOKS = 12  # in which a page that cannot be fetched is tried again

Add = Callable[[Mapping[str, Read], str, Tell], Awaitable[Sequence[Outcome]]]
"""Adds articles, by source, to a scope (see :meth:`index.ingestion.add.Adding.add`)."""


class Following:
    """The feeds of an index; reached as :attr:`index.api.Index.feeds`.

    Attributes:
        clock: the time, in seconds since the epoch.
    """

    def __init__(self, context: IndexContext, add: Add, fetcher: Callable[[], Fetcher]) -> None:
        self.clock: Callable[[], float] = time
        self._context = context
        self._fetcher = fetcher
        self._add = add
        self._store = FeedStore(context.database)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    # What is followed

    async def add(self, address: str, *, scope: str = EVERYBODY, every: timedelta | None = None) -> Feed:
        """Follow a feed, given by its address or by that of a page that names it. It is due at once.

        Following it already changes nothing but ``every``, if that is given.

        Raises:
            FeedError: there is no feed there, or ``every`` is out of bounds.
            AddressError, FetchError: nothing can be had there.
        """
        if every is not None and not LEAST <= every <= MOST:
            raise FeedError(f"A feed can be looked at every {LEAST.seconds // 60} minutes to every {MOST.days} days.")
        url, contents = await self._meant(str(parse(address).document))
        await self._store.add({url: contents.title}, scope, every=every or EVERY, now=self.clock())
        if every is not None:
            await self._store.set_every(url, scope, every)
        (feed,) = await self._store.find([url], scope)
        return feed

    async def _meant(self, address: str) -> tuple[str, feeds.Contents]:
        """The feed at an address, or that a page there names, and what stands in it."""
        fetched = await self._fetch(address)
        try:
            return address, await self._parse(fetched)
        except FeedError:
            named = await self._understand(feeds.discover, fetched)
            if named is None:
                raise
        return named, await self._parse(await self._fetch(named))

    async def list(self, *, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Feed]:
        """All feeds, and how each fares, in the order in which they were added."""
        return await self._store.list(scopes)

    async def remove(self, name: str, *, scope: str = EVERYBODY) -> Feed:
        """Follow a feed, named by id or address, no longer; its articles stay.

        Raises:
            FeedError: it is not followed.
        """
        (feed,) = await self._named([name], scope)
        await self._store.remove(feed.id)
        return feed

    async def _named(self, names: Collection[str], scope: str) -> Sequence[Feed]:
        """The feeds with these ids or addresses.

        Raises:
            FeedError: one of them is not followed.
        """
        found = await self._store.find({*map(storable, names), *map(pages.source_of, names)}, scope)
        known = {str(feed.id) for feed in found} | {feed.url for feed in found}
        missing = [name for name in names if name not in known and pages.source_of(name) not in known]
        if missing:
            raise FeedError(f"No feed that is followed has this id or address: {', '.join(missing)}; see `shipdate feeds list`.")
        return found

    async def import_opml(self, text: str, *, scope: str = EVERYBODY) -> Sequence[Outcome]:
        """Follow all feeds of a list; they are first asked when they are looked at.

        Returns:
            of each feed, whether it was added, was there (unchanged), or cannot be followed (failed).

        Raises:
            FeedError: it is no OPML.
        """
        named = await self.listed(text)
        usable: dict[str, str | None] = {}
        refused: list[Outcome] = []
        for address, title in named.items():
            try:
                usable[str(parse(address).document)] = title
            except AddressError as error:
                refused.append(Outcome(address, Change.FAILED, str(error)))
        added = await self._store.add(usable, scope, every=EVERY, now=self.clock())
        outcomes = [Outcome(url, Change.ADDED if url in added else Change.UNCHANGED) for url in usable]
        return outcomes + refused

    async def add_all(self, named: Mapping[str, str | None], *, scope: str = EVERYBODY, every: timedelta | None = None) -> Collection[str]:
        """Follow feeds whose addresses are known to be such, address to title; they are first asked when they are looked at.

        Returns:
            those that were not followed before.
        """
        return await self._store.add(named, scope, every=every or EVERY, now=self.clock())

    def starter(self, groups: Collection[str] = ()) -> Mapping[str, str]:
        """The feeds to begin with of these groups, or of all: address to title.

        Raises:
            FeedError: there is no such group.
        """
        return starter.feeds(groups)

    async def check(self, addresses: Collection[str]) -> Mapping[str, str | None]:
        """Whether feeds answer, and are feeds: of each one sentence on what is wrong, if anything is. Nothing is added."""
        slots = asyncio.Semaphore(_CHECKED_AT_ONCE)

        async def problem(address: str) -> str | None:
            async with slots:
                try:
                    await self._parse(await self._fetch(address))
                except (ArticleError, FeedError) as error:
                    return str(error)
            return None

        return dict(zip(addresses, await asyncio.gather(*map(problem, addresses)), strict=True))

    async def listed(self, text: str) -> Mapping[str, str | None]:
        """The feeds of a list: address to title.

        Raises:
            FeedError: it is no OPML.
        """
        try:
            return await self._context.sandbox.run(opml.read, text)
        except SandboxError as error:
            raise FeedError(f"This list of feeds cannot be read: {error}") from None

    async def export_opml(self, *, scopes: Collection[str] = (EVERYBODY,)) -> str:
        """All feeds as OPML."""
        return opml.write([(feed.url, feed.title) for feed in await self.list(scopes=scopes)])

    # Looking at it

    async def refresh(self, names: Collection[str] | None = None, *, scope: str = EVERYBODY) -> Sequence[Look]:
        """Look at feeds now, named by id or address, or at all; several at once. One that fails does not stop the others.

        Raises:
            FeedError: one of the names is none of a feed that is followed.
            BusyError: another process is writing.
            DataError: the data folder cannot be written, or its articles were embedded with another model.
        """
        meant = await (self._named(names, scope) if names else self._store.list([scope]))
        looks = await asyncio.gather(*map(self._look, meant), return_exceptions=True)
        for look in looks:
            if isinstance(look, BaseException):
                raise look
        return [look for look in looks if isinstance(look, Look)]

    async def poll(self) -> None:
        """Look at each feed, of all scopes, whenever it is due, until cancelled."""
        attended: set[int] = set()

        async def attend(feed: Feed) -> None:
            try:
                await self._attend(feed)
            finally:
                attended.discard(feed.id)

        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    for feed in await self._store.due(self.clock()):
                        if feed.id not in attended:
                            attended.add(feed.id)
                            group.create_task(attend(feed))
                except ShipdateError as error:
                    log.warning("It cannot be told which feeds are due: %s", error)
                await asyncio.sleep(_TICK)

    async def _attend(self, feed: Feed) -> None:
        """Look at a feed that is due; nothing that goes wrong with it reaches the others."""
        try:
            look = await self._look(feed, only_due=True)
            if look and look.feed.problem:
                log.warning("The feed %s cannot be read: %s", feed.url, look.feed.problem)
        except ShipdateError as error:  # the feed is not to blame
            log.warning("The feed %s has to wait: %s", feed.url, error)
            await asyncio.sleep(_PAUSE if isinstance(error, BusyError) else feed.every.total_seconds())
        except Exception:
            log.exception("Looking at the feed %s went wrong", feed.url)
            await asyncio.sleep(feed.every.total_seconds())

    async def _look(self, feed: Feed, *, only_due: bool = False) -> Look | None:
        """What comes of looking at a feed; None if it is followed no longer, or not due any more."""
        async with self._hosts[_server(feed.url)], self._slots:
            current = await self._store.get(feed.id, due=self.clock() if only_due else None)
            if current is None:
                return None
            feed, validators = current
            try:
                fetched = await self._fetch_changed(feed.url, validators)
                contents = await self._parse(fetched) if fetched else None
                outcomes, complete = await self._take(feed, contents) if contents else ((), True)
            except (FetchError, FeedError, QuotaError) as error:
                telemetry.looked(worked=False)
                now, silent = self.clock(), (error.retry_after if isinstance(error, FetchError) else None) or 0
                due = now + wait(feed.every, failures=feed.failures + 1, least=timedelta(seconds=silent))
                noted = await self._store.failed(feed, str(error), now=now, due=due)
                return Look(noted) if noted else None
            telemetry.looked(worked=True)
            now = self.clock()
            noted = await self._store.succeeded(
                feed.id,
                now=now,
                due=now + wait(feed.every, least=contents.ttl if contents else timedelta()),
                title=contents.title if contents else None,
                # Where a page is still to be fetched, the feed has to come again, changed or not.
                validators=Validators(fetched.etag, fetched.modified) if fetched and complete else Validators() if fetched else None,
                brought=any(outcome.change in (Change.ADDED, Change.UPDATED) for outcome in outcomes),
            )
            return Look(noted, tuple(outcomes)) if noted else None

    async def _take(self, feed: Feed, contents: feeds.Contents) -> tuple[Sequence[Outcome], bool]:
        """Add the articles of the items that are new, have changed, or whose page is still to be had; and whether none is left."""
        noted = await self._store.noted(feed.id)
        wanted = [item for item in contents.items if not _settled(item, noted.get(item.id))]
        stored = await self._context.store.known([item.source for item in wanted], feed.scope)
        pages, present = _Pages(self._page), [item.id for item in contents.items]
        outcomes: list[Outcome] = []
        complete = True
        for at in range(0, len(wanted), TOGETHER):
            readers: dict[str, Read] = {}
            seen: list[Noted] = []
            for item in wanted[at : at + TOGETHER]:
                read, failures = await _read(item, noted.get(item.id), pages, stored.get(item.source), self._context.sandbox)
                if read:
                    readers[item.source] = partial(_given, read)
                complete &= failures in (0, _PAGE_LOOKS)
                if failures is not None:
                    seen.append(Noted(item.id, item.digest, failures))
            if readers:
                outcomes += await self._add(readers, feed.scope, lambda _: None)
            await self._store.note(feed.id, seen, present=present)
        return outcomes, complete

    async def _fetch(self, address: str) -> Fetched:
        fetched = await self._fetch_changed(address, Validators())
        assert fetched is not None  # there was nothing that it could have been unchanged from
        return fetched

    async def _fetch_changed(self, address: str, seen: Validators) -> Fetched | None:
        """What stands at an address; None if that was seen."""
        return await self._fetcher().get(address, accept=feeds.ACCEPT, limit=feeds.SIZE_LIMIT, etag=seen.etag, modified=seen.modified)

    async def _parse(self, fetched: Fetched) -> feeds.Contents:
        return await self._understand(feeds.parse, fetched, datetime.fromtimestamp(self.clock(), UTC))

    async def _understand(self, function: Callable[Concatenate[Fetched, P], T], fetched: Fetched, *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function makes of a feed, or of a page that may name one.

        Raises:
            FeedError: whatever it raises, or it does not come to an end.
        """
        try:
            return await self._context.sandbox.run(function, fetched, *args, **kwargs)
        except SandboxError as error:
            raise FeedError(f"{fetched.url} cannot be read as a feed: {error}") from None

    async def _page(self, address: str) -> Draft:
        draft = await pages.read(address, self._fetcher(), self._context.sandbox)
        assert draft is not None  # there was nothing that it could have been unchanged from
        return draft


class _Pages:
    """The pages behind the items of one look, read with a patience that ends: a site in trouble is not asked for all of them."""

    def __init__(self, read: Callable[[str], Awaitable[Draft]]) -> None:
        self._read = read
        self._failures = 0
        self._until = monotonic() + _PAGE_SECONDS

    async def read(self, address: str) -> Draft:
        """The article on a page.

        Raises:
            FetchError: it cannot be fetched, or has to wait since others took too long or could not be fetched.
            ArticleError: there is no article on it.
        """
        if self._failures >= _PAGE_FAILURES or monotonic() > self._until:
            raise FetchError(f"{address} has to wait for the next look, since pages before it took too long or could not be fetched.")
        try:
            return await self._read(address)
        except FetchError:
            self._failures += 1
            raise


async def _read(
    item: feeds.Item, before: Noted | None, pages: _Pages, stored: SourceState | None, workers: Sandbox
) -> tuple[Draft | ArticleError | None, int | None]:
    """The article that an item tells of, or why there is none; and how often its page could not be had (see :class:`Noted`).

    The feed's own words are taken where they are the whole article, and stand in for a page that cannot be had, but never
    for one that was: then what is stored stays, and None for how often says that the item is to be read again.
    """
    try:
        told = await workers.run(feeds.Item.told, item)
    except ArticleError as error:
        return error, 0
    if item.link is None or (told and item.is_whole(told)):
        return told or ArticleError(f"{item.source} says too little to be an article, and names no page."), 0
    tried = before.failures if before and before.digest == item.digest else 0
    if tried and told and not stored:
        return None, 0  # it stood in for its page until somebody took it out
    # What is stored is more than what stood in for it, or stands in for it now.
    article = stored and not (before and before.failures) and not (told and told.digest == stored.digest)
    try:
        return item.completed(await pages.read(item.link)), 0
    except FetchError as error:
        return (error, None) if article else (told or error, tried + 1)
    except ArticleError as error:
        return (error, 0) if article else (told or error, _PAGE_LOOKS)


async def _given(read: Draft | ArticleError, _known: SourceState | None) -> Draft:
    if isinstance(read, ArticleError):
        raise read
    return read


def _settled(item: feeds.Item, before: Noted | None) -> bool:
    """Whether nothing is to be done about an item."""
    return before is not None and before.digest == item.digest and before.failures in (0, _PAGE_LOOKS)


def wait(every: timedelta, *, failures: int = 0, least: timedelta = timedelta()) -> float:
    """Seconds to the next look at a feed: twice as many with each failure after the first, up to a day, and a little chance.

    Args:
        every: from one look to the next.
        failures: of how many looks in a row.
        least: for how long the feed, or its server, asks to be left alone, at most :data:`~index.storage.store.feeds.LONGEST`.
    """
    back_off = min(every * 2 ** min(failures - 1, 10), LONGEST) if failures else every
    return max(every, back_off, least).total_seconds() * random.uniform(1, 1 + JITTER)


def _server(address: str) -> str:
    """The server that an address names; the address itself where it is none, which was not always refused."""
    try:
        named = parse(address)
    except AddressError:
        return address
    return f"{named.host}:{named.port}"
