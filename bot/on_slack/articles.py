"""``/articles``: what answers come from. All that is said of it, only those who wrote the command see."""

from __future__ import annotations

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
from index import Listed

_USAGE = later("Write: /articles add ADDRESS, /articles list or /articles remove ID; “shared” at the end: for all workspaces.")


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks) -> None:
    """Listen to the command."""
    listen_for_admins(app, callers, tasks, "/articles", Articles(service, callers).act)


@dataclass(frozen=True, slots=True)
class Articles:
    """``/articles add``, ``list`` and ``remove``, for admins."""

    service: Service
    callers: Callers

    async def act(self, talk: Talk, line: Line) -> None:
        """Do what the line says."""
        service, caller = self.service, await self.callers.caller(talk)
        words = await self.callers.words(caller)
        match line.verb:
            case "add" if line.names:
                added = admin_reports.added(await service.add(caller, line.names, shared=line.shared), words)
                await talk.privately(render.paragraphs([added.summary, *added.problems]))
            case "list" if not line.names:
                articles = await service.articles(caller)
                title = words.say("{count} articles, the newest first:", count=len(articles))
                title = title if articles else words.say("There are no articles.")
                await talk.privately(render.listing(title, [_line(listed, words) for listed in articles], words))
            case "remove" if line.names:
                removed = await service.remove(caller, line.names, shared=line.shared)
                gone = [words.say("Removed: {title}", title=title) for title in removed.values()]
                missing = [words.say("There is no article “{name}” here.", name=name) for name in line.names if name not in removed]
                await talk.privately(render.paragraphs([*gone, *missing]))
            case _:
                raise UsageError(_USAGE)


def _line(listed: Listed, words: Wording) -> str:
    article = listed.article
    day = words.published(article)
    return f"• {link(article.url, article.title, render.LINE)} · {mrkdwn(day, 60)} · `{article.id}`"
