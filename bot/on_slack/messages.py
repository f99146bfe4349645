"""Questions: in channels where Shipdate is mentioned, in direct messages, in threads that go on; and what becomes of them afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from aiohttp import ClientError
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot.on_slack import render
from bot.on_slack.blocks import Render
from bot.on_slack.callers import Callers
from bot.on_slack.escape import asked
from bot.on_slack.send import Talk, refusal
from bot.on_slack.tasks import Tasks
from bot.presentation.replies import ADD_COMMAND, Reply, reply
from bot.service.conversations import QUESTION_MARKS, Place
from bot.service.permissions import Caller
from bot.service.service import Service
from index import Exchange

_RECALL = 2.0  # seconds

Begin: TypeAlias = Callable[[], Awaitable[None]]


def setup(app: AsyncApp, messages: Messages) -> None:
    """Listen to messages."""

    async def heard(event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await messages.heard(event, body, context)

    app.event("app_mention")(heard)
    app.event("message")(heard)


class Messages:
    """One message after the other; what happens to the same one happens in order."""

    def __init__(self, service: Service, callers: Callers, tasks: Tasks) -> None:
        self._service = service
        self._conversations = service.conversations
        self._callers = callers
        self._tasks = tasks
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def heard(self, event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext, begin: Begin | None = None) -> None:
        """Something was written, edited or deleted.

        Args:
            begin: to be done before a question is answered.
        """
        message: Mapping[str, Any] = event.get("message") or event.get("previous_message") or event
        subtype = event.get("subtype")
        if message.get("bot_id") or message.get("user") in (None, context.bot_user_id) or event.get("bot_id"):
            return
        talk = self._callers.talk(context, body)
        async with self._locks.setdefault((str(talk.channel), str(talk.message)), asyncio.Lock()):
            match subtype:
                case None:
                    await self._asked(talk, event, begin)
                case "message_changed":
                    await self._edited(talk, message, event.get("previous_message") or {})
                case "message_deleted":
                    await self._deleted(talk)

    async def _asked(self, talk: Talk, event: Mapping[str, Any], begin: Begin | None) -> None:
        text = str(event.get("text") or "")
        addressed = talk.direct or event.get("type") == "app_mention" or f"<@{talk.bot}>" in text
        goes_on = not addressed and talk.thread and not text.lstrip().startswith("<@")
        key = f"{talk.channel}:{talk.message}"
        if addressed:
            await self._tasks.once(talk, key, partial(self._answer, talk, place_of(talk), asked(text, talk.bot), begin=begin))
        elif goes_on and await self._conversations.goes_on("slack", talk.channel or "", talk.thread or ""):
            await self._tasks.once(talk, key, partial(self._answer, talk, place_of(talk), asked(text, talk.bot), aside=True))
        elif not talk.thread and not QUESTION_MARKS.isdisjoint(text) and await self._listens(talk):
            await self._tasks.once(talk, key, partial(self._overheard, talk, text))

    async def _listens(self, talk: Talk) -> bool:
        """Whether it may answer unasked in a channel, which is asked of everything that people say there."""
        return talk.channel in (await self._service.settings(Caller("slack", workspace=talk.team))).unprompted_channels

    async def _overheard(self, talk: Talk, text: str) -> None:
        caller = await self._callers.caller(talk)
        heard = await self._conversations.overhear(caller, place_of(talk), asked(text, talk.bot))
        if heard:
            exchange, answer = heard
            shown = reply(answer, await self._callers.words(caller, text, answer.language), command=ADD_COMMAND)
            _, ts = await talk.openly(rendered(shown, exchange), thread=talk.message)
            await self._conversations.replied(exchange, ts)

    async def _edited(self, talk: Talk, message: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        edited = (message.get("edited") or {}).get("ts")
        if edited is None or message.get("text") == before.get("text"):  # Slack has only shown what a link leads to
            return
        exchange = await self._conversations.editable("slack", talk.channel or "", talk.message or "")
        if exchange and exchange.user == talk.user:
            question = asked(message.get("text") or "", talk.bot)
            await self._tasks.once(talk, f"{talk.channel}:{talk.message}:{edited}", partial(self._answer, talk, place_of(talk), question))

    async def _deleted(self, talk: Talk) -> None:
        exchange = await self._conversations.withdrawn("slack", talk.channel or "", talk.message or "")
        if exchange and exchange.reply:
            try:
                await talk.client.chat_delete(channel=exchange.channel, ts=exchange.reply)
            except SlackApiError as error:
                if refusal(error) != "message_not_found":
                    raise

    async def _answer(self, talk: Talk, place: Place, question: str, *, aside: bool = False, begin: Begin | None = None) -> None:
        """Answer a message where it stands: in its thread in channels, in place in direct messages.

        Args:
            aside: it was not said to Shipdate in so many words: if it is no question and nothing is found, nothing is said.
            begin: to be done first.
        """
        if begin:
            await begin()
        caller = await self._callers.caller(talk)
        exchange, answer = await self._conversations.ask(caller, place, question, recall=partial(recall, talk))
        if aside and not answer.answered and QUESTION_MARKS.isdisjoint(question):
            return
        settings = await self._service.settings(caller)
        shown = reply(answer, await self._callers.words(caller, question, answer.language), command=ADD_COMMAND)
        thread = talk.thread or (None if talk.direct else place.asked)
        if settings.private_replies and not talk.direct:
            await talk.privately(rendered(shown, exchange, private=True), thread=thread)
        elif exchange.reply:
            await talk.poster.update(talk.client, exchange.channel, exchange.reply, rendered(shown, exchange))
        else:
            _, ts = await talk.openly(rendered(shown, exchange), thread=thread)
            await self._conversations.replied(exchange, ts)


def place_of(talk: Talk) -> Place:
    """Where a message stands: in a direct message outside of threads, all of it is one conversation."""
    channel, ts = talk.channel or "", talk.message or ""
    return Place(channel, ts, talk.thread or (channel if talk.direct else ts))


def rendered(shown: Reply, exchange: Exchange, *, private: bool = False) -> Render:
    """An answer, in whatever form the server knows."""
    return lambda dialect: render.answer(shown, dialect, private=private, exchange=exchange.id)


async def recall(talk: Talk, exchange: Exchange) -> str | None:
    """What was asked, as Slack still has it, if it says so at once: the answer does not wait for what only makes it better."""
    if "." not in exchange.asked or ":" in exchange.asked:
        return None  # a command: Slack keeps none
    span = {"oldest": exchange.asked, "latest": exchange.asked, "inclusive": True, "limit": 1}
    try:
        async with asyncio.timeout(_RECALL):
            if exchange.thread in (exchange.channel, exchange.asked):
                response = await talk.client.conversations_history(channel=exchange.channel, **span)  # type: ignore[arg-type]
            else:
                response = await talk.client.conversations_replies(channel=exchange.channel, ts=exchange.thread, **span)  # type: ignore[arg-type]
    except (SlackApiError, ClientError, TimeoutError):
        return None
    messages: list[Mapping[str, Any]] = response["messages"]
    return next((asked(message.get("text") or "", talk.bot) for message in messages if message.get("ts") == exchange.asked), None)
