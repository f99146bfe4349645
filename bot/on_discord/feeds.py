"""``/feeds``: where new articles come from by themselves."""

from __future__ import annotations

from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.on_discord.callers import caller_of, words_of
from bot.on_discord.commands import CHOICE_LIMIT, CHOICES
from bot.on_discord.escape import clip, escape, link, plain
from bot.on_discord.render import SHARED, lines, say
from bot.on_discord.send import acknowledge, answer
from bot.presentation.admin_reports import STARTER, feed_state, starter_feeds
from bot.service.permissions import PermissionDeniedError
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.wording import later
from index import Feed

_TITLE = 100  # characters that are shown


async def setup(bot: commands.Bot, service: Service) -> None:
    """Take the commands."""
    await bot.add_cog(Feeds(service))


@app_commands.default_permissions(manage_guild=True)
class Feeds(commands.GroupCog, group_name=later("feeds"), group_description=later("The feeds that new articles come from")):
    """``/feeds add``, ``list`` and ``remove``, for admins."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @app_commands.command(name=later("add"), description=later("Follow a feed; its articles come by themselves"))
    @app_commands.rename(address=later("url"), minutes=later("minutes"), shared=later("shared"))
    @app_commands.describe(
        address=later("An RSS or Atom feed, or a page that names its feed"),
        minutes=later("How often to look; every 60 minutes by default"),
        shared=SHARED,
    )
    async def add(
        self,
        interaction: discord.Interaction,
        address: str,
        minutes: app_commands.Range[int, 5, 43200] | None = None,
        shared: bool = False,
    ) -> None:
        """Follow one."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        first, *groups = address.split() or [""]
        if first.lower() == STARTER:
            made = await service.add_starter(caller, groups, shared=shared, every=timedelta(minutes=minutes) if minutes else None)
            await answer(interaction, say(escape(starter_feeds(made, await words_of(service, caller)))))
            return
        feed = await service.add_feed(caller, address.strip(), shared=shared, every=timedelta(minutes=minutes) if minutes else None)
        words = await words_of(service, caller)
        await answer(interaction, say(words.say("Following {feed}.", feed=_named(feed))))

    @app_commands.command(name=later("list"), description=later("What is followed, and how it fares"))
    @app_commands.rename(shared=later("shared"))
    @app_commands.describe(shared=SHARED)
    async def show(self, interaction: discord.Interaction, shared: bool = False) -> None:
        """Show them all."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        feeds = await service.feeds(caller, shared=shared)
        words = await words_of(service, caller)
        shown = [f"- {_named(feed)} · {escape(feed_state(feed, words))}" for feed in feeds]
        await answer(interaction, say(lines([words.say("**Feeds: {count}**", count=len(feeds)), *shown])))

    @app_commands.command(name=later("remove"), description=later("Follow a feed no longer; its articles stay"))
    @app_commands.rename(feed=later("feed"), shared=later("shared"))
    @app_commands.describe(feed=later("Its title or address"), shared=SHARED)
    async def remove(self, interaction: discord.Interaction, feed: str, shared: bool = False) -> None:
        """Follow one no longer."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        removed = await service.remove_feed(caller, feed.strip(), shared=shared)
        words = await words_of(service, caller)
        await answer(interaction, say(words.say("No longer following {feed}; its articles stay.", feed=_named(removed))))

    @remove.autocomplete("feed")
    async def _feeds(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            feeds = await self._service.feeds(caller_of(interaction), shared=bool(interaction.namespace.shared))
        except (PermissionDeniedError, TooManyQuestionsError):
            return []
        names = [(feed, plain(feed.title or feed.url)) for feed in feeds if typed.casefold() in f"{feed.title} {feed.url}".casefold()]
        return [app_commands.Choice(name=clip(name, CHOICE_LIMIT), value=str(feed.id)) for feed, name in names[:CHOICES] if name]


def _named(feed: Feed) -> str:
    return link(feed.title or feed.url, feed.url, limit=_TITLE)
