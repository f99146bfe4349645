"""The manifest and the app agree."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from typer.testing import CliRunner

import bot.on_slack
from bot.on_slack import create_app
from bot.on_slack.manifest import SCOPES, manifest
from bot.on_terminal.cli import app as shipdate
from bot.service.service import Service
from bot.settings import Settings
from index.api import Index

NEEDED = {
    "apps_connections_open": set(),  # by the app-level token
    "auth_test": set(),
    "assistant_threads_setStatus": {"assistant:write"},
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "conversations_replies": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
"""The scopes of each method that is called, by Slack's reference."""

FAMILIES = ("chat_", "conversations_", "users_", "views_", "apps_", "auth_", "reactions_", "files_", "team_info", "bots_", "assistant_")
"""How the names of methods begin."""

OF_EVENTS = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, samples: Index) -> dict[str, set[str]]:
    """All that the app listens to: kind to names."""
    found: dict[str, set[str]] = {"command": set(), "event": set(), "message_shortcut": set()}
    for kind in found:
        real = getattr(AsyncApp, kind)

        def noted(self: AsyncApp, name: str, *, _kind: str = kind, _real: Any = real) -> Any:
            found[_kind].add(name)
            return _real(self, name)

        monkeypatch.setattr(AsyncApp, kind, noted)
    settings = Settings(slack_bot_token="xoxb-1", slack_signing_secret="s")
    create_app(settings, Service(samples, settings))
    return found


def test_the_manifest_names_what_the_app_listens_to_and_nothing_else(heard: dict[str, set[str]]) -> None:
    made = manifest()
    assert {one["command"] for one in made["features"]["slash_commands"]} == heard["command"]
    assert {one["callback_id"] for one in made["features"]["shortcuts"]} == heard["message_shortcut"]
    events = {event.partition(".")[0] for event in made["settings"]["event_subscriptions"]["bot_events"]}
    assert events == heard["event"] | {"assistant_thread_started", "assistant_thread_context_changed"}  # Bolt's assistant hears these
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["settings"]["token_rotation_enabled"] is False


def test_it_asks_for_the_scopes_of_what_is_called_and_no_others() -> None:
    called: set[str] = set()
    for path in Path(bot.on_slack.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr.startswith(FAMILIES):
                called.add(node.attr)
    assert called - NEEDED.keys() == set()
    used = set().union(*(NEEDED[method] for method in called), OF_EVENTS.values(), {"commands"})
    assert used == set(SCOPES)


@pytest.mark.parametrize("address", ["https://bot.example", "https://bot.example/", "https://bot.example/slack/events"])
def test_in_http_mode_everything_arrives_at_one_address(address: str) -> None:
    made = manifest(address)
    assert made["settings"]["socket_mode_enabled"] is False
    urls = [one["url"] for one in made["features"]["slash_commands"]]
    urls += [made["settings"][part]["request_url"] for part in ("event_subscriptions", "interactivity")]
    assert set(urls) == {"https://bot.example/slack/events"}
    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example/slack/oauth_redirect"]


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(shipdate, ["slack-manifest", "--http", "https://bot.example"])
    assert printed.exit_code == 0
    assert yaml.safe_load(printed.stdout) == manifest("https://bot.example")
    assert yaml.safe_load(CliRunner().invoke(shipdate, ["slack-manifest"]).stdout) == manifest()


def test_it_is_within_what_slack_takes() -> None:
    made = manifest()
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    for one in made["features"]["slash_commands"]:
        assert len(one["description"]) <= 100
        assert len(one["usage_hint"]) <= 100
    assert all(len(one["name"]) <= 24 for one in made["features"]["shortcuts"])
