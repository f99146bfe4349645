"""``/articles``: what answers come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import ButtonStyle, app_commands, ui
from discord.ext import commands

from bot.on_discord.callers import caller_of, words_of
from bot.on_discord.commands import CHOICE_LIMIT, CHOICES
from bot.on_discord.errors import UsageError
from bot.on_discord.escape import clip, escape, link, plain
from bot.on_discord.lasting_buttons import Handlers, Item, button
from bot.on_discord.render import SHARED, Layout, day, lines, say
from bot.on_discord.send import acknowledge, answer
from bot.presentation import admin_reports
from bot.service.permissions import Act
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.wording import Wording, later
from index import FILE_SIZE_LIMIT, Change, Listed, Outcome

_PAGE = 8  # articles
_FILTER = 60  # characters: it stands in the ids of the buttons that turn the page
_TITLE = 100  # characters that are shown
_ADDRESSES = re.compile(r"[\s,]+")


async def setup(bot: commands.Bot, service: Service, handlers: Handlers) -> None:
    """Take the commands, and the buttons of what they show."""
    await bot.add_cog(Articles(service, handlers))


@app_commands.default_permissions(manage_guild=True)
class Articles(commands.GroupCog, group_name=later("articles"), group_description=later("The articles that answers come from")):
    """``/articles add``, ``list`` and ``remove``, for admins."""

    def __init__(self, service: Service, handlers: Handlers) -> None:
        self._service = service
        handlers |= {"list": self._turn, "take": self._take, "keep": self._keep}

    @app_commands.command(name=later("add"), description=later("Add articles: web addresses, files, or both"))
    @app_commands.rename(addresses=later("url"), first=later("file"), second=later("file2"), third=later("file3"), shared=later("shared"))
    @app_commands.describe(
        addresses=later("Web addresses, with spaces between them"),
        first=later("Text, HTML, PDF, an office file, a book, a mail, subtitles or a table"),
        second=later("Another one"),
        third=later("Another one"),
        shared=SHARED,
    )
    async def add(  # noqa: PLR0917 (each is an option of the command)
        self,
        interaction: discord.Interaction,
        addresses: str = "",
        first: discord.Attachment | None = None,
        second: discord.Attachment | None = None,
        third: discord.Attachment | None = None,
        shared: bool = False,
    ) -> None:
        """Add articles."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        await service.check(caller, Act.ADD_ARTICLES, shared=shared)  # before files are fetched that nobody needs
        sources, files = [part for part in _ADDRESSES.split(addresses) if part], [file for file in (first, second, third) if file]
        if not sources and not files:
            raise UsageError(later("Give a web address, or attach a file."))
        words = await words_of(service, caller)
        uploads, refused = await _fetched(files, words)
        outcomes = [*await service.add(caller, sources, uploads=uploads, shared=shared), *refused] if sources or uploads else refused
        added = admin_reports.added(outcomes, words)
        await answer(interaction, say(lines([escape(added.summary), *(f"- {escape(problem)}" for problem in added.problems)])))

    @app_commands.command(name=later("list"), description=later("The articles, newest first"))
    @app_commands.rename(search=later("filter"))
    @app_commands.describe(search=later("Only those with these words in their title, publisher or address"))
    async def show(self, interaction: discord.Interaction, search: app_commands.Range[str, 0, _FILTER] = "") -> None:
        """Show the first page."""
        await acknowledge(interaction, private=True)
        await self._show(interaction, 0, plain(search))

    async def _turn(self, interaction: discord.Interaction, value: str, _item: Item) -> None:
        await interaction.response.defer()
        page, _, search = value.partition(":")
        await self._show(interaction, int(page), search)

    async def _show(self, interaction: discord.Interaction, page: int, search: str) -> None:
        service, caller = self._service, caller_of(interaction)
        words = await words_of(service, caller)
        articles = await service.articles(caller, matching=search)
        await answer(interaction, _page(articles, page, search, words))

    @app_commands.command(name=later("remove"), description=later("Take an article out"))
    @app_commands.rename(article=later("article"), shared=later("shared"))
    @app_commands.describe(article=later("Its title, id or address"), shared=SHARED)
    async def remove(self, interaction: discord.Interaction, article: str, shared: bool = False) -> None:
        """Ask whether that is meant."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        await service.check(caller, Act.REMOVE_ARTICLES, shared=shared)
        words = await words_of(service, caller)
        articles = await service.articles(caller)
        chosen = next((listed for listed in articles if article in (listed.article.id, listed.source, listed.article.url)), None)
        if chosen is None:
            raise UsageError(
                later("There is no article {name}; choose one of those that are suggested."), name=clip(plain(article), _TITLE)
            )
        value = f"{chosen.article.id}:{int(shared)}"
        row: ui.ActionRow[Any] = ui.ActionRow(
            button("take", value, label=words.say("Take it out"), style=ButtonStyle.danger),
            button("keep", chosen.article.id, label=words.say("Keep it")),
        )
        text = words.say("Take out {title}? Answers will no longer quote it.", title=_line(chosen, words))
        await answer(interaction, say(text, row))

    @remove.autocomplete("article")
    async def _articles(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            listed = await self._service.articles(caller_of(interaction), matching=typed, limit=CHOICES)
        except TooManyQuestionsError:
            return []
        return [
            app_commands.Choice(name=clip(plain(article.title) or article.id, CHOICE_LIMIT), value=article.id)
            for article in (entry.article for entry in listed)
        ]

    async def _take(self, interaction: discord.Interaction, value: str, _item: Item) -> None:
        await interaction.response.defer()
        service, caller = self._service, caller_of(interaction)
        id_, _, shared = value.partition(":")
        removed = await service.remove(caller, [id_], shared=shared == "1")
        words = await words_of(service, caller)
        text = words.say("It is out.") if removed else words.say("It is not there, or belongs to all; then only owners can take it out.")
        await answer(interaction, say(text))

    async def _keep(self, interaction: discord.Interaction, _value: str, _item: Item) -> None:
        await interaction.response.defer()
        words = await words_of(self._service, caller_of(interaction))
        await answer(interaction, say(words.say("It stays.")))


async def _fetched(files: Sequence[discord.Attachment], words: Wording) -> tuple[dict[str, bytes], list[Outcome]]:
    """What was attached, by names that differ; and what is too large to be fetched at all."""
    fetched: dict[str, bytes] = {}
    refused: list[Outcome] = []
    for file in files:
        if file.size > FILE_SIZE_LIMIT:
            limit = FILE_SIZE_LIMIT // 1024 // 1024
            problem = words.say("{name} has more than {limit} MB, the limit for an article, so split it.", name=file.filename, limit=limit)
            refused.append(Outcome(file.filename, Change.FAILED, problem))
        else:
            name = file.filename if file.filename not in fetched else f"{len(fetched) + 1}-{file.filename}"
            fetched[name] = await file.read()
    return fetched, refused


def _page(articles: Sequence[Listed], page: int, search: str, words: Wording) -> Layout:
    """One page of a list."""
    last = max(0, (len(articles) - 1) // _PAGE)
    page = min(page, last)
    head = words.say("**Articles: {count}**", count=len(articles))
    shown = [f"- {_line(listed, words)}" for listed in articles[page * _PAGE : (page + 1) * _PAGE]]
    if not last:
        return say(lines([head, *shown]))
    row: ui.ActionRow[Any] = ui.ActionRow()
    if page:
        row.add_item(button("list", f"{page - 1}:{search}", emoji="◀️"))
    if page < last:
        row.add_item(button("list", f"{page + 1}:{search}", emoji="▶️"))
    return say(lines([head, *shown, f"-# {page + 1} / {last + 1}"]), row)


def _line(listed: Listed, words: Wording) -> str:
    article = listed.article
    when = day(article.published.date()) if article.published and article.has_day else words.published(article)
    parts = [link(article.title, article.url, limit=_TITLE) or article.id, escape(article.publisher or "", limit=_TITLE), when]
    return " · ".join(filter(None, parts))
