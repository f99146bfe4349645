"""``shipdate doctor``, ``backup`` and ``restore``: taking care of an installation."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.on_terminal.commands.running import Json, fail, settings_of, with_service
from bot.on_terminal.output import confirm, console, put_json, put_line, say

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service


def doctor(
    context: typer.Context,
    as_json: Json = False,
    offline: Annotated[bool, typer.Option("--offline", help="Leave the network alone.")] = False,
    timed: Annotated[bool, typer.Option("--measure", help="Only time each engine that can run the model on this machine.")] = False,
) -> None:
    """How the installation is, and what to do where something is wrong."""
    if timed:
        from index import measure_engines

        settings = settings_of(context)
        for speed in measure_engines(settings.embedding_model, settings.cache):
            line = f"{speed.engine}: {speed.passages:.0f} passages a second, {speed.question * 1000:.1f} ms a question"
            put_json(asdict(speed)) if as_json else put_line(line)
        return
    from bot.on_terminal.render import health_table
    from bot.server.doctor import checkup
    from index import Health

    found = checkup(settings_of(context), offline=offline)
    if as_json:
        put_json(found.as_object())
    else:
        console().print(health_table(found.checks))
        put_line(f"articles {found.articles}, passages {found.passages}, vectors {found.vectors}")
    errors = [check for check in found.checks if check.state is Health.ERROR]
    if errors:
        others = f" (and {len(errors) - 1} more)" if errors[1:] else ""
        fail(f"Not all is well: {errors[0].name}: {' '.join(errors[0].message.split())}{others}")


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; a ZIP archive.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Keep everything in one file; questions and additions go on meanwhile."""
    from index import back_up

    made = back_up(settings_of(context).data, file, replace=force)
    put_line(f"backed up {made.articles} articles to {file}")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `shipdate backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put back what a backup holds, in the place of what is there; questions are answered meanwhile."""
    from index import inspect_backup, stored_counts
    from index import restore as put_back

    async def note(service: Service, operator: Caller) -> None:
        await service.note_restore(operator, file)

    settings = settings_of(context)
    data = settings.data
    held, kept = stored_counts(data), inspect_backup(file)
    if not yes:
        now = "something that cannot be read" if held is None else f"{held.articles} articles"
        say(f"{data} holds {now}; the backup of {kept.created:%Y-%m-%d %H:%M} UTC holds {kept.articles} articles.")
        confirm("Put the backup in its place?")
    before = asyncio.run(put_back(data, file))
    put_line(f"restored {kept.articles} articles")
    if before and before.is_file():
        say(f"What was there before is kept; `shipdate restore {before}` brings it back.")
    elif before:
        say(f"What was there before could not be opened; it is kept in {before}.")
    with_service(settings, note)
