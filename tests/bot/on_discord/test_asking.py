"""Asking on Discord, in each way in which people do."""

from __future__ import annotations

from tests.bot.on_discord.world import World, ids_of, text_of

KUTCHER = "Who in Hollywood is testing Sora?"


async def test_a_mention_is_answered_in_place(world: World) -> None:
    asked = await world.ann.send(world.channel, f"<@{world.bot.id}> {KUTCHER}")
    (answer,) = world.answers()
    assert "Kutcher" in text_of(answer)
    assert answer.reference is not None
    assert answer.reference.message_id == asked.id
    assert not answer.mentions
    assert {id_.split(":")[1] for id_ in ids_of(answer)} >= {"good", "bad", "remove"}


async def test_a_command_is_answered_and_shows_what_was_asked(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question=KUTCHER)
    assert not result.ephemeral
    assert result.response is not None
    assert "Kutcher" in text_of(result.response)
    assert KUTCHER in text_of(result.response)


async def test_sora_status_tells_where_it_stands_and_how_it_came_there(world: World) -> None:
    result = await world.ann.slash(world.channel, "sora-status")
    assert result.response is not None
    said = text_of(result.response)
    assert "**Sora**: discontinued since <t:" in said
    assert said.index("discontinued") < said.index("released since") < said.index("announced since")
