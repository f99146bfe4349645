"""Buttons and menus that say by their id what they do: nothing of them is remembered, so they work after a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self, TypeAlias, cast

from discord import ButtonStyle, Interaction, ui

Item: TypeAlias = ui.Item[Any]

Handler: TypeAlias = Callable[[Interaction, str, Item], Awaitable[None]]
"""Does what a button or a menu is for: told what its id says, and, where it is a menu, what was chosen."""

Handlers: TypeAlias = dict[str, Handler]
"""What is done, by the act that an id names."""


class Client(Protocol):
    """The client in which buttons and menus are used."""

    async def use(self, interaction: Interaction, act: str, value: str, item: Item) -> None:
        """Do what one is for; what goes wrong is told to whoever used it."""


class Control(ui.DynamicItem[Item], template=r"shipdate:(?P<act>[a-z]+):(?P<value>[^\n]{0,80})"):
    """A button or a menu; what it does, its client knows by the act that its id names."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction[Any], item: Item, match: re.Match[str], /) -> Self:
        """From one that was used."""
        return cls(item)

    async def callback(self, interaction: Interaction[Any]) -> None:
        """Have the client do it."""
        match = self.template.fullmatch(self.custom_id)
        if match:
            await cast(Client, interaction.client).use(interaction, match["act"], match["value"], self.item)


def custom_id(act: str, value: object) -> str:
    """The id of a control."""
    return f"shipdate:{act}:{value}"


def button(
    act: str, value: object, *, label: str | None = None, emoji: str | None = None, style: ButtonStyle = ButtonStyle.secondary
) -> Control:
    """A button."""
    return Control(ui.Button(style=style, label=label, emoji=emoji, custom_id=custom_id(act, value)))
