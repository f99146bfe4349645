"""``shipdate serve``: everything that runs for long, side by side in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic

import structlog
from filelock import FileLock, Timeout

from bot import platforms
from bot.platforms import Part, Ready
from bot.server.health import ops_server
from bot.server.listen_address import parse_address
from bot.server.supervisor import State, Supervisor
from bot.service.metrics import Metrics
from bot.service.service import Service
from bot.settings import Settings
from index import PRIVATE_FILE, BusyError, DataError, Index, observed, open_index, size_of, stored_counts, stored_states

GRACE = 10.0
"""Seconds in which everything may finish what it has begun, after it was told to stop."""

LOCK = "serve.lock"
"""The file in the data folder that a serving process holds."""

_JOBS = 60.0  # seconds from one look for jobs that nobody works on to the next
_DAY = 24 * 3600.0
_FRESH = 60.0  # seconds until what is held is counted again: that reads the whole index

log = structlog.get_logger(__name__)


async def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT comes.

    Args:
        say: shows a sentence to whoever started this.

    Raises:
        ShipdateError: it cannot even begin; the text says why.
    """
    stop = _told_to_stop()
    address = parse_address(settings.ops, "SHIPDATE_OPS") if settings.ops else None
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        stack.enter_context(observed(metrics))
        index = await stack.enter_async_context(open_index(settings))
        stack.enter_context(_alone(settings.data))
        service = Service(index, settings, metrics=metrics)
        surfaces = _surfaces(settings, service)
        supervisor = Supervisor([*_parts(index, service), *surfaces], tell=partial(say, "ready"))
        if address:
            await stack.enter_async_context(ops_server(address, supervisor, metrics, _Measuring(settings.data, supervisor, metrics)))
            log.info("health and metrics are told", address=str(address))
        if not surfaces:
            say("No chat surface has a token, so nobody can ask here; feeds and jobs are looked after.")
        await _run(supervisor, stop)


def _parts(index: Index, service: Service) -> list[Part]:
    """What runs side by side, whichever surfaces there are."""

    async def model(_ready: Ready) -> None:
        await service.prepare()
        # What is loaded stays; to look for rubbish in it would stop everything for a tenth of a second, now and again.
        gc.collect()
        gc.freeze()

    async def feeds(ready: Ready) -> None:
        ready()
        await index.feeds.poll()

    async def jobs(ready: Ready) -> None:
        if await index.jobs.needed():
            await index.jobs.start()
        ready()
        while True:  # whoever began one may have died since
            await index.jobs.resume()
            await asyncio.sleep(_JOBS)

    async def expiry(ready: Ready) -> None:
        ready()
        while True:
            await service.expire()
            await asyncio.sleep(_DAY)

    return [Part("model", model), Part("feeds", feeds), Part("jobs", jobs), Part("expiry", expiry)]


def _surfaces(settings: Settings, service: Service) -> list[Part]:
    """The platforms that have a token."""
    return [platform.part(settings, service) for platform in platforms.registered() if platform.has_tokens(settings)]


async def _run(supervisor: Supervisor, stop: asyncio.Event) -> None:
    running, told = asyncio.create_task(supervisor.run()), asyncio.create_task(stop.wait())
    await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    log.info("stopping")
    _stop_at_last()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def _told_to_stop() -> asyncio.Event:
    """Set when a signal says so."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # on Windows, where Ctrl-C raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _stop_at_last() -> None:
    """End the process when the grace is over, whatever still holds it: a thread cannot be cancelled. SQLite needs no goodbye."""

    def end() -> None:
        log.warning("stopped before everything was finished; it goes on at the next start")
        os._exit(0)

    timer = threading.Timer(GRACE, end)
    timer.daemon = True
    timer.start()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Only one process serves a data folder.

    Raises:
        BusyError: another one does.
    """
    lock = FileLock(data / LOCK, mode=PRIVATE_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(f"Another `shipdate serve` is running on {data}; stop it first, or name another folder with --data.") from None
    except OSError as error:
        raise DataError(f"The data folder {data} cannot be written: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


class _Measuring:
    """Brings up to date what only counting shows."""

    def __init__(self, data: Path, supervisor: Supervisor, metrics: Metrics) -> None:
        self._data = data
        self._supervisor = supervisor
        self._metrics = metrics
        self._sized = -math.inf

    async def __call__(self) -> None:
        if monotonic() - self._sized >= _FRESH:
            self._sized = monotonic()
            held = await asyncio.to_thread(stored_counts, self._data)
            if held:
                self._metrics.size(held, await asyncio.to_thread(size_of, self._data))
        standing = await asyncio.to_thread(stored_states, self._data)
        parts = {name: one.state is State.READY for name, one in self._supervisor.standing.items()}
        self._metrics.states(feeds=standing.feeds, jobs=standing.jobs, parts=parts)
