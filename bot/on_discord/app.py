"""The client: what it is told by Discord, what it shares, how it begins and how it ends."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext.commands import AutoShardedBot, Bot, when_mentioned
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.on_discord import articles, audit, buttons, commands, errors, feeds, messages, reindex, settings_form, sync
from bot.on_discord.lasting_buttons import Control, Handlers, Item
from bot.on_discord.send import say_privately
from bot.on_discord.tasks import Tasks
from bot.on_discord.translations import Catalogues
from bot.service.service import Service
from bot.settings import Settings
from bot.wording import later, wording
from index import open_index

GRACE = 9.0
"""Seconds in which answers that were begun are finished, when it ends."""

_REST, _GATEWAY = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY

log = structlog.get_logger(__name__)


class _Tree(app_commands.CommandTree["ShipdateBot"]):
    """The slash commands."""

    async def interaction_check(self, interaction: discord.Interaction[ShipdateBot], /) -> bool:
        return await self.client.takes(interaction)

    async def on_error(self, interaction: discord.Interaction[ShipdateBot], error: app_commands.AppCommandError, /) -> None:
        await errors.tell(interaction, error, self.client.service)


class ShipdateBot(AutoShardedBot, Bot):
    """The Discord client: its parts, the service that they ask, and what goes on beside them."""

    def __init__(self, settings: Settings, service: Service | None, *, message_content: bool | None) -> None:
        super().__init__(
            command_prefix=when_mentioned,
            help_command=None,
            tree_cls=_Tree,
            intents=_intents(bool(message_content)),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=settings.discord_shard_count,
        )
        self.shard_ids = list(settings.discord_shard_ids) or None
        # The whole of discord.py, its webhooks too, takes the base from there: a process has one.
        Route.BASE = settings.discord_api_url.rstrip("/") or _REST
        self.settings = settings
        self._acts: Handlers = {}
        self._tasks = Tasks()
        self._given = service
        self._service: Service | None = service
        self._decided = message_content is not None
        self._open = AsyncExitStack()

    @property
    def service(self) -> Service:
        """What everything is asked of. Only after :meth:`setup_hook`."""
        assert self._service is not None
        return self._service

    async def setup_hook(self) -> None:
        """Open the index and load its model, unless a service was given; tell Discord of the commands, if they have changed.

        Raises:
            ShipdateError: the index cannot be opened, or there is no model.
        """
        if self._given is None:
            index = await self._open.enter_async_context(open_index(self.settings))
            self._service = Service(index, self.settings)
            await self._service.prepare()
        if not self._decided:
            # Before the gateway is told the intents, but too late for the constructor: what they depend on is in the index.
            self._connection._intents = _intents(await self.service.reads_unprompted("discord"))
        await self._set_up(self.service)
        self.add_dynamic_items(Control)
        await self.tree.set_translator(Catalogues())
        await sync.sync(self.tree, self.settings.data)

    async def _set_up(self, service: Service) -> None:
        await commands.setup(self, service)
        await messages.setup(self, service, self._tasks)
        await buttons.setup(self, service, self._acts)
        await articles.setup(self, service, self._acts)
        await feeds.setup(self, service)
        await reindex.setup(self, service, self._tasks, self._acts)
        await settings_form.setup(self, service, self._acts)
        await audit.setup(self, service)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect to the gateway, which another server than Discord's own is asked for."""
        DiscordWebSocket.DEFAULT_GATEWAY = _GATEWAY
        if self.settings.discord_api_url:
            _, gateway, _ = await self.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
        await super().connect(reconnect=reconnect)

    async def close(self) -> None:
        """Take nothing new, finish what was begun, within :data:`GRACE`, and close the connection and the index."""
        await self._tasks.finish(GRACE)
        try:
            await super().close()
        finally:
            await self._open.aclose()

    async def on_message(self, message: discord.Message, /) -> None:
        """There are no commands in messages; :class:`~bot.on_discord.messages.Messages` reads them."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """What went wrong where nobody waits for an answer, such as after a deletion."""
        if error := sys.exc_info()[1]:
            errors.report(error)

    async def takes(self, interaction: discord.Interaction) -> bool:
        """Whether a command or a control is still taken; it is waited for at the end."""
        if self._tasks.begin():
            return True
        if interaction.type is not discord.InteractionType.autocomplete:
            words = wording(interaction.locale.value.partition("-")[0])
            await say_privately(interaction, words.say(_RESTARTING))
        return False

    async def use(self, interaction: discord.Interaction, act: str, value: str, item: Item) -> None:
        """Do what a lasting button or menu is for; what goes wrong is told to whoever used it."""
        if not await self.takes(interaction):
            return
        if handler := self._acts.get(act):
            try:
                await handler(interaction, value, item)
            except Exception as error:
                await errors.tell(interaction, error, self.service)


_RESTARTING = later("Shipdate is being restarted; please ask again in a minute.")


def _intents(message_content: bool) -> discord.Intents:
    """The least: guilds, for channels and permissions; messages, of which only those that address Shipdate come with their content."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=message_content)
