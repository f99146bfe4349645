"""How Slack reaches the app: over a web socket that the app opens (Socket Mode), or by requests to a web server of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.on_slack import installations
from bot.on_slack.app import build
from bot.on_slack.manifest import PATH
from bot.on_slack.send import refusal
from bot.on_slack.signatures import SIGNATURE, TIMESTAMP, Verification
from bot.on_slack.tasks import Tasks
from bot.platforms import Part, Ready
from bot.server.connections import Handler, listening
from bot.server.listen_address import Address, parse_address
from bot.service.encryption import Seal
from bot.service.service import Service
from bot.settings import Settings
from index import ShipdateError

BODY_LIMIT = 1024 * 1024
"""The largest request that is read, in bytes; Slack's are far smaller."""

_GRACE, _CLOSING = 8.0, 1.0  # seconds for what has begun, and before for requests that come in, of the ten that the process has
_LOOK = 1.0  # seconds from one look at the connection to the next
_PING = 5.0  # seconds between pings; a connection that has not answered four times is made again
_PATIENCE = 60.0  # seconds after which a connection that does not come back is made from scratch, at growing intervals
_PLAIN = re.compile(r"[A-Za-z0-9._-]{0,255}")
_LOST = "the connection to Slack is lost; it is being made again"


class SlackError(ShipdateError):
    """Slack is not set up as it should be, or cannot be reached."""


def part(settings: Settings, service: Service) -> Part:
    """What ``shipdate serve`` runs.

    Raises:
        SlackError: a setting is missing; the text says which.
        SealError: ``SHIPDATE_KEY`` is no key.
        AddressError: ``SLACK_HTTP`` is no address.
    """
    _check(settings)
    address = parse_address(settings.slack_http, "SLACK_HTTP") if settings.slack_http else None

    async def run(ready: Ready) -> None:
        await installations.renew(service.database, Seal.of(settings.shipdate_key))
        app, tasks, verification = build(settings, service)
        async with _finishing(tasks):
            if address:
                await _listen(app, verification, address, ready)
            else:
                await _connect(app, settings.slack_app_token, ready)

    return Part("slack", run)


def _check(settings: Settings) -> None:
    """Whether the settings are whole.

    Raises:
        SlackError: something is missing.
        SealError: ``SHIPDATE_KEY`` is no key.
    """
    Seal.of(settings.shipdate_key)
    one, many = bool(settings.slack_bot_token), bool(settings.slack_client_id or settings.slack_client_secret)
    if many and not (settings.slack_client_id and settings.slack_client_secret):
        missing = "SLACK_CLIENT_SECRET" if settings.slack_client_id else "SLACK_CLIENT_ID"
        raise SlackError(f"Slack: {missing} is missing; several workspaces need both SLACK_CLIENT_ID and SLACK_CLIENT_SECRET.")
    if not one and not many:
        raise SlackError("Slack: SLACK_BOT_TOKEN is missing; the app's settings show it (xoxb-...) once the app is installed.")
    if settings.slack_http and not settings.slack_signing_secret:
        raise SlackError("Slack: SLACK_HTTP is set, but SLACK_SIGNING_SECRET is missing, by which Slack's requests are known.")
    if settings.slack_http:
        return
    if many:
        raise SlackError("Slack: several workspaces (SLACK_CLIENT_ID) need HTTP mode; set SLACK_SIGNING_SECRET and SLACK_HTTP, too.")
    if not settings.slack_app_token:
        other = "SLACK_HTTP" if settings.slack_signing_secret else "SLACK_APP_TOKEN"
        raise SlackError(f"Slack: {other} is missing; Socket Mode needs SLACK_APP_TOKEN, HTTP mode SLACK_SIGNING_SECRET and SLACK_HTTP.")


@asynccontextmanager
async def _finishing(tasks: Tasks) -> AsyncIterator[None]:
    """When this is left, what has begun is finished, as far as there is time."""
    try:
        yield
    finally:
        for task in tasks.aside:
            task.cancel()
        if work := {*tasks.work, *tasks.aside}:
            _, late = await asyncio.wait(work, timeout=_GRACE)
            for task in late:
                task.cancel()


# Socket Mode


async def _connect(app: AsyncApp, app_token: str, ready: Ready) -> None:
    handler = AsyncSocketModeHandler(app, app_token, ping_interval=_PING)
    greeted = asyncio.Event()

    async def hello(_client: Any, message: dict[str, Any], _raw: str | None) -> None:
        if message.get("type") == "hello":
            greeted.set()

    client = handler.client
    client.message_listeners.append(hello)
    try:
        # Asked here for the first address: the library would try a wrong token for ever.
        client.wss_uri = await _first_address(app, app_token)
        await handler.connect_async()
        try:
            async with asyncio.timeout(_PATIENCE):
                await greeted.wait()
        except TimeoutError:
            raise SlackError("Slack: its socket says nothing; it is tried again.") from None
        ready()
        await _watch(handler, ready)
    finally:
        await handler.close_async()
        await asyncio.gather(*filter(None, _tasks_of(client)), return_exceptions=True)


def _tasks_of(client: Any) -> list[asyncio.Future[None] | None]:
    """The library cancels them, but does not wait for their end."""
    return [client.message_processor, client.message_receiver, client.current_session_monitor]


async def _check_token(app: AsyncApp) -> None:
    try:
        await app.client.auth_test()
    except SlackApiError as error:
        raise SlackError(f"Slack refuses SLACK_BOT_TOKEN ({refusal(error)}); copy it again from the app's settings.") from None
    except (OSError, TimeoutError) as error:
        raise SlackError(f"Slack cannot be reached ({type(error).__name__}); is the network up?") from None


async def _first_address(app: AsyncApp, app_token: str) -> str:
    await _check_token(app)
    try:
        opened = await app.client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        raise SlackError(
            f"Slack refuses SLACK_APP_TOKEN ({refusal(error)}); it needs an app-level token (xapp-...) with connections:write."
        ) from None
    url: str = opened["url"]
    return url


async def _watch(handler: AsyncSocketModeHandler, ready: Ready) -> None:
    """Tell whether the connection stands, which the library makes again by itself.

    Raises:
        SlackError: it does not come back; whoever supervises this tries again at growing intervals.
    """
    lost: float | None = None
    while True:
        await asyncio.sleep(_LOOK)
        if await handler.client.is_connected():
            if lost is not None:
                ready()
            lost = None
            continue
        ready(_LOST)
        lost = lost if lost is not None else monotonic()
        if monotonic() - lost > _PATIENCE:
            raise SlackError("Slack: the connection does not come back; it is tried again.")


# HTTP mode


async def _listen(app: AsyncApp, verification: Verification, address: Address, ready: Ready) -> None:
    if app.oauth_flow is None:
        await _check_token(app)
    async with listening(web_application(app, verification), address, "SLACK_HTTP", grace=_CLOSING):
        ready()
        await asyncio.Event().wait()


def web_application(app: AsyncApp, verification: Verification) -> web.Application:
    """Everything of Slack's at ``POST /slack/events``; installing, where several workspaces may, at the paths that Bolt gives it."""

    async def events(request: web.Request) -> web.Response:
        body = await request.read()
        if not verification.accepts(body, request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")):
            return web.Response(status=401)
        try:
            asked = AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=dict(request.headers))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # Slack itself sends nothing of the kind
            return web.Response(status=400)
        return await to_aiohttp_response(await app.async_dispatch(asked))

    made = web.Application(client_max_size=BODY_LIMIT)
    made.router.add_post(PATH, events)
    flow = app.oauth_flow
    if flow:

        def visited(handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]) -> Handler:
            """What a browser is shown, which nobody signs; Slack's own parameters are plain words."""

            async def visit(request: web.Request) -> web.Response:
                if not all(map(_PLAIN.fullmatch, request.query.values())):
                    return web.Response(status=400)
                asked = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
                return await to_aiohttp_response(await handle(asked))

            return visit

        made.router.add_get(flow.install_path, visited(flow.handle_installation))
        made.router.add_get(flow.redirect_uri_path, visited(flow.handle_callback))
    return made
