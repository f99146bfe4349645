"""Who changed what, as Discord shows it."""

from __future__ import annotations

from tests.bot.on_discord.conftest import AURORA
from tests.support.discord import World, told


async def test_the_audit_tells_who_did_what_newest_first(world: World) -> None:
    await world.admin.slash(world.channel, "articles add", file=("aurora.md", AURORA.encode()))
    await world.admin.slash(world.channel, "articles add", url="/etc/passwd")
    first, second = told(await world.admin.slash(world.channel, "audit")).splitlines()
    assert f"<@{world.admin.id}> · add articles: /etc/passwd · refused" in first
    assert "aurora.md · done: 1 added" in second
