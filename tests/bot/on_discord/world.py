"""People and channels for tests, and what the bot's messages say."""

from __future__ import annotations

from typing import Any

import discord
from simcord import Env
from simcord.builders import ChannelHandle

OWNER = 4242
PATIENCE = 60.0  # seconds, on the slowest machine


class World:
    """One server: a channel, somebody who may manage it, and somebody who may not."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("launches")
        manager = self.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True))
        self.admin = self.guild.add_member(env.create_user("ada"), roles=[manager])
        self.ann = self.guild.add_member(env.create_user("ann"))
        self.bob = self.guild.add_member(env.create_user("bob"))

    @property
    def bot(self) -> discord.ClientUser:
        user = self.env.bot.user
        assert user is not None
        return user

    def answers(self, channel: ChannelHandle | None = None) -> list[discord.Message]:
        """What the bot has written in a channel."""
        return [message for message in (channel or self.channel).history() if message.author.id == self.bot.id]


def text_of(message: Any) -> str:
    """All that a message says."""
    said = [message.content or ""]
    components = message.components
    for component in components:
        said += _texts(component.to_dict() if hasattr(component, "to_dict") else component)
    return "\n".join(filter(None, said))


def ids_of(message: Any) -> list[str]:
    """The ids of all controls of a message."""
    found: list[str] = []
    for component in message.components:
        found += _ids(component.to_dict() if hasattr(component, "to_dict") else component)
    return found


def _texts(component: dict[str, Any]) -> list[str]:
    own = [component["content"]] if "content" in component else []
    return own + [text for child in component.get("components", []) for text in _texts(child)]


def _ids(component: dict[str, Any]) -> list[str]:
    own = [component["custom_id"]] if component.get("custom_id") else []
    return own + [id_ for child in component.get("components", []) for id_ in _ids(child)]
