"""Shipdate on Discord: it is mentioned, written to or commanded, and answers in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.on_discord.platform import PLATFORM

if TYPE_CHECKING:
    from bot.on_discord.app import ShipdateBot
    from bot.service.service import Service
    from bot.settings import Settings

__all__ = ["PLATFORM", "create_bot"]


def create_bot(settings: Settings, *, service: Service | None = None, message_content: bool | None = None) -> ShipdateBot:
    """A bot that is ready to ``start()`` with the token.

    Args:
        service: what it asks; by default it opens the index of the settings in ``setup_hook`` and closes it in ``close()``.
        message_content: whether Discord is asked for the content of messages that do not address the bot, which needs an intent that
            is switched on in the developer portal; by default, when a server has chosen channels for unprompted answers.
    """
    from bot.on_discord.app import ShipdateBot

    return ShipdateBot(settings, service, message_content=message_content)
