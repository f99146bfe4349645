"""``shipdate serve``: answering all day long; and how people get to know it."""

from __future__ import annotations

import asyncio

import typer

from bot.on_terminal.commands.running import fail, settings_of
from bot.on_terminal.output import put_line, say


def discord_invite(context: typer.Context) -> None:
    """Print the link that brings the Discord bot to a server, with the permissions that it uses and no others."""
    from bot.on_discord.invite import invite

    settings = settings_of(context)
    if not settings.discord_token:
        fail("There is no DISCORD_TOKEN. Make an application at https://discord.com/developers, and copy the token from its Bot page.")
    put_line(invite(settings.discord_token))


def serve(context: typer.Context) -> None:
    """Run until told to stop: follows feeds, finishes jobs, and answers where a chat surface has a token."""
    from bot.server import logs
    from bot.server.run import serve as run

    settings = settings_of(context)
    logs.configure(settings)
    asyncio.run(run(settings, say))
