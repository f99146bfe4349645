"""One open index: what every surface and every script calls."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from index import dates, language, observing, topics
from index.adding import Read, add
from index.answering import Verdict, answer, asks_where_it_stands
from index.cutting import Tell
from index.embedding.engine import Engine
from index.embedding.fitted import parallel_languages
from index.errors import JobError, QuestionError, QuotaError
from index.following import Following
from index.launches import catalogue, claims
from index.launches.catalogue import Catalogue, Product
from index.launches.mentions import Mention, Mentions
from index.launches.naming import key
from index.launches.status import Launches
from index.machinery import Machinery
from index.model import EVERYBODY, Answer, Counts, JobState, Listed, Mark, Outcome, Progress, Quote, Reason, Status, Topic
from index.reading import files, web
from index.reading.clean import storable
from index.rebuilding import Rebuilding, reread
from index.searching import Launch, look_up, search
from index.storing import forgetting
from index.storing.exchanges import Exchanges
from index.storing.ledger import Ledger

if TYPE_CHECKING:
    from index import IndexSettings

QUESTION_LIMIT = 2000
"""The longest question, in characters: far more than anybody asks, and than the encoder reads."""

_COMPARED = 2  # products of one question whose launches are looked up
_ASKS_STATE = 0.6  # how likely a question asks for a state of things, so that the day that it names is that of the answer
_WEEK, _TELLING = 7, 2  # days
_ATTEMPTS = 3  # to find articles that do not change while they are read


class Index:
    """See :func:`index.open_index`. Safe to use from many tasks of one event loop at once.

    Attributes:
        ledger: what is kept about people and workspaces.
        exchanges: what was asked in chats.
        feeds: what is followed.
        jobs: rebuilds.
    """

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._settings = machinery.settings
        self._store = machinery.store
        self.ledger = Ledger(machinery.database)
        self.exchanges = Exchanges(machinery.database)
        self.feeds = Following(machinery, self._add)
        self.jobs = Rebuilding(machinery)
        self._launches: tuple[tuple[int, int, str] | None, Launches] | None = None  # and of which state of the articles

    @classmethod
    async def open(cls, settings: IndexSettings) -> Index:
        """Open the data folder; the model is loaded when it is first needed.

        Raises:
            DataError: the folder cannot be used, or DATABASE_URL names an engine that is not supported.
        """
        return cls(await Machinery.open(settings))

    async def close(self) -> None:
        """Let go of files and threads."""
        await self.jobs.close()
        await self._machinery.close()

    async def engine(self) -> Engine:
        """The encoder that answers, loaded (some seconds) when this is first called: of the articles, as long as a rebuild is needed.

        Raises:
            ModelError: there is no such model, or the hub cannot be reached.
            DataError: the articles were embedded with a model that cannot be had any more.
        """
        return await self._machinery.engine_of(await self._store.live())

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

        Args:
            uploads: files that somebody sent: name to content.

        Returns:
            what became of each article, in order; one that cannot be added does not stop the others.

        Raises:
            QuotaError: the workspace has no room for all of them, so none is added.
            BusyError: another process is writing.
            DataError: the data folder cannot be written, or its articles were embedded with another model.
        """
        sent = {files.source_of_upload(name): partial(files.parse_upload, name, content) for name, content in (uploads or {}).items()}
        return await self._add({**await self._readers(sources), **sent}, scope, tell)

    async def _add(self, named: Mapping[str, Read], scope: str, tell: Tell | None = None) -> list[Outcome]:
        """Add articles by how each is read."""
        async with self._machinery.writing():
            await self._check_room(named, scope)
            generation = await self._store.live()
            engine = await self._machinery.engine_of(generation)
            mentions = Mentions(await self._catalogue())
            told_by = claims.version(engine.fitted, mentions)
            if generation is None:
                generation = await self._store.begin(engine.encoder.fingerprint, told_by, self._settings.embedding_model)
                await self._store.go_live(generation)
            if generation.claims != told_by:
                await reread(store=self._store, engine=engine, mentions=mentions, tell=tell or _silent)
            outcomes = await add(
                list(named.items()),
                store=self._store,
                generation=generation,
                engine=engine,
                mentions=mentions,
                scope=scope,
                tell=tell or _silent,
            )
            await self._machinery.refresh(changed=True)
            return outcomes

    async def _check_room(self, names: Collection[str], scope: str) -> None:
        """Whether a workspace may have these articles, too; what all share has no limit."""
        if scope == EVERYBODY:
            return
        held, most = (await self._store.counts([scope])).articles, self._settings.max_articles
        new = len(names) - len(await self._store.known(names, scope))
        if new and held + new > most:
            raise QuotaError(
                "This workspace has {held:,} of at most {most:,} articles, which leaves no room for {new:,} more.",
                held=held,
                most=most,
                new=new,
            )

    async def _readers(self, sources: Sequence[str]) -> Mapping[str, Read]:
        """How to read each article that is meant, by the name under which it is kept."""
        readers: dict[str, Read] = {}
        for path in await asyncio.to_thread(lambda: list(files.find(source for source in sources if not web.is_address(source)))):
            readers[files.source_of(path)] = partial(files.read_again, path)
        for address in filter(web.is_address, sources):
            readers[web.source_of(address)] = partial(web.read, address, self._machinery.fetcher)
        return readers

    async def remove(self, names: Collection[str], *, scope: str = EVERYBODY) -> Mapping[str, str]:
        """Take out articles, named by id, address or source; returns those that were in: name to title.

        Raises:
            BusyError: another process is writing.
        """
        paths = {name: files.source_of(Path(name)) for name in names}
        async with self._machinery.writing():
            removed = await self._store.remove([*names, *paths.values()], scope)
        return {name: title for name in names if (title := removed.get(name) or removed.get(paths[name]))}

    async def list(self, *, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Listed]:
        """All articles, newest first, undated ones last."""
        return await self._store.list(scopes)

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
        async with self._machinery.writing():
            await self._machinery.laid_out()  # it reads, and might write what is deleted
            found = await self.remains(scope)
            try:
                await forgetting.forget(self._machinery.database, scope)
            finally:
                await self._machinery.clear_vectors()
        return found

    async def remains(self, scope: str) -> Mapping[str, int]:
        """How much there is of a workspace, by kind: nothing of any, once it is forgotten."""
        in_files = await self._machinery.vector_files_of(scope)
        return {**await forgetting.remains(self._machinery.database, scope), "vector files": in_files}

    async def rebuild(self, *, tell: Tell | None = None) -> None:
        """Embed everything again, with the model that is set now, and swap it in when it is whole. Answers and additions go on meanwhile.

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

        Raises:
            QuestionError: the name has neither letter nor digit.
        """
        asked = unicodedata.normalize("NFKC", storable(name))[:QUESTION_LIMIT]
        if not key(asked):
            raise QuestionError("Name a product, for example: Sora.")
        launches = await self._known_launches()
        product, shown = launches.products(scopes).named(asked)
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
        """See :meth:`index.launches.resolving.Products.suggested`. Needs no model."""
        products = (await self._known_launches()).products(scopes)
        return await asyncio.to_thread(products.suggested, unicodedata.normalize("NFKC", storable(typed))[:QUESTION_LIMIT], limit)

    async def products(self) -> Sequence[Product]:
        """All products of the catalogue, the installation's own ones last."""
        return list((await self._catalogue()).products.values())

    async def add_product(self, product: Product, *, tell: Tell | None = None) -> None:
        """Add a product to this installation's catalogue, or replace it there; the articles that name it are read again.

        Raises:
            CatalogueError: it does not fit into the catalogue.
            BusyError: another process is writing.
        """
        async with self._machinery.writing():
            before = Mentions(await self._catalogue())
            await asyncio.to_thread(catalogue.add, self._settings.data, product)
            await self._reread(product, before, tell)

    async def remove_product(self, id_: str, *, tell: Tell | None = None) -> None:
        """Take a product out of this installation's catalogue; those that came along stay.

        Raises:
            CatalogueError: it is none of the installation's own.
            BusyError: another process is writing.
        """
        async with self._machinery.writing():
            before = Mentions(await self._catalogue())
            removed = await asyncio.to_thread(catalogue.remove, self._settings.data, id_)
            await self._reread(removed, before, tell)

    async def _reread(self, changed: Product, before: Mentions, tell: Tell | None) -> None:
        """Read again the articles that name a product, in the new light of the catalogue; all, where they were not up to date."""
        generation = await self._store.live()
        if generation is None:
            return
        engine = await self._machinery.engine_of(generation)
        named = Mentions(Catalogue({changed.id: changed}))
        stale = generation.claims != claims.version(engine.fitted, before)
        await reread(
            store=self._store,
            engine=engine,
            mentions=Mentions(await self._catalogue()),
            tell=tell or _silent,
            touched=lambda article: stale or any(one.known for one in named.find(f"{article.title}\n{article.text}", article.language)),
        )

    async def _catalogue(self) -> Catalogue:
        return await asyncio.to_thread(catalogue.load, self._settings.data)

    async def _known_launches(self) -> Launches:
        """What is known about launches; looked up again whenever the articles, or the catalogue, have changed."""
        generation = await self._store.live()
        state = (generation.id, generation.revision, generation.claims) if generation else None
        if self._launches is None or self._launches[0] != state:
            before = self._launches
            same = before is not None and before[0] is not None and state is not None and before[0][2] == state[2]
            named = before[1].catalogue if before and same else await self._catalogue()
            self._launches = (state, Launches(named, await self._store.claimed(), self._store))
        return self._launches[1]

    # Questions

    async def ask(
        self, question: str, *, as_of: date | None = None, scopes: Collection[str] = (EVERYBODY,), topic: Topic | None = None
    ) -> Answer:
        """What the articles say, as of a day: today, or the one that the question names ("was Sora out in March 2024?").

        Args:
            topic: what the questions before were about, so that "and Kling?" and "why?" can be asked.

        Raises:
            QuestionError: the question is too long to be one.
            DataError: the articles were embedded with another model; the text says what to do.
        """
        started = perf_counter()
        observing.question.set(question)
        if len(question) > QUESTION_LIMIT:
            raise QuestionError(
                "This question has {length:,} characters; please ask in at most {limit:,}.", length=len(question), limit=QUESTION_LIMIT
            )
        with self._machinery.precedence.question():
            return await self._answer(question, as_of=as_of, scopes=scopes, topic=topic, started=started)

    async def _answer(self, question: str, *, as_of: date | None, scopes: Collection[str], topic: Topic | None, started: float) -> Answer:
        text = unicodedata.normalize("NFKC", storable(question).strip())
        tongue = language.detect(text, likely=parallel_languages())
        day = as_of or datetime.now(UTC).date()
        verdict = Verdict()
        launch, status = Launch(), None
        if not text:
            reason = Reason.EMPTY_QUESTION
        else:
            reason = Reason.EMPTY_INDEX
            for _ in range(_ATTEMPTS):
                engine, searchable = await self._machinery.refresh()
                if searchable is None or not (seen := searchable.known(scopes)).passages:
                    break
                reason = Reason.NOTHING_RELEVANT
                launches = await self._known_launches()
                known, is_name = launches.products(scopes), seen.names.__contains__
                if topic:
                    text, topic = topics.complete(text, topic, known, is_name, engine.is_word), None
                encoding = asyncio.create_task(engine.question(text))  # words are looked up meanwhile
                try:
                    asked = await look_up(
                        text, tongue, scopes=scopes, store=self._store, names=seen.names, passages=seen.passages, counted=seen.common
                    )
                    named = known.asked(text, is_name, engine.is_word)
                    products = list(dict.fromkeys(one.product for one in named))
                    if products and as_of is None and (said := _day_said(text, tongue, day)):
                        intent = engine.intent(await encoding)
                        day = said if intent.when + intent.who + intent.where >= _ASKS_STATE else day
                    launch = await self._launch(named, launches, as_of=day, scopes=scopes)
                    found = await search(
                        asked,
                        await encoding,
                        as_of=day,
                        scopes=scopes,
                        store=self._store,
                        vectors=searchable,
                        fitted=engine.fitted,
                        launch=launch,
                    )
                finally:
                    encoding.cancel()
                verdict = answer(found, engine)
                if verdict.quotes and len(products) == 1 and asks_where_it_stands(found.intent):
                    status = await launches.status(products[0], known.shown(products[0]), as_of=day, scopes=scopes)
                if found.complete:
                    break
        elapsed = (perf_counter() - started) * 1000
        about = Topic(text, launch.products) if text else None
        return Answer(
            question,
            tongue,
            day,
            verdict.quotes,
            None if verdict.quotes else reason,
            elapsed,
            launch.products,
            status,
            about,
            verdict.confident or bool(status and status.history),  # who asks where a launch stands is told so: 19 of 20 are right
        )

    async def quoted(self, marks: Sequence[Mark], *, scopes: Collection[str] = (EVERYBODY,)) -> Sequence[Quote]:
        """See :meth:`index.storing.store.Store.quoted`."""
        return await self._store.quoted(marks, scopes)

    async def _launch(self, named: Sequence[Mention], launches: Launches, *, as_of: date, scopes: Collection[str]) -> Launch:
        """What the articles claim about the products of a question."""
        asked = tuple(dict.fromkeys(one.product for one in named))
        courses = [await launches.course(product, as_of=as_of, scopes=scopes) for product in asked[:_COMPARED]]
        return Launch(
            products=asked,
            named=tuple(named),
            course=courses[0].stretches if courses else (),
            current=[one.current for one in courses],
            passages=frozenset().union(*(one.passages for one in courses)),
        )


def _day_said(question: str, tongue: str, today: date) -> date | None:
    """The past day, or the end of the past period, that a question names."""
    said = [one for one in dates.find(question, tongue, today, lean=dates.Lean.PAST) if one.last < today]
    if len(said) != 1:
        return None
    period = said[0]
    # What happened on a day is told on the days after it.
    return min(today, period.last + timedelta(days=0 if (period.last - period.first).days > _WEEK else _TELLING))


def _silent(_progress: Progress) -> None:
    pass
