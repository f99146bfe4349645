"""``/audit``: who changed what."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands
from discord.utils import format_dt

from bot.on_discord.callers import caller_of, words_of
from bot.on_discord.escape import escape
from bot.on_discord.render import SHARED, lines, say
from bot.on_discord.send import acknowledge, answer
from bot.service.service import Service
from bot.wording import later
from index import Audited

_SUBJECT = 120  # characters that are shown


async def setup(bot: commands.Bot, service: Service) -> None:
    """Take the command."""
    await bot.add_cog(Audit(service))


class Audit(commands.Cog):
    """``/audit``, for admins."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @app_commands.command(name=later("audit"), description=later("Who changed what, when, and what became of it"))
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.rename(count=later("count"), shared=later("shared"))
    @app_commands.describe(count=later("How many of the newest; 20 by default"), shared=SHARED)
    async def audit(self, interaction: discord.Interaction, count: app_commands.Range[int, 1, 100] = 20, shared: bool = False) -> None:
        """Show the newest."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        audited = await service.audit(caller, last=count, shared=shared)
        words = await words_of(service, caller)
        shown = [_line(entry) for entry in reversed(audited)] or [words.say("Nothing has been changed yet.")]
        await answer(interaction, say(lines(shown)))


def _line(entry: Audited) -> str:
    who = f"<@{entry.user}>" if entry.platform == "discord" and entry.user else escape(entry.user or entry.platform)
    what = escape(": ".join(filter(None, (entry.act, entry.subject))), limit=_SUBJECT)
    at = format_dt(entry.at, "f")
    return f"- {at} {who} · {what} · {escape(entry.outcome, limit=_SUBJECT)}"
