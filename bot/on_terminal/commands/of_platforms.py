"""The commands that platforms bring along, each of which prints a text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import typer

from bot import platforms
from bot.on_terminal.commands.running import settings_of
from bot.on_terminal.output import put
from bot.platforms import Command


def add_commands(app: typer.Typer) -> None:
    """Add those of all platforms."""
    for platform in platforms.registered():
        for command in platform.commands:
            app.command(command.name, help=command.help)(_printing(command))


def _printing(command: Command) -> Callable[..., None]:
    """What Typer runs for a platform's command."""

    def run(context: typer.Context) -> None:
        put(command.text(partial(settings_of, context), None))

    if command.option is None:
        return run
    option = typer.Option(None, command.option.name, metavar=command.option.metavar, help=command.option.help)

    def run_with_option(context: typer.Context, value: str | None = option) -> None:
        put(command.text(partial(settings_of, context), value))

    return run_with_option
