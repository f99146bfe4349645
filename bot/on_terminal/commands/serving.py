"""``shipdate serve``: answering all day long."""

from __future__ import annotations

import asyncio

import typer

from bot.on_terminal.commands.running import settings_of
from bot.on_terminal.output import say


def serve(context: typer.Context) -> None:
    """Run until told to stop: follows feeds, finishes jobs, and answers where a chat surface has a token."""
    from bot.server import logs
    from bot.server.run import serve as run

    settings = settings_of(context)
    logs.configure(settings)
    asyncio.run(run(settings, say))
