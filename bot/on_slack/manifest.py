"""The app's manifest: what is pasted into Slack to make the app, with the least that it needs."""

from __future__ import annotations

from typing import Any

from bot.on_slack.commands import SHORTCUT

PATH = "/slack/events"
"""Where everything of Slack's arrives in HTTP mode."""

REDIRECT = "/slack/oauth_redirect"
"""Where Slack sends whoever installs the app."""

SCOPES = (
    "app_mentions:read",  # to be mentioned
    "assistant:write",  # the assistant pane
    "channels:history",  # threads that go on, and channels where it answers unasked
    "chat:write",
    "commands",
    "groups:history",
    "im:history",
    "mpim:history",
    "users:read",  # who administers the workspace, and who speaks what
)
"""What the bot may do."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "assistant_thread_context_changed",
    "assistant_thread_started",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
)
"""What it is told of."""

COMMANDS = {
    "/ask": ("Ask about AI product launches", "question [as of 2024-12-31]"),
    "/sora-status": ("Where Sora's launch stands", "[2024-12-31]"),
    "/launch-status": ("Where any product's launch stands", "name [2024-12-31]"),
    "/articles": ("The articles that answers come from", "add address | list | remove id"),
    "/feeds": ("The feeds that bring articles", "add address | list | remove id"),
    "/reindex": ("Embed all articles again", "[shared]"),
    "/audit": ("What was changed, and by whom", "[shared]"),
    "/shipdate": ("Settings of Shipdate", "settings"),
}
"""Each with its description and how it is used."""


def manifest(http: str | None = None) -> dict[str, Any]:
    """The manifest.

    Args:
        http: the public address of the web server, for HTTP mode; Socket Mode without one.
    """
    base = http.rstrip("/").removesuffix(PATH) if http else None
    url = f"{base}{PATH}" if base else None
    at = {"request_url": url} if url else {}
    commands = [
        {"command": command, "description": description, "usage_hint": usage, "should_escape": False, **({"url": url} if url else {})}
        for command, (description, usage) in COMMANDS.items()
    ]
    shortcut = {
        "name": "Ask Shipdate about this",
        "type": "message",
        "callback_id": SHORTCUT,
        "description": "Answers what a message asks",
    }
    return {
        "display_information": {
            "name": "Shipdate",
            "description": "When does it ship? Answers about AI product launches, quoted word for word.",
            "background_color": "#1f2937",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
            "assistant_view": {"assistant_description": "Ask when an AI product launches; it answers with what the articles say."},
            "bot_user": {"display_name": "Shipdate", "always_online": True},
            "shortcuts": [shortcut],
            "slash_commands": commands,
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}, **({"redirect_urls": [f"{base}{REDIRECT}"]} if base else {})},
        "settings": {
            "event_subscriptions": {**at, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **at},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }
