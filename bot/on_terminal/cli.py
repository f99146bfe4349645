"""The ``shipdate`` command: a shell over the index, and the terminal's chat.

What it costs to start is what a person waits for, so everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bot.on_terminal import output
from bot.on_terminal.commands import care, ledger, questions, serving
from bot.on_terminal.commands.articles import articles
from bot.on_terminal.commands.feeds import feeds
from bot.on_terminal.commands.of_platforms import add_commands
from bot.on_terminal.commands.products import products
from bot.on_terminal.commands.running import fail, unforeseen
from bot.presentation.sanitize import escaped
from index import ShipdateError


class _Commands(TyperGroup):
    """Typer quotes arguments when they are wrong: these may hold anything."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _escaping():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        with _escaping():
            return super().invoke(ctx)


@contextmanager
def _escaping() -> Iterator[None]:
    try:
        yield
    except typer.TyperException as error:
        error.message = escaped(error.message)
        raise


app = typer.Typer(
    cls=_Commands,
    help="Answers questions about AI product launches by quoting the newest article that answers, word for word.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(articles, name="index")
app.add_typer(feeds, name="feeds")
app.add_typer(products, name="products")
_FIRST: Sequence[Callable[..., None]] = (questions.ask, questions.status, questions.chat, questions.demo, serving.serve)
_LAST: Sequence[Callable[..., None]] = (care.doctor, care.backup, care.restore, ledger.audit, ledger.votes, ledger.forget)
for command in _FIRST:
    app.command()(command)
add_commands(app)
for command in _LAST:
    app.command()(command)


@app.callback()
def options(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Where everything lives (environment: SHIPDATE_DATA).")] = None,
) -> None:
    """Options of every command."""
    context.obj = data


def main() -> None:
    """The console script: 0 done, 1 it failed (one sentence on stderr), 2 wrong usage."""
    output.prepare()
    try:
        app()
    except ShipdateError as error:
        fail(str(error))
    except OSError as error:
        if not isinstance(error.filename, str | Path):
            fail(unforeseen(error))
        fail(f"{error.filename} cannot be read or written ({error.strerror}); check the path and its permissions.")
    except Exception as error:
        fail(unforeseen(error))
