"""Sending what is said, to one or to all.

Commands, buttons and menus are first told that an answer will come, then comes the answer, or a private word in its place. A message is
answered where it stands, as far as Shipdate may; else by a private word, else by a sign.
"""

from __future__ import annotations

from contextlib import suppress

import discord

from bot.on_discord.escape import ELLIPSIS, clip
from bot.on_discord.render import Layout
from bot.wording import Wording

CONTENT_LIMIT = 2000
"""Characters of a message without components."""

_MUTE = "🔇"
_AWAITED = "a public answer is awaited"  # the name of a note that an interaction carries


async def acknowledge(interaction: discord.Interaction, *, private: bool) -> None:
    """Tell Discord, which waits for three seconds, that an answer will come.

    Args:
        private: whether only the asker will see it.
    """
    await interaction.response.defer(ephemeral=private, thinking=True)
    interaction.extras[_AWAITED] = not private


async def answer(interaction: discord.Interaction, layout: Layout) -> discord.InteractionMessage:
    """The answer that was to come."""
    sent = await interaction.edit_original_response(view=layout)
    interaction.extras[_AWAITED] = False
    return sent


async def say_privately(interaction: discord.Interaction, text: str) -> None:
    """Say something to whoever used a command or a control, and to nobody else."""
    if not interaction.response.is_done():
        await interaction.response.send_message(text, ephemeral=True)
        return
    if interaction.extras.get(_AWAITED):  # what is sent first takes the place of what was acknowledged, and is as public
        await interaction.edit_original_response(content=ELLIPSIS)
        await interaction.delete_original_response()
    await interaction.followup.send(text, ephemeral=True)


async def deliver(message: discord.Message, content: Layout | str, words: Wording) -> discord.Message | None:
    """Answer a message; None where that was impossible, and whoever wrote it has been told so as far as possible.

    Raises:
        discord.HTTPException: Discord failed.
    """
    text = clip(content if isinstance(content, str) else _text(content), CONTENT_LIMIT)
    reference = message.to_reference(fail_if_not_exists=False)
    try:
        if isinstance(content, Layout):
            return await message.channel.send(view=content, reference=reference)
        return await message.channel.send(text, reference=reference)
    except discord.HTTPException as error:
        if error.status not in (400, 403):
            raise
    # It may lack the permission to read what it replies to, or the server may know no such components.
    try:
        return await message.channel.send(text)
    except discord.Forbidden:
        where = message.channel.mention if isinstance(message.channel, discord.TextChannel | discord.Thread) else ""
        await tell_privately(
            message, words.say("I may not write in {channel}. Ask me here, or there with /ask.", channel=where), otherwise=_MUTE
        )
        return None


async def tell_privately(message: discord.Message, text: str, *, otherwise: str) -> None:
    """Tell whoever wrote a message something that is of no interest to others.

    Args:
        otherwise: an emoji that they see on their message where that is impossible.
    """
    try:
        await message.author.send(text)
    except discord.HTTPException:
        with suppress(discord.HTTPException):
            await message.add_reaction(otherwise)


def _text(layout: Layout) -> str:
    """What a layout says, without its buttons."""
    return "\n\n".join(item.content for item in layout.walk_children() if isinstance(item, discord.ui.TextDisplay))
