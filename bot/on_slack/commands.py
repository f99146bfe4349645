"""``/ask``, ``/sora-status`` and ``/launch-status``, and the shortcut that asks what a message says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack import render
from bot.on_slack.escape import asked, unescaped
from bot.on_slack.messages import ADD, rendered
from bot.on_slack.send import Render, Talk
from bot.on_slack.surface import Surface
from bot.presentation.json_api import parse_day
from bot.presentation.replies import reply, status_reply
from bot.service.conversations import Place
from index import QuestionError

SHORTCUT = "ask_about_message"
"""The callback of *Ask Shipdate about this*."""

_SUGGESTED = 5
_AS_OF = re.compile(r"\bas of (\d{4}-\d{2}-\d{2})\Z", re.IGNORECASE)
_LAST = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})\Z")


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to the commands that anybody may use."""

    async def ask(ack: AsyncAck, command: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = surface.talk(context, body)
        said, as_of = _split(_AS_OF, unescaped(command.get("text") or ""))
        await surface.once(talk, talk.trigger, partial(_ask, surface, talk, said, as_of))

    async def sora(ack: AsyncAck, command: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = surface.talk(context, body)
        await surface.once(talk, talk.trigger, partial(_sora, surface, talk, (command.get("text") or "").strip()))

    async def launch(ack: AsyncAck, command: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = surface.talk(context, body)
        await surface.once(talk, talk.trigger, partial(_launch, surface, talk, unescaped(command.get("text") or "")))

    async def about(ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = surface.talk(context, body)
        talk.thread = talk.thread or talk.message  # it is answered below the message
        await surface.once(talk, talk.trigger, partial(_ask, surface, talk, asked(body["message"].get("text") or "", talk.bot), None))

    app.command("/ask")(ask)
    app.command("/sora-status")(sora)
    app.command("/launch-status")(launch)
    app.message_shortcut(SHORTCUT)(about)


async def _ask(surface: Surface, talk: Talk, question: str, as_of: str | None) -> None:
    caller = await surface.caller(talk)
    channel = talk.channel or ""
    # A command stands in no thread: what somebody asks by commands in a channel is one conversation.
    place = Place(channel, talk.trigger, f"{channel}:{talk.user}")
    exchange, said = await surface.conversations.ask(caller, place, question, as_of=_day(as_of))
    shown = reply(said, await surface.words(caller, question, said.language), command=ADD)
    private = (await surface.service.settings(caller)).private_replies
    await _show(talk, rendered(shown, exchange, private=private), private=private)


async def _sora(surface: Surface, talk: Talk, text: str) -> None:
    await show_status(surface, talk, "Sora", _day(text))


async def _launch(surface: Surface, talk: Talk, text: str) -> None:
    name, day = _split(_LAST, text)
    if not name:
        raise QuestionError("Name a product, for example: Sora.")
    await show_status(surface, talk, name, _day(day))


async def show_status(surface: Surface, talk: Talk, name: str, as_of: date | None) -> None:
    """Tell where a launch stands; where nothing is known of it, offer what may have been meant."""
    caller = await surface.caller(talk)
    found = await surface.service.status(caller, name, as_of=as_of)
    private = (await surface.service.settings(caller)).private_replies
    near = [] if found.history else await surface.service.suggest(caller, name, _SUGGESTED)
    suggested = [(status_value(shown, as_of), shown) for id_, shown in near if id_ != found.product]
    shown = status_reply(found, await surface.words(caller))
    share = f"status:{status_value(found.name, as_of)}" if private else None
    await _show(talk, lambda dialect: render.status(shown, dialect, share=share, suggested=suggested), private=private or not found.history)


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
    found = form.search(text)
    return (text[: found.start()].rstrip(), found[1]) if found else (text, None)


def _day(text: str | None) -> date | None:
    return parse_day(text) if text else None
