"""Buttons and menus that say by their id what they do: nothing of them is remembered, so they work after a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from discord import ButtonStyle, Interaction, ui

from bot.on_discord import errors

if TYPE_CHECKING:
    from bot.on_discord.app import ShipdateBot

Item: TypeAlias = ui.Item[Any]
Handler: TypeAlias = "Callable[[Interaction[ShipdateBot], str, Item], Awaitable[None]]"
"""Does what a control is for: told what its id says, and, where it is a menu, what was chosen."""


class Control(ui.DynamicItem[Item], template=r"shipdate:(?P<act>[a-z]+):(?P<value>[^\n]{0,80})"):
    """A button or a menu; what it does is found in :attr:`ShipdateBot.controls` by the act that its id names."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction[Any], item: Item, match: re.Match[str], /) -> Self:
        """From one that was used."""
        return cls(item)

    async def callback(self, interaction: Interaction[Any]) -> None:
        """Do it; what goes wrong is told to whoever used it."""
        bot: ShipdateBot = interaction.client
        if not await bot.takes(interaction):
            return
        found = self.template.fullmatch(self.custom_id)
        handler = bot.controls.get(found["act"]) if found else None
        if found and handler:
            try:
                await handler(interaction, found["value"], self.item)
            except Exception as error:
                await errors.tell(interaction, error)


def custom_id(act: str, value: object) -> str:
    """The id of a control."""
    return f"shipdate:{act}:{value}"


def button(
    act: str, value: object, *, label: str | None = None, emoji: str | None = None, style: ButtonStyle = ButtonStyle.secondary
) -> Control:
    """A button."""
    return Control(ui.Button(style=style, label=label, emoji=emoji, custom_id=custom_id(act, value)))
