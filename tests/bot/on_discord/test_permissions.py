"""Who may do what on Discord."""

from __future__ import annotations

import pytest
from simcord.results import InteractionResult

from bot.settings import Settings
from tests.bot.on_discord.conftest import AURORA, Start
from tests.support.discord import World, text_of, told


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The tests' own site may be asked."""
    return settings.model_copy(update={"allow_private_network": True})


def commands(world: World) -> dict[str, dict[str, object]]:
    """Every act, with what it needs."""
    return {
        "articles add": {"file": ("aurora.md", AURORA.encode())},
        "articles remove": {"article": "https://shipdate.example/samples/2024-07-24-kling-global"},
        "feeds add": {"url": "http://127.0.0.1:9/feed"},
        "feeds list": {},
        "feeds remove": {"feed": "1"},
        "reindex": {},
        "audit": {},
        "settings": {},
    }


@pytest.mark.usefixtures("idle")
async def test_who_may_do_what(world: World, settings: Settings, start: Start) -> None:
    """Role by act by scope. Discord is told to show the commands to everybody, so that it is Shipdate that refuses."""
    editors = world.guild.create_role("Editors")
    editor = world.guild.add_member(world.env.create_user("eve"), roles=[editors])
    owner = world.guild.add_member(world.env.create_user("olga"))
    await world.restart(start(settings.model_copy(update={"owners": f"discord:{owner.id}"})))
    await world.choose(world.service, admin_role=str(editors.id))
    await world.everybody_sees_all_commands()
    for name, needs in commands(world).items():
        for shared in (False, True) if name != "settings" else (False,):
            for member in (world.ann, world.admin, editor, owner):
                result = await member.slash(world.channel, name, **needs, **({"shared": True} if shared else {}))
                said = "\n".join(text_of(message) for message in (*result.followups, result.response) if message)
                refused = "Only the admins" in said or "Only the owners" in said
                may = member is owner if shared else member in (world.admin, editor)
                assert refused is not may, (name, shared, member.name, said)
                if refused:
                    assert told(result)


async def test_commands_of_admins_are_shown_to_those_who_manage_the_server(world: World) -> None:
    for_all = {"ask", "sora-status", "launch-status"}
    assert set(world.ann.available_commands(world.channel)) - {"Ask Shipdate about this"} == for_all
    shown = set(world.admin.available_commands(world.channel))
    assert shown >= for_all | set(commands(world))


async def test_in_a_direct_message_only_owners_manage(world: World) -> None:
    result: InteractionResult = await world.ann.user.slash("articles add", file=("aurora.md", AURORA.encode()))
    assert "Only the owners" in told(result)


async def test_suggestions_of_feeds_are_not_for_everybody(world: World) -> None:
    await world.everybody_sees_all_commands()
    assert await world.ann.autocomplete(world.channel, "feeds remove", "feed", "") == []
