"""From sources to stored articles: read, compare, cut, embed, write, batch by batch, so that what is done stays done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from index.cutting import Cut, batches, cut, embed
from index.embedding.engine import Engine
from index.errors import ArticleError
from index.launches.mentions import Mentions
from index.model import Change, Outcome
from index.reading import twins
from index.reading.draft import Draft
from index.storing.store import Copy, Entry, Generation, Known, Store

Read = Callable[[Known | None], Awaitable[Draft | None]]
"""Reads one source, given what is kept of it; None when it has not changed. Raises :class:`~index.errors.ArticleError`."""

READ_AHEAD = 64
"""Sources that are read together, while those before them are embedded."""

_AT_ONCE = 16  # of them
_COMPARED = 8  # stored texts that one is compared with, word by word


async def read(sources: Sequence[tuple[str, Read]], *, store: Store, scope: str) -> list[tuple[str, Found]]:
    """Read sources, each named with how it is read, several at once. Nothing is written, so others may write meanwhile."""
    known, turns = await store.known([name for name, _ in sources], scope), asyncio.Semaphore(_AT_ONCE)

    async def one(name: str, reader: Read) -> tuple[str, Found]:
        async with turns:
            try:
                draft = await reader(known.get(name))
            except ArticleError as error:
                return name, error
            if draft is None or (name in known and known[name].digest == draft.digest):
                return name, draft
            return name, await asyncio.to_thread(_Fresh.made, draft, scope)

    return await asyncio.gather(*(one(name, reader) for name, reader in sources))


async def add(
    found: Sequence[tuple[str, Found]],
    *,
    store: Store,
    generation: Generation,
    engine: Engine,
    mentions: Mentions,
    scope: str,
    done: Callable[[int], None],
) -> list[Outcome]:
    """Add what was read. One outcome each, in the same order.

    Each batch is one transaction, so what is done stays done; while one batch is embedded, the one before is written.

    Args:
        done: hears how many texts were embedded, now and then.
    """
    run = _Run(store, scope, await store.known([name for name, _ in found], scope))
    try:
        fresh = await run.judge(found)
        for group in batches(one.cut for one in fresh):
            embedded = await embed(group, engine, mentions, done)
            entries = [run.fresh[one.article.source].entry(made) for one, made in zip(group, embedded, strict=True)]
            await run.write(run.settle(entries, generation))
        await run.write_rest()
    finally:
        await run.end()
    return [run.outcomes[name] for name, _ in found]


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


Found: TypeAlias = _Fresh | Draft | ArticleError | None
"""What was read of a source: changed, unchanged with other validators perhaps, failed, unchanged."""


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
        self._writing: asyncio.Task[None] | None = None

    async def judge(self, found: Sequence[tuple[str, Found]]) -> list[_Fresh]:
        """Say what becomes of each; returns those that have to be embedded."""
        # Those that are in already come first: the words that they had must not stand in the way of those that are new.
        for name, one in sorted(found, key=lambda each: each[0] not in self._known):
            if isinstance(one, ArticleError):
                self.outcomes[name] = Outcome(name, Change.FAILED, str(one))
            elif not isinstance(one, _Fresh) or self._holds(name, one.draft):
                self.outcomes[name] = Outcome(name, Change.UNCHANGED)
                draft = one.draft if isinstance(one, _Fresh) else one
                if draft and self._holds(name, draft) and _known(draft) != self._known[name]:
                    self._validators[name] = _known(draft)
            elif kept := await self._kept(one):
                self.outcomes[name] = Outcome(name, Change.DUPLICATE, kept)
                self._copies[name] = one.copy(kept)
            else:
                self.outcomes[name] = Outcome(name, Change.UPDATED if name in self._known else Change.ADDED)
                self.fresh[name] = one
                self._copies = {source: copy for source, copy in self._copies.items() if copy.of != name}
        return [one for _, one in found if isinstance(one, _Fresh) and one.cut.article.source in self.fresh]

    def _holds(self, name: str, draft: Draft) -> bool:
        """Whether it is in as it was read: somebody else may have added it since."""
        return name in self._known and self._known[name].digest == draft.digest

    async def _kept(self, new: _Fresh) -> str | None:
        """The source under which the text is kept already, as far as this scope can see."""
        fresh, copies = dict(self.fresh), self._copies  # as they are now: writing goes on, and what is stored is looked up after
        digest = new.draft.text_digest
        stored = await self._store.alike(digest, new.bands, self._scope)
        alike = {name: signature for name, signature in stored.items() if name not in fresh and name not in copies}
        alike |= {name: b"" if one.draft.text_digest == digest else one.signature for name, one in fresh.items()}
        alike.pop(new.cut.article.source, None)
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
