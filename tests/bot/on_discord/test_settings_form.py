"""A server's settings are chosen on a panel."""

from __future__ import annotations

from tests.support.discord import World, ids_of, text_of


async def test_settings_are_chosen_on_a_panel(world: World) -> None:
    shown = await world.admin.slash(world.channel, "settings")
    panel = shown.response
    assert panel and panel.ephemeral
    role = world.guild.create_role("Editors")
    await world.admin.select(panel, [world.channel], custom_id="shipdate:set:unprompted_channels:")
    await world.admin.select(panel, [role], custom_id="shipdate:set:admin_role:")
    await world.admin.select(panel, ["fr"], custom_id="shipdate:set:language:")
    for name in ("private_replies", "log_questions"):
        (switch,) = [id_ for id_ in ids_of(panel) if name in id_]
        await world.admin.click(panel, custom_id=switch)
    settings = await world.service.settings(world.caller(world.admin))
    assert settings.unprompted_channels == (str(world.channel.id),)
    assert settings.admin_role == str(role.id)
    assert (settings.language, settings.private_replies, settings.log_questions) == ("fr", True, True)
    said = text_of(panel)
    assert "Cela commence au prochain démarrage" in said
    await world.admin.select(panel, ["none"], custom_id="shipdate:set:language:")
    await world.admin.select(panel, [], custom_id="shipdate:set:admin_role:")
    settings = await world.service.settings(world.caller(world.admin))
    assert (settings.language, settings.admin_role) == (None, None)
