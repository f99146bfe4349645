"""The feeds that are followed, and what is known of their items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from index.model.feeds import Feed
from index.storage.store.database import Database
from index.storage.store.schema import feed_items, feeds
from index.text.sanitize import storable

GONE_LIMIT = 1000
"""Of so many items that a feed has no longer it is known that they were read."""

_PROBLEM_LIMIT = 500  # characters: an error may quote what a server sent
LONGEST = timedelta(days=1)
"""For how long a look at a feed is put off at most, unless it is to be looked at more rarely."""

JITTER = 0.1
"""Of the time to the next look, so that feeds that were added together do not stay together."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of an item of a feed.

    Attributes:
        key: by which it is known (see :attr:`index.ingestion.sources.feeds.Item.id`).
        digest: of what the feed said of it when it was read.
        failures: how often the page behind it could not be had, in a row; 0 where its article is the page's, or stands in the
            feed as a whole.
    """

    key: str
    digest: str
    failures: int


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of the feed as it was last read, by which it can be asked whether it has changed."""

    etag: str | None = None
    modified: str | None = None


class FeedStore:
    """Feeds in the database; every act is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, named: Mapping[str, str | None], scope: str, *, every: timedelta, now: float) -> set[str]:
        """Follow feeds (address to title) from now on; those that are followed stay as they are. Returns which were not."""
        row = {"scope": scope, "every": int(every.total_seconds()), "added": now, "due": now, "failures": 0}
        async with self._database.writing() as connection:
            added = set()
            for url, title in named.items():
                made = await connection.execute(insert(feeds).values(**row, url=url, title=title).on_conflict_do_nothing())
                if made.rowcount:
                    added.add(url)
            return added

    async def set_every(self, url: str, scope: str, every: timedelta) -> None:
        """Look at a feed that often."""
        async with self._database.writing() as connection:
            await connection.execute(update(feeds).where(_named([url], scope)).values(every=int(every.total_seconds())))

    async def remove(self, feed: int) -> None:
        """Follow a feed no longer."""
        async with self._database.writing() as connection:
            await connection.execute(delete(feeds).where(feeds.c.id == feed))

    async def list(self, scopes: Collection[str]) -> Sequence[Feed]:
        """All feeds of these scopes, in the order in which they were added."""
        return await self._select(feeds.c.scope.in_(scopes))

    async def find(self, names: Collection[str], scope: str) -> Sequence[Feed]:
        """The feeds with these ids or addresses."""
        return await self._select(_named(names, scope))

    async def due(self, now: float) -> Sequence[Feed]:
        """The feeds of all scopes that have to be looked at, the longest overdue first."""
        return await self._select(_is_due(now), order=feeds.c.due)

    async def get(self, feed: int, *, due: float | None = None) -> tuple[Feed, Validators] | None:
        """A feed as it is now, if it is still followed.

        Args:
            due: only if it has to be looked at at this moment.
        """
        query = select(feeds).where(feeds.c.id == feed)
        async with self._database.reading() as connection:
            row = (await connection.execute(query if due is None else query.where(_is_due(due)))).first()
        return (_feed(row), Validators(row.etag, row.modified)) if row else None

    async def noted(self, feed: int) -> Mapping[str, Noted]:
        """What is known of a feed's items, by key."""
        query = select(feed_items.c.key, feed_items.c.digest, feed_items.c.failures).where(feed_items.c.feed == feed)
        async with self._database.reading() as connection:
            return {row.key: Noted(*row) for row in await connection.execute(query)}

    async def note(self, feed: int, items: Iterable[Noted], *, present: Collection[str]) -> None:
        """Know this of a feed's items.

        Args:
            present: the keys of all that stand in the feed now. Of others only the newest are still known, lest they come back.
        """
        gone = (
            select(feed_items.c.id)
            .where(feed_items.c.feed == feed, feed_items.c.key.not_in(present))
            .order_by(feed_items.c.id.desc())
            .offset(GONE_LIMIT)
        )
        async with self._database.writing() as connection:
            if not (await connection.execute(select(feeds.c.id).where(feeds.c.id == feed))).first():
                return  # it was removed meanwhile
            for item in items:
                said = {"digest": item.digest, "failures": item.failures}
                statement = insert(feed_items).values(feed=feed, key=item.key, **said)
                await connection.execute(statement.on_conflict_do_update(index_elements=["feed", "key"], set_=said))
            await connection.execute(delete(feed_items).where(feed_items.c.id.in_(gone)))

    async def succeeded(
        self, feed: int, *, now: float, due: float, title: str | None, validators: Validators | None, brought: bool
    ) -> Feed | None:
        """Note a look that went well; returns the feed as it is now.

        Args:
            title: as the feed calls itself; None to leave it.
            validators: of what was read; None to leave them.
            brought: whether there was anything new.
        """
        changed: dict[str, object] = {"checked": now, "due": due, "failing": None, "failures": 0, "problem": None}
        changed |= {"title": title} if title else {}
        changed |= {"etag": validators.etag, "modified": validators.modified} if validators else {}
        changed |= {"new": now} if brought else {}
        return await self._update(feed, changed)

    async def failed(self, feed: Feed, problem: str, *, now: float, due: float) -> Feed | None:
        """Note a look that failed; returns the feed as it is now."""
        failing = min(feed.failing.timestamp(), now) if feed.failing else now
        said = problem[:_PROBLEM_LIMIT]
        return await self._update(feed.id, {"due": due, "failing": failing, "failures": feed.failures + 1, "problem": said})

    async def _update(self, feed: int, changed: Mapping[str, object]) -> Feed | None:
        async with self._database.writing() as connection:
            row = (await connection.execute(update(feeds).where(feeds.c.id == feed).values(changed).returning(feeds))).first()
        return _feed(row) if row else None

    async def _select(self, where: Any, order: Any = feeds.c.id) -> Sequence[Feed]:
        async with self._database.reading() as connection:
            return [_feed(row) for row in await connection.execute(select(feeds).where(where).order_by(order))]


def _is_due(now: float) -> Any:
    """What was put off for longer than anything ever is was put off by a clock that was wrong, and would be silent until it is right."""
    longest = func.max(feeds.c.every, LONGEST.total_seconds()) * (1 + JITTER)
    return or_(feeds.c.due <= now, feeds.c.due > now + longest)


def _named(names: Collection[str], scope: str) -> Any:
    ids = [int(name) for name in names if name.isascii() and name.isdecimal() and len(name) < 19]
    return (feeds.c.scope == scope) & or_(feeds.c.id.in_(ids), feeds.c.url.in_(map(storable, names)))


def _feed(row: Any) -> Feed:
    return Feed(
        id=row.id,
        scope=row.scope,
        url=row.url,
        title=row.title,
        every=timedelta(seconds=row.every),
        added=datetime.fromtimestamp(row.added, UTC),
        due=datetime.fromtimestamp(row.due, UTC),
        checked=_moment(row.checked),
        new=_moment(row.new),
        failing=_moment(row.failing),
        failures=row.failures,
        problem=row.problem,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
