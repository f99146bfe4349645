"""Shipdate in Slack: events, commands, buttons, modals, the assistant and the home tab, over :class:`bot.service.service.Service`.

app = create_app(settings, service)     # a slack_bolt AsyncApp, for whoever serves it themselves
Part("slack", ...) = part(settings, service)     # what `shipdate serve` runs: Socket Mode, or a web server
"""

from bot.on_slack.app import create_app
from bot.on_slack.connect import part

__all__ = ["create_app", "part"]
