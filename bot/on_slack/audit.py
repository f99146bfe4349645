"""``/audit``: who changed what. All that is said of it, only those who wrote the command see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slack_bolt.async_app import AsyncApp

from bot.on_slack import render
from bot.on_slack.callers import Callers
from bot.on_slack.commands import Line, listen_for_admins
from bot.on_slack.escape import mrkdwn
from bot.on_slack.send import Talk
from bot.on_slack.tasks import Tasks
from bot.service.service import Service
from index import Audited

_USER = re.compile("[A-Z0-9]+")


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks) -> None:
    """Listen to the command."""
    listen_for_admins(app, callers, tasks, "/audit", Audit(service, callers).show)


@dataclass(frozen=True, slots=True)
class Audit:
    """``/audit``, for admins."""

    service: Service
    callers: Callers

    async def show(self, talk: Talk, line: Line) -> None:
        """Show the newest."""
        caller = await self.callers.caller(talk)
        words = await self.callers.words(caller)
        audited = await self.service.audit(caller, last=render.LINES, shared=line.shared)
        title = words.say("The last changes, the newest first:") if audited else words.say("Nothing has been changed yet.")
        await talk.privately(render.listing(title, [_line(entry) for entry in reversed(audited)], words))


def _line(entry: Audited) -> str:
    if entry.platform == "slack" and entry.user and _USER.fullmatch(entry.user):
        who = f"<@{entry.user}>"
    else:
        who = mrkdwn(":".join(filter(None, (entry.platform, entry.user))), 60)
    what = " · ".join(filter(None, (entry.act, entry.subject, entry.outcome)))
    return f"• {entry.at:%Y-%m-%d %H:%M} UTC · {who} · {mrkdwn(what, render.LINE)}"
