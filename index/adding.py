"""From sources to stored articles: read, compare, cut, embed, write, batch by batch, so that what is done stays done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from index.cutting import Cut, Tell, batches, cut, embed
from index.embedding.engine import Engine
from index.errors import ArticleError
from index.launches.mentions import Mentions
from index.model import Change, Outcome, Progress
from index.reading import twins
from index.reading.draft import Draft
from index.storing.store import Copy, Entry, Generation, Known, Store

Read = Callable[[Known | None], Awaitable[Draft | None]]
"""Reads one source, given what is kept of it; None when it has not changed. Raises :class:`~index.errors.ArticleError`."""

_READ_AHEAD = 64  # sources read while those before them are embedded
_AT_ONCE = 16  # of them
_COMPARED = 8  # stored texts that one is compared with, word by word


async def add(
    sources: Sequence[tuple[str, Read]], *, store: Store, generation: Generation, engine: Engine, mentions: Mentions, scope: str, tell: Tell
) -> list[Outcome]:
    """Add each source: its name and how to read it. One outcome each, in the same order.

    A source that cannot be read is told and does not stop the others. Each batch is one transaction, so what is done stays
    done; while one batch is embedded, the one before is written and the ones after are read.
    """
    run = _Run(store, scope, await store.known([name for name, _ in sources], scope))
    texts = 0

    def done(more: int) -> None:
        nonlocal texts
        texts += more
        tell(Progress(len(run.outcomes), len(sources), texts))

    rest = iter(sources)
    reading = asyncio.create_task(run.read(list(islice(rest, _READ_AHEAD))))
    try:
        while read := await reading:
            reading = asyncio.create_task(run.read(list(islice(rest, _READ_AHEAD))))
            fresh = await run.judge(read)
            done(0)
            for group in batches(one.cut for one in fresh):
                embedded = await embed(group, engine, mentions, done)
                entries = [run.fresh[one.article.source].entry(made) for one, made in zip(group, embedded, strict=True)]
                await run.write(run.settle(entries, generation))
            await run.write_rest()
    finally:
        reading.cancel()
        await asyncio.wait([reading])
        await run.end()
    tell(Progress(len(sources), len(sources), texts))
    return [run.outcomes[name] for name, _ in sources]


@dataclass(frozen=True, slots=True)
class _Fresh:
    """An article that was read, and by what its copies are found."""

    draft: Draft
    cut: Cut
    signature: bytes
    bands: tuple[int, ...]

    @classmethod
    def made(cls, draft: Draft, scope: str) -> _Fresh:
        article = draft.article(scope)
        signature = twins.signature(article)
        return cls(draft, cut(article), signature, twins.bands(signature))

    def entry(self, embedded: tuple[Any, ...]) -> Entry:
        draft = self.draft
        return Entry(self.cut.article, draft.digest, draft.text_digest, embedded, self.signature, self.bands, draft.etag, draft.modified)

    def copy(self, of: str) -> Copy:
        article = self.cut.article
        return Copy(of, article.source, article.url, article.publisher, article.published, _known(self.draft))


def _known(draft: Draft) -> Known:
    return Known(draft.digest, draft.etag, draft.modified)


_Read = _Fresh | Draft | ArticleError | None  # changed, unchanged with other validators perhaps, failed, unchanged


class _Run:
    """One addition.

    Attributes:
        fresh: articles that were read and are not written yet, by source.
    """

    def __init__(self, store: Store, scope: str, known: Mapping[str, Known]) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.fresh: dict[str, _Fresh] = {}
        self._store = store
        self._scope = scope
        self._known = known
        self._copies: dict[str, Copy] = {}  # not written yet, by source, likewise
        self._validators: dict[str, Known] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._writing: asyncio.Task[None] | None = None

    async def read(self, sources: Sequence[tuple[str, Read]]) -> list[tuple[str, _Read]]:
        """Read these, several at once."""
        return await asyncio.gather(*(self._read(name, reader) for name, reader in sources))

    async def _read(self, name: str, reader: Read) -> tuple[str, _Read]:
        known = self._known.get(name)
        async with self._turns:
            try:
                draft = await reader(known)
            except ArticleError as error:
                return name, error
            if draft is None or (known and known.digest == draft.digest):
                return name, draft
            return name, await asyncio.to_thread(_Fresh.made, draft, self._scope)

    async def judge(self, read: Sequence[tuple[str, _Read]]) -> list[_Fresh]:
        """Say what becomes of each; returns those that have to be embedded."""
        # Those that are in already come first: the words that they had must not stand in the way of those that are new.
        for name, one in sorted(read, key=lambda each: each[0] not in self._known):
            if isinstance(one, ArticleError):
                self.outcomes[name] = Outcome(name, Change.FAILED, str(one))
            elif not isinstance(one, _Fresh):
                self.outcomes[name] = Outcome(name, Change.UNCHANGED)
                if one and _known(one) != self._known[name]:
                    self._validators[name] = _known(one)
            elif kept := await self._kept(one):
                self.outcomes[name] = Outcome(name, Change.DUPLICATE, kept)
                self._copies[name] = one.copy(kept)
            else:
                self.outcomes[name] = Outcome(name, Change.UPDATED if name in self._known else Change.ADDED)
                self.fresh[name] = one
                self._copies = {source: copy for source, copy in self._copies.items() if copy.of != name}
        return [one for _, one in read if isinstance(one, _Fresh) and one.cut.article.source in self.fresh]

    async def _kept(self, new: _Fresh) -> str | None:
        """The source under which the text is kept already, as far as this scope can see."""
        fresh, copies = dict(self.fresh), self._copies  # as they are now: writing goes on, and what is stored is looked up after
        alike = {
            name: signature
            for name, signature in (await self._store.alike(new.draft.text_digest, new.bands, self._scope)).items()
            if name not in fresh and name not in copies
        } | {name: one.signature for name, one in fresh.items()}
        alike.pop(new.cut.article.source, None)
        # An older version has written no signatures; there the words are the same, which is why it was found.
        likely = (name for name, signature in alike.items() if not signature or twins.likely(signature, new.signature))
        for name in islice(likely, _COMPARED):
            kept = fresh[name].cut.article if name in fresh else await self._store.article(name, self._scope)
            if kept is not None and await asyncio.to_thread(twins.same, kept, new.cut.article):
                return name
        return None

    async def settle(self, entries: Sequence[Entry], generation: Generation) -> None:
        """Write articles."""
        await self._store.write(entries, generation)
        for entry in entries:
            del self.fresh[entry.article.source]

    async def write_rest(self) -> None:
        """Start to write where else texts stand, and new validators, when the articles before them are written."""
        await self.write(self._note(dict(self._copies), self._validators))
        self._validators = {}

    async def _note(self, copies: Mapping[str, Copy], validators: Mapping[str, Known]) -> None:
        if copies:
            await self._store.write_copies(list(copies.values()), self._scope)
            self._copies = {source: copy for source, copy in self._copies.items() if copies.get(source) is not copy}
        if validators:
            await self._store.revalidate(validators, self._scope)

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
