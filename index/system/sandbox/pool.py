"""The workers, seen from the process that has them work."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, get_type_hints

from index.model import errors
from index.model.errors import ArticleError, ShipdateError
from index.system.sandbox.worker import PATIENCE, REPLY_HEAD, REQUEST_HEAD, Outcome

if TYPE_CHECKING:
    from pydantic import TypeAdapter

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

DEADLINE = 20.0
"""Seconds of the processor that one call may take, unless it is given more: an ordinary page takes hundredths, a feed of 5 MB seconds."""

WORKERS = 2
"""Processes at most; each takes some 100 MB once it has read a web page."""

WAITING = 64 * 1024 * 1024
"""Bytes of calls that wait at most: twelve of the largest pages, or some ten thousand ordinary ones."""

_REPLY = 64 * 1024 * 1024  # bytes of a reply at most: the text of a feed of 5 MB in JSON at its worst
_IDLE = 300.0  # seconds without a call, after which a worker is ended
_ENDING = 0.2  # seconds in which the exit status of a process that has ended is there
_CALLS = 1000  # after which a worker is ended: what libraries leak, and what large pages left behind, goes with it
_OUT_OF_TIME = getattr(signal, "SIGXCPU", 0)
_TOO_LONG = "it takes more than {seconds:.0f} seconds to read, which nothing should; shorten it."
_BEYOND = "it is too complicated to be read, or takes too much memory; shorten it."
_START = "from index.system.sandbox.worker import main; main()"
_ROOT = Path(__file__).parents[3]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")  # of the environment; tokens are not


class SandboxError(ArticleError):
    """What was to be read takes too long or too much memory, or too much else waits to be read."""


class Sandbox:
    """Some workers, started when they are first needed. Of one event loop, from which any number of tasks may use it at once.

    Args:
        workers: how many calls are worked on at once.
        waiting: bytes of calls that may wait for their turn.
        idle: seconds without a call, after which a worker is ended.
    """

    def __init__(self, workers: int = WORKERS, waiting: int = WAITING, idle: float = _IDLE) -> None:
        self._turns = asyncio.Semaphore(workers)
        self._most_waiting = waiting
        self._waiting = 0
        self._idle_seconds = idle
        self._idle: list[_Worker] = []  # the one that has worked last is the last
        self._retirement: asyncio.TimerHandle | None = None
        self._ends: set[asyncio.Task[int]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` returns for these arguments, called in a worker, within :data:`DEADLINE`.

        Args:
            function: one that a module has under its own name; its annotation says what it returns, which JSON has to be able to hold.

        Raises:
            SandboxError: it took too long or too much memory, or too much waits already.
            ShipdateError: whatever the function raised of that kind, with the same type and text.
        """
        return await self.run_within(DEADLINE, function, *args, **kwargs)

    async def run_within(self, seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same, with another deadline; by the clock it may take :data:`~index.system.sandbox.worker.PATIENCE` times as long."""
        call = pickle.dumps((function.__module__, function.__qualname__, args, kwargs))
        async with self._worker(len(call)) as worker:
            try:
                async with asyncio.timeout(PATIENCE * seconds):
                    outcome, payload = await worker.call(call, seconds)
            except TimeoutError:
                raise SandboxError(_TOO_LONG.format(seconds=seconds)) from None
            except (asyncio.IncompleteReadError, OSError):
                late = await worker.end() == -_OUT_OF_TIME
                raise SandboxError(_TOO_LONG.format(seconds=seconds) if late else _BEYOND) from None
        if outcome is Outcome.RETURNED:
            with suppress(ValueError):  # it is not of the type that was promised
                result: T = _returned(function).validate_json(payload)
                return result
        name, _, text = payload.decode("utf-8", "replace").partition("\n")
        if outcome is Outcome.RAISED and issubclass(kind := getattr(errors, name, ArticleError), ShipdateError):
            raise kind(text)
        log.warning("%s failed in a worker: %s", function.__qualname__, name if outcome is Outcome.FAILED else "not what was promised")
        raise SandboxError(_BEYOND)

    @asynccontextmanager
    async def _worker(self, size: int) -> AsyncIterator[_Worker]:
        """A worker, when it is one's turn, for a call of so many bytes."""
        if self._turns.locked() and self._waiting + size > self._most_waiting:
            raise SandboxError("too much else waits to be read at the moment; try again in a minute.")
        self._waiting += size
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= size
        try:
            worker = self._idle.pop() if self._idle else await _Worker.start()
            try:
                yield worker
            finally:
                self._put_back(worker)
        finally:
            self._turns.release()

    def _put_back(self, worker: _Worker) -> None:
        """Keep a worker that has answered for the next call; end one that has not, or that has worked enough."""
        if worker.busy or worker.calls >= _CALLS:
            self._end(worker)
            return
        self._idle.append(worker)
        if self._retirement:
            self._retirement.cancel()
        self._retirement = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def _retire(self) -> None:
        while self._idle:
            self._end(self._idle.pop())

    def _end(self, worker: _Worker) -> None:
        task = asyncio.create_task(worker.end())
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def close(self) -> None:
        """End the workers; whatever was asked of them has to be over."""
        if self._retirement:
            self._retirement.cancel()
        self._retire()
        if self._ends:
            await asyncio.wait(self._ends)


class _Worker:
    """One process.

    Attributes:
        calls: how many it was given.
        busy: whether it has not answered the last one.
    """

    def __init__(self, process: Process) -> None:
        assert process.stdin and process.stdout
        self._process, self._requests, self._replies = process, process.stdin, process.stdout
        self.calls = 0
        self.busy = False

    @classmethod
    async def start(cls) -> _Worker:
        """A new process; it imports what it needs when it is first asked for it."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
        environment |= {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        try:
            # Of a session of its own, so that a Ctrl-C at the terminal is its parent's business.
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _START), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise SandboxError(f"no process can be started to read it ({error.strerror}); try again later.") from None
        return cls(process)

    async def call(self, call: bytes, seconds: float) -> tuple[Outcome, bytes]:
        """What it makes of a call.

        Raises:
            asyncio.IncompleteReadError, OSError: it has ended.
        """
        self.calls += 1
        self.busy = True
        self._requests.write(REQUEST_HEAD.pack(seconds, len(call)))
        self._requests.write(call)
        await self._requests.drain()
        outcome, size = REPLY_HEAD.unpack(await self._replies.readexactly(REPLY_HEAD.size))
        if size > _REPLY:
            raise ConnectionError("a reply that is too long")
        payload = await self._replies.readexactly(size)
        self.busy = False
        return Outcome(outcome), payload

    async def end(self) -> int:
        """Kill it, unless it has ended: between two calls it holds nothing, and amid one it would not hear. Returns its exit status."""
        if self.busy:  # then it may have just ended; who sends a signal to it takes its exit status from those who wait for that
            with suppress(TimeoutError):
                async with asyncio.timeout(_ENDING):
                    await self._process.wait()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._requests.close()
        return await self._process.wait()


@cache
def _returned(function: Callable[..., Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(get_type_hints(function)["return"])
