"""Web servers that strangers can reach: bounded in connections, in time, and in what is logged of them.

aiohttp waits for a request as long as a connection is open, and opens as many as come. Here a connection is closed that sends no
whole request in time, or does not read the answer; where there are too many, the one goes that has waited longest, so that whoever
asks at once is answered even while somebody opens connections and says nothing.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot.server.listen_address import Address, AddressError
from bot.server.logs import Tally

CONNECTIONS = 100
"""The most connections of one server."""

PATIENCE = 10.0
"""Seconds for a request, from the connection or the last answer to the end of its body; then the connection is closed."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


@asynccontextmanager
async def listening(app: web.Application, address: Address, setting: str, *, grace: float) -> AsyncIterator[None]:
    """Serve ``app`` at ``address`` while this is open.

    Args:
        setting: names the address to whoever set it.
        grace: seconds for requests that are being answered when it ends.

    Raises:
        AddressError: it cannot be listened there; the text says why.
    """
    gate = _Gate(setting)
    app.middlewares.append(gate.whole)
    logger, noise = logging.getLogger(f"{__name__}.{setting.lower()}"), _Noise(setting)
    logger.addFilter(noise)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=grace, logger=logger, auto_decompress=False)
    await runner.setup()
    try:
        server = await _listen(lambda: _Connection(_server(runner)(), gate), address, setting)
        try:
            yield
        finally:
            server.close()
    finally:
        await runner.cleanup()
        logger.removeFilter(noise)


def _server(runner: web.AppRunner) -> web.Server:
    assert runner.server is not None
    return runner.server


async def _listen(connect: Callable[[], asyncio.Protocol], address: Address, setting: str) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(connect, address.host, address.port)
    except socket.gaierror:
        raise AddressError(f"{setting}: the host {address.host} is not known; name an address of this machine.") from None
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another program listens there; stop it, or choose another port",
            errno.EACCES: "that is not allowed; choose a port above 1023",
            errno.EADDRNOTAVAIL: "this machine has no such address; 127.0.0.1 is always there",
        }.get(error.errno or 0, str(error))
        raise AddressError(f"{setting}: {address} cannot be used, because {why}.") from None


class _Gate:
    """The connections of a server: those that wait for a request, longest first, and how many requests are being answered."""

    def __init__(self, setting: str) -> None:
        self._waiting: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        self._answering = 0
        self._crowd = Tally(log, f"{setting}: too many connections at once; those that send no request are closed")

    def opened(self, transport: asyncio.Transport) -> None:
        """There is a new connection; it has to go itself where all others are being answered."""
        self._wait(transport)
        if len(self._waiting) + self._answering > CONNECTIONS:
            self._crowd.add()
            self._drop(next(iter(self._waiting)))

    def closed(self, transport: asyncio.BaseTransport) -> None:
        """A connection waits no longer."""
        if timer := self._waiting.pop(transport, None):  # type: ignore[call-overload]
            timer.cancel()

    def _wait(self, transport: asyncio.Transport) -> None:
        self._waiting[transport] = asyncio.get_running_loop().call_later(PATIENCE, self._drop, transport)

    def _drop(self, transport: asyncio.Transport) -> None:
        self.closed(transport)
        transport.abort()  # to close would wait until what is unsent has been read

    @web.middleware
    async def whole(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers a request once it is there with all its body, which can be read again."""
        try:
            await request.read()
        except (ConnectionError, web.RequestPayloadError):
            return web.Response(status=400)
        transport = request.transport
        if transport is None:  # it was closed meanwhile
            return web.Response(status=400)
        self.closed(transport)
        self._answering += 1
        try:
            return await handler(request)
        finally:
            self._answering -= 1
            if not transport.is_closing():
                self._wait(transport)


class _Connection(asyncio.Protocol):
    """A connection as aiohttp handles it, whose beginning and end the gate knows."""

    def __init__(self, inner: asyncio.Protocol, gate: _Gate) -> None:
        self._inner = inner
        self._gate = gate
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._inner.connection_made(transport)
        self._gate.opened(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport:
            self._gate.closed(self._transport)
        self._inner.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class _Noise(logging.Filter):
    """Of requests that are no HTTP it is only told how many there are, not the traceback that aiohttp has for each."""

    def __init__(self, setting: str) -> None:
        super().__init__()
        self._tally = Tally(log, f"{setting}: what is no HTTP is refused")

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            self._tally.add()
            return False
        return True
