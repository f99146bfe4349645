"""Whoever is not invited: connections of all kinds, and what the operator's log says of them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from bot.server import logs
from bot.server.listen_address import Address
from bot.settings import Settings
from tests.support.logs import logging_put_back

SOON = 5.0
"""Seconds, on the slowest machine."""

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What ``shipdate serve`` logs meanwhile, as its operator sees it."""
    stream = io.StringIO()
    with logging_put_back():
        logs.configure(Settings(), stream)
        yield stream


class Client(asyncio.Protocol):
    """A connection of somebody who need not speak HTTP."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.received = b""
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data

    def connection_lost(self, error: Exception | None) -> None:
        self.ended.set()

    async def answer(self) -> bytes:
        """All that is said until the server ends the connection, which it has to do in time."""
        await asyncio.wait_for(self.ended.wait(), SOON)
        return self.received


class Crowd:
    """Any number of connections to one port."""

    def __init__(self, address: Address, stack: AsyncExitStack) -> None:
        self._address = address
        self._stack = stack

    async def open(self, data: bytes = b"") -> Client:
        _, client = await asyncio.get_running_loop().create_connection(Client, *self._address)
        self._stack.callback(client.transport.abort)
        client.transport.write(data)
        return client

    async def ask(self) -> bytes:
        """What somebody is answered who asks in one go."""
        client = await self.open(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return await client.answer()


@asynccontextmanager
async def crowd_at(address: Address) -> AsyncIterator[Crowd]:
    async with AsyncExitStack() as stack:
        yield Crowd(address, stack)
