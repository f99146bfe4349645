"""A rebuild on Discord shows how far it is."""

from __future__ import annotations

import pytest

from bot.on_discord import reindex
from index.ingestion import embed
from tests.bot.on_discord.conftest import AURORA
from tests.support.discord import World, ids_of, press, text_of


async def test_a_rebuild_shows_how_far_it_is_and_what_came_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "PAUSE", 0.0)
    monkeypatch.setattr(embed, "BATCH_TEXTS", 16)
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    result = await world.admin.slash(world.channel, "reindex")
    assert "Re-indexed: 1 articles." in text_of(result.response)
    assert not ids_of(result.response)
    assert any("Re-indexing" in edit and "shipdate:cancel:" in edit for edit in world.edits())


@pytest.mark.usefixtures("idle")
async def test_a_rebuild_can_be_cancelled_by_its_button(world: World) -> None:
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    result = await world.admin.slash(world.channel, "reindex")
    assert "begins soon" in text_of(result.response)
    await press(world.admin, result.response, "cancel")
    assert "cancelled" in text_of(result.response)
    assert not ids_of(result.response)
