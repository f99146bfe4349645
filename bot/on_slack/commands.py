"""``/ask``, ``/sora-status`` and ``/launch-status``, and the shortcut that asks what a message says."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack import render
from bot.on_slack.blocks import Render
from bot.on_slack.callers import Callers
from bot.on_slack.escape import asked, unescaped
from bot.on_slack.messages import rendered
from bot.on_slack.send import Talk
from bot.on_slack.tasks import Tasks
from bot.presentation.json_api import parse_day
from bot.presentation.replies import ADD_COMMAND, reply, status_reply
from bot.service.conversations import Place
from bot.service.permissions import Caller
from bot.service.service import Service
from index import QuestionError, Status

SHORTCUT = "ask_about_message"
"""The callback of *Ask Shipdate about this*."""

_SUGGESTED = 5
_AS_OF = re.compile(r"\bas of (\d{4}-\d{2}-\d{2})\Z", re.IGNORECASE)
_LAST = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """What an admin wrote after a command.

    Attributes:
        shared: whether it is about what all workspaces share.
    """

    verb: str
    names: tuple[str, ...]
    shared: bool

    @classmethod
    def of(cls, text: str) -> Line:
        """From the words; "shared" may stand at the end."""
        words = [asked(word, None) or word for word in text.split()]
        shared = bool(words) and words[-1].lower() == "shared"
        words = words[:-1] if shared else words
        return cls(words[0].lower() if words else "", tuple(words[1:]), shared)


def listen(app: AsyncApp, callers: Callers, tasks: Tasks, command: str, act: Callable[[Talk, str], Awaitable[None]]) -> None:
    """Do something whenever a command is written, once; ``act`` is handed the way back, and what stands after the command."""

    async def typed(ack: AsyncAck, command: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = callers.talk(context, body)
        await tasks.once(talk, talk.trigger, partial(act, talk, command.get("text") or ""))

    app.command(command)(typed)


def listen_for_admins(app: AsyncApp, callers: Callers, tasks: Tasks, command: str, act: Callable[[Talk, Line], Awaitable[None]]) -> None:
    """The same for a command of admins."""

    async def read(talk: Talk, text: str) -> None:
        await act(talk, Line.of(text))

    listen(app, callers, tasks, command, read)


def setup(app: AsyncApp, callers: Callers, tasks: Tasks, commands: Commands) -> None:
    """Listen to the commands that anybody may use."""

    async def about(ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = callers.talk(context, body)
        talk.thread = talk.thread or talk.message  # it is answered below the message
        question = asked(body["message"].get("text") or "", talk.bot)
        await tasks.once(talk, talk.trigger, partial(commands.answer, talk, question, None))

    listen(app, callers, tasks, "/ask", commands.ask)
    listen(app, callers, tasks, "/sora-status", commands.sora)
    listen(app, callers, tasks, "/launch-status", commands.launch)
    app.message_shortcut(SHORTCUT)(about)


@dataclass(frozen=True, slots=True)
class Commands:
    """What these commands do; each is told what stands after it."""

    service: Service
    callers: Callers

    async def ask(self, talk: Talk, text: str) -> None:
        """Answer a question, as on a day that may stand at its end."""
        await self.answer(talk, *_split(_AS_OF, unescaped(text)))

    async def answer(self, talk: Talk, question: str, as_of: str | None) -> None:
        """Answer a question."""
        service, caller = self.service, await self.callers.caller(talk)
        channel = talk.channel or ""
        # A command stands in no thread: what somebody asks by commands in a channel is one conversation.
        place = Place(channel, talk.trigger, f"{channel}:{talk.user}")
        exchange, answer = await service.conversations.ask(caller, place, question, as_of=_day(as_of))
        shown = reply(answer, await self.callers.words(caller, question, answer.language), command=ADD_COMMAND)
        private = (await service.settings(caller)).private_replies
        await _show(talk, rendered(shown, exchange, private=private), private=private)

    async def sora(self, talk: Talk, text: str) -> None:
        """Where Sora stands."""
        await self.status(talk, "Sora", _day(text.strip()))

    async def launch(self, talk: Talk, text: str) -> None:
        """Where any product stands."""
        name, day = _split(_LAST, unescaped(text))
        if not name:
            raise QuestionError("Name a product, for example: Sora.")
        await self.status(talk, name, _day(day))

    async def status(self, talk: Talk, name: str, as_of: date | None) -> None:
        """Tell where a launch stands; where nothing is known of it, offer what may have been meant."""
        service, caller = self.service, await self.callers.caller(talk)
        status = await service.status(caller, name, as_of=as_of)
        private = (await service.settings(caller)).private_replies
        suggested = await suggestions(service, caller, name, status, as_of)
        shown = status_reply(status, await self.callers.words(caller))
        share = f"status:{status_value(status.name, as_of)}" if private else None
        private = private or not status.history
        await _show(talk, lambda dialect: render.status(shown, dialect, share=share, suggested=suggested), private=private)


async def suggestions(service: Service, caller: Caller, name: str, status: Status, as_of: date | None) -> list[tuple[str, str]]:
    """What may have been meant where nothing is known of a launch: value and name of a button for each."""
    near = [] if status.history else await service.suggest(caller, name, _SUGGESTED)
    return [(status_value(product, as_of), product) for id_, product in near if id_ != status.product]


async def _show(talk: Talk, shown: Render, *, private: bool) -> None:
    """By the command's own address, which works also where the bot is no member; else in the channel."""
    if private:
        await talk.privately(shown)
    elif not await talk.respond(shown, response_type="in_channel", replace_original=False):
        await talk.openly(shown, thread=talk.thread)


def status_value(name: str, as_of: date | None) -> str:
    """A button's value that asks for a status; see :func:`status_of`."""
    return f"{as_of.isoformat() if as_of else ''}|{name}"


def status_of(value: str) -> tuple[str, date | None]:
    """The name and the day in a button's value."""
    day, _, name = value.partition("|")
    return name, _day(day)


def _split(form: re.Pattern[str], text: str) -> tuple[str, str | None]:
    """What stands before a day at the end, and the day; the form has a bounded length, so this takes linear time."""
    text = text.strip()
    match = form.search(text)
    return (text[: match.start()].rstrip(), match[1]) if match else (text, None)


def _day(text: str | None) -> date | None:
    return parse_day(text) if text else None
