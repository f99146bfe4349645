"""The small web server for those who operate Shipdate: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.addresses import Address, AddressError
from bot.metrics import CONTENT_TYPE, Metrics
from bot.supervising import State, Supervisor
from index.errors import ShipdateError

log = structlog.get_logger(__name__)

_GRACE = 3.0  # seconds for requests that are being answered when it is told to stop


@asynccontextmanager
async def ops_server(
    address: Address, supervisor: Supervisor, metrics: Metrics, measure: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Answers ``/healthz``, ``/readyz`` and ``/metrics`` at ``address`` while it is open.

    Args:
        measure: brings up to date what only counting shows, before the metrics are told.

    Raises:
        AddressError: it cannot listen there.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_request: web.Request) -> web.Response:
        parts = supervisor.standing
        ready = all(part.state is State.READY for part in parts.values())
        told: Mapping[str, object] = {
            name: {"state": part.state, **({"problem": part.problem} if part.problem else {})} for name, part in parts.items()
        }
        return web.json_response({"ready": ready, "parts": told}, status=200 if ready else 503)

    async def prometheus(_request: web.Request) -> web.Response:
        try:
            await measure()
        except ShipdateError as error:
            log.warning("not everything could be counted", problem=str(error))
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", prometheus)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await _listen(runner, address)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, address: Address) -> None:
    try:
        await web.TCPSite(runner, address.host, address.port).start()
    except socket.gaierror:
        raise AddressError(f"SHIPDATE_OPS: the host {address.host} is not known; name an address of this machine.") from None
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another program listens there; stop it, or choose another port",
            errno.EACCES: "that is not allowed; choose a port above 1023",
            errno.EADDRNOTAVAIL: "this machine has no such address; 127.0.0.1 is always there",
        }.get(error.errno or 0, str(error))
        raise AddressError(f"SHIPDATE_OPS: {address} cannot be used, because {why}.") from None
