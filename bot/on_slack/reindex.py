"""``/reindex``: a message that shows how far it is, and a button that ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot.on_slack.blocks import MESSAGE, TEXT, Block, Message, button, buttons, context, section
from bot.on_slack.escape import fallback, mrkdwn
from bot.on_slack.send import NOT_HERE, Render, Talk, refusal
from bot.on_slack.surface import Surface
from bot.presentation import admin_reports
from bot.wording import Wording
from index import Job

EVERY = 3.0
"""Seconds from one change of the message to the next, at least."""


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to the button."""

    async def pressed(ack: AsyncAck, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = surface.talk(context, body)
        await surface.once(talk, talk.trigger, partial(_cancel, surface, talk, str(action.get("value") or "")))

    app.action("cancel")(pressed)


async def reindex(surface: Surface, talk: Talk, *, shared: bool) -> None:
    """Begin, or join what has begun, and show it until it ends."""
    caller = await surface.caller(talk)
    words = await surface.words(caller)
    job = await surface.service.rebuild(caller, shared=shared)
    show = partial(progress, words=words, shared=shared)
    try:
        place = await talk.openly(show(job))
    except SlackApiError as error:
        if refusal(error) not in NOT_HERE:
            raise
        place = await surface.poster.post(talk.client, talk.user, show(job))
    surface.beside(talk, _follow(surface, talk, place, surface.service.follow(caller, job.id, shared=shared), show))


async def _follow(surface: Surface, talk: Talk, place: tuple[str, str], jobs: AsyncIterator[Job], show: Callable[[Job], Render]) -> None:
    told = monotonic()
    async for job in jobs:
        if job.open and monotonic() - told < EVERY:
            continue
        if not job.open:  # the last change comes no sooner after the one before, either
            await asyncio.sleep(max(0.0, told + EVERY - monotonic()))
        told = monotonic()
        await surface.poster.update(talk.client, *place, show(job))


async def _cancel(surface: Surface, talk: Talk, value: str) -> None:
    id_, _, scope = value.partition(":")
    caller = await surface.caller(talk)
    job = await surface.service.cancel(caller, int(id_) if id_.isdecimal() else 0, shared=scope == "shared")
    if talk.channel and talk.message:  # whoever followed it may have been stopped since
        await surface.poster.update(talk.client, talk.channel, talk.message, progress(job, words=await surface.words(caller), shared=False))


def progress(job: Job, *, words: Wording, shared: bool) -> Render:
    """How far it is, with a bar, and the button as long as it goes on."""
    made = admin_reports.made(job, words)
    blocks: list[Block] = [section(mrkdwn(made.text, TEXT))]
    if made.bar:
        blocks.append(section(f"`{made.bar}`"))
    if made.pace:
        blocks.append(context(mrkdwn(made.pace, TEXT)))
    if job.open:
        blocks.append(buttons([button(words.say("Cancel"), "cancel", f"{job.id}{':shared' if shared else ''}", style="danger")]))
    return lambda _: Message(fallback(made.text, MESSAGE), tuple(blocks))
