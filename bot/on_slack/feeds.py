"""``/feeds``: where new articles come from by themselves. All that is said of it, only those who wrote the command see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp

from bot.on_slack import render
from bot.on_slack.callers import Callers
from bot.on_slack.commands import Line, listen_for_admins
from bot.on_slack.errors import UsageError
from bot.on_slack.escape import link, mrkdwn
from bot.on_slack.send import Talk
from bot.on_slack.tasks import Tasks
from bot.presentation import admin_reports
from bot.service.service import Service
from bot.wording import Wording, later
from index import Feed, ShipdateError

_USAGE = later("Write: /feeds add ADDRESS, /feeds list or /feeds remove ID; “shared” at the end: for all workspaces.")


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks) -> None:
    """Listen to the command."""
    listen_for_admins(app, callers, tasks, "/feeds", Feeds(service, callers).act)


@dataclass(frozen=True, slots=True)
class Feeds:
    """``/feeds add``, ``list`` and ``remove``, for admins."""

    service: Service
    callers: Callers

    async def act(self, talk: Talk, line: Line) -> None:
        """Do what the line says."""
        service, shared, caller = self.service, line.shared, await self.callers.caller(talk)
        words = await self.callers.words(caller)

        async def follow(name: str) -> str:
            feed = await service.add_feed(caller, name, shared=shared)
            return words.say("Following {feed}.", feed=feed.title or feed.url)

        async def drop(name: str) -> str:
            feed = await service.remove_feed(caller, name, shared=shared)
            return words.say("No longer following {feed}; its articles stay.", feed=feed.title or feed.url)

        match line.verb:
            case "add" if line.names and line.names[0].lower() == admin_reports.STARTER:
                made = await service.add_starter(caller, line.names[1:], shared=shared)
                await talk.privately(render.paragraphs([admin_reports.starter_feeds(made, words)]))
            case "add" if line.names:
                await talk.privately(render.paragraphs(await _each(line.names, follow, words)))
            case "list" if not line.names:
                feeds = await service.feeds(caller, shared=shared)
                title = words.say("{count} feeds:", count=len(feeds)) if feeds else words.say("No feeds are followed.")
                await talk.privately(render.listing(title, [_line(feed, words) for feed in feeds], words))
            case "remove" if line.names:
                await talk.privately(render.paragraphs(await _each(line.names, drop, words)))
            case _:
                raise UsageError(_USAGE)


async def _each(names: Sequence[str], act: Callable[[str], Awaitable[str]], words: Wording) -> list[str]:
    """What became of each; one that cannot be does not stop the others."""
    sentences: list[str] = []
    for name in names:
        try:
            sentences.append(await act(name))
        except ShipdateError as error:
            sentences.append(words.error(error))
    return list(dict.fromkeys(sentences))


def _line(feed: Feed, words: Wording) -> str:
    state = mrkdwn(admin_reports.feed_state(feed, words), 100)
    return f"• {link(feed.url, feed.title or feed.url, render.LINE)} · {state} · `{feed.id}`"
