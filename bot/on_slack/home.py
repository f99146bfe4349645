"""The App Home: a board of where launches stand, and a search that opens one product's history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack import render
from bot.on_slack.blocks import Block, Dialect, Message, button, context, divider, field, header, modal, section
from bot.on_slack.callers import Callers
from bot.on_slack.commands import status_of, status_value, suggestions
from bot.on_slack.errors import Errors
from bot.on_slack.escape import mrkdwn
from bot.on_slack.send import Talk
from bot.on_slack.tasks import Tasks
from bot.presentation.replies import StatusReply, status_reply
from bot.service.service import Service
from bot.wording import Wording

_SHOWN = 10  # launches
_LONGEST_NAME = 150  # characters that can be typed


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks, errors: Errors) -> None:
    """Listen to the home tab and to its modal."""
    tab = Home(service, callers)

    async def opened(event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        if event.get("tab") != "messages":
            talk = callers.talk(context, body)
            try:
                await tab.publish(talk)
            except Exception as error:
                await errors.tell(talk, error)

    async def asked(ack: AsyncAck, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = callers.talk(context, body)
        value = str(action.get("value") or "").strip()
        if name := value if action["action_id"] == "search" else status_of(value)[0]:
            await tasks.once(talk, talk.trigger, partial(tab.history, talk, name, (body.get("view") or {})))

    app.event("app_home_opened")(opened)
    app.action(re.compile("^(search|history)(:|$)"))(asked)


@dataclass(frozen=True, slots=True)
class Home:
    """Draws the board of the *Home* tab, and opens a product's history from its search."""

    service: Service
    callers: Callers

    async def publish(self, talk: Talk) -> None:
        """Show the board to whoever has opened the tab."""
        caller = await self.callers.caller(talk)
        words = await self.callers.words(caller)
        launches = [status_reply(status, words) for status in await self.service.board(caller, _SHOWN)]

        async def publish(message: Message) -> None:
            await talk.client.views_publish(user_id=talk.user, view={"type": "home", "blocks": list(message.blocks)})

        await talk.poster.send(lambda dialect: home(launches, words, dialect), publish)

    async def history(self, talk: Talk, name: str, view: Mapping[str, Any]) -> None:
        """Show a product's history in a modal; in the place of one that is open."""
        service, caller = self.service, await self.callers.caller(talk)
        words = await self.callers.words(caller)
        status = await service.status(caller, name)
        suggested = await suggestions(service, caller, name, status, None)
        reply = status_reply(status, words)

        async def show(message: Message) -> None:
            shown = modal(status.name, [_in_modal(block) for block in message.blocks], close=words.say("Close"))
            if view.get("type") == "modal":
                await talk.client.views_update(view_id=view["id"], view=shown)
            else:
                await talk.client.views_open(trigger_id=talk.trigger, view=shown)

        await talk.poster.send(lambda dialect: render.status(reply, dialect, suggested=suggested), show)


def _in_modal(block: Block) -> Block:
    """What is suggested opens here, not in a channel."""
    if block["type"] != "actions":
        return block
    return block | {"elements": [element | {"action_id": f"history:{at}"} for at, element in enumerate(block["elements"])]}


def home(launches: Sequence[StatusReply], words: Wording, dialect: Dialect) -> Message:
    """The tab: search, and each launch's stage, since when, and the newest quote."""
    placeholder = {"type": "plain_text", "text": words.say("Sora, Kling, Claude Code ...")}
    box = {"type": "plain_text_input", "max_length": _LONGEST_NAME, "placeholder": placeholder}
    search = field("search", words.say("Look up a product"), box) | {"dispatch_action": True}
    blocks: list[Block] = [header(words.say("Where launches stand")), search, divider()]
    for launch in launches:
        if launch.current:
            more = button(words.say("History"), "history", status_value(launch.name, None))
            blocks += [section(render.headline(launch.name, launch.current), more), *render.cited(launch.current.cited, words, dialect)]
    if not launches:
        blocks.append(section(mrkdwn(words.say("No article tells of a launch yet."), 3000)))
    blocks.append(context(mrkdwn(words.say("Ask me in any channel that I am in, in a direct message, or with /ask."), 3000)))
    return Message("", tuple(blocks))
