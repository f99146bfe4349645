"""What all of Slack's listeners share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import structlog
from cachetools import LRUCache, TTLCache
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot.on_slack import render
from bot.on_slack.callers import People
from bot.on_slack.send import Poster, Talk, is_uncertain, refusal
from bot.presentation.replies import words_for
from bot.server import logs
from bot.service.permissions import Caller
from bot.service.rate_limits import TooManyQuestionsError
from bot.service.service import Service
from bot.wording import Wording, later
from index.model.errors import ShipdateError

_BRIEF = 2  # words: so few tell little of a question's language
_REMEMBERED = 10_000  # channels that are shared with other organisations, and people
_WINDOW = 60.0  # seconds in which somebody is told once that they do too much, where they wait for no answer

log = structlog.get_logger(__name__)

_REFUSALS = {
    "not_in_channel": later("I am not in that channel; invite me there first: /invite @Shipdate"),
    "channel_not_found": later("I cannot see that channel; invite me there first: /invite @Shipdate"),
    "is_archived": later("That channel is archived, so nothing can be posted there."),
    "restricted_action": later("This workspace does not let me post there; its admins can change that."),
}
_UNCERTAIN = later("The connection to Slack failed while I wrote to it; if you miss something here, ask again.")
_UNFORESEEN = later("Something went wrong, which is a mistake of ours; tell an admin this reference: {reference}")


class Surface:
    """The service, what posts, who people are, and what is at work, for all listeners.

    Attributes:
        work: the listeners that are at work, which are waited for when it stops.
        aside: what goes on for long, and is cut short then.
    """

    def __init__(self, service: Service, poster: Poster) -> None:
        self.service = service
        self.conversations = service.conversations
        self.poster = poster
        self.people = People()
        self._shared: LRUCache[str, bool] = LRUCache(_REMEMBERED)  # channels, as messages there tell; commands and buttons do not
        self._told: TTLCache[tuple[str, str], bool, float] = TTLCache(_REMEMBERED, _WINDOW)
        self.work: set[asyncio.Task[Any]] = set()
        self.aside: set[asyncio.Task[Any]] = set()

    def talk(self, context: AsyncBoltContext, body: Mapping[str, Any]) -> Talk:
        """The way back to whoever sent this."""
        talk = Talk(self.poster, context, body)
        if talk.channel and talk.shared:
            self._shared[talk.channel] = True
        elif talk.channel and talk.shared is None:
            talk.shared = self._shared.get(talk.channel)
        elif talk.channel:
            self._shared.pop(talk.channel, None)
        return talk

    async def caller(self, talk: Talk) -> Caller:
        """Who it is. Where another organisation reads along, whoever asks is told what may be told to its people."""
        caller = await self.people.caller(talk.client, talk.team, talk.user)
        return replace(caller, guest=True) if talk.shared else caller

    async def words(self, caller: Caller, question: str = "", language: str | None = None) -> Wording:
        """In which words somebody is answered."""
        brief = len(question.split()) <= _BRIEF and question.isascii()
        return words_for(caller, await self.service.settings(caller), language, brief=brief)

    async def once(self, talk: Talk, key: str, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something that an event asks for, however often Slack sends it; what goes wrong is told once, too."""
        async with self.conversations.once("slack", f"{talk.team}:{key}") as fresh:
            if fresh:
                try:
                    await work()
                except Exception as error:
                    await self.tell(talk, error)

    def beside(self, talk: Talk, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes long, and that can be cut short, beside the rest."""

        async def told() -> None:
            try:
                await work
            except Exception as error:
                await self.tell(talk, error)

        task = asyncio.create_task(told())
        self.aside.add(task)
        task.add_done_callback(self.aside.discard)

    async def tell(self, talk: Talk, error: Exception) -> None:
        """The one place where errors become sentences: privately, in the language of whoever caused them.

        That they do too much, those who wait for no answer (who write, or look at the home tab) are told only once in a while.
        """
        if isinstance(error, TooManyQuestionsError) and not talk.awaited:
            if (talk.team, talk.user) in self._told:
                return
            self._told[talk.team, talk.user] = True
        try:
            words = await self.words(await self.caller(talk))
            sentence = self._sentence(error, words)
            await talk.privately(lambda _: render.said(sentence))
        except SlackApiError as refused:  # nobody can be told
            log.warning("Slack refuses even the sentence that says what is wrong", problem=refusal(refused))
        except Exception as unforeseen:
            logs.report("an error could not be told", unforeseen)

    def _sentence(self, error: Exception, words: Wording) -> str:
        if isinstance(error, ShipdateError):
            return words.error(error)
        if isinstance(error, SlackApiError) and refusal(error) in _REFUSALS:
            return words.say(_REFUSALS[refusal(error)])
        if is_uncertain(error):
            log.warning("it is not known whether Slack has done what it was told", problem=type(error).__name__)
            return words.say(_UNCERTAIN)
        return words.say(_UNFORESEEN, reference=logs.report("a listener of Slack failed", error))
