"""``shipdate audit``, ``votes`` and ``forget``: what is kept about those who use Shipdate."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from bot import platforms
from bot.on_terminal.commands.running import Json, fail, settings_of, with_service
from bot.on_terminal.output import confirm, console, put_json, say
from bot.platforms import Person, Workspace

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service

_LAST = 100


def audit(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="From that day on (ISO 8601, UTC).")] = None,
    as_json: Json = False,
    last: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"Only the N newest. Default: {_LAST}; all with --since or --json.")
    ] = None,
) -> None:
    """Who changed what, when, and what became of it; newest last."""
    from bot.presentation import json_api

    begin = datetime.combine(json_api.parse_day(since), time(), UTC) if since else None
    most = last or (None if since or as_json else _LAST)

    async def work(service: Service, operator: Caller) -> None:
        from bot.on_terminal.render import audit_table

        lines = await service.audit(operator, begin, last=most)
        if as_json:
            put_json([json_api.audited_object(line) for line in lines])
            return
        console().print(audit_table(lines))
        if len(lines) == most:
            say(f"These are the {most} newest; see more with --since DATE or --last N.")

    with_service(settings_of(context), work)


def votes(context: typer.Context, as_json: Json = False) -> None:
    """Which answers people found good or bad in chats, newest first."""

    async def work(service: Service, operator: Caller) -> None:
        from bot.on_terminal.render import votes_table
        from bot.presentation import json_api

        judged = await service.conversations.judged(operator)
        if as_json:
            put_json([json_api.judged_object(one) for one in judged])
        else:
            console().print(votes_table(judged))

    with_service(settings_of(context), work)


def forget(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(metavar="PLATFORM:ID", help=f"{platforms.person_forms()}.")] = None,
    workspace: Annotated[str | None, typer.Option(metavar="PLATFORM:ID", help=f"{platforms.workspace_forms()}.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether this is meant.")] = False,
) -> None:
    """Delete everything of one person or of one workspace, also from the copies that restores have kept, and prove it."""
    if (user is None) == (workspace is None):
        raise typer.BadParameter("give either --user or --workspace")
    whom = Person.named(user) if user is not None else Workspace.named(workspace or "")
    settings = settings_of(context)
    if not yes:
        if not sys.stdin.isatty():
            fail("Nothing was deleted: say --yes to delete without being asked.")
        what = (
            "articles, feeds, settings, questions and audit"
            if workspace
            else "logged questions, answers and votes, and their name in the audit,"
        )
        confirm(f"Delete the {what} of {user or workspace} for good?")

    async def work(service: Service, operator: Caller) -> None:
        from bot.on_terminal.render import forgotten_table

        forgotten = await service.forget(operator, whom)
        console().print(forgotten_table(forgotten))
        say("Backups that you made keep what is forgotten later: make a new one, and delete the older ones.")
        if forgotten.unreadable:
            fail(f"Something of {user or workspace} may be in {', '.join(map(str, forgotten.unreadable))}, which is damaged: delete it.")
        if not forgotten.complete:
            fail(f"Something of {user or workspace} remains; run the same command again.")

    with_service(settings, work)
