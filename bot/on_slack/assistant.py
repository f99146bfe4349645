"""Slack's assistant pane: a greeting, questions worth asking, a status while it works, and the thread's title."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncAssistant, AsyncSetStatus, AsyncSetSuggestedPrompts, AsyncSetTitle
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.on_slack import render
from bot.on_slack.callers import Callers
from bot.on_slack.escape import asked, plain
from bot.on_slack.messages import Messages
from bot.on_slack.send import refusal
from bot.on_slack.tasks import Tasks
from bot.service.service import Service

_PROMPTS = 4  # the most that Slack shows
_TITLE = 80  # characters

log = structlog.get_logger(__name__)


class _Assistant(AsyncAssistant):
    """Bolt's, which lets edits and deletions in its threads through to the app, whose answers follow them."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 (so Bolt calls it)
    ) -> BoltResponse | None:
        event = req.body.get("event") or {}
        if event.get("subtype") in ("message_changed", "message_deleted"):
            return await next()
        return await super().async_process(req=req, resp=resp, next=next)


def setup(app: AsyncApp, service: Service, callers: Callers, tasks: Tasks, messages: Messages) -> None:
    """Be an assistant."""
    assistant = _Assistant()

    @assistant.thread_started
    async def greet(body: Mapping[str, Any], context: AsyncBoltContext, set_suggested_prompts: AsyncSetSuggestedPrompts) -> None:
        talk = callers.talk(context, body)
        thread = body["event"]["assistant_thread"]
        talk.user, talk.thread = thread["user_id"], thread["thread_ts"]

        async def work() -> None:
            caller = await callers.caller(talk)
            words = await callers.words(caller)
            names = [status.name for status in await service.board(caller, _PROMPTS)]
            greeting = words.say("Ask me when an AI product launches; I answer with what the articles say, word for word.")
            await talk.openly(lambda _: render.said(greeting), thread=talk.thread)
            prompts = [words.say("When will {name} ship?", name=plain(name, _TITLE)) for name in names]
            if prompts:
                await _adorn(set_suggested_prompts(prompts=[{"title": prompt, "message": prompt} for prompt in prompts]))

        await tasks.once(talk, f"{talk.channel}:{talk.thread}:greeting", work)

    @assistant.thread_context_changed
    async def changed() -> None:
        """What somebody looks at beside the pane changes no answer."""

    @assistant.user_message
    async def heard(
        event: Mapping[str, Any],
        body: Mapping[str, Any],
        context: AsyncBoltContext,
        set_status: AsyncSetStatus,
        set_title: AsyncSetTitle,
    ) -> None:
        async def show_work() -> None:
            words = await callers.words(await callers.caller(callers.talk(context, body)))
            await _adorn(set_status(words.say("is looking it up …")))
            if not await service.conversations.goes_on("slack", event["channel"], event["thread_ts"]):
                await _adorn(set_title(plain(asked(event.get("text") or "", context.bot_user_id), _TITLE)))

        await messages.heard(event, body, context, show_work)

    app.assistant(assistant)


async def _adorn(call: Awaitable[Any]) -> None:
    """What only adorns the pane may fail: not every Slack has one."""
    try:
        await call
    except SlackApiError as error:
        log.debug("the assistant pane is not what it could be", problem=refusal(error))
