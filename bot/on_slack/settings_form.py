"""``/shipdate settings``: a modal with what a workspace may set for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.on_slack.blocks import Block, field, modal, option
from bot.on_slack.callers import Callers
from bot.on_slack.commands import Line, listen_for_admins
from bot.on_slack.errors import UsageError
from bot.on_slack.send import Talk
from bot.on_slack.tasks import Tasks
from bot.service.permissions import Act
from bot.service.service import Service
from bot.service.workspace_settings import WorkspaceSettings
from bot.wording import LANGUAGES, Wording, later
from index import ShipdateError

CALLBACK = "settings"
"""Of the modal."""

_EVERY = "every"  # the language that is not set: each question's own


_USAGE = later("Write: /shipdate settings. All may use /ask, /sora-status, /launch-status; admins /articles, /feeds, /reindex, /audit.")


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks) -> None:
    """Listen to the command and to the modal."""

    async def sent(ack: AsyncAck, view: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        caller = await callers.caller(callers.talk(context, body))
        try:
            await service.change_settings(caller, chosen(view["state"]["values"]))
        except ShipdateError as error:
            await ack(response_action="errors", errors={"unprompted_channels": (await callers.words(caller)).error(error)})
            return
        await ack()

    listen_for_admins(app, callers, tasks, "/shipdate", SettingsForm(service, callers).show)
    app.view(CALLBACK)(sent)


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """Opens the modal of a workspace's settings, and takes what is submitted."""

    service: Service
    callers: Callers

    async def show(self, talk: Talk, line: Line) -> None:
        """Open it, for those who may change something."""
        if line.verb != "settings":
            raise UsageError(_USAGE)
        caller = await self.callers.caller(talk)
        await self.service.check(caller, Act.CHANGE_SETTINGS)
        view = form(await self.service.settings(caller), await self.callers.words(caller))
        await talk.client.views_open(trigger_id=talk.trigger, view=view)


def form(now: WorkspaceSettings, words: Wording) -> Block:
    """The modal, filled in as things are."""
    private = option(words.say("Only for whoever asks, who may share them"), "private")
    public = option(words.say("For all in the channel"), "public")
    every = option(words.say("Each question's own language"), _EVERY)
    names = {code: option(words.language_name(code), code) for code in LANGUAGES}
    kept = option(words.say("Keep questions and who asked them, for as long as the operator says"), "log")
    seen = option(words.say("See this workspace's own articles, too"), "guests")
    channels: Block = {"type": "multi_conversations_select", "filter": {"include": ["public", "private"], "exclude_bot_users": True}}
    people: Block = {"type": "multi_users_select"}
    log: Block = {"type": "checkboxes", "options": [kept]}
    guests: Block = {"type": "checkboxes", "options": [seen]}
    blocks = [
        field(
            "unprompted_channels",
            words.say("Channels where I answer without being asked"),
            channels | ({"initial_conversations": list(now.unprompted_channels)} if now.unprompted_channels else {}),
            hint=words.say("Only when I am sure; invite me there."),
        ),
        field(
            "private_replies",
            words.say("Answers in channels are"),
            {"type": "radio_buttons", "options": [public, private], "initial_option": private if now.private_replies else public},
            optional=False,
        ),
        field(
            "language",
            words.say("Language of my own words"),
            {"type": "static_select", "options": [every, *names.values()], "initial_option": names.get(now.language or "", every)},
            optional=False,
        ),
        field("log_questions", words.say("Log"), log | ({"initial_options": [kept]} if now.log_questions else {})),
        field(
            "guests_see_private",
            words.say("Guests, and channels that are shared with other organisations"),
            guests | ({"initial_options": [seen]} if now.guests_see_private else {}),
        ),
        field(
            "admins",
            words.say("Further admins of Shipdate"),
            people | ({"initial_users": list(now.admins)} if now.admins else {}),
            hint=words.say("Admins and owners of the workspace are admins here, too."),
        ),
    ]
    return modal(words.say("Settings"), blocks, close=words.say("Close"), submit=words.say("Save"), callback=CALLBACK)


def chosen(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The settings that a modal sends."""

    def value(name: str) -> Mapping[str, Any]:
        return values.get(name, {}).get(name) or {}

    language = (value("language").get("selected_option") or {}).get("value")
    return {
        "unprompted_channels": tuple(value("unprompted_channels").get("selected_conversations") or ()),
        "private_replies": (value("private_replies").get("selected_option") or {}).get("value") == "private",
        "language": None if language in (None, _EVERY) else language,
        "log_questions": bool(value("log_questions").get("selected_options")),
        "guests_see_private": bool(value("guests_see_private").get("selected_options")),
        "admins": tuple(value("admins").get("selected_users") or ()),
    }
