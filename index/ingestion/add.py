"""From sources to stored articles: read, compare, embed, write, batch by batch, so that what is done stays done.

Nobody is kept from writing while articles are read, compared and embedded, which takes seconds or minutes; only while a batch is
written. What others have written meanwhile is looked at then: what they have made of the index, which articles they have added.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from index.embedding.engine.engine import Engine
from index.ingestion.embed import Cut, Tell, batches, embed
from index.ingestion.prepare import Prepared, prepare
from index.ingestion.readers.draft import Draft
from index.ingestion.reindex import reread
from index.ingestion.sources import near_duplicates
from index.launches import claims
from index.launches.mentions import Mentions
from index.model.articles import EVERYBODY, Article, Change, Outcome, Progress, SourceState
from index.model.errors import ArticleError, QuotaError
from index.storage.store.base import Copy, Embedded, Entry, Generation
from index.system.sandbox import SandboxError

if TYPE_CHECKING:
    from index.storage.context import IndexContext

Read = Callable[[SourceState | None], Awaitable[Draft | None]]
"""Reads one source, given what is kept of it; None when it has not changed. Raises :class:`~index.model.errors.ArticleError`."""

READ_AHEAD = 64
"""Sources that are read together, while those before them are embedded."""

_AT_ONCE = 16  # of them
_COMPARED = 8  # stored texts that one is compared with, word by word
_ATTEMPTS = 3  # to find no other writer between comparing and writing; after that, two who write the same at once may both be kept


class Adding:
    """Adds articles to an index.

    Args:
        mentions: finds products, by the catalogue as it is at the moment.
    """

    def __init__(self, context: IndexContext, mentions: Callable[[], Awaitable[Mentions]]) -> None:
        self._context = context
        self._store = context.store
        self._mentions = mentions

    async def add(self, named: Mapping[str, Read], scope: str, tell: Tell) -> list[Outcome]:
        """Add articles by how each is read. One outcome each, in the same order.

        Raises:
            QuotaError: the workspace has no room for all of them, so none is added.
            BusyError: another process is writing.
            DataError: the data folder cannot be written, or its articles were embedded with another model.
        """
        await self._check_room(named, scope)
        outcomes: list[Outcome] = []
        texts = 0

        def done(more: int) -> None:
            nonlocal texts
            texts += more
            tell(Progress(len(outcomes), len(named), texts))

        # Loading the model takes seconds, in which what is new can be read.
        wanted = len(await self._store.known(named, scope)) < len(named)
        loading = asyncio.create_task(self._context.engine_of(await self._store.live())) if wanted else None
        rest = iter(named.items())
        reading = self._read(rest, scope)
        try:
            while contents := await reading:
                reading = self._read(rest, scope)
                outcomes += await self._add(contents, scope, tell, done)
                done(0)
        finally:
            begun = [task for task in (reading, loading) if task]
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
        await self._context.refresh(changed=True)
        return outcomes

    def _read(self, rest: Iterator[tuple[str, Read]], scope: str) -> asyncio.Task[list[tuple[str, Content]]]:
        """Begin to read the next of the sources, several at once."""
        return asyncio.create_task(self._contents(list(islice(rest, READ_AHEAD)), scope))

    async def _contents(self, sources: Sequence[tuple[str, Read]], scope: str) -> list[tuple[str, Content]]:
        known, turns = await self._store.known([name for name, _ in sources], scope), asyncio.Semaphore(_AT_ONCE)

        async def content(name: str, read: Read) -> Content:
            async with turns:
                try:
                    draft = await read(known.get(name))
                    if draft is None or (name in known and known[name].digest == draft.digest):
                        return draft
                    return _Fresh.of(draft, await self._context.sandbox.run(prepare, draft, scope))
                except SandboxError as error:
                    return ArticleError(f"{name}: {error}")
                except ArticleError as error:
                    return error

        contents = await asyncio.gather(*(content(name, read) for name, read in sources))
        return [(name, one) for (name, _), one in zip(sources, contents, strict=True)]

    async def _add(self, contents: Sequence[tuple[str, Content]], scope: str, tell: Tell, done: Callable[[int], None]) -> Sequence[Outcome]:
        """Add what was read. Each batch is one transaction; while one is embedded, the one before is written."""
        run = _Run(self._context, scope, await self._store.known([name for name, _ in contents], scope), await self._base(tell))
        try:
            for group in batches(one.cut for one in await run.judge(contents)):
                embedded = await embed(group, run.base.engine, run.base.mentions, done)
                await run.write(self._settle(run, group, embedded, tell))
            await run.write(self._settle_rest(run))
        finally:
            await run.end()
        return [run.outcomes[name] for name, _ in contents]

    async def _base(self, tell: Tell) -> _Base:
        """What articles are embedded for now; the first generation is begun where there is none, and claims of another version read again.

        Raises:
            BusyError: another process is writing.
        """
        await self._context.engine_of(await self._store.live())  # loading it takes seconds, in which nobody is kept from writing
        async with self._context.writing():
            generation = await self._store.live()
            engine = await self._context.engine_of(generation)
            mentions = await self._mentions()
            version = claims.version(engine.fitted, mentions)
            if generation is None:
                generation = await self._store.begin(engine.encoder.fingerprint, version, self._context.settings.embedding_model)
                await self._store.go_live(generation)
            elif generation.claims != version:
                await reread(store=self._store, engine=engine, mentions=mentions, tell=tell)
            return _Base(generation.id, version, engine, mentions)

    async def _settle(self, run: _Run, group: Sequence[Cut], embedded: Sequence[tuple[Embedded, ...]], tell: Tell) -> None:
        """Write a batch; embedded again where another generation, or catalogue, has taken the place of that for which it was."""
        base, attempts = run.base, 0
        while True:
            attempts += 1
            revision = await run.compare([one.article.source for one in group])
            async with self._context.writing():
                live = await self._store.live()
                if live and base.stands(live) and (live.revision == revision or attempts >= _ATTEMPTS):
                    entries = run.entries(group, embedded)
                    await self._check_room([entry.article.source for entry in entries], run.scope)
                    await run.settle(entries, live)
                    return
            if live is None or not base.stands(live):
                run.base = base = await self._base(tell)
                embedded = await embed(group, base.engine, base.mentions, lambda _: None)

    async def _settle_rest(self, run: _Run) -> None:
        """Write where else texts stand, and new validators, when the articles before them are written."""
        async with self._context.writing():
            await run.note()

    async def _check_room(self, names: Collection[str], scope: str) -> None:
        """Whether a workspace may have these articles, too, of which copies count like others; what all share has no limit."""
        if scope == EVERYBODY:
            return
        held, most = await self._store.sources(scope), self._context.settings.max_articles
        new = len(names) - len(await self._store.known(names, scope))
        if new and held + new > most:
            raise QuotaError(
                "This workspace has {held:,} of at most {most:,} articles, which leaves no room for {new:,} more.",
                held=held,
                most=most,
                new=new,
            )


@dataclass(frozen=True, slots=True)
class _Base:
    """What articles are embedded for.

    Attributes:
        generation: the id of the one that answers.
        claims: by what its claims are made.
    """

    generation: int
    claims: str
    engine: Engine
    mentions: Mentions

    def stands(self, live: Generation) -> bool:
        """Whether what was embedded for it can be written into the generation that is live now."""
        return (live.id, live.claims) == (self.generation, self.claims)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """An article that was read, and by what its copies are found."""

    draft: Draft
    cut: Cut
    signature: bytes
    bands: tuple[int, ...]

    @classmethod
    def of(cls, draft: Draft, prepared: Prepared) -> _Fresh:
        signature = bytes.fromhex(prepared.signature)
        return cls(draft, Cut(prepared.article, prepared.passages), signature, near_duplicates.bands(signature))

    def entry(self, embedded: tuple[Embedded, ...]) -> Entry:
        draft = self.draft
        return Entry(self.cut.article, draft.digest, draft.text_digest, embedded, self.signature, self.bands, draft.etag, draft.modified)

    def copy(self, of: str) -> Copy:
        article = self.cut.article
        return Copy(of, article.source, article.url, article.publisher, article.published, _known(self.draft))


def _known(draft: Draft) -> SourceState:
    return SourceState(draft.digest, draft.etag, draft.modified)


Content: TypeAlias = _Fresh | Draft | ArticleError | None
"""What was read of a source: changed, unchanged with other validators perhaps, failed, unchanged."""


class _Run:
    """The addition of some sources that were read together.

    Attributes:
        base: what they are embedded for.
        fresh: articles that were read and are not written yet, by source.
    """

    def __init__(self, context: IndexContext, scope: str, known: Mapping[str, SourceState], base: _Base) -> None:
        self.base = base
        self.scope = scope
        self.outcomes: dict[str, Outcome] = {}
        self.fresh: dict[str, _Fresh] = {}
        self._store = context.store
        self._sandbox = context.sandbox
        self._known = known
        self._revision: int | None = None  # of the articles that all were compared with
        self._copies: dict[str, Copy] = {}  # not written yet, by source, likewise
        self._validators: dict[str, SourceState] = {}
        self._writing: asyncio.Task[None] | None = None

    async def judge(self, contents: Sequence[tuple[str, Content]]) -> list[_Fresh]:
        """Say what becomes of each; returns those that have to be embedded."""
        live = await self._store.live()
        self._revision = live.revision if live else None
        # Those that are in already come first: the words that they had must not stand in the way of those that are new.
        for name, one in sorted(contents, key=lambda each: each[0] not in self._known):
            if isinstance(one, ArticleError):
                self.outcomes[name] = Outcome(name, Change.FAILED, str(one))
            elif not isinstance(one, _Fresh) or self._holds(name, one.draft):
                self.outcomes[name] = Outcome(name, Change.UNCHANGED)
                draft = one.draft if isinstance(one, _Fresh) else one
                if draft and self._holds(name, draft) and _known(draft) != self._known[name]:
                    self._validators[name] = _known(draft)
            elif kept := await self._kept(one, dict(self.fresh)):
                self.outcomes[name] = Outcome(name, Change.DUPLICATE, kept)
                self._copies[name] = one.copy(kept)
            else:
                self.outcomes[name] = Outcome(name, Change.UPDATED if name in self._known else Change.ADDED)
                self.fresh[name] = one
                self._copies = {source: copy for source, copy in self._copies.items() if copy.of != name}
        return [one for _, one in contents if isinstance(one, _Fresh) and one.cut.article.source in self.fresh]

    def _holds(self, name: str, draft: Draft) -> bool:
        """Whether it is in as it was read: somebody else may have added it since."""
        return name in self._known and self._known[name].digest == draft.digest

    async def compare(self, sources: Collection[str]) -> int | None:
        """Leave out those of these articles that others have added since they were judged.

        Returns:
            the revision that they were compared with.
        """
        live = await self._store.live()
        if live is None or live.revision == self._revision:
            return self._revision
        known = await self._store.known(sources, self.scope)
        for name in sources:
            one = self.fresh.get(name)
            if one is None:
                continue
            if name in known and known[name].digest == one.draft.digest:
                self.outcomes[name] = Outcome(name, Change.UNCHANGED)
                del self.fresh[name]
            elif kept := await self._kept(one, {}):
                self.outcomes[name] = Outcome(name, Change.DUPLICATE, kept)
                self._copies = {source: replace(copy, of=kept) if copy.of == name else copy for source, copy in self._copies.items()}
                self._copies[name] = one.copy(kept)
                del self.fresh[name]
        return live.revision

    async def _kept(self, new: _Fresh, beside: Mapping[str, _Fresh]) -> str | None:
        """The source under which the text is kept already, as far as this scope can see.

        Args:
            beside: what is about to be kept, and was not compared with it.
        """
        fresh, copies = dict(self.fresh), self._copies  # as they are now: writing goes on, and what is stored is looked up after
        digest = new.draft.text_digest
        stored = await self._store.alike(digest, new.bands, self.scope)
        alike = {name: signature for name, signature in stored.items() if name not in fresh and name not in copies}
        alike |= {name: b"" if one.draft.text_digest == digest else one.signature for name, one in beside.items()}
        alike.pop(new.cut.article.source, None)
        likely = (name for name, signature in alike.items() if not signature or near_duplicates.likely(signature, new.signature))
        for name in islice(likely, _COMPARED):
            kept = beside[name].cut.article if name in beside else await self._store.article(name, self.scope)
            if kept is not None and await self._same(kept, new.cut.article):
                return name
        return None

    async def _same(self, kept: Article, new: Article) -> bool:
        try:
            return await self._sandbox.run(near_duplicates.same, kept, new)
        except SandboxError:  # nobody can tell
            return False

    def entries(self, group: Sequence[Cut], embedded: Sequence[tuple[Embedded, ...]]) -> list[Entry]:
        """What is to be written of a batch."""
        pairs = zip(group, embedded, strict=True)
        return [self.fresh[one.article.source].entry(made) for one, made in pairs if one.article.source in self.fresh]

    async def settle(self, entries: Sequence[Entry], live: Generation) -> None:
        """Write articles."""
        await self._store.write(entries, live)
        for entry in entries:
            del self.fresh[entry.article.source]
        if now := await self._store.live():
            self._revision = now.revision

    async def note(self) -> None:
        """Write where else texts stand, and new validators."""
        if self._copies:
            await self._store.write_copies(list(self._copies.values()), self.scope)
        if self._validators:
            await self._store.revalidate(self._validators, self.scope)

    async def write(self, act: Coroutine[Any, Any, None]) -> None:
        """Start to write, when what was to be written before is."""
        try:
            if self._writing:
                await self._writing
        except BaseException:
            act.close()
            raise
        self._writing = asyncio.create_task(act)

    async def end(self) -> None:
        """Wait until all is written."""
        if self._writing:
            await asyncio.shield(self._writing)
