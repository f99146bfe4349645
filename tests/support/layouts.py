"""What :mod:`tests.index.storage.test_segments` lays out: articles of random vectors in a real database; also in a process that is killed
at it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import numpy as np

from index.embedding.learned import language_space
from index.embedding.learned.language_space import LanguageSpace
from index.model.articles import Article, Passage, Span
from index.storage.store.articles import SQLiteStore
from index.storage.store.base import Embedded, Entry
from index.storage.store.database import Database
from index.storage.vector_index import files
from index.storage.vector_index.load import Loading
from index.storage.vector_index.snapshot import Vectors
from index.text.words import profile

DIMENSION = 16
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
SPACE = LanguageSpace(np.eye(DIMENSION, dtype=np.float32)[:1], np.zeros(DIMENSION, np.float32))
STEPS = (
    "index.storage.vector_index.segments.Layout.add",
    "index.storage.vector_index.segments.Layout.finish",
    "index.storage.vector_index.ann.Clustered.write",
    "index.storage.vector_index.segments.write_companions",
    "index.storage.vector_index.files._flush",
    "pathlib.Path.rename",
    "index.storage.vector_index.files.VectorFiles._remove_others",
)
"""Functions that a large index is laid out by, in order: a process is killed when it comes to one of them."""


def entry(key: str, day: int, scope: str, rows: np.ndarray) -> Entry:
    """An article of as many passages, of two sentences each, as ``rows`` has; shape (passages, 3, dimension)."""
    text = f"{key} ships soon. It costs ten."
    spans = (Span(0, len(key) + 12), Span(len(key) + 13, len(text)))
    told = profile(key, [text], "en")
    made = [
        Embedded(
            Passage(0, len(text), spans), text, told, one.astype(np.float16), np.zeros((0, 64), np.int8), np.zeros((2, 9), np.uint8), ()
        )
        for one in rows
    ]
    article = Article(key, key, key, key, text, "en", published=FIRST_DAY + timedelta(days=day), scope=scope)
    return Entry(article, key, key, tuple(made))


def random_rows(dice: np.random.Generator, passages: int) -> np.ndarray:
    """Vectors for :func:`entry`."""
    rows = dice.standard_normal((passages, 3, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


class Opened:
    """A data folder with its store and its vector files."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.store = SQLiteStore(database)
        self.loading = Loading(self.store, files.VectorFiles(folder / "vectors"))

    async def add(self, entries: Sequence[Entry]) -> None:
        generation = await self.store.live()
        if generation is None:
            generation = await self.store.begin("test:0", "", "")
            await self.store.go_live(generation)
        await self.store.write(entries, generation)

    async def load(self, before: Vectors | None = None) -> Vectors:
        generation = await self.store.live()
        assert generation
        loaded = await self.loading.load(generation, SPACE, before, expected=True)
        assert loaded
        assert loaded.generation == generation
        return loaded

    async def lay_out(self) -> None:
        generation = await self.store.live()
        assert generation
        await self.loading.lay_out(generation, SPACE)


@asynccontextmanager
async def opening(folder: Path) -> Iterator[Opened]:
    """The data folder, made if there is none."""
    database = await Database.open(folder)
    try:
        yield Opened(database, folder)
    finally:
        await database.close()


async def _lay_out(folder: Path) -> None:
    async with opening(folder) as opened:
        await opened.lay_out()


def main() -> None:
    """Lay out the index in a folder, and die when it comes to a step."""
    folder, step = sys.argv[1:]
    files.EXACT_LIMIT = 0
    language_space._CORPUS_SHARE = 0.0
    owner, name = step.rpartition(".")[::2]
    try:
        of = import_module(owner)
    except ModuleNotFoundError:
        module, kind = owner.rpartition(".")[::2]
        of = getattr(import_module(module), kind)
    setattr(of, name, lambda *_, **__: os._exit(9))
    asyncio.run(_lay_out(Path(folder)))


if __name__ == "__main__":
    main()
