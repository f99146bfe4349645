"""What was asked in chats and where the answers stand, what people thought of them, and which events were handled already."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from time import time_ns
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from index.model.chat import Exchange
from index.model.quotes import Mark
from index.storage.store.database import Database
from index.storage.store.retention import beyond
from index.storage.store.schema import events, exchanges, votes

EXCHANGES_LIMIT = 20_000
"""The most exchanges of one workspace."""


class Exchanges:
    """What was asked in chats: which events were handled, where answers stand, what they quoted, and how people voted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_id = 0

    # Events

    async def take(self, platform: str, key: str, *, holder: str, at: datetime, since: datetime | None) -> bool:
        """Take an event for oneself; False when it was handled, or ``holder`` is at it already.

        What another process took and never finished can be taken again: it has died over it. Where that cannot be written in
        good time, the event is taken all the same: an answer that is given twice is better than none.

        Args:
            since: events from before are forgotten, and those that lie ahead; None: none are, since the clock cannot be relied on.
        """
        return await self._database.soon(self._take(platform, key, holder, at, since)) is not False

    async def _take(self, platform: str, key: str, holder: str, at: datetime, since: datetime | None) -> bool:
        async with self._database.writing() as connection:
            if since:
                ahead = events.c.at > (at + (at - since)).timestamp()
                await connection.execute(delete(events).where(or_(events.c.at < since.timestamp(), ahead)))
            row = upsert(events).values(platform=platform, key=key, at=at.timestamp(), holder=holder)
            taken = await connection.execute(
                row.on_conflict_do_update(
                    index_elements=["platform", "key"], set_={"holder": holder, "at": at.timestamp()}, where=events.c.holder != holder
                )
            )
            return taken.rowcount > 0

    async def finish(self, platform: str, key: str) -> None:
        """An event is handled, and nobody takes it again."""
        await self._database.soon(self._execute(update(events).where(_event(platform, key)).values(holder=None)))

    async def release(self, platform: str, key: str) -> None:
        """An event could not be handled: whoever gets it again may try."""
        await self._database.soon(self._execute(delete(events).where(_event(platform, key))))

    # Exchanges

    async def add(self, exchange: Exchange) -> int:
        """Keep one, soon: the answer does not wait for that. Returns its id, which is larger than those before."""
        self._last_id = max(self._last_id + 1, time_ns())
        await self._database.soon(self._execute(insert(exchanges).values(id=self._last_id, **_row(exchange))))
        return self._last_id

    async def change(self, exchange: Exchange) -> None:
        """Keep it as it is now, likewise; what was voted about the quotes that stood there before is dropped when others stand there."""
        await self._database.soon(self._change(exchange))

    async def _change(self, exchange: Exchange) -> None:
        async with self._database.writing() as connection:
            before = (await connection.execute(select(exchanges.c.quotes).where(exchanges.c.id == exchange.id))).scalar()
            row = _row(exchange)
            await connection.execute(update(exchanges).where(exchanges.c.id == exchange.id).values(row))
            if before != row["quotes"]:
                await connection.execute(delete(votes).where(votes.c.exchange == exchange.id))

    async def get(self, id_: int) -> Exchange | None:
        """The one with this id."""
        return await self._one(exchanges.c.id == id_)

    async def of_question(self, platform: str, channel: str, asked: str) -> Exchange | None:
        """The one that a message, or a command, began."""
        return await self._one(_in(platform, channel), exchanges.c.asked == asked)

    async def of_reply(self, platform: str, channel: str, reply: str) -> Exchange | None:
        """The one that a message answers."""
        return await self._one(_in(platform, channel), exchanges.c.reply == reply)

    async def last(self, platform: str, channel: str, thread: str) -> Exchange | None:
        """The newest of a conversation."""
        return await self._one(_in(platform, channel), exchanges.c.thread == thread)

    async def remove(self, id_: int) -> None:
        """Forget one, and what was voted about it."""
        async with self._database.writing() as connection:
            await connection.execute(delete(exchanges).where(exchanges.c.id == id_))

    async def expire(self, before: datetime, *, now: datetime) -> None:
        """Forget those from before a moment, and those that are too many of one workspace."""
        async with self._database.writing() as connection:
            await delete_older(connection, exchanges, before, now)
            await connection.execute(beyond(exchanges, EXCHANGES_LIMIT, exchanges.c.platform, exchanges.c.workspace))

    async def most_asked(self, platform: str, workspace: str | None) -> Sequence[str]:
        """The ids of the products that a workspace asks about, the most frequent first."""
        query = select(exchanges.c.products).where(exchanges.c.platform == platform, exchanges.c.workspace == workspace)
        async with self._database.reading() as connection:
            asked = Counter(product for (products,) in await connection.execute(query) for product in json.loads(products))
        return [product for product, _ in asked.most_common()]

    async def _execute(self, statement: Executable) -> None:
        async with self._database.writing() as connection:
            await connection.execute(statement)

    async def _one(self, *which: ColumnElement[bool]) -> Exchange | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(exchanges).where(*which).order_by(exchanges.c.id.desc()).limit(1))).mappings().first()
        return _exchange(row) if row else None

    # Votes

    async def vote(self, id_: int, user: str, up: bool | None) -> tuple[int, int]:
        """Somebody finds an answer good or bad, or withdraws what they said before; returns how many do now.

        Of an exchange that is not kept any more, nothing is written.
        """
        async with self._database.writing() as connection:
            await connection.execute(delete(votes).where(votes.c.exchange == id_, votes.c.user == user))
            known = (await connection.execute(select(exchanges.c.id).where(exchanges.c.id == id_))).scalar()
            if known and up is not None:
                await connection.execute(insert(votes).values(exchange=id_, user=user, up=up))
            ups = (await connection.execute(select(votes.c.up).where(votes.c.exchange == id_))).scalars().all()
        return sum(ups), len(ups) - sum(ups)

    async def judged(self) -> Sequence[tuple[Exchange, int, int]]:
        """Those that were voted about, newest first, with how many found the answer good and how many bad."""
        good, all_ = func.sum(votes.c.up).label("good"), func.count().label("all_votes")
        query = select(exchanges, good, all_).join(votes, votes.c.exchange == exchanges.c.id).group_by(exchanges.c.id)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(exchanges.c.id.desc()))).mappings().all()
        return [(_exchange(row), row["good"], row["all_votes"] - row["good"]) for row in rows]


async def delete_older(connection: AsyncConnection, table: Table, before: datetime, now: datetime) -> int:
    """Delete the rows from before a moment; returns how many.

    One that lies ahead of now was written while the clock was wrong, and is at least as old as those that were written after it:
    else it would be kept for years.
    """
    old = table.c.at < before.timestamp()
    newest = (await connection.execute(select(func.coalesce(func.max(table.c.id), 0)).where(old))).scalar_one()
    ahead = and_(table.c.at > now.timestamp(), table.c.id < newest)
    return (await connection.execute(delete(table).where(or_(old, ahead)))).rowcount


def of_user(platform: str, workspace: str | None, user: str) -> ColumnElement[bool]:
    """The exchanges that one person began. ``workspace``: where the id is theirs; None where it is the same everywhere."""
    named = and_(exchanges.c.platform == platform, exchanges.c.user == user)
    return named if workspace is None else and_(named, or_(exchanges.c.workspace == workspace, exchanges.c.workspace.is_(None)))


def votes_of_user(platform: str, workspace: str | None, user: str) -> ColumnElement[bool]:
    """The votes of one person, likewise."""
    where = exchanges.c.platform == platform
    if workspace is not None:
        where = and_(where, or_(exchanges.c.workspace == workspace, exchanges.c.workspace.is_(None)))
    return and_(votes.c.user == user, votes.c.exchange.in_(select(exchanges.c.id).where(where)))


def _event(platform: str, key: str) -> ColumnElement[bool]:
    return and_(events.c.platform == platform, events.c.key == key)


def _in(platform: str, channel: str) -> ColumnElement[bool]:
    return and_(exchanges.c.platform == platform, exchanges.c.channel == channel)


def _row(exchange: Exchange) -> dict[str, object]:
    said = {name: getattr(exchange, name) for name in Exchange.__slots__ if name != "id"}
    marks = [[mark.article, mark.start, mark.end, mark.digest, *([True] if mark.title else [])] for mark in exchange.quotes]
    return said | {
        "at": exchange.at.timestamp(),
        "as_of": exchange.as_of.toordinal(),
        "products": json.dumps(exchange.products),
        "quotes": json.dumps(marks),
    }


def _exchange(row: Any) -> Exchange:
    said = {name: row[name] for name in Exchange.__slots__}
    return Exchange(
        **said
        | {
            "at": datetime.fromtimestamp(row["at"], UTC),
            "as_of": date.fromordinal(row["as_of"]),
            "products": tuple(json.loads(row["products"])),
            "quotes": tuple(Mark(start, end, article, digest, *title) for article, start, end, digest, *title in json.loads(row["quotes"])),
        }
    )
