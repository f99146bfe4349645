"""Discord as a part of ``shipdate serve``: it connects, comes back by itself, and says how it stands."""

from __future__ import annotations

import aiohttp
import discord
import structlog

from bot.on_discord.app import ShipdateBot
from bot.on_discord.errors import DiscordError
from bot.platforms import Part, Ready
from bot.service.service import Service
from bot.settings import Settings

_LOST = "The connection to Discord is lost; it is being taken up again."

log = structlog.get_logger(__name__)


def part(settings: Settings, service: Service) -> Part:
    """Discord, over the index that all surfaces share."""

    async def run(ready: Ready) -> None:
        wanted = await service.reads_unprompted("discord")
        try:
            await _connected(settings, service, ready, message_content=wanted)
        except discord.PrivilegedIntentsRequired:
            log.warning("no unprompted answers: switch on the Message Content intent in Discord's developer portal, and start again")
            await _connected(settings, service, ready, message_content=False)

    return Part("discord", run)


async def _connected(settings: Settings, service: Service, ready: Ready, *, message_content: bool) -> None:
    """Run the bot until it is cancelled.

    Raises:
        DiscordError: it cannot be connected.
        discord.PrivilegedIntentsRequired: Discord refuses the message-content intent.
    """
    if settings.discord_shard_ids and settings.discord_shard_count is None:
        raise DiscordError("DISCORD_SHARD_IDS says which shards run here; say with DISCORD_SHARD_COUNT how many there are in all.")
    bot = ShipdateBot(settings, service, message_content=message_content)
    _watch(bot, ready)
    try:
        await bot.start(settings.discord_token)
    except discord.LoginFailure:
        raise DiscordError("Discord refuses DISCORD_TOKEN; copy it again from the Bot page of https://discord.com/developers.") from None
    except (aiohttp.ClientError, OSError, discord.GatewayNotFound, discord.ConnectionClosed, discord.HTTPException) as error:
        raise DiscordError(f"Discord cannot be reached: {error or type(error).__name__}.") from None
    finally:
        await bot.close()


def _watch(bot: ShipdateBot, ready: Ready) -> None:
    """Tell how the connection stands: at work when all shards are."""
    lost: set[int] = set()

    async def on_ready() -> None:
        lost.clear()
        ready()

    async def on_shard_disconnect(shard: int) -> None:
        lost.add(shard)
        if bot.is_ready():
            ready(_LOST)

    async def on_shard_resumed(shard: int) -> None:
        lost.discard(shard)
        if not lost and bot.is_ready():
            ready()

    for listener in (on_ready, on_shard_disconnect, on_shard_resumed):
        bot.add_listener(listener)
    bot.add_listener(on_shard_resumed, "on_shard_ready")
