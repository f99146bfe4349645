"""What strangers can do to the ports that are open, ``SHIPDATE_OPS`` and ``SLACK_HTTP``, without asking anything: nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st

from bot.server import connections
from bot.server.health import ops_server
from bot.server.listen_address import Address
from bot.server.supervisor import Supervisor
from bot.service.metrics import Metrics
from tests.bot.server.test_run import free_port
from tests.support.strangers import GET, SOON, Client, Crowd, crowd_at, logged

pytestmark = pytest.mark.model

HALVES = {
    "nothing": b"",
    "half a request line": b"GET /healt",
    "half a head": b"POST /healthz HTTP/1.1\r\nHost: x\r\nX-A: ",
    "half a body": b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    "half a chunk": b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
    "a whole request, then half of one": GET + b"GET /healt",
}


async def uncounted() -> None:
    """Nothing is measured."""


@pytest_asyncio.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """At the port of those who operate Shipdate; that of Slack is opened by the same means."""
    address = Address("127.0.0.1", free_port())
    supervisor = Supervisor([], lambda: None)
    async with ops_server(address, supervisor, Metrics(), uncounted), crowd_at(address) as made:
        yield made


async def all_ended(clients: Sequence[Client], least: int) -> None:
    """Wait until the server has ended so many connections."""
    until = time.monotonic() + SOON
    while sum(client.ended.is_set() for client in clients) < least:
        assert time.monotonic() < until, sum(client.ended.is_set() for client in clients)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_300_half_sent_requests_take_no_more_connections_than_one_server_may_have(crowd: Crowd, half: bytes) -> None:
    clients = [await crowd.open(half) for _ in range(300)]
    await all_ended(clients, 300 - connections.CONNECTIONS)
    assert (await crowd.ask()).startswith(b"HTTP/1.1 200")  # while all the others are still open
    assert sum(not client.ended.is_set() for client in clients) >= connections.CONNECTIONS - 1  # nobody has to go without need


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_a_half_sent_request_is_waited_for_only_so_long(crowd: Crowd, half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    client = await crowd.open(half)
    begun = time.monotonic()
    await client.answer()
    assert 0.1 < time.monotonic() - begun < SOON


async def test_a_request_that_comes_byte_by_byte_gets_no_more_time(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.3)
    client = await crowd.open()

    async def drip() -> None:
        for byte in b"GET /healthz HTTP/1.1\r\nHost: " + b"x" * 10_000:
            client.transport.write(bytes([byte]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    await client.answer()
    assert not dripping.done()
    dripping.cancel()


async def test_whoever_does_not_read_the_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are sent and no answer is read, until the server cannot write any more."""
    monkeypatch.setattr(connections, "PATIENCE", 0.2)

    async def much(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1_000_000)

    app, address = web.Application(), Address("127.0.0.1", free_port())
    app.router.add_get("/healthz", much)
    async with connections.listening(app, address, "TEST", grace=1), crowd_at(address) as crowd:
        client = await crowd.open()
        client.transport.pause_reading()
        client.transport.write(GET * 30)
        await asyncio.sleep(1)
        client.transport.resume_reading()
        assert len(await client.answer()) < 30 * 1_000_000


async def test_a_connection_that_asks_nothing_more_is_closed(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    client = await crowd.open(GET)
    assert (await client.answer()).startswith(b"HTTP/1.1 200")


async def test_an_answer_that_takes_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.1)
    go = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await go.wait()
        return web.Response(text="at last")

    app, address = web.Application(), Address("127.0.0.1", free_port())
    app.router.add_get("/healthz", slow)
    async with connections.listening(app, address, "TEST", grace=1), crowd_at(address) as crowd:
        asked = asyncio.create_task(crowd.ask())
        clients = [await crowd.open() for _ in range(connections.CONNECTIONS + 50)]
        await all_ended(clients, len(clients))
        go.set()
        assert (await asked).endswith(b"at last")


async def test_more_requests_at_once_than_there_may_be_connections_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS", 10)
    go, answering = asyncio.Event(), 0

    async def slow(_request: web.Request) -> web.Response:
        nonlocal answering
        answering += 1
        await go.wait()
        return web.Response(text="at last")

    app, address = web.Application(), Address("127.0.0.1", free_port())
    app.router.add_get("/healthz", slow)
    async with connections.listening(app, address, "TEST", grace=1), crowd_at(address) as crowd:
        asked = [asyncio.create_task(crowd.ask()) for _ in range(30)]
        _, pending = await asyncio.wait(asked, timeout=0.5)
        assert len(pending) == answering == 10
        go.set()
        assert sum(answer.endswith(b"at last") for answer in await asyncio.gather(*asked)) == 10


# What is no HTTP

RUBBISH = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /healthz HTTP/9.9\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nno header\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 500 + b"\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nExpect: the worst\r\nContent-Length: 4\r\n\r\nnope",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x00\x01",
    b"\x00" * 100,
    b"\r\n" * 100,
]


async def test_what_is_no_http_writes_one_short_line_however_often_it_comes(crowd: Crowd) -> None:
    with logged() as log:
        for rubbish in RUBBISH * 5:
            client = await crowd.open(rubbish)
            client.transport.write_eof()
            client.transport.abort()
        for rubbish in RUBBISH:
            client = await crowd.open(rubbish)
            await asyncio.wait({asyncio.create_task(client.ended.wait())}, timeout=0.2)
        assert (await crowd.ask()).startswith(b"HTTP/1.1 200")
    (line,) = log.getvalue().splitlines()
    assert "what is no HTTP is refused" in line
    assert len(line) < 200


@searching(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rubbish=st.one_of(st.binary(max_size=200), st.sampled_from(RUBBISH).flatmap(lambda it: st.just(it[: len(it) // 2] + b"\xff"))))
async def test_whatever_is_sent_the_next_one_is_answered(crowd: Crowd, rubbish: bytes) -> None:
    with logged() as log:
        client = await crowd.open(rubbish)
        client.transport.write(b"\r\n\r\n")
        await asyncio.sleep(0)
        client.transport.abort()
        assert (await crowd.ask()).startswith(b"HTTP/1.1 200")
    assert len(log.getvalue().splitlines()) <= 1
