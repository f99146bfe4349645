"""How long the steps of the work take, and how it goes, for whoever wants to know: nobody by default, and then it costs nothing.

An observer belongs to the context that it was set in (see :mod:`contextvars`) and to every task that is started from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from time import perf_counter
from typing import Any, Protocol, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class Observer(Protocol):
    """Is told what happens; must be quick, and never raise."""

    def step(self, name: str, seconds: float) -> None:
        """One step of a question is done: ``encode``, ``search`` or ``judge``."""

    def looked(self, *, worked: bool) -> None:
        """A feed was looked at, with success or without."""


question: ContextVar[str] = ContextVar("question", default="")
"""The question that is being answered; it stays set to the end of the task, so that whoever reports an error there can leave it out."""

_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tell ``observer`` what happens in here, and in the tasks that are started in here."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


@contextmanager
def _step(name: str) -> Iterator[None]:
    told, started = _observer.get(), perf_counter()
    try:
        yield
    finally:
        if told:
            told.step(name, perf_counter() - started)


def looked(*, worked: bool) -> None:
    """Tell that a feed was looked at."""
    told = _observer.get()
    if told:
        told.looked(worked=worked)


def timed(name: str) -> Callable[[F], F]:
    """A decorator: tell how long each call of this function takes, whether it is a coroutine's or not."""

    def decorate(work: F) -> F:
        @wraps(work)
        async def wait(*args: Any, **kwargs: Any) -> Any:
            with _step(name):
                return await work(*args, **kwargs)

        @wraps(work)
        def call(*args: Any, **kwargs: Any) -> Any:
            with _step(name):
                return work(*args, **kwargs)

        return cast(F, wait if iscoroutinefunction(work) else call)

    return decorate
