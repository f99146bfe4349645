"""What the buttons below an answer do."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.on_discord.callers import caller_of
from bot.on_discord.lasting_buttons import Handlers, Item
from bot.on_discord.render import SHOWN, render_quotes
from bot.on_discord.send import acknowledge, answer
from bot.presentation.replies import cite, words_for
from bot.service.service import Service
from index import words_digest


async def setup(bot: commands.Bot, service: Service, handlers: Handlers) -> None:
    """Take the buttons."""
    await bot.add_cog(Buttons(service, handlers))


class Buttons(commands.Cog):
    """Good, bad, more quotes and delete, below an answer."""

    def __init__(self, service: Service, handlers: Handlers) -> None:
        self._service = service
        handlers |= {"good": self._good, "bad": self._bad, "more": self._more, "remove": self._remove}

    async def _good(self, interaction: discord.Interaction, exchange: str, _item: Item) -> None:
        await self._vote(interaction, int(exchange), good=True)

    async def _bad(self, interaction: discord.Interaction, exchange: str, _item: Item) -> None:
        await self._vote(interaction, int(exchange), good=False)

    async def _vote(self, interaction: discord.Interaction, exchange: int, *, good: bool) -> None:
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        votes = await service.conversations.vote(caller, exchange, good=good)
        words = words_for(caller, await service.settings(caller))
        said = words.say("Thank you! So far: 👍 {good}, 👎 {bad}.", good=votes.good, bad=votes.bad)
        await interaction.edit_original_response(content=said)

    async def _more(self, interaction: discord.Interaction, exchange: str, _item: Item) -> None:
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        asked, quotes = await service.conversations.quotes(caller, int(exchange))
        shown = {mark.digest for mark in asked.quotes[:SHOWN]}
        words = words_for(caller, await service.settings(caller), asked.language)
        others = [quote for quote in quotes if words_digest(quote.text) not in shown]
        await answer(interaction, render_quotes(cite(others, words), words))

    async def _remove(self, interaction: discord.Interaction, exchange: str, _item: Item) -> None:
        await interaction.response.defer()
        await self._service.conversations.remove(caller_of(interaction), int(exchange))
        await interaction.delete_original_response()
