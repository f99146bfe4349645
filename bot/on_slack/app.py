"""The Bolt app, wired: who listens to what."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.on_slack import articles, assistant, audit, buttons, commands, feeds, home, messages, reindex, settings_form
from bot.on_slack.callers import Callers
from bot.on_slack.commands import Commands
from bot.on_slack.errors import Errors
from bot.on_slack.installations import oauth_settings
from bot.on_slack.messages import Messages
from bot.on_slack.send import Poster, retry_handlers
from bot.on_slack.signatures import Verification, is_verified
from bot.on_slack.tasks import Tasks
from bot.service.service import Service
from bot.settings import Settings

log = structlog.get_logger(__name__)


def create_app(settings: Settings, service: Service) -> AsyncApp:
    """The app: for one workspace with a bot token, for several with a client id and secret.

    Whoever serves it: it verifies the signature of each request itself, and answers 401 to all that have none.

    Raises:
        BoltError: neither is set.
    """
    return build(settings, service)[0]


def build(settings: Settings, service: Service) -> tuple[AsyncApp, Tasks, Verification]:
    """The Bolt app with all its listeners; with what these are at, and what tells Slack's requests from others."""
    several = bool(settings.slack_client_id and settings.slack_client_secret)
    base = f"{settings.slack_api_url.rstrip('/')}/" if settings.slack_api_url else AsyncWebClient.BASE_URL  # slack_sdk wants the slash
    verification = Verification(settings.slack_signing_secret, settings.slack_api_url)
    app = AsyncApp(
        name="shipdate",
        token=None if several else settings.slack_bot_token or None,
        signing_secret=settings.slack_signing_secret,
        # Bolt's own middleware reads the body first, raises errors on strange headers, and logs all that it refuses.
        before_authorize=verification,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        oauth_settings=oauth_settings(settings, service.database, base) if several else None,
    )
    app.client.base_url, app.client.retry_handlers = base, retry_handlers()
    callers = Callers(service, Poster(settings.slack_api_url))
    errors = Errors(callers)
    tasks = Tasks(service.conversations, errors)
    _track(app, tasks.work)
    asking, commanding = Messages(service, callers, tasks), Commands(service, callers)
    assistant.setup(app, service, callers, tasks, asking)
    messages.setup(app, asking)
    commands.setup(app, callers, tasks, commanding)
    buttons.setup(app, service, callers, tasks, commanding)
    home.setup(app, service, callers, tasks, errors)
    for module in (articles, feeds, reindex, audit, settings_form):
        module.setup(app, service, callers, tasks)
    _clean_up(app)
    app.error(_unforeseen(callers, errors))
    return app, tasks, verification


def _unforeseen(callers: Callers, errors: Errors) -> Any:
    async def tell(error: Exception, body: dict[str, Any], context: Any) -> BoltResponse | None:
        if not is_verified(context):  # nobody knows whose words these are
            return BoltResponse(status=401, body="")
        await errors.tell(callers.talk(context, body), error)
        return None

    return tell


def _clean_up(app: AsyncApp) -> None:
    """Forget the tokens of a workspace that has taken the app out, or has revoked them."""
    if app.installation_store:
        app.event("app_uninstalled")(app.default_app_uninstalled_event_listener())
        app.event("tokens_revoked")(app.default_tokens_revoked_event_listener())
        return

    async def gone(event: dict[str, Any]) -> None:
        log.warning("Slack has withdrawn the token; set a new one to go on", event_type=event["type"])

    app.event("app_uninstalled")(gone)
    app.event("tokens_revoked")(gone)


def _track(app: AsyncApp, work: set[asyncio.Task[Any]]) -> None:
    """Know the listeners that are at work: Bolt starts each as a task, which nobody else keeps."""

    class Started(AsyncListenerStartHandler):
        async def handle(self, request: Any, response: Any) -> None:
            if task := asyncio.current_task():
                work.add(task)

    class Completed(AsyncListenerCompletionHandler):
        async def handle(self, request: Any, response: Any) -> None:
            if task := asyncio.current_task():
                work.discard(task)

    app.listener_runner.listener_start_handler = Started()
    app.listener_runner.listener_completion_handler = Completed()
