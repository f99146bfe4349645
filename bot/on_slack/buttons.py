"""What stands below an answer: good or bad, more quotes, share, delete. Values carry the exchange's id, so a restart loses nothing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot.on_slack import render
from bot.on_slack.commands import show_status, status_of
from bot.on_slack.messages import rendered
from bot.on_slack.send import NOT_HERE, Render, Talk, refusal
from bot.on_slack.surface import Surface
from bot.presentation.replies import Reply, cite, status_reply

_Act: TypeAlias = Callable[[Surface, Talk, str], Awaitable[None]]


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to the buttons of messages."""

    def listen(action: str | re.Pattern[str], act: _Act) -> None:
        async def pressed(ack: AsyncAck, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
            await ack()
            talk = surface.talk(context, body)
            await surface.once(talk, talk.trigger, partial(act, surface, talk, str(action.get("value") or "")))

        app.action(action)(pressed)

    listen(re.compile("^feedback(:|$)"), _judge)
    listen("more", _more)
    listen("share", _share)
    listen("delete", _delete)
    listen(re.compile("^status:"), _status)


async def _judge(surface: Surface, talk: Talk, value: str) -> None:
    caller = await surface.caller(talk)
    id_, _, judged = value.partition(":")
    votes = await surface.conversations.vote(caller, _number(id_), good=judged == "good")
    words = await surface.words(caller)
    sentence = words.say("Thank you! So far: 👍 {good}, 👎 {bad}.", good=votes.good, bad=votes.bad)
    await talk.privately(lambda _: render.said(sentence))


async def _more(surface: Surface, talk: Talk, value: str) -> None:
    caller = await surface.caller(talk)
    exchange, quotes = await surface.conversations.quotes(caller, _number(value))
    words = await surface.words(caller, language=exchange.language)
    further = cite(quotes[1 + render.FURTHER :], words)
    await talk.privately(lambda dialect: render.more(further, words, dialect))


async def _share(surface: Surface, talk: Talk, value: str) -> None:
    caller = await surface.caller(talk)
    kind, _, what = value.partition(":")
    if kind == "status":
        name, as_of = status_of(what)
        told = status_reply(await surface.service.status(caller, name, as_of=as_of), await surface.words(caller))
        await _post(talk, lambda dialect: render.status(told, dialect))
    else:
        exchange, quotes = await surface.conversations.quotes(caller, _number(what))
        words = await surface.words(caller, language=exchange.language)
        shown = Reply(cite(quotes, words), None if quotes else words.say("There are no more quotes."), words)
        ts = await _post(talk, rendered(shown, exchange))
        if ts:
            await surface.conversations.replied(exchange, ts)
    await talk.remove()


async def _post(talk: Talk, shown: Render) -> str | None:
    """Show it to all; where the bot is no member, by the address that came along, and then nobody knows its ts."""
    try:
        _, ts = await talk.openly(shown, thread=talk.thread)
    except SlackApiError as error:
        if refusal(error) not in NOT_HERE or not await talk.respond(shown, response_type="in_channel", replace_original=False):
            raise
        return None
    return ts


async def _delete(surface: Surface, talk: Talk, value: str) -> None:
    await surface.conversations.remove(await surface.caller(talk), _number(value))
    await talk.remove()


async def _status(surface: Surface, talk: Talk, value: str) -> None:
    name, as_of = status_of(value)
    await show_status(surface, talk, name, as_of)


def _number(text: str) -> int:
    """An exchange's id; that of none where somebody else has made the value up."""
    return int(text) if text.isascii() and text.isdecimal() else 0
