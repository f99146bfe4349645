"""Slack, as the rest of the bot knows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from bot.platforms import Command, Option, Part, Person, Platform, Workspace

if TYPE_CHECKING:
    from bot.service.service import Service
    from bot.settings import Settings
    from index import Check, Database


def _manifest(_read_settings: Callable[[], Settings], http: str | None) -> str:
    import yaml

    from bot.on_slack.manifest import manifest

    return yaml.safe_dump(manifest(http), sort_keys=False, allow_unicode=True, width=120).rstrip()


class Slack(Platform["Service"]):
    """The platform; it keeps where the app is installed, with the tokens of these workspaces."""

    name = "slack"
    title = "Slack"
    user_id = workspace_id = re.compile(r"[A-Za-z0-9]+")
    workspace_word = "TEAM_ID"
    users_per_workspace = True
    secrets = re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]+")  # the tokens of several workspaces stand in the database
    commands = (
        Command(
            "slack-manifest",
            "Print the manifest of the Slack app, as YAML.",
            _manifest,
            Option("--http", "URL", "The web server's public address; else Socket Mode."),
        ),
    )

    def has_tokens(self, settings: Settings) -> bool:
        names = (name for name in type(settings).model_fields if name.startswith("slack_") and name != "slack_api_url")
        return any(getattr(settings, name) for name in names)

    def part(self, settings: Settings, service: Service) -> Part:
        from bot.on_slack.connect import part

        return part(settings, service)

    async def forget(self, whom: Person | Workspace, database: Database) -> Mapping[str, int]:
        from bot.on_slack import installations

        return {"installations": await installations.forget(database, *_team_and_user(whom))}

    async def remains(self, whom: Person | Workspace, database: Database) -> Mapping[str, int]:
        from bot.on_slack import installations

        return {"installations": await installations.remains(database, *_team_and_user(whom))}

    def checks(self, settings: Settings) -> Iterable[Check]:
        from bot.on_slack.checks import stored_tokens

        yield stored_tokens(settings)


def _team_and_user(whom: Person | Workspace) -> tuple[str, str | None]:
    return (whom.workspace or "", whom.user) if isinstance(whom, Person) else (whom.id, None)


PLATFORM = Slack()
