"""One open index: what every surface and every script calls."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from async_lru import alru_cache

from index.embedding.engine.engine import Engine
from index.ingestion.add import Adding, Read
from index.ingestion.embed import Tell
from index.ingestion.follow_feeds import Following
from index.ingestion.reindex import Rebuilding, reread
from index.ingestion.sources import files, pages
from index.ingestion.web.address import is_address
from index.launches import claims
from index.launches.mentions import Mentions
from index.launches.status import Launches
from index.model.answers import Answer, Topic
from index.model.articles import EVERYBODY, Counts, Listed, Outcome, Progress
from index.model.errors import JobError, QuestionError
from index.model.jobs import JobState
from index.model.launches import Status
from index.model.quotes import Mark, Quote
from index.model.settings import IndexSettings
from index.retrieval.pipeline import QUESTION_LIMIT, Pipeline, State, state_of, unified
from index.storage import catalogue
from index.storage.catalogue import Catalogue, Product
from index.storage.context import IndexContext
from index.storage.store import erase
from index.storage.store.exchanges import Exchanges
from index.storage.store.ledger import Ledger
from index.system.threads import beside
from index.text.name_keys import key
from index.text.sanitize import storable

if TYPE_CHECKING:
    from index.ingestion.web.fetch import Fetcher
    from index.storage.store.base import Generation

_TYPED = 100  # characters of what somebody begins to write that are looked at: no product's name has more
_SOUGHT = 20  # words of those that articles are looked up by


class Index:
    """Articles in, verbatim quotes out: what :func:`index.open_index` opens. Safe to use from many tasks of one event loop at once.

    Attributes:
        database: where all of it is kept.
        ledger: what is kept about people and workspaces.
        exchanges: what was asked in chats.
        feeds: what is followed.
        jobs: rebuilds.
    """

    def __init__(self, context: IndexContext) -> None:
        self._context = context
        self._settings = context.settings
        self._store = context.store
        self.database = context.database
        self.ledger = Ledger(context.database)
        self.exchanges = Exchanges(context.database)
        self._adding = Adding(context, self._mentions)
        self._web: Fetcher | None = None
        self.feeds = Following(context, self._adding.add, self._fetcher)
        self.jobs = Rebuilding(context)
        self._mentions_by = alru_cache(maxsize=1)(self._mentions)
        self._launches_in = alru_cache(maxsize=1)(self._look_launches_up)
        self._pipeline = Pipeline(context, self._launches_of)

    @classmethod
    async def open(cls, settings: IndexSettings) -> Index:
        """Open the data folder; the model is loaded when it is first needed.

        Raises:
            DataError: the folder cannot be used, or DATABASE_URL names an engine that is not supported.
        """
        return cls(await IndexContext.open(settings))

    async def close(self) -> None:
        """Let go of files and threads."""
        await self.jobs.close()
        if self._web:
            await self._web.close()
        await self._context.close()

    def _fetcher(self) -> Fetcher:
        """What asks web servers, one for all, so that no server is asked for two things at once; its libraries are loaded with it."""
        if self._web is None:
            from index.ingestion.web.fetch import Fetcher

            self._web = Fetcher(allow_private=self._settings.allow_private_network, ports=self._settings.web_ports)
        return self._web

    async def engine(self) -> Engine:
        """The encoder that answers, loaded (some seconds) when this is first called: of the articles, as long as a rebuild is needed.

        Raises:
            ModelError: there is no such model, or the hub cannot be reached.
            DataError: the articles were embedded with a model that cannot be had any more.
        """
        return await self._context.engine_of(await self._store.live())

    # Articles

    async def add(
        self,
        sources: Sequence[str],
        *,
        uploads: Mapping[str, bytes] | None = None,
        scope: str = EVERYBODY,
        tell: Tell | None = None,
    ) -> list[Outcome]:
        """Add files, folders with all articles below them, and web pages. Unchanged ones cost nothing; changed ones are replaced.

            for outcome in await index.add(["articles/", "https://example.org/news/launch"]):
                print(outcome.source, outcome.change, outcome.detail)

        Args:
            uploads: files that somebody sent: name to content.

        Returns:
            what became of each article, in order; one that cannot be added does not stop the others.

        Raises:
            QuotaError: the workspace has no room for all of them, so none is added.
            BusyError: another process is writing.
            DataError: the data folder cannot be written, or its articles were embedded with another model.
        """
        workers = self._context.sandbox
        sent: dict[str, Read] = {}
        for name, content in (uploads or {}).items():
            sent |= await files.upload_readers(name, content, workers)
        return await self._adding.add({**await self._readers(sources), **sent}, scope, tell or _silent)

    async def _readers(self, sources: Sequence[str]) -> Mapping[str, Read]:
        """How to read each article that is meant, by the name under which it is kept."""
        readers: dict[str, Read] = {}
        for path in await asyncio.to_thread(lambda: list(files.find(source for source in sources if not is_address(source)))):
            readers |= await files.readers(path, self._context.sandbox)
        for address in filter(is_address, sources):
            readers[pages.source_of(address)] = partial(pages.read, address, self._fetcher(), self._context.sandbox)
        return readers

    async def remove(self, names: Collection[str], *, scope: str = EVERYBODY) -> Mapping[str, str]:
        """Take out articles, named by id (or its first 12 digits), address or source; returns those that were in: name to title.

        Raises:
            BusyError: another process is writing.
        """
        paths = {name: files.source_of(Path(name)) for name in names}
        async with self._context.writing():
            removed = await self._store.remove([*map(storable, names), *paths.values()], scope)
        return {name: title for name in names if (title := removed.get(storable(name)) or removed.get(paths[name]))}

    async def list(self, *, matching: str = "", limit: int | None = None, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Listed]:
        """All articles, newest first, undated ones last.

        Args:
            matching: only those with these words in their id, title, address or publisher, in whatever case.
            limit: how many at most.
        """
        sought = list(dict.fromkeys(storable(matching[:QUESTION_LIMIT]).split()))[:_SOUGHT]
        return await self._store.list(scopes, " ".join(sought), limit)

    async def counts(self, *, scopes: Collection[str] | None = None) -> Counts:
        """How many articles, passages and vectors are in: in these scopes, or (for who runs it all) in all."""
        return await self._store.counts(scopes)

    async def forget(self, scope: str) -> Mapping[str, int]:
        """Delete all that there is of a workspace; returns how much that was, by kind (see :meth:`remains`).

        Vectors are kept in files of all scopes: these are made again, without the workspace, by the next question.

        Raises:
            BusyError: another process is writing, or has been reading for long.
            ValueError: what belongs to everybody is no workspace's.
        """
        async with self._context.writing():
            await self._context.laid_out()  # it reads, and might write what is deleted
            found = await self.remains(scope)
            try:
                await erase.forget(self._context.database, scope)
            finally:
                await self._context.clear_vectors()
        return found

    async def remains(self, scope: str) -> Mapping[str, int]:
        """How much there is of a workspace, by kind: nothing of any, once it is forgotten."""
        in_files = await self._context.vector_files_of(scope)
        return {**await erase.remains(self._context.database, scope), "vector files": in_files}

    async def rebuild(self, *, tell: Tell | None = None) -> None:
        """Embed everything again, with the model that is set now, and swap it in when it is whole. Answers and additions go on meanwhile.

            await index.rebuild(tell=lambda progress: print(f"{progress.done} of {progress.total}"))

        It is a job (see :attr:`jobs`): a rebuild that is at work already is joined.

        Raises:
            JobError: it failed, or was cancelled.
        """
        started = await self.jobs.start()
        async for job in self.jobs.follow(started.id):
            if tell:
                tell(Progress(job.done, job.total, 0))
            if job.state in (JobState.FAILED, JobState.CANCELLED):
                raise JobError(job.problem or "The rebuild was cancelled.")

    # Launches

    async def status(self, name: str, *, as_of: date | None = None, scopes: Collection[str] = (EVERYBODY,)) -> Status:
        """Where the launch of a product stands as of a day (today by default), and how it came there. Needs no model.

            status = await index.status("Sora", as_of=date(2024, 12, 31))
            print(status.stage, status.history[-1].since)  # released 2024-12-09

        Raises:
            QuestionError: the name has neither letter nor digit.
        """
        asked = unified(name[:QUESTION_LIMIT])[:QUESTION_LIMIT]
        if not key(asked):
            raise QuestionError("Name a product, for example: Sora.")
        launches = await self._known_launches()
        product, shown = await beside(asked, partial(launches.products(scopes).named, asked))
        return await launches.status(product, shown, as_of=as_of or datetime.now(UTC).date(), scopes=scopes)

    async def changed(self, limit: int, *, first: Sequence[str] = (), scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Status]:
        """Where launches stand today: those that changed last, the latest first.

        Args:
            first: the ids of products that come before all others.
        """
        today, launches = datetime.now(UTC).date(), await self._known_launches()
        changed = await launches.changed(as_of=today, scopes=scopes)
        ids = list(dict.fromkeys((*(id_ for id_ in first if id_ in changed), *changed)))[:limit]
        known = launches.products(scopes)
        return [await launches.status(id_, known.shown(id_), as_of=today, scopes=scopes) for id_ in ids]

    async def suggested(self, typed: str, limit: int, *, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[tuple[str, str]]:
        """The products, ids and names, that somebody who types a name probably means, the likeliest first. Needs no model."""
        products = (await self._known_launches()).products(scopes)
        return await asyncio.to_thread(products.suggested, unified(typed[:_TYPED])[:_TYPED], limit)

    async def products(self) -> Sequence[Product]:
        """All products of the catalogue, the installation's own ones last."""
        return list((await asyncio.to_thread(catalogue.load, self._settings.data)).products.values())

    async def add_product(self, product: Product, *, tell: Tell | None = None) -> None:
        """Add a product to this installation's catalogue, or replace it there; the articles that name it are read again.

        Raises:
            CatalogueError: it does not fit into the catalogue.
            BusyError: another process is writing.
        """
        async with self._context.writing():
            before = await self._mentions()
            await asyncio.to_thread(catalogue.add, self._settings.data, product)
            await self._reread(product, before, tell)

    async def remove_product(self, id_: str, *, tell: Tell | None = None) -> None:
        """Take a product out of this installation's catalogue; those that came along stay.

        Raises:
            CatalogueError: it is none of the installation's own.
            BusyError: another process is writing.
        """
        async with self._context.writing():
            before = await self._mentions()
            removed = await asyncio.to_thread(catalogue.remove, self._settings.data, id_)
            await self._reread(removed, before, tell)

    async def _reread(self, changed: Product, before: Mentions, tell: Tell | None) -> None:
        """Read again the articles that name a product, in the new light of the catalogue; all, where they were not up to date."""
        self._mentions_by.cache_clear()
        self._launches_in.cache_clear()
        generation = await self._store.live()
        if generation is None:
            return
        engine = await self._context.engine_of(generation)
        named = Mentions(Catalogue({changed.id: changed}))
        stale = generation.claims != claims.version(engine.fitted, before)
        await reread(
            store=self._store,
            engine=engine,
            mentions=await self._mentions(),
            tell=tell or _silent,
            touched=lambda article: stale or any(one.known for one in named.find(f"{article.title}\n{article.text}", article.language)),
        )

    async def _mentions(self, _told_by: str | None = None) -> Mentions:
        """By the catalogue as it is now; remembered by the version of the claims, in which that of the catalogue is."""
        return await asyncio.to_thread(lambda: Mentions(catalogue.load(self._settings.data)))

    async def _known_launches(self) -> Launches:
        return await self._launches_of(await self._store.live())

    async def _launches_of(self, generation: Generation | None) -> Launches:
        """What is known about launches; looked up again, once for all who ask, whenever the articles, or the catalogue, have changed."""
        return await self._launches_in(state_of(generation))

    async def _look_launches_up(self, state: State | None) -> Launches:
        mentions = await self._mentions_by(state[2] if state else None)
        return Launches(mentions, await self._store.claimed(), self._store)

    # Questions

    async def ask(
        self,
        question: str,
        *,
        as_of: date | None = None,
        scopes: Collection[str] = (EVERYBODY,),
        topic: Topic | None = None,
        languages: Sequence[str] = (),
    ) -> Answer:
        """What the articles say, as of a day: today, or the one that the question names ("was Sora out in March 2024?").

            answer = await index.ask("When will Sora ship?")
            for quote in answer.quotes:  # none, where nothing answers: answer.reason says why
                print(quote.text, quote.article.url)
            reasons = await index.ask("why?", topic=answer.topic)

        Args:
            topic: what the questions before were about, so that "and Kling?" and "why?" can be asked.
            languages: of who asks and of where they ask (ISO 639-1), the likeliest first: they decide where a short question fits several.

        Raises:
            QuestionError: the question is too long to be one.
            DataError: the articles were embedded with another model; the text says what to do.
        """
        return await self._pipeline.ask(question, as_of=as_of, scopes=scopes, topic=topic, languages=languages)

    async def quoted(self, marks: Sequence[Mark], *, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Quote]:
        """The quotes with these marks, in order, with no score; those whose articles say something else now are left out."""
        return await self._store.quoted(marks, scopes)


def _silent(_progress: Progress) -> None:
    pass
