"""Asking by writing: mentions, direct messages, replies, threads that go on, and channels where nobody has to be addressed.

An answer follows its question: it is edited when the question is edited soon, and goes when the question is deleted.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import inf
from weakref import WeakValueDictionary

import discord
import structlog
from cachetools import TTLCache
from discord.ext import commands

from bot.on_discord.callers import author_of, words_of
from bot.on_discord.commands import opened_at, thread_of
from bot.on_discord.errors import report, sentence
from bot.on_discord.render import SHOWN, Layout, render
from bot.on_discord.send import deliver, tell_privately
from bot.on_discord.tasks import Tasks
from bot.presentation.replies import ADD_COMMAND, reply, words_for
from bot.service.conversations import Place
from bot.service.permissions import Caller
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.wording import later
from index import Answer, Exchange, ShipdateError

PLATFORM = "discord"

_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)
_WINDOW = 60.0  # seconds in which somebody is told once that they ask too much

log = structlog.get_logger(__name__)


class HiddenError(ShipdateError):
    """Discord shows what a message says only where it mentions Shipdate by its name, which a reply need not do."""


async def setup(bot: commands.Bot, service: Service, tasks: Tasks) -> None:
    """Listen to messages."""
    await bot.add_cog(Messages(bot, service, tasks))


class Messages(commands.Cog):
    """Answers what is written, and follows what becomes of it: edited, deleted, gone on with."""

    def __init__(self, bot: commands.Bot, service: Service, tasks: Tasks) -> None:
        self._bot = bot
        self._service = service
        self._conversations = service.conversations
        self._tasks = tasks
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by message: its events are handled one by one
        self._told: TTLCache[int, bool, float] = TTLCache(inf, _WINDOW)  # who was told of a limit

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer it, if it asks."""
        if message.author.bot or message.webhook_id or message.type not in _WRITTEN or not self._tasks.begin():
            return
        answered = False
        async with self._lock(message.id):
            try:
                if (thread := await self._addressed(message)) is not None:
                    async with self._conversations.once(PLATFORM, str(message.id)) as new:
                        if new:
                            await self._answer(message, thread)
                            answered = True
                elif self._bot.intents.message_content:
                    await self._overhear(message)
            except Exception as error:
                if answered:  # that it was could not be noted
                    report(error)
                else:
                    await self._tell(message, error)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Answer the question anew, if it was one."""
        message = payload.message
        if message.author.bot or message.edited_at is None or not message.content or not self._tasks.begin():
            return
        async with self._lock(message.id):
            try:
                exchange = await self._conversations.editable(PLATFORM, str(message.channel.id), str(message.id))
                if exchange and exchange.reply:
                    # Discord tells it again when something else of the message changes, such as the preview of a link.
                    async with self._conversations.once(PLATFORM, f"{message.id} {message.edited_at.isoformat()}") as new:
                        if new:
                            await self._answer(message, exchange.thread, int(exchange.reply))
            except Exception as error:
                await self._tell(message, error)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Take the answer along, if there is one."""
        if self._tasks.begin():
            await self._withdraw(payload.channel_id, payload.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """The same for many."""
        if self._tasks.begin():
            for message in payload.message_ids:
                await self._withdraw(payload.channel_id, message)

    async def _withdraw(self, channel: int, message: int) -> None:
        async with self._lock(message):
            exchange = await self._conversations.withdrawn(PLATFORM, str(channel), str(message))
        if exchange and exchange.reply:
            try:
                await self._bot.get_partial_messageable(channel).get_partial_message(int(exchange.reply)).delete()
            except discord.HTTPException as error:
                log.info("an answer could not be taken back", problem=str(error))

    async def _addressed(self, message: discord.Message) -> str | None:
        """In which conversation Shipdate is addressed by a message; None where it is not."""
        channel = str(message.channel.id)
        thread = thread_of(message.channel, message.id)
        if message.reference and message.reference.message_id:
            answered = await self._conversations.of_reply(PLATFORM, channel, str(message.reference.message_id))
            if answered and (message.content or self._me in message.mentions):
                return answered.thread
        if message.guild is None or self._me in message.mentions:
            return thread
        goes_on = isinstance(message.channel, discord.Thread) and message.content and not message.mentions
        return thread if goes_on and await self._conversations.goes_on(PLATFORM, channel, thread, opened_at(message.channel)) else None

    async def _answer(self, message: discord.Message, thread: str, before: int | None = None) -> None:
        """Answer a message; in the place of an answer that is there ``before``.

        Raises:
            HiddenError: Discord does not show what it says.
        """
        if not message.content and not message.attachments and not self._bot.intents.message_content:
            raise HiddenError(later("Discord does not show me what you wrote; please mention me in it."))
        caller = author_of(message)
        place = Place(str(message.channel.id), str(message.id), thread, opened_at(message.channel))
        if before is None:
            self._tasks.beside(self._type(message.channel))
        exchange, answer = await self._conversations.ask(caller, place, self._question(message), recall=self._recall)
        await self._send(message, caller, exchange, answer, before)

    async def _overhear(self, message: discord.Message) -> None:
        caller = author_of(message)
        if str(message.channel.id) not in (await self._service.settings(caller)).unprompted_channels:
            return
        async with self._conversations.once(PLATFORM, str(message.id)) as new:
            place = Place(str(message.channel.id), str(message.id), thread_of(message.channel, message.id))
            if new and not message.mentions and (heard := await self._conversations.overhear(caller, place, message.content)):
                await self._send(message, caller, *heard)

    async def _send(self, message: discord.Message, caller: Caller, exchange: Exchange, answer: Answer, before: int | None = None) -> None:
        words = words_for(caller, await self._service.settings(caller), answer.language)
        layout = render(reply(answer, words, command=ADD_COMMAND), exchange.id, more=len(answer.quotes) > SHOWN)
        if before is not None and await self._edited(message.channel, before, layout):
            return
        if sent := await deliver(message, layout, words):
            try:
                await self._conversations.replied(exchange, str(sent.id))
            except Exception as error:  # the answer stands there; only edits of the question will not find it
                report(error)

    async def _edited(self, channel: discord.abc.MessageableChannel, before: int, layout: Layout) -> bool:
        """Whether the answer could be edited; False when somebody has deleted it."""
        try:
            await self._bot.get_partial_messageable(channel.id).get_partial_message(before).edit(view=layout)
        except discord.NotFound:
            return False
        return True

    async def _tell(self, message: discord.Message, error: Exception) -> None:
        """Tell whoever wrote a message that it could not be answered; that they ask too much, only once in a while."""
        try:
            caller = author_of(message)
            if isinstance(error, TooManyQuestionsError):
                if message.author.id in self._told:
                    return
                self._told[message.author.id] = True
                await tell_privately(message, sentence(error, await words_of(self._service, caller)), otherwise="⏳")
                return
            words = await words_of(self._service, caller)
            await deliver(message, sentence(error, words), words)
        except Exception as unsaid:
            log.warning("an error could not be told", problem=type(unsaid).__name__)

    async def _recall(self, exchange: Exchange) -> str | None:
        """What was asked, as Discord tells it again; a command's words it does not."""
        try:
            return self._question(await self._bot.get_partial_messageable(int(exchange.channel)).fetch_message(int(exchange.asked)))
        except discord.HTTPException:
            return None

    async def _type(self, channel: discord.abc.Messageable) -> None:
        with suppress(discord.HTTPException):
            await channel.typing()

    def _question(self, message: discord.Message) -> str:
        """What it asks, without Shipdate's name."""
        return message.content.replace(f"<@{self._me.id}>", " ").replace(f"<@!{self._me.id}>", " ").strip()

    def _lock(self, message: int) -> asyncio.Lock:
        return self._locks.setdefault(message, asyncio.Lock())

    @property
    def _me(self) -> discord.ClientUser:
        assert self._bot.user is not None
        return self._bot.user
