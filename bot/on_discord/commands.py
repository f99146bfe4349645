"""Asking by commands: ``/ask``, the menu of a message, and where a launch stands."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.on_discord.callers import caller_of
from bot.on_discord.render import SHOWN, render, render_status
from bot.on_discord.send import acknowledge, answer
from bot.presentation.json_api import parse_day
from bot.presentation.replies import ADD_COMMAND, reply, status_reply, words_for
from bot.service.conversations import Place
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.wording import later

CHOICES = 25
CHOICE_LIMIT = 100
"""What Discord takes of suggestions: how many, and how many characters each."""

_FEW = 2  # words: they tell little of a question's language

_AS_OF = later("Answer as on that day, such as 2024-12-31")


async def setup(bot: commands.Bot, service: Service) -> None:
    """Take the commands, and the entry of a message's menu."""
    await bot.add_cog(Commands(bot, service))


class Commands(commands.Cog):
    """``/ask``, ``/sora-status``, ``/launch-status``, and the menu of a message."""

    def __init__(self, bot: commands.Bot, service: Service) -> None:
        self._bot = bot
        self._service = service
        self._about_this = app_commands.ContextMenu(name=later("Ask Shipdate about this"), callback=self._ask_about)

    async def cog_load(self) -> None:
        self._bot.tree.add_command(self._about_this)

    @app_commands.command(
        name=later("ask"), description=later("Ask when an AI product launches, why it is late, who may use it, what it costs")
    )
    @app_commands.rename(question=later("question"), as_of=later("as_of"))
    @app_commands.describe(question=later("Your question, in any language"), as_of=_AS_OF)
    async def ask(self, interaction: discord.Interaction, question: str, as_of: str | None = None) -> None:
        """Answer a question."""
        await self._answer(interaction, question, as_of)

    async def _ask_about(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await self._answer(interaction, message.content, None)

    async def _answer(self, interaction: discord.Interaction, question: str, as_of: str | None) -> None:
        service, caller, day = self._service, caller_of(interaction), parse_day(as_of) if as_of else None
        settings = await service.settings(caller)
        await acknowledge(interaction, private=settings.private_replies)
        channel, id_ = interaction.channel, interaction.id
        place = Place(str(interaction.channel_id), str(id_), thread_of(channel, id_), opened_at(channel))
        exchange, result = await service.conversations.ask(caller, place, question, as_of=day)
        words = words_for(caller, settings, result.language, brief=len(question.split()) <= _FEW)
        shown = reply(result, words, command=ADD_COMMAND)
        more, private = len(result.quotes) > SHOWN, settings.private_replies
        sent = await answer(interaction, render(shown, exchange.id, asked=question, more=more, private=private))
        await service.conversations.replied(exchange, str(sent.id))

    @app_commands.command(name=later("sora-status"), description=later("Where the launch of Sora stands, and how it came there"))
    @app_commands.rename(as_of=later("as_of"))
    @app_commands.describe(as_of=_AS_OF)
    async def sora_status(self, interaction: discord.Interaction, as_of: str | None = None) -> None:
        """Where Sora stands."""
        await self._status(interaction, "Sora", as_of)

    @app_commands.command(name=later("launch-status"), description=later("Where a product's launch stands, and how it came there"))
    @app_commands.rename(product=later("product"), as_of=later("as_of"))
    @app_commands.describe(product=later("Its name"), as_of=_AS_OF)
    async def launch_status(self, interaction: discord.Interaction, product: str, as_of: str | None = None) -> None:
        """Where any product stands."""
        await self._status(interaction, product, as_of)

    @launch_status.autocomplete("product")
    async def _products(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            suggested = await self._service.suggest(caller_of(interaction), typed, CHOICES)
        except TooManyQuestionsError:
            return []
        return [app_commands.Choice(name=name[:CHOICE_LIMIT], value=name[:CHOICE_LIMIT]) for _, name in suggested[:CHOICES] if name.strip()]

    async def _status(self, interaction: discord.Interaction, product: str, as_of: str | None) -> None:
        service, caller, day = self._service, caller_of(interaction), parse_day(as_of) if as_of else None
        settings = await service.settings(caller)
        await acknowledge(interaction, private=settings.private_replies)
        status = await service.status(caller, product, as_of=day)
        await answer(interaction, render_status(status_reply(status, words_for(caller, settings))))


def thread_of(channel: object, otherwise: int) -> str:
    """In which conversation something is asked: a thread and a direct message are one, anything else begins its own."""
    return str(channel.id if isinstance(channel, discord.Thread | discord.DMChannel) else otherwise)


def opened_at(channel: object) -> tuple[str, str] | None:
    """Where a thread was opened, if at a message, whose id it has then: the channel and the message."""
    return (str(channel.parent_id), str(channel.id)) if isinstance(channel, discord.Thread) else None
