"""``shipdate serve``: answering all day long."""

from __future__ import annotations

import asyncio

import typer

from bot.commands.running import say, settings_of


def serve(context: typer.Context) -> None:
    """Run until told to stop: follows feeds, finishes jobs, and answers where a chat surface has a token."""
    from bot import logs
    from bot.serving import serve as run

    settings = settings_of(context)
    logs.configure(settings)
    asyncio.run(run(settings, say))
