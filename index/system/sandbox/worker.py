"""What runs in a worker: calls come in, pickled by the process that started it, which it trusts; replies go out as JSON, since nobody
needs to trust what a hostile page may have made of this process."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from importlib import import_module
from math import ceil
from operator import attrgetter
from typing import Any, BinaryIO, get_type_hints

REQUEST_HEAD = struct.Struct(">dI")
"""Of a call: seconds of the processor that it may take, and bytes that follow."""

REPLY_HEAD = struct.Struct(">BI")
"""Of a reply: its :class:`Outcome`, and bytes that follow."""

MEMORY = 1536 * 1024 * 1024
"""Bytes of address space that a worker may take, of which libraries reserve a third without using it."""

PATIENCE = 3
"""How many times as long a call may take by the clock as it may by the processor: the machine may have much else to do."""

_GRACE = 2  # seconds behind its deadline, after which a worker whose parent was killed ends by itself
_NICENESS = 5


class Outcome(IntEnum):
    """How a call ended.

    Attributes:
        RETURNED: what it returned follows, as JSON.
        RAISED: an error of :mod:`index.model.errors`: its name, and on the lines after it its text.
        FAILED: another one: its name.
    """

    RETURNED = 0
    RAISED = 1
    FAILED = 2


def main() -> None:
    """Answer calls until there are no more."""
    calls, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reply
    _confine()
    while len(head := calls.read(REQUEST_HEAD.size)) == REQUEST_HEAD.size:
        seconds, size = REQUEST_HEAD.unpack(head)
        _hurry(seconds)
        _answer(calls.read(size), replies)
        _alarm(0)


def _confine() -> None:
    """Give up what parsing does not need."""
    tempfile.gettempdir()  # a library asks for it when it is imported; the first time, a file is written to find out
    with suppress(ImportError):  # Windows has none; there the deadline has to do
        import resource

        for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
            with suppress(ValueError, OSError):  # a system that knows the limit but does not set it, as macOS with memory
                resource.setrlimit(limit, (most, most))
    with suppress(AttributeError, OSError):
        os.nice(_NICENESS)  # questions go before it


def _hurry(seconds: float) -> None:
    """Have the system end this process, even amid a library's endless loop, after so many seconds of the processor from now on."""
    with suppress(ImportError):
        import resource

        own = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(own.ru_utime + own.ru_stime + seconds), resource.RLIM_INFINITY))
    _alarm(ceil(PATIENCE * seconds) + _GRACE)


def _alarm(seconds: int) -> None:
    """Have the system end this process after so many seconds by the clock; 0: do not."""
    with suppress(AttributeError):  # Windows
        signal.alarm(seconds)


def _answer(call: bytes, replies: BinaryIO) -> None:
    try:
        outcome, payload = _called(*pickle.loads(call))
    except MemoryError:
        sys.exit("out of memory")  # whatever is half done with what is left of it cannot be relied on
    replies.write(REPLY_HEAD.pack(outcome, len(payload)) + payload)
    replies.flush()


def _called(module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Outcome, bytes]:
    from pydantic import TypeAdapter

    from index.model.errors import ShipdateError

    function: Callable[..., Any] = attrgetter(name)(import_module(module))
    try:
        return Outcome.RETURNED, TypeAdapter(get_type_hints(function)["return"]).dump_json(function(*args, **kwargs))
    except MemoryError:
        raise
    except ShipdateError as error:
        return Outcome.RAISED, f"{type(error).__name__}\n{error}".encode("utf-8", "replace")
    except Exception as error:  # whatever a library makes of garbage
        return Outcome.FAILED, type(error).__name__.encode()
