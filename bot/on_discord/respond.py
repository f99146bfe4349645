"""Responding to commands, buttons and menus: first that an answer will come, then the answer, or a private word in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.on_discord.escape import ELLIPSIS

if TYPE_CHECKING:
    from bot.on_discord.app import ShipdateBot
    from bot.on_discord.render import Layout

_AWAITED = "a public answer is awaited"  # the name of a note that an interaction carries


async def acknowledge(interaction: discord.Interaction[ShipdateBot], *, private: bool) -> None:
    """Tell Discord, which waits for three seconds, that an answer will come.

    Args:
        private: whether only the asker will see it.
    """
    await interaction.response.defer(ephemeral=private, thinking=True)
    interaction.extras[_AWAITED] = not private


async def answer(interaction: discord.Interaction[ShipdateBot], said: Layout) -> discord.InteractionMessage:
    """The answer that was to come."""
    sent = await interaction.edit_original_response(view=said)
    interaction.extras[_AWAITED] = False
    return sent


async def say_privately(interaction: discord.Interaction[ShipdateBot], text: str) -> None:
    """Say something to whoever used a command or a control, and to nobody else."""
    if not interaction.response.is_done():
        await interaction.response.send_message(text, ephemeral=True)
        return
    if interaction.extras.get(_AWAITED):  # what is sent first takes the place of what was acknowledged, and is as public
        await interaction.edit_original_response(content=ELLIPSIS)
        await interaction.delete_original_response()
    await interaction.followup.send(text, ephemeral=True)
