"""``shipdate index``: the articles that answers come from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from bot.on_terminal.commands.running import Json, fail, settings_of, with_index, with_service
from bot.on_terminal.output import console, put_json, put_line, say

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service
    from index import Index

_KINDS = 8  # of files that were left out, which are named

articles = typer.Typer(help="The articles that answers come from.", no_args_is_help=True)


@articles.command("add")
def add(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="PATH-OR-URL...", help="Files, folders and web addresses.")],
) -> None:
    """Add files, folders (recursively) and web pages; unchanged ones cost nothing."""
    from bot.on_terminal.progress import progress
    from index import Change, left_out_files

    async def work(service: Service, operator: Caller) -> None:
        with progress("Adding") as tell:
            outcomes = await service.add(operator, sources, tell=tell)
        failed = [outcome for outcome in outcomes if outcome.change is Change.FAILED]
        counted = [(change, sum(outcome.change is change for outcome in outcomes)) for change in Change]
        put_line(", ".join(f"{count} {change}" for change, count in counted if count) or "No articles were found there.")
        for outcome in outcomes:
            if outcome.change is Change.DUPLICATE:
                say(f"{outcome.source} has the same text as {outcome.detail}, so it was noted there.")
        for outcome in failed:
            say(outcome.detail or outcome.source)
        if kinds := await asyncio.to_thread(left_out_files, sources):
            put_line(_left_out(kinds))
        if failed or not outcomes:
            raise SystemExit(1)

    with_service(settings_of(context), work)


def _left_out(kinds: Mapping[str, int]) -> str:
    """Files of folders that are of no kind that is read, by kind."""
    count, named = sum(kinds.values()), list(kinds.items())[:_KINDS]
    rest = count - sum(number for _, number in named)
    parts = [f"{number} {suffix or 'without an ending'}" for suffix, number in named] + ([f"{rest} others"] if rest else [])
    return f"Left out {count} file{'s' if count > 1 else ''}: {', '.join(parts)}"


@articles.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """What is in, newest first."""

    async def work(index: Index) -> None:
        from bot.on_terminal.render import article_table
        from bot.presentation.json_api import listed_object

        listed = await index.list()
        if as_json:
            put_json([listed_object(one) for one in listed])
        else:
            console().print(article_table(listed))

    with_index(settings_of(context), work)


@articles.command()
def remove(
    context: typer.Context, names: Annotated[list[str], typer.Argument(metavar="ID-OR-URL...", help="As `index list` shows them.")]
) -> None:
    """Take articles out."""

    async def work(service: Service, operator: Caller) -> None:
        removed = await service.remove(operator, names)
        for name, title in removed.items():
            put_line(f"removed {name}: {title}")
        missing = [name for name in names if name not in removed]
        if missing:
            fail(f"No article has this id, address or path: {', '.join(missing)}; see `shipdate index list`.")

    with_service(settings_of(context), work)


@articles.command()
def rebuild(
    context: typer.Context,
    cancel: Annotated[bool, typer.Option("--cancel", help="End the one that is at work, and throw it away.")] = False,
) -> None:
    """Embed everything again, into a new generation, and swap it in; answers and additions go on meanwhile."""
    from bot.on_terminal.progress import follow
    from index import JobState

    async def work(service: Service, operator: Caller) -> None:
        if cancel:
            await service.cancel(operator)
            put_line("cancelled: what answers is as it was")
            return
        job = await follow(service.follow(operator, (await service.rebuild(operator)).id))
        if job.state is JobState.CANCELLED:
            fail("The rebuild was cancelled; what answers is as it was.")
        counts = await service.counts(operator)
        put_line(f"rebuilt: {counts.articles} articles, {counts.passages} passages, {counts.vectors} vectors")

    with_service(settings_of(context), work)
