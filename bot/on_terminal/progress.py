"""How far an addition or a rebuild is: a bar on stderr, and nothing at all where that is no terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from index import Job, JobError, JobState
from index import Progress as Made


@contextmanager
def progress(what: str) -> Iterator[Callable[[Made], None]]:
    """A bar that moves whenever the function it yields is told something."""
    with _bar(TextColumn("articles · {task.fields[rate]} texts/s ·"), TimeRemainingColumn()) as bar:
        task = bar.add_task(what, total=None, rate="–")
        started = monotonic()

        def tell(made: Made) -> None:
            rate = made.texts / max(monotonic() - started, 0.001)
            bar.update(task, completed=made.articles, total=made.of, rate=f"{rate:.0f}")

        yield tell


async def follow(changes: AsyncIterator[Job]) -> Job:
    """A bar that moves with a rebuild; returns what became of it.

    Raises:
        JobError: it failed.
    """
    with _bar(TextColumn("articles · {task.fields[rate]} articles/s · {task.fields[left]}")) as bar:
        task = bar.add_task("Rebuilding", total=None, rate="–", left="")
        async for job in changes:
            rate = f"{job.rate:.1f}" if job.rate else "–"
            left = f"{str(job.left).partition('.')[0]} left" if job.left else job.state.value
            bar.update(task, completed=job.done, total=job.total, rate=rate, left=left)
    if job.state is JobState.FAILED:
        raise JobError(f"The rebuild failed: {job.problem}")
    return job


def _bar(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    first = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*first, *columns, console=console, disable=not console.is_terminal, transient=True)
