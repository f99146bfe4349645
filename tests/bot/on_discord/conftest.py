"""A Discord in memory, with the real bot on it, over the sample articles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copytree
from typing import Any, Protocol

import pytest

from bot.on_discord import create_bot, reindex
from bot.on_discord.app import ShipdateBot
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.api import Index
from index.ingestion.reindex import Rebuilding
from tests.support.discord import OWNER, World
from tests.support.site import Site, serving

AURORA = "Aurora will ship on 4 May, says its maker, which adds that testers liked it. The price of Aurora is 12 dollars a month."


class Start(Protocol):
    """Makes a bot, which is closed when the test ends."""

    def __call__(self, settings: Settings, **how: Any) -> ShipdateBot: ...


@pytest.fixture
def settings(samples: Index, samples_data: Path, tmp_path: Path) -> Settings:
    """Those of an installation of the test's own, which has the sample articles."""
    copytree(samples_data, tmp_path / "data")
    return Settings(data=tmp_path / "data", discord_shard_count=1, owners=f"discord:{OWNER}", user_rate=1000, workspace_rate=1000)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """See :class:`Start`."""
    made: list[ShipdateBot] = []

    def start(settings: Settings, **how: Any) -> ShipdateBot:
        made.append(create_bot(settings, **how))
        return made[-1]

    yield start
    for bot in made:
        await bot.close()


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    """What the bot asks, for the test to ask too."""
    async with open_index(settings) as index:
        yield Service(index, settings)


@pytest.fixture
async def world(settings: Settings, start: Start) -> AsyncIterator[World]:
    """A server with the bot on it."""
    async with World.around(start(settings)) as made:
        yield made


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site of the test's own."""
    async with serving() as made:
        yield made


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works on rebuilds, and nobody follows them."""

    async def nothing(*_args: object) -> None:
        """Not even look."""

    monkeypatch.setattr(reindex.Reindexing, "_follow", nothing)
    monkeypatch.setattr(Rebuilding, "_take_up", lambda _self: None)
