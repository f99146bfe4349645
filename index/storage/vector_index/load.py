"""How vectors come into memory: from files, else from the database; those of a large index with what has changed since."""

from __future__ import annotations

import asyncio

import numpy as np

from index.embedding.learned.language_space import LanguageSpace
from index.model.errors import DataError
from index.storage.store.base import Changes, Generation, Store
from index.storage.vector_index import files as vectors
from index.storage.vector_index import segments
from index.storage.vector_index.snapshot import Vectors, build


class Loading:
    """Of the vectors of one data folder."""

    def __init__(self, store: Store, files: vectors.VectorFiles) -> None:
        self._store = store
        self._files = files

    async def load(self, generation: Generation, space: LanguageSpace, before: Vectors | None, *, expected: bool) -> Vectors | None:
        """The vectors of a generation, of this revision or a later one; None where it was replaced meanwhile.

        Args:
            before: those that were loaded before.
            expected: whether they should be in files.

        Raises:
            DataError: the index is large, and there is no room for its files.
        """
        kept = await asyncio.to_thread(self._files.load, generation, space, expected=expected)
        return kept or await self._make(generation, space, before)

    async def _make(self, generation: Generation, space: LanguageSpace, before: Vectors | None) -> Vectors | None:
        base = await self._base(generation, space, before)
        if base:
            changes = await self._store.changes(generation, base.ids, segments.most(base))
            if changes is None:
                return None
            if changes.rows and len(changes.ids) > vectors.EXACT_LIMIT:
                return await self._beside(base, changes, space)
        changes = await self._store.changes(generation, np.zeros(0, np.int64), vectors.EXACT_LIMIT)
        if changes is None:
            return None
        if changes.rows is None:
            return await self.lay_out(generation, space)
        made = await asyncio.to_thread(build, changes.rows, await self._store.spellings(), space)
        await asyncio.to_thread(self._files.save, made, space)
        return made

    async def _base(self, generation: Generation, space: LanguageSpace, before: Vectors | None) -> Vectors | None:
        """What was laid out of a large index, if it is one."""
        if before and before.frozen and before.generation.id == generation.id:
            return before.base or before
        return await asyncio.to_thread(self._files.base, generation, space)

    async def _beside(self, base: Vectors, changes: Changes, space: LanguageSpace) -> Vectors:
        assert changes.rows
        spellings = await self._store.spellings_in(changes.rows.ids.tolist())
        new = {word for told in spellings.values() for word, (like_a_name, _) in told.items() if like_a_name}.difference(
            base.spellings.terms
        )
        counted = await self._store.spellings(new)
        return await asyncio.to_thread(segments.beside, base, changes.ids, changes.rows, spellings=spellings, counted=counted, space=space)

    async def lay_out(self, generation: Generation, space: LanguageSpace) -> Vectors | None:
        """Lay out a large index as it is now (minutes for a million passages); None where the generation was replaced meanwhile.

        Raises:
            DataError: there is no room for its files.
        """
        spellings, common = await self._store.spellings(), await self._store.common_terms(segments.COMMON)
        try:
            with self._files.writing() as folder:
                layout = segments.Layout(folder)
                current = None
                async for rows in self._store.parts(generation, segments.PART):
                    current = rows.generation
                    await asyncio.to_thread(layout.add, rows)
                if current is None:
                    return None
                await asyncio.to_thread(layout.finish, current, spellings, common, space)
                await asyncio.to_thread(self._files.put, folder, current)
        except (OSError, RuntimeError) as error:
            raise DataError(
                "The files of this large index cannot be written ({problem}); free some space in the data folder, then ask again.",
                problem=error,
            ) from error
        return await asyncio.to_thread(self._files.load, current, space, expected=True)
