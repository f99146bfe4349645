"""Shipdate in Slack: events, commands, buttons, modals, the assistant and the home tab, over :class:`bot.service.service.Service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.on_slack.platform import PLATFORM

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from bot.service.service import Service
    from bot.settings import Settings

__all__ = ["PLATFORM", "create_app"]


def create_app(settings: Settings, service: Service) -> AsyncApp:
    """A slack_bolt app, for whoever serves it themselves; see :func:`bot.on_slack.app.create_app`.

    Raises:
        BoltError: there is neither a bot token nor a client id with its secret.
    """
    from bot.on_slack import app

    return app.create_app(settings, service)
