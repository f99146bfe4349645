"""``/reindex``: a message that shows how far it is, and a button that ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot.on_slack.blocks import MESSAGE, TEXT, Block, Message, Render, button, buttons, context, section
from bot.on_slack.callers import Callers
from bot.on_slack.commands import Line, listen_for_admins
from bot.on_slack.escape import fallback, mrkdwn
from bot.on_slack.send import NOT_HERE, Talk, refusal
from bot.on_slack.tasks import Tasks
from bot.presentation import admin_reports
from bot.service.service import Service
from bot.wording import Wording
from index import Job

EVERY = 3.0
"""Seconds from one change of the message to the next, at least."""


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks) -> None:
    """Listen to the command, and to the button of what it shows."""
    reindexing = Reindexing(service, callers, tasks)

    async def pressed(ack: AsyncAck, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = callers.talk(context, body)
        await tasks.once(talk, talk.trigger, partial(reindexing.cancel, talk, str(action.get("value") or "")))

    listen_for_admins(app, callers, tasks, "/reindex", reindexing.reindex)
    app.action("cancel")(pressed)


@dataclass(frozen=True, slots=True)
class Reindexing:
    """``/reindex``, and the button that ends it."""

    service: Service
    callers: Callers
    tasks: Tasks

    async def reindex(self, talk: Talk, line: Line) -> None:
        """Begin, or join what has begun, and show it until it ends."""
        caller = await self.callers.caller(talk)
        words = await self.callers.words(caller)
        job = await self.service.rebuild(caller, shared=line.shared)
        show = partial(progress, words=words, shared=line.shared)
        try:
            place = await talk.openly(show(job))
        except SlackApiError as error:
            if refusal(error) not in NOT_HERE:
                raise
            place = await talk.poster.post(talk.client, talk.user, show(job))
        self.tasks.beside(talk, _follow(talk, place, self.service.follow(caller, job.id, shared=line.shared), show))

    async def cancel(self, talk: Talk, value: str) -> None:
        """End it; the value of the button says which."""
        id_, _, scope = value.partition(":")
        caller = await self.callers.caller(talk)
        job = await self.service.cancel(caller, int(id_) if id_.isdecimal() else 0, shared=scope == "shared")
        if talk.channel and talk.message:  # whoever followed it may have been stopped since
            shown = progress(job, words=await self.callers.words(caller), shared=False)
            await talk.poster.update(talk.client, talk.channel, talk.message, shown)


async def _follow(talk: Talk, place: tuple[str, str], jobs: AsyncIterator[Job], show: Callable[[Job], Render]) -> None:
    shown = monotonic()
    async for job in jobs:
        if job.open and monotonic() - shown < EVERY:
            continue
        if not job.open:  # the last change comes no sooner after the one before, either
            await asyncio.sleep(max(0.0, shown + EVERY - monotonic()))
        shown = monotonic()
        await talk.poster.update(talk.client, *place, show(job))


def progress(job: Job, *, words: Wording, shared: bool) -> Render:
    """How far it is, with a bar, and the button as long as it goes on."""
    report = admin_reports.made(job, words)
    blocks: list[Block] = [section(mrkdwn(report.text, TEXT))]
    if report.bar:
        blocks.append(section(f"`{report.bar}`"))
    if report.pace:
        blocks.append(context(mrkdwn(report.pace, TEXT)))
    if job.open:
        blocks.append(buttons([button(words.say("Cancel"), "cancel", f"{job.id}{':shared' if shared else ''}", style="danger")]))
    return lambda _: Message(fallback(report.text, MESSAGE), tuple(blocks))
