"""``shipdate slack-manifest``: what is pasted into Slack to make the app."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.on_terminal.output import put


def slack_manifest(
    http: Annotated[str | None, typer.Option("--http", metavar="URL", help="The web server's public address; else Socket Mode.")] = None,
) -> None:
    """Print the manifest of the Slack app, as YAML."""
    import yaml

    from bot.on_slack.manifest import manifest

    put(yaml.safe_dump(manifest(http), sort_keys=False, allow_unicode=True, width=120).rstrip())
