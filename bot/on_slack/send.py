"""Saying something in Slack: openly or to one person, in whatever form the server knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from aiohttp import ClientConnectorError, ClientError
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.on_slack.blocks import Dialect, Message, Render
from bot.on_slack.signatures import is_slacks

NOT_HERE = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "user_not_in_channel", "restricted_action", "messages_tab_disabled"}
)
"""With these Slack refuses to post in a channel: by the bot, or at all."""

_USES, _LIFETIME = 5, 29 * 60.0  # of a response_url; Slack allows 30 minutes
_UNFURL: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


_REPEATABLE = frozenset(
    {
        "apps.connections.open",
        "auth.test",
        "assistant.threads.setStatus",
        "assistant.threads.setSuggestedPrompts",
        "assistant.threads.setTitle",
        "chat.delete",
        "chat.update",
        "users.info",
        "views.publish",
        "views.update",
    }
)
"""The methods that do the same however often they are called. All others may have been carried out although no answer came."""

_FAILURES = frozenset({"", "fatal_error", "internal_error", "service_unavailable"})
"""With these Slack says that it has failed, which may have been after it did what it was told."""

_AT_ONCE = frozenset({"conversations.history", "conversations.replies"})
"""The methods whose answer is worth no wait."""


def retry_handlers() -> list[AsyncRetryHandler]:
    """What is tried again: what never reached Slack; what was too much, when its time has come; and what does no harm twice."""
    return [_Lost(max_retry_count=2), _Failed(max_retry_count=2), _TooMuch(max_retry_count=5)]


def refusal(error: SlackApiError) -> str:
    """Slack's word for why it refuses; empty where what answered was not Slack."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error") or "") if isinstance(data, Mapping) else ""


def is_uncertain(error: Exception) -> bool:
    """Whether Slack may have done what it was told, although it did not say so."""
    return isinstance(error, ClientError | TimeoutError) or (isinstance(error, SlackApiError) and refusal(error) in _FAILURES)


def _method(request: HttpRequest) -> str:
    """Which method of the Web API is called; a ``response_url`` is none of them."""
    return urlsplit(request.url).path.rpartition("/")[2]


class _Lost(AsyncConnectionErrorRetryHandler):
    """A connection was lost, or could not be made at all."""

    async def _can_retry_async(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Exception | None = None
    ) -> bool:
        method = _method(request)
        harmless = method in _REPEATABLE or (isinstance(error, ClientConnectorError) and method not in _AT_ONCE)
        return harmless and await super()._can_retry_async(state=state, request=request, response=response, error=error)


class _Failed(AsyncServerErrorRetryHandler):
    """Slack met an error of its own, and may have done its work before."""

    async def _can_retry_async(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Exception | None = None
    ) -> bool:
        harmless = _method(request) in _REPEATABLE
        return harmless and await super()._can_retry_async(state=state, request=request, response=response, error=error)


class _TooMuch(AsyncRateLimitErrorRetryHandler):
    """Slack has done nothing, since it was asked too often."""

    async def _can_retry_async(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Exception | None = None
    ) -> bool:
        waits = _method(request) not in _AT_ONCE
        return waits and await super()._can_retry_async(state=state, request=request, response=response, error=error)


class Poster:
    """Posts, and learns which form of messages the server knows: Slack knows all, others may refuse some.

    Args:
        api_url: the base of the Web API; empty for Slack's own.
    """

    def __init__(self, api_url: str) -> None:
        host = urlsplit(api_url).hostname or "slack.com"
        self._dialect = Dialect(feedback=is_slacks(host))

    async def send(self, render: Render, send: Callable[[Message], Awaitable[Any]]) -> Any:
        """Send what is rendered; once more in the form that every server knows, where this one is refused.

        Raises:
            SlackApiError: Slack refused it for another reason.
        """
        try:
            return await send(render(self._dialect))
        except SlackApiError as error:
            if refusal(error) != "invalid_blocks" or not (self._dialect.rich or self._dialect.feedback):
                raise
            plain = Dialect(rich=False, feedback=False)
            sent = await send(render(plain))
            self._dialect = plain
            return sent

    async def post(self, client: AsyncWebClient, channel: str, render: Render, thread: str | None = None) -> tuple[str, str]:
        """Post for all to see; returns where: channel and ts."""
        posted = await self.send(
            render,
            lambda message: client.chat_postMessage(channel=channel, text=message.text, blocks=message.blocks, thread_ts=thread, **_UNFURL),
        )
        return posted["channel"], posted["ts"]

    async def update(self, client: AsyncWebClient, channel: str, ts: str, render: Render) -> None:
        """Put this in the place of what stands there."""
        await self.send(render, lambda message: client.chat_update(channel=channel, ts=ts, text=message.text, blocks=message.blocks))


class Talk:
    """The way back to somebody who did something: where, and by which address.

    Attributes:
        team, user, channel: ids; no channel in the home tab and in modals.
        thread: in which they are; None outside of all.
        message: the one that was acted on.
        shared: whether people of another organisation read there, too (Slack Connect); None where Slack does not tell.
        trigger: by which a modal may be opened within three seconds; no two acts have the same.
    """

    def __init__(self, poster: Poster, context: AsyncBoltContext, body: Mapping[str, Any]) -> None:
        event: Mapping[str, Any] = body.get("event") or {}
        inner: Mapping[str, Any] = body.get("message") or event.get("message") or event.get("previous_message") or event
        container: Mapping[str, Any] = body.get("container") or {}
        self.poster = poster
        self.client: AsyncWebClient = context.client
        self.bot: str | None = context.bot_user_id
        self.team = context.team_id or ""
        self.user: str = (inner.get("user") if event else None) or context.user_id or ""
        self.channel: str | None = context.channel_id or event.get("channel") or container.get("channel_id")
        self.message: str | None = inner.get("ts") or container.get("message_ts")
        self.thread: str | None = inner.get("thread_ts") or container.get("thread_ts")
        self.shared: bool | None = body.get("is_ext_shared_channel")
        self.trigger: str = body.get("trigger_id") or uuid4().hex
        self._address = context.response_url  # what a body says has not been verified
        self._uses, self._since = 0, monotonic()

    @property
    def direct(self) -> bool:
        """Whether nobody else reads there."""
        return bool(self.channel and self.channel.startswith("D"))

    @property
    def awaited(self) -> bool:
        """Whether somebody has used a command or a button, and looks for what comes of it."""
        return self._address is not None

    async def openly(self, render: Render, *, thread: str | None = None) -> tuple[str, str]:
        """Say something for all to see; returns channel and ts.

        Raises:
            SlackApiError: it may not be posted there.
        """
        return await self.poster.post(self.client, self.channel or self.user, render, thread)

    async def privately(self, render: Render, *, thread: str | None = None) -> None:
        """Say something to whoever acted alone; where that cannot be said there, in a direct message."""
        if await self.respond(render, response_type="ephemeral", replace_original=False):
            return
        if self.channel and not self.direct:
            try:
                await self.poster.send(
                    render,
                    lambda message: self.client.chat_postEphemeral(
                        channel=self.channel or "",
                        user=self.user,
                        text=message.text,
                        blocks=message.blocks,
                        thread_ts=thread or self.thread,
                    ),
                )
            except SlackApiError as error:
                if refusal(error) not in NOT_HERE:
                    raise
            else:
                return
        direct = self.channel if self.direct else None
        await self.poster.post(self.client, direct or self.user, render, self.thread if direct else None)

    async def respond(self, render: Render, **how: Any) -> bool:
        """Answer at the address that came along; False where there is none, or it has been used up.

        Raises:
            SlackApiError: it was refused.
        """
        if not self._address or self._uses >= _USES or monotonic() - self._since > _LIFETIME:
            return False
        webhook = AsyncWebhookClient(self._address, retry_handlers=retry_handlers(), logger=self.client._logger)

        async def send(message: Message) -> None:
            self._uses += 1
            payload = {"text": message.text, "blocks": message.blocks, **_UNFURL, **({"thread_ts": self.thread} if self.thread else {})}
            answered = await webhook.send_dict({**payload, **how})
            if answered.status_code != 200:
                raise SlackApiError("refused", {"ok": False, "error": answered.body.strip() if answered.status_code < 500 else ""})

        await self.poster.send(render, send)
        return True

    async def remove(self) -> None:
        """Delete the message that was acted on, one of Shipdate's own."""
        if self._address:
            await AsyncWebhookClient(self._address, retry_handlers=retry_handlers()).send_dict({"delete_original": True})
        elif self.channel and self.message:
            await self.client.chat_delete(channel=self.channel, ts=self.message)
