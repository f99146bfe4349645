"""What stands below an answer: good or bad, more quotes, share, delete. Values carry the exchange's id, so a restart loses nothing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot.on_slack import render
from bot.on_slack.blocks import Render
from bot.on_slack.callers import Callers
from bot.on_slack.commands import Commands, status_of
from bot.on_slack.messages import rendered
from bot.on_slack.send import NOT_HERE, Talk, refusal
from bot.on_slack.tasks import Tasks
from bot.presentation.replies import Reply, cite, status_reply
from bot.service.service import Service

_Act: TypeAlias = Callable[[Talk, str], Awaitable[None]]


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks, commands: Commands) -> None:
    """Listen to the buttons of messages."""
    below = Buttons(service, callers, commands)

    def listen(action: str | re.Pattern[str], act: _Act) -> None:
        async def pressed(ack: AsyncAck, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
            await ack()
            talk = callers.talk(context, body)
            await tasks.once(talk, talk.trigger, partial(act, talk, str(action.get("value") or "")))

        app.action(action)(pressed)

    listen(re.compile("^feedback(:|$)"), below.vote)
    listen("more", below.more)
    listen("share", below.share)
    listen("delete", below.delete)
    listen(re.compile("^status:"), below.status)


@dataclass(frozen=True, slots=True)
class Buttons:
    """What each does; it is told the button's value."""

    service: Service
    callers: Callers
    commands: Commands

    async def vote(self, talk: Talk, value: str) -> None:
        """Note that an answer is good, or bad."""
        caller = await self.callers.caller(talk)
        id_, _, judged = value.partition(":")
        votes = await self.service.conversations.vote(caller, _number(id_), good=judged == "good")
        words = await self.callers.words(caller)
        sentence = words.say("Thank you! So far: 👍 {good}, 👎 {bad}.", good=votes.good, bad=votes.bad)
        await talk.privately(lambda _: render.said(sentence))

    async def more(self, talk: Talk, value: str) -> None:
        """Show the quotes that an answer had no room for."""
        caller = await self.callers.caller(talk)
        exchange, quotes = await self.service.conversations.quotes(caller, _number(value))
        words = await self.callers.words(caller, language=exchange.language)
        further = cite(quotes[1 + render.FURTHER :], words)
        await talk.privately(lambda dialect: render.more(further, words, dialect))

    async def share(self, talk: Talk, value: str) -> None:
        """Show to all what only the asker saw."""
        service, caller = self.service, await self.callers.caller(talk)
        kind, _, what = value.partition(":")
        if kind == "status":
            name, as_of = status_of(what)
            status = status_reply(await service.status(caller, name, as_of=as_of), await self.callers.words(caller))
            await _post(talk, lambda dialect: render.status(status, dialect))
        else:
            exchange, quotes = await service.conversations.quotes(caller, _number(what))
            words = await self.callers.words(caller, language=exchange.language)
            shown = Reply(cite(quotes, words), None if quotes else words.say("There are no more quotes."), words)
            ts = await _post(talk, rendered(shown, exchange))
            if ts:
                await service.conversations.replied(exchange, ts)
        await talk.remove()

    async def delete(self, talk: Talk, value: str) -> None:
        """Take an answer back."""
        await self.service.conversations.remove(await self.callers.caller(talk), _number(value))
        await talk.remove()

    async def status(self, talk: Talk, value: str) -> None:
        """Tell where a launch stands that was suggested."""
        await self.commands.status(talk, *status_of(value))


async def _post(talk: Talk, shown: Render) -> str | None:
    """Show it to all; where the bot is no member, by the address that came along, and then nobody knows its ts."""
    try:
        _, ts = await talk.openly(shown, thread=talk.thread)
    except SlackApiError as error:
        if refusal(error) not in NOT_HERE or not await talk.respond(shown, response_type="in_channel", replace_original=False):
            raise
        return None
    return ts


def _number(text: str) -> int:
    """An exchange's id; that of none where somebody else has made the value up."""
    return int(text) if text.isascii() and text.isdecimal() else 0
