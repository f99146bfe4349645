"""``shipdate ask``, ``status``, ``chat`` and ``demo``: questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.on_terminal.commands.running import AsOf, Json, settings_of, with_index, with_service
from bot.on_terminal.output import put, put_json

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service
    from index import Index


def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="In any language.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Read questions as JSON objects from stdin, one a line.")] = False,
) -> None:
    """Ask one question."""
    from bot.on_terminal.ask import answer_lines, show
    from bot.presentation import json_api

    if (question is None) != json_lines:
        raise typer.BadParameter("give either a QUESTION or --json-lines")
    day = json_api.parse_day(as_of) if as_of else None

    async def work(index: Index) -> None:
        if question is None:
            await answer_lines(index, sys.stdin.buffer, sys.stdout)
            return
        answer = await index.ask(question, as_of=day)
        if as_json:
            put_json(json_api.answer_object(answer))
        else:
            show(answer)

    with_index(settings_of(context), work)


def status(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A product, known or not.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Read names as JSON objects from stdin, one a line.")] = False,
) -> None:
    """Where a launch stands, since when, and how it came there."""
    from bot.on_terminal.ask import show_status, status_lines
    from bot.presentation import json_api

    if (name is None) != json_lines:
        raise typer.BadParameter("give either a NAME or --json-lines")
    day = json_api.parse_day(as_of) if as_of else None

    async def work(index: Index) -> None:
        if name is None:
            await status_lines(index, sys.stdin.buffer, sys.stdout)
            return
        found = await index.status(name, as_of=day)
        if as_json:
            put_json(json_api.status_object(found))
        else:
            show_status(found)

    with_index(settings_of(context), work)


def chat(context: typer.Context) -> None:
    """Ask one question after another."""
    from bot.on_terminal.chat import chat as run

    with_service(settings_of(context), run)


def demo(context: typer.Context, question: Annotated[str, typer.Argument(help="In any language.")] = "When will Sora ship?") -> None:
    """Answer a question from the sample articles that come along, in a throw-away data folder."""
    import tempfile
    from importlib.resources import as_file, files

    from bot.on_terminal.ask import show
    from bot.on_terminal.progress import progress

    async def work(service: Service, operator: Caller) -> None:
        with as_file(files("bot.on_terminal") / "samples") as samples, progress("Reading the sample articles") as tell:
            await service.add(operator, [str(samples)], tell=tell)
        answer = await service.ask(operator, question)
        put(f"\n{question}")
        show(answer)

    with tempfile.TemporaryDirectory(prefix="shipdate-demo-") as folder:
        with_service(settings_of(context, data=Path(folder)), work)
    put(
        '\nAsk something else:        make ask Q="Qui teste Sora à Hollywood ?"'
        "\nUse your own articles:     .venv/bin/shipdate index add FOLDER"
        "\nGo on asking:              .venv/bin/shipdate chat"
    )
