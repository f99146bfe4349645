"""A Discord in memory, with the real bot on it, over the sample articles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copytree

import pytest
from simcord import Env

from bot.on_discord import ShipdateBot, create_bot
from bot.settings import Settings
from index.core import Index
from tests.bot.on_discord.world import OWNER, PATIENCE, World


@pytest.fixture
def settings(samples: Index, samples_data: Path, tmp_path: Path) -> Settings:
    """Those of an installation of the test's own, which has the sample articles."""
    copytree(samples_data, tmp_path / "data")
    return Settings(data=tmp_path / "data", discord_shard_count=1, owners=f"discord:{OWNER}", user_rate=1000, workspace_rate=1000)


@pytest.fixture
async def bot(settings: Settings) -> AsyncIterator[ShipdateBot]:
    """The bot; closed at the end."""
    made = create_bot(settings)
    yield made
    await made.close()


@pytest.fixture
async def world(bot: ShipdateBot) -> AsyncIterator[World]:
    """A server with a channel, an admin and a member."""
    env = Env(bot, settle_timeout=PATIENCE)
    await env.start()
    yield World(env)
    await env.shutdown()
    env.raise_errors()
