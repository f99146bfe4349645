"""Discord, as the rest of the bot knows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.platforms import Command, Part, Platform
from index import ShipdateError

if TYPE_CHECKING:
    from bot.service.service import Service
    from bot.settings import Settings


def _invite(read_settings: Callable[[], Settings], _value: str | None) -> str:
    token = read_settings().discord_token
    if not token:
        page = "https://discord.com/developers"
        raise ShipdateError(f"There is no DISCORD_TOKEN. Make an application at {page}, and copy the token from its Bot page.")
    from bot.on_discord.invite import invite

    return invite(token)


class Discord(Platform["Service"]):
    """The platform; it keeps nothing of anybody that the index does not."""

    name = "discord"
    title = "Discord"
    user_id = workspace_id = re.compile(r"[0-9]+")
    workspace_word = "GUILD_ID"
    commands = (
        Command(
            "discord-invite",
            "Print the link that brings the Discord bot to a server, with the permissions that it uses and no others.",
            _invite,
        ),
    )

    def has_tokens(self, settings: Settings) -> bool:
        return bool(settings.discord_token)

    def part(self, settings: Settings, service: Service) -> Part:
        from bot.on_discord.connect import part

        return part(settings, service)


PLATFORM = Discord()
