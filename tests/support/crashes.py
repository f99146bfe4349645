"""What :mod:`tests.index.storage.test_crash` runs in processes that it kills.

A fork server imports this, so the model is loaded once and every process starts in milliseconds. The vectors are the model's own;
``REMEMBERED`` ones are made before the fork, so that a process spends its time on what a crash could spoil: reading and writing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["OMP_NUM_THREADS"] = "1"  # threads do not survive a fork

import torch

from bot.on_terminal import cli
from bot.settings import Settings
from index import open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders import sentence_transformers
from index.ingestion import embed, follow_feeds
from index.storage.context import IndexContext
from tests.support.articles import RememberingEncoder
from tests.support.terminal import Unguarded

torch.set_num_threads(1)
embed.BATCH_TEXTS = 6  # so that a small folder takes many transactions


def _load() -> RememberingEncoder:
    settings = Settings()
    target, name = encoders.locate(settings.embedding_model, settings.cache)
    # OpenVINO's threads do not survive a fork, either
    encoder = RememberingEncoder(sentence_transformers.load(target, name, sentence_transformers.engines()[0]))
    encoders.load = lambda *_: encoder  # type: ignore[assignment]

    async def add_once() -> None:
        async with open_index(Settings(data=Path(folder))) as index:
            await index.add([os.environ["SHIPDATE_TEST_ARTICLES"]])

    with TemporaryDirectory() as folder:
        asyncio.run(add_once())
    return encoder


IndexContext.sandbox = property(lambda _: Unguarded())  # type: ignore[assignment, method-assign]
REMEMBERED = _load()


def add(data: Path, articles: Path, ready: Connection) -> None:
    """Add a folder."""

    async def run() -> None:
        async with open_index(Settings(data=data)) as index:
            await _be_ready(index, ready)
            await index.add([str(articles)])

    _mute()
    asyncio.run(run())


def rebuild(data: Path, articles: Path, ready: Connection) -> None:
    """Rebuild."""

    async def run() -> None:
        async with open_index(Settings(data=data)) as index:
            await _be_ready(index, ready)
            await index.rebuild()

    _mute()
    asyncio.run(run())


def refresh(data: Path, ready: Connection) -> None:
    """Look at all feeds."""

    async def run() -> None:
        async with open_index(Settings(data=data, allow_private_network=True)) as index:
            await _be_ready(index, ready)
            await index.feeds.refresh()

    _mute()
    follow_feeds.TOGETHER = 3  # so that a small feed takes many transactions
    asyncio.run(run())


def command(arguments: list[str], said: Path, ready: Connection) -> None:
    """Run ``shipdate`` with these arguments and the encoder at its real speed; what it says goes to the file ``said``."""
    encoders.load = lambda *_: REMEMBERED.real  # type: ignore[assignment]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal: what a shell runs in the background is deaf to Ctrl-C
    with said.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.argv = ["shipdate", *arguments]
        ready.send(None)
        cli.main()


async def _be_ready(index: Index, ready: Connection) -> None:
    """Have everything loaded, so that what can be killed from here on is the work itself."""
    await index.engine()
    ready.send(None)


def _mute() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
