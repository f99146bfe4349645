"""Everything embedded again, beside what answers meanwhile, then swapped in one transaction.

A rebuild is a job in the database. Its unfinished generation stands there too, so one that was cut short goes on where it stopped,
in whichever process takes it up. One process of a data folder works on jobs at a time; it holds a lock file as long as it lives,
by which the others know that they need not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from time import perf_counter

from filelock import AsyncFileLock, Timeout

from index.embedding.engine.engine import Engine
from index.ingestion import embed as cutting
from index.ingestion.embed import Cut, Tell, batches, cut, embed, tell_launches
from index.launches import claims
from index.launches.mentions import Mentions
from index.model.articles import EVERYBODY, Article, Progress
from index.model.errors import DataError, JobError, ShipdateError
from index.model.jobs import Job
from index.storage import catalogue
from index.storage.context import IndexContext
from index.storage.store.base import Generation, Store
from index.storage.store.database import JOBS_LOCK
from index.storage.store.jobs import Jobs
from index.system import private_files

log = logging.getLogger(__name__)

_READ_AHEAD = 64  # articles held in memory at once
_FINER = 4  # times as many batches as an addition makes: between two it can be cancelled, and others may write
_LOOK = 0.25  # seconds from one look at what another process does to the next


class Rebuilding:
    """The rebuilds of one index, as jobs in the background: one at a time a scope, one after another."""

    def __init__(self, context: IndexContext) -> None:
        self._context = context
        self._store = context.store
        self._jobs = Jobs(context.database)
        self._work: asyncio.Task[None] | None = None
        self._at: int | None = None  # the job that this process works on
        self._moved = asyncio.Event()

    async def start(self, scope: str = EVERYBODY) -> Job:
        """Rebuild everything with the model that is set, or what one workspace has; joins the job of that scope if there is one.

        Raises:
            JobError: a workspace's articles cannot be rebuilt alone, since the others are of another model.
        """
        if scope != EVERYBODY:
            await self._check_alone()
        job = await self._jobs.open(scope)
        self._take_up()
        return job

    async def get(self, id_: int) -> Job | None:
        """The job with that id."""
        return await self._jobs.get(id_)

    async def latest(self, scope: str = EVERYBODY) -> Job | None:
        """The newest job of a scope, whatever became of it."""
        return await self._jobs.latest(scope)

    async def cancel(self, id_: int) -> Job | None:
        """End a job, and throw away what it has done; one that has ended stays as it is. Returns the job as it is then."""
        job = await self._jobs.get(id_)
        if job and await self._jobs.cancel(id_):
            self._move()
            lock = self._lock()
            with suppress(Timeout):  # whoever works on jobs will see it, and clean up
                await lock.acquire(timeout=0)
                try:
                    await self._store.abandon(_whose(job.scope))
                finally:
                    await lock.release()
        return await self._jobs.get(id_)

    async def follow(self, id_: int) -> AsyncIterator[Job]:
        """A job at each of its changes, whoever works on it; the last one is its end.

        Raises:
            JobError: there is no such job.
            ShipdateError: the work in this process stopped, and even that could not be noted.
        """
        shown = None
        while True:
            moved, mine = self._moved, self._at == id_
            job = await self._jobs.get(id_)
            if job is None:
                raise JobError(f"There is no job {id_}.")
            if job != shown and (job.open or not mine):  # the end is told when all is put away
                yield job
                shown = job
                if not job.open:
                    return
            if self._work and self._work.done():
                self._work.result()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):  # up to Python 3.11, ``wait_for`` loses a Ctrl-C that comes just as the job moves
                    await moved.wait()

    async def resume(self) -> None:
        """Go on, in the background, with what stopped processes left; jobs of a living one stay its own."""
        if await self._jobs.unfinished():
            self._take_up()

    async def needed(self) -> bool:
        """Whether the articles are of another model, or version of this program, than now, so that only a rebuild brings it to bear.

        Raises:
            ModelError: the model that is set cannot be loaded.
        """
        live = await self._store.live()
        return live is not None and live.fingerprint != (await self._context.engine()).encoder.fingerprint

    async def close(self) -> None:
        """Stop; what is not done can be resumed."""
        if self._work:
            self._work.cancel()
            await asyncio.wait([self._work])

    # The work

    def _lock(self) -> AsyncFileLock:
        """Held by whoever works on jobs; the system lets go of it when a process dies."""
        return AsyncFileLock(self._context.settings.data / JOBS_LOCK, mode=private_files.FILE, run_in_executor=False)

    def _take_up(self) -> None:
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._do_all())
            self._work.add_done_callback(lambda task: task.cancelled() or task.exception())  # whoever follows is told

    def _move(self) -> None:
        """Tell whoever follows."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def _do_all(self) -> None:
        """All jobs, the oldest first, as soon as no other process works on them."""
        lock = self._lock()
        while await self._jobs.unfinished():
            try:
                await lock.acquire(timeout=_LOOK)
            except Timeout:
                continue  # the other process may do it all
            except OSError as error:
                raise DataError(f"The data folder {self._context.settings.data} cannot be written: {error.strerror}.") from None
            try:
                while waiting := await self._jobs.unfinished():
                    self._at = waiting[0].id
                    await self._do(waiting[0])
            finally:
                self._at = None
                await lock.release()
                self._move()

    async def _do(self, job: Job) -> None:
        try:
            await self._rebuild(job)
        except ShipdateError as error:
            log.info("Job %d failed: %s", job.id, error)  # the command that began it says so by itself
            await self._jobs.fail(job.id, str(error), error.in_public)
        except Exception:
            log.exception("Job %d stopped.", job.id)
            await self._jobs.fail(job.id, "It stopped at an error that nobody foresaw; the log tells more.")

    async def _rebuild(self, job: Job) -> None:
        """Fill a generation beside the live one, and swap it in."""
        self._context.precedence.last = True
        if job.scope != EVERYBODY:
            await self._check_alone()
        engine, mentions = await self._context.engine(), await self._mentions()
        version = claims.version(engine.fitted, mentions)
        generation = await self._store.begin(engine.encoder.fingerprint, version, self._context.settings.embedding_model, _whose(job.scope))
        if not await self._fill(job, generation, engine, mentions):
            await self._store.abandon(_whose(job.scope))
            return
        mentions = await self._mentions()
        if job.scope == EVERYBODY and claims.version(engine.fitted, mentions) != version:  # a product was added meanwhile
            async with self._context.writing(patiently=True):
                await reread(store=self._store, engine=engine, mentions=mentions, tell=lambda _: None)
        await self._context.refresh(changed=True)

    async def _fill(self, job: Job, generation: Generation, engine: Engine, mentions: Mentions) -> bool:
        """Embed what is missing until nothing is, and swap; False where the job was cancelled.

        Articles that are added or changed meanwhile go into the live generation, and so are missing in this one.
        """
        began, made = perf_counter(), 0

        async def advance() -> bool:
            done, total = await self._store.covered(generation)
            try:
                return await self._jobs.advance(job.id, done, total, made / (perf_counter() - began) if made else None)
            finally:
                self._move()

        while True:
            if not await advance():
                return False
            missing = await self._store.missing(generation, _READ_AHEAD)
            if not missing:
                async with self._context.writing(patiently=True):
                    if not await self._store.missing(generation, 1):  # else something was added a moment ago
                        return await self._store.go_live(generation, job.id)
                continue
            cuts = [await engine.bulk(partial(_cut, engine, article)) for article in missing]
            for group in batches(cuts, cutting.BATCH_TEXTS // _FINER):
                embedded = await embed(group, engine, mentions, lambda _: None)
                async with self._context.writing(patiently=True):
                    await self._store.write_passages(list(zip((one.article for one in group), embedded, strict=True)), generation)
                made += len(group)
                if not await advance():
                    return False

    async def _check_alone(self) -> None:
        """Whether the articles of one workspace can be embedded again and stand beside the others.

        Raises:
            JobError: they cannot.
        """
        if await self.needed():
            raise JobError(
                "The articles were embedded with another model than is set now, so those of one workspace cannot be rebuilt alone; "
                "an owner has to rebuild everything."
            )

    async def _mentions(self) -> Mentions:
        return Mentions(await asyncio.to_thread(catalogue.load, self._context.settings.data))


def _whose(scope: str) -> str | None:
    """Of whose articles alone a job's generation is made; None: of all."""
    return None if scope == EVERYBODY else scope


def _cut(engine: Engine, article: Article) -> Cut:
    engine.give_way()
    return cut(article)


async def reread(
    *, store: Store, engine: Engine, mentions: Mentions, tell: Tell, touched: Callable[[Article], bool] = lambda _: True
) -> None:
    """Read the articles of the live generation for launches again: the catalogue, or the reader, is another now.

    A run that was cut short starts again, since only its end is noted; what it did is not wrong meanwhile.

    Args:
        touched: whether an article can read otherwise than before.
    """
    generation = await store.live()
    if generation is None:
        return
    total, after, articles = (await store.counts()).articles, -1, 0
    while some := await store.stored(generation, after, _READ_AHEAD):
        after = some[-1][0]
        again = [(article, passages) for _, article, passages in some if touched(article)]
        told = [await tell_launches(article, [passage for _, passage in passages], engine, mentions) for article, passages in again]
        made = {
            id_: [claim for claim in claimed if claim.passage == at]
            for (_, passages), claimed in zip(again, told, strict=True)
            for at, (id_, _) in enumerate(passages)
        }
        await store.replace_claims(made)
        articles += len(some)
        tell(Progress(articles, total, 0))
    await store.claimed_by(generation, claims.version(engine.fitted, mentions))
