"""How far an addition or a rebuild is: a bar on stderr, and nothing at all where that is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from index import Progress as Made


@contextmanager
def progress(what: str) -> Iterator[Callable[[Made], None]]:
    """A bar that moves whenever the function it yields is told something."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("articles · {task.fields[rate]} texts/s ·"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None, rate="–")
        started = monotonic()

        def tell(made: Made) -> None:
            rate = made.texts / max(monotonic() - started, 0.001)
            bar.update(task, completed=made.articles, total=made.of, rate=f"{rate:.0f}")

        yield tell
