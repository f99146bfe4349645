"""Jobs, as the database keeps them, so that any process can ask after them, cancel them and go on with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from time import time
from typing import Any

from sqlalchemy import func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from index.model.articles import EVERYBODY
from index.model.jobs import Job, JobState
from index.storage.store.database import Database
from index.storage.store.retention import beyond
from index.storage.store.schema import articles, jobs

_OPEN = jobs.c.state.in_([JobState.QUEUED, JobState.RUNNING])


JOBS_LIMIT = 100
"""The most jobs of one scope, those that have ended included."""


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, scope: str) -> Job:
        """The job of a scope that is still to be done; a new one if there is none."""
        total = select(func.count()).select_from(articles).where(true() if scope == EVERYBODY else articles.c.scope == scope)
        query = select(jobs).where(jobs.c.scope == scope, _OPEN)
        async with self._database.writing() as connection:
            found = (await connection.execute(query)).first()
            if found is None:
                count = (await connection.execute(total)).scalar_one()
                await connection.execute(insert(jobs).values(scope=scope, state=JobState.QUEUED, done=0, total=count, queued=time()))
                await connection.execute(beyond(jobs, JOBS_LIMIT, jobs.c.scope))
                found = (await connection.execute(query)).one()
            return _job(found)

    async def get(self, id_: int) -> Job | None:
        """The job with that id."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(jobs).where(jobs.c.id == id_))).first()
        return _job(found) if found else None

    async def latest(self, scope: str) -> Job | None:
        """The newest job of a scope."""
        query = select(jobs).where(jobs.c.scope == scope).order_by(jobs.c.id.desc()).limit(1)
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).first()
        return _job(found) if found else None

    async def unfinished(self) -> Sequence[Job]:
        """All that are still to be done, the oldest first."""
        async with self._database.reading() as connection:
            return [_job(row) for row in await connection.execute(select(jobs).where(_OPEN).order_by(jobs.c.id))]

    async def advance(self, id_: int, done: int, total: int, rate: float | None) -> bool:
        """Note how far a job is; False where it was cancelled."""
        started = func.coalesce(jobs.c.started, time())
        values = {"state": JobState.RUNNING, "done": done, "total": total, "rate": rate, "started": started}
        async with self._database.writing() as connection:
            return bool((await connection.execute(update(jobs).where(jobs.c.id == id_, _OPEN).values(values))).rowcount)

    async def fail(self, id_: int, problem: str, in_public: str | None = None) -> None:
        """Note why a job ends."""
        await self._end(id_, JobState.FAILED, problem, in_public)

    async def cancel(self, id_: int) -> bool:
        """Note that a job shall end; False where it has ended already."""
        return await self._end(id_, JobState.CANCELLED, None)

    async def _end(self, id_: int, state: JobState, problem: str | None, in_public: str | None = None) -> bool:
        values = {"state": state, "problem": problem, "in_public": in_public, "finished": time()}
        async with self._database.writing() as connection:
            return bool((await connection.execute(update(jobs).where(jobs.c.id == id_, _OPEN).values(values))).rowcount)


async def finish(connection: AsyncConnection, id_: int) -> bool:
    """Note, in a transaction that does the last of it, that a job is done; False where it was cancelled."""
    values = {"state": JobState.DONE, "done": jobs.c.total, "finished": time()}
    return bool((await connection.execute(update(jobs).where(jobs.c.id == id_, _OPEN).values(values))).rowcount)


def _job(row: Any) -> Job:
    queued, started, finished = map(_moment, (row.queued, row.started, row.finished))
    assert queued is not None
    return Job(row.id, row.scope, JobState(row.state), row.done, row.total, row.rate, queued, started, finished, row.problem, row.in_public)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
