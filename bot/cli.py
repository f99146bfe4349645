"""The ``shipdate`` command: a shell over the index, and the terminal's chat.

What it costs to start is what a person waits for, so everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import ShipdateError

if TYPE_CHECKING:
    from bot.settings import Settings
    from index.core import Index

app = typer.Typer(
    help="Answers questions about AI product launches by quoting the newest article that answers, word for word.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
articles = typer.Typer(help="The articles that answers come from.", no_args_is_help=True)
app.add_typer(articles, name="index")
products = typer.Typer(help="The products that are known by name; any other one works too.", no_args_is_help=True)
app.add_typer(products, name="products")

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Answer as on that day (ISO 8601).")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object, for scripts.")]


@app.callback()
def options(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Where everything lives (environment: SHIPDATE_DATA).")] = None,
) -> None:
    """Options of every command."""
    context.obj = data


def main() -> None:
    """The console script: 0 done, 1 it failed (one sentence on stderr), 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode shows what it can
    try:
        app()
    except ShipdateError as error:
        _fail(str(error))


def _fail(sentence: str) -> None:
    _say(sentence)
    raise SystemExit(1)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _settings(context: typer.Context, **overrides: Any) -> Settings:
    from pydantic import ValidationError

    from bot.settings import Settings

    if context.obj is not None:
        overrides.setdefault("data", context.obj)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        raise ShipdateError(f"{name} is set to {first['input']!r}, which it cannot be; see .env.example.") from None


def _with_index(settings: Settings, work: Callable[[Index], Awaitable[None]]) -> None:
    from index import open_index

    async def run() -> None:
        async with open_index(settings) as index:
            await work(index)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        _say("Stopped. What was done so far is kept; run the same command again to go on.")
        # A batch may still be in the encoder's thread, and nobody waits for it any more. SQLite needs no goodbye.
        os._exit(1)
    except BrokenPipeError:
        os._exit(0)  # whoever read has gone; that is no error


# Articles


@articles.command("add")
def add(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="PATH-OR-URL...", help="Files, folders and web addresses.")],
) -> None:
    """Add files, folders (recursively) and web pages; unchanged ones cost nothing."""
    from bot.on_terminal.progress import progress
    from index.model import Change

    async def work(index: Index) -> None:
        with progress("Adding") as tell:
            outcomes = await index.add(sources, tell=tell)
        failed = [outcome for outcome in outcomes if outcome.change is Change.FAILED]
        counted = [(change, sum(outcome.change is change for outcome in outcomes)) for change in Change]
        print(", ".join(f"{count} {change}" for change, count in counted if count) or "No articles were found there.")
        for outcome in outcomes:
            if outcome.change is Change.DUPLICATE:
                _say(f"{outcome.source} has the same text as {outcome.detail}, so it was left out.")
        for outcome in failed:
            _say(outcome.detail or outcome.source)
        if failed or not outcomes:
            raise SystemExit(1)

    _with_index(_settings(context), work)


@articles.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """What is in, newest first."""

    async def work(index: Index) -> None:
        from bot.machine import listed_object
        from bot.on_terminal.render import article_table, console

        listed = await index.list()
        if as_json:
            print(json.dumps([listed_object(one) for one in listed], ensure_ascii=False, indent=1))
        else:
            console().print(article_table(listed))

    _with_index(_settings(context), work)


@articles.command()
def remove(
    context: typer.Context, names: Annotated[list[str], typer.Argument(metavar="ID-OR-URL...", help="As `index list` shows them.")]
) -> None:
    """Take articles out."""

    async def work(index: Index) -> None:
        removed = await index.remove(names)
        for name, title in removed.items():
            print(f"removed {name}: {title}")
        missing = [name for name in names if name not in removed]
        if missing:
            _fail(f"No article has this id, address or path: {', '.join(missing)}; see `shipdate index list`.")

    _with_index(_settings(context), work)


@articles.command()
def rebuild(context: typer.Context) -> None:
    """Embed everything again, into a new generation, and swap it in; answers go on meanwhile."""
    from bot.on_terminal.progress import progress

    async def work(index: Index) -> None:
        with progress("Rebuilding") as tell:
            await index.rebuild(tell=tell)
        counts = await index.counts()
        print(f"rebuilt: {counts.articles} articles, {counts.passages} passages, {counts.vectors} vectors")

    _with_index(_settings(context), work)


# Products


@products.command("add")
def add_product(  # noqa: PLR0917
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As it is shown.")],
    maker: Annotated[str, typer.Option(help="Who makes it.")] = "",
    alias: Annotated[list[str] | None, typer.Option(help="Another spelling, in any script; can be given several times.")] = None,
    parent: Annotated[str | None, typer.Option(metavar="ID", help="The family that it is a version of.")] = None,
    ordinary: Annotated[bool, typer.Option(help="The name is also an ordinary word.")] = False,
) -> None:
    """Add a product that the catalogue lacks, or replace your own one; articles that name it are read again."""
    from bot.on_terminal.progress import progress
    from index.launches.catalogue import product_named

    product = product_named(name, maker=maker, aliases=tuple(alias or ()), parent=parent, ordinary=ordinary)

    async def work(index: Index) -> None:
        with progress("Reading") as tell:
            await index.add_product(product, tell=tell)
        print(f"added {product.id}: {product.name}")

    _with_index(_settings(context), work)


@products.command("list")
def list_products(context: typer.Context, as_json: Json = False) -> None:
    """All products that are known by name."""

    async def work(index: Index) -> None:
        from bot.machine import product_object
        from bot.on_terminal.render import console, product_table

        known = await index.products()
        if as_json:
            print(json.dumps([product_object(product) for product in known], ensure_ascii=False, indent=1))
        else:
            console().print(product_table(known))

    _with_index(_settings(context), work)


@products.command("remove")
def remove_product(context: typer.Context, id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Take out a product of your own; those that came along stay."""
    from bot.on_terminal.progress import progress

    async def work(index: Index) -> None:
        with progress("Reading") as tell:
            await index.remove_product(id_, tell=tell)
        print(f"removed {id_}")

    _with_index(_settings(context), work)


# Questions


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="In any language.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Read questions as JSON objects from stdin, one a line.")] = False,
) -> None:
    """Ask one question."""
    from bot import machine
    from bot.on_terminal.ask import answer_lines, show

    if (question is None) != json_lines:
        raise typer.BadParameter("give either a QUESTION or --json-lines")
    day = machine.parse_day(as_of) if as_of else None

    async def work(index: Index) -> None:
        if question is None:
            await answer_lines(index, sys.stdin.buffer, sys.stdout)
            return
        answer = await index.ask(question, as_of=day)
        if as_json:
            print(json.dumps(machine.answer_object(answer), ensure_ascii=False, indent=1))
        else:
            show(answer)

    _with_index(_settings(context), work)


@app.command()
def status(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A product, known or not.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Read names as JSON objects from stdin, one a line.")] = False,
) -> None:
    """Where a launch stands, since when, and how it came there."""
    from bot import machine
    from bot.on_terminal.ask import show_status, status_lines

    if (name is None) != json_lines:
        raise typer.BadParameter("give either a NAME or --json-lines")
    day = machine.parse_day(as_of) if as_of else None

    async def work(index: Index) -> None:
        if name is None:
            await status_lines(index, sys.stdin.buffer, sys.stdout)
            return
        found = await index.status(name, as_of=day)
        if as_json:
            print(json.dumps(machine.status_object(found), ensure_ascii=False, indent=1))
        else:
            show_status(found)

    _with_index(_settings(context), work)


@app.command()
def chat(context: typer.Context) -> None:
    """Ask one question after another."""
    from bot.on_terminal.chat import chat as run

    _with_index(_settings(context), run)


@app.command()
def demo(context: typer.Context, question: Annotated[str, typer.Argument(help="In any language.")] = "When will Sora ship?") -> None:
    """Answer a question from the sample articles that come along, in a throw-away data folder."""
    import tempfile
    from importlib.resources import as_file, files

    from bot.on_terminal.ask import show
    from bot.on_terminal.progress import progress

    async def work(index: Index) -> None:
        with as_file(files("index") / "samples") as samples, progress("Reading the sample articles") as tell:
            await index.add([str(samples)], tell=tell)
        answer = await index.ask(question)
        print(f"\n{question}")
        show(answer)

    with tempfile.TemporaryDirectory(prefix="shipdate-demo-") as folder:
        _with_index(_settings(context, data=Path(folder)), work)
    print(
        '\nAsk something else:        make ask Q="Qui teste Sora à Hollywood ?"'
        "\nUse your own articles:     .venv/bin/shipdate index add FOLDER"
        "\nGo on asking:              .venv/bin/shipdate chat"
    )


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What is installed, where it is, and how much is in."""
    settings = _settings(context)

    async def work(index: Index) -> None:
        encoder = (await index.engine()).encoder
        counts = await index.counts()
        report = {
            "data": str(settings.data),
            "model": {"name": encoder.name, "folder": encoder.folder, "engine": encoder.engine, "fingerprint": encoder.fingerprint},
            "articles": counts.articles,
            "passages": counts.passages,
            "vectors": counts.vectors,
        }
        if as_json:
            print(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            print(f"data      {settings.data}\nmodel     {encoder.name} ({encoder.engine})\n          {encoder.folder or ''}")
            print(f"articles  {counts.articles}\npassages  {counts.passages}\nvectors   {counts.vectors}")

    _with_index(settings, work)
