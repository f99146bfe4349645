"""``/reindex``: embed the articles again, with a message that shows how far it is."""

from __future__ import annotations

import asyncio
from time import monotonic

import discord
import structlog
from discord import ButtonStyle, app_commands, ui
from discord.ext import commands

from bot.on_discord.callers import caller_of, words_of
from bot.on_discord.escape import escape
from bot.on_discord.lasting_buttons import Handlers, Item, button
from bot.on_discord.render import SHARED, Layout, lines, say
from bot.on_discord.send import acknowledge, answer
from bot.on_discord.tasks import Tasks
from bot.presentation import admin_reports
from bot.service.permissions import Act, Caller
from bot.service.service import Service
from bot.wording import Wording, later
from index import Job

PAUSE = 2.0
"""Seconds from one edit of the message to the next."""

log = structlog.get_logger(__name__)


async def setup(bot: commands.Bot, service: Service, tasks: Tasks, handlers: Handlers) -> None:
    """Take the command, and the button of what it shows."""
    await bot.add_cog(Reindexing(bot, service, tasks, handlers))


class Reindexing(commands.Cog):
    """``/reindex``, and the button that ends it."""

    def __init__(self, bot: commands.Bot, service: Service, tasks: Tasks, handlers: Handlers) -> None:
        self._bot = bot
        self._service = service
        self._tasks = tasks
        handlers |= {"cancel": self._cancel}

    @app_commands.command(name=later("reindex"), description=later("Embed the articles again; questions are answered meanwhile"))
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.rename(shared=later("shared"))
    @app_commands.describe(shared=SHARED)
    async def reindex(self, interaction: discord.Interaction, shared: bool = False) -> None:
        """Begin, and show how far it is."""
        service, caller = self._service, caller_of(interaction)
        await service.check(caller, Act.REBUILD, shared=shared)  # whoever may not is told so privately
        settings = await service.settings(caller)
        await acknowledge(interaction, private=settings.private_replies)
        job = await service.rebuild(caller, shared=shared)
        words = await words_of(service, caller)
        message = await answer(interaction, _shown(job, shared, words))
        self._tasks.beside(self._follow(message, job, caller, shared, words))

    async def _follow(self, message: discord.InteractionMessage, job: Job, caller: Caller, shared: bool, words: Wording) -> None:
        """Keep the message up to date, until the rebuild ends, or the message cannot be edited any more."""
        edited = monotonic()
        async for now in self._service.follow(caller, job.id, shared=shared):
            await asyncio.sleep(max(0.0, edited + PAUSE - monotonic()))
            edited = monotonic()
            if not await self._edited(message, _shown(now, shared, words)):
                return

    async def _cancel(self, interaction: discord.Interaction, value: str, _item: Item) -> None:
        await interaction.response.defer()
        service, caller = self._service, caller_of(interaction)
        id_, _, all_ = value.partition(":")
        job = await service.cancel(caller, int(id_), shared=all_ == "1")
        await answer(interaction, _shown(job, all_ == "1", await words_of(service, caller)))

    async def _edited(self, message: discord.InteractionMessage, view: Layout) -> bool:
        """By the interaction, for as long as Discord lets it; then as an ordinary message."""
        ordinary = self._bot.get_partial_messageable(message.channel.id).get_partial_message(message.id)
        for edit in (message.edit, ordinary.edit):
            try:
                await edit(view=view)
            except discord.HTTPException as error:
                log.debug("a progress message could not be edited", problem=str(error))
            else:
                return True
        return False


def _shown(job: Job, shared: bool, words: Wording) -> Layout:
    report = admin_reports.made(job, words)
    text = lines(
        filter(None, [escape(report.text), f"`{report.bar}`" if report.bar else "", f"-# {escape(report.pace)}" if report.pace else ""])
    )
    if not job.open:
        return say(text)
    cancel = button("cancel", f"{job.id}:{int(shared)}", label=words.say("Cancel"), style=ButtonStyle.danger)
    return say(text, ui.ActionRow(cancel))
