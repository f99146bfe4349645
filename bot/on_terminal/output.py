"""The way to the terminal: whatever is shown there goes through here, and nothing in it can steer the terminal or forge a line."""

from __future__ import annotations

import codecs
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from bot.presentation.sanitize import escaped, in_a_line

if TYPE_CHECKING:
    from rich.console import Console


def put(text: str) -> None:
    """A result, on stdout, of one line or of many."""
    print(escaped(text), flush=True)  # noqa: T201


def put_line(text: str) -> None:
    """A result of one line, on stdout."""
    put(in_a_line(text))


def put_json(value: object) -> None:
    """A result for scripts, on stdout."""
    put(json.dumps(value, ensure_ascii=False, indent=1))


def say(sentence: str) -> None:
    """A sentence on stderr: results alone go to stdout."""
    print(in_a_line(sentence), file=sys.stderr, flush=True)  # noqa: T201


def confirm(question: str) -> None:
    """Ask on stderr whether something is meant, and end the command where it is not."""
    import typer

    typer.confirm(in_a_line(question), abort=True, err=True)


def console(file: TextIO | None = None, width: int | None = None) -> Console:
    """Where tables and panels are shown: stdout by default."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Escaping(Console):
        """Only Rich itself may steer the terminal, not what it shows."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            for text, style, control in super().render(renderable, options):
                if control:
                    yield Segment(text, style, control)
                elif style and style.link and not style.link.isprintable():
                    yield Segment(escaped(text), style.update_link())
                else:
                    yield Segment(escaped(text), style)

    return Escaping(file=file, width=width, markup=False, emoji=False, highlight=False)


def prepare() -> None:
    """Let the two streams show what they can, and libraries' warnings take the same way."""
    codecs.register_error("json", _as_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="json")  # a terminal without Unicode shows what it can, and JSON stays JSON
    if isinstance(logging.lastResort, logging.Handler):  # where nobody has said where to log to
        logging.lastResort.setFormatter(_Escaping())


class _Escaping(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return escaped(super().format(record))


def _as_json(error: UnicodeError) -> tuple[str, int]:
    """A character that a stream's encoding does not have, as JSON writes it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
