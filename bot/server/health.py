"""The small web server for those who operate Shipdate: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.server.connections import listening
from bot.server.listen_address import Address
from bot.server.supervisor import State, Supervisor
from bot.service.metrics import CONTENT_TYPE, Metrics
from index import ShipdateError

log = structlog.get_logger(__name__)

_GRACE = 3.0  # seconds for requests that are being answered when it is told to stop
_BODY_LIMIT = 1024  # bytes; nobody has a reason to send any


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

    app = web.Application(client_max_size=_BODY_LIMIT)
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", prometheus)])
    async with listening(app, address, "SHIPDATE_OPS", grace=_GRACE):
        yield
