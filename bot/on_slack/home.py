"""The App Home: a board of where launches stand, and a search that opens one product's history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack import render
from bot.on_slack.blocks import Block, Dialect, Message, button, context, divider, field, header, modal, section
from bot.on_slack.commands import status_of, status_value
from bot.on_slack.escape import mrkdwn
from bot.on_slack.send import Talk
from bot.on_slack.surface import Surface
from bot.presentation.replies import StatusReply, status_reply
from bot.wording import Wording

_SHOWN = 10  # launches
_SUGGESTED = 5
_LONGEST_NAME = 150  # characters that can be typed


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to the home tab and to its modal."""

    async def opened(event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        if event.get("tab") != "messages":
            talk = surface.talk(context, body)
            try:
                await _publish(surface, talk)
            except Exception as error:
                await surface.tell(talk, error)

    async def asked(ack: AsyncAck, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        talk = surface.talk(context, body)
        value = str(action.get("value") or "").strip()
        if name := value if action["action_id"] == "search" else status_of(value)[0]:
            await surface.once(talk, talk.trigger, partial(_history, surface, talk, name, (body.get("view") or {})))

    app.event("app_home_opened")(opened)
    app.action(re.compile("^(search|history)(:|$)"))(asked)


async def _publish(surface: Surface, talk: Talk) -> None:
    caller = await surface.caller(talk)
    words = await surface.words(caller)
    board = [status_reply(status, words) for status in await surface.service.board(caller, _SHOWN)]

    async def publish(made: Message) -> None:
        await talk.client.views_publish(user_id=talk.user, view={"type": "home", "blocks": list(made.blocks)})

    await surface.poster.send(lambda dialect: home(board, words, dialect), publish)


async def _history(surface: Surface, talk: Talk, name: str, view: Mapping[str, Any]) -> None:
    caller = await surface.caller(talk)
    words = await surface.words(caller)
    found = await surface.service.status(caller, name)
    near = [] if found.history else await surface.service.suggest(caller, name, _SUGGESTED)
    suggested = [(status_value(shown, None), shown) for id_, shown in near if id_ != found.product]
    told = status_reply(found, words)

    async def show(made: Message) -> None:
        shown = modal(found.name, [_in_modal(block) for block in made.blocks], close=words.say("Close"))
        if view.get("type") == "modal":
            await talk.client.views_update(view_id=view["id"], view=shown)
        else:
            await talk.client.views_open(trigger_id=talk.trigger, view=shown)

    await surface.poster.send(lambda dialect: render.status(told, dialect, suggested=suggested), show)


def _in_modal(block: Block) -> Block:
    """What is suggested opens here, not in a channel."""
    if block["type"] != "actions":
        return block
    return block | {"elements": [one | {"action_id": f"history:{at}"} for at, one in enumerate(block["elements"])]}


def home(board: Sequence[StatusReply], words: Wording, dialect: Dialect) -> Message:
    """The tab: search, and each launch's stage, since when, and the newest quote."""
    placeholder = {"type": "plain_text", "text": words.say("Sora, Kling, Claude Code ...")}
    box = {"type": "plain_text_input", "max_length": _LONGEST_NAME, "placeholder": placeholder}
    search = field("search", words.say("Look up a product"), box) | {"dispatch_action": True}
    blocks: list[Block] = [header(words.say("Where launches stand")), search, divider()]
    for one in board:
        if one.current:
            more = button(words.say("History"), "history", status_value(one.name, None))
            blocks += [section(render.headline(one.name, one.current), more), *render.cited(one.current.cited, words, dialect)]
    if not board:
        blocks.append(section(mrkdwn(words.say("No article tells of a launch yet."), 3000)))
    blocks.append(context(mrkdwn(words.say("Ask me in any channel that I am in, in a direct message, or with /ask."), 3000)))
    return Message("", tuple(blocks))
