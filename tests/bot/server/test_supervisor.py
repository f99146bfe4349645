"""Parts side by side: none takes another down."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from bot.platforms import Part, Ready
from bot.server import logs
from bot.server.listen_address import AddressError, parse_address
from bot.server.supervisor import State, Supervisor
from bot.settings import Settings
from index.model.errors import DataError
from tests.bot.server.test_logs import as_before

__all__ = ["as_before"]


@pytest.fixture
def log(as_before: None) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure(Settings(log_format="json"), stream)
    yield stream


async def forever(ready: Ready) -> None:
    ready()
    await asyncio.Event().wait()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class Failing:
    """A part that fails some times, and then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.starts = 0

    async def __call__(self, ready: Ready) -> None:
        self.starts += 1
        ready()
        if self.errors:
            raise self.errors.pop(0)
        await asyncio.Event().wait()


async def stop(running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_part_that_fails_is_started_again_and_the_others_go_on(log: io.StringIO) -> None:
    failing, steps, told = Failing(DataError("The disk is full."), ValueError("a bug")), [], []

    async def working(ready: Ready) -> None:
        ready()
        while True:
            steps.append(failing.starts)
            await asyncio.sleep(0.005)

    supervisor = Supervisor([Part("failing", failing), Part("working", working)], lambda: told.append(1), first_pause=0.05)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: failing.starts == 3)
    await until(lambda: supervisor.standing["failing"].state is State.READY and 3 in steps)
    await stop(running)
    assert set(steps) == {1, 2, 3}
    assert told == [1]
    assert "The disk is full." in log.getvalue()
    assert "ValueError: a bug" in log.getvalue()


async def test_readiness_names_what_is_wrong_until_it_is_right(log: io.StringIO) -> None:
    failing = Failing(DataError("The disk is full."))
    supervisor = Supervisor([Part("failing", failing), Part("working", forever)], lambda: None, first_pause=0.2)
    running = asyncio.create_task(supervisor.run())
    assert {one.state for one in supervisor.standing.values()} == {State.STARTING}
    await until(lambda: supervisor.standing["failing"].state is State.FAILING)
    assert supervisor.standing["failing"].problem == "The disk is full."
    await until(lambda: supervisor.standing["failing"].state is State.READY)
    assert supervisor.standing["failing"].problem is None
    await stop(running)


async def test_an_error_that_nobody_foresaw_is_told_by_its_reference_alone(log: io.StringIO) -> None:
    supervisor = Supervisor([Part("failing", Failing(ValueError("private details")))], lambda: None)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: supervisor.standing["failing"].state is State.FAILING)
    await stop(running)
    problem = supervisor.standing["failing"].problem
    assert problem is not None
    assert "private" not in problem
    assert problem.split()[-1] in log.getvalue()


async def test_pauses_grow(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = []
    sleep = asyncio.sleep

    async def quick(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    failing = Failing(*[DataError("no")] * 12)
    supervisor = Supervisor([Part("failing", failing)], lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", quick)
        running = asyncio.create_task(supervisor.run())
        while failing.errors:
            await sleep(0)
        await stop(running)
    assert all(later > earlier for earlier, later in pairwise(pauses[:8]))
    assert 200 < max(pauses) < 400


async def test_a_part_may_come_to_its_end(log: io.StringIO) -> None:
    async def brief(_ready: Ready) -> None:
        await asyncio.sleep(0)

    supervisor = Supervisor([Part("brief", brief), Part("working", forever)], lambda: None)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: all(one.state is State.READY for one in supervisor.standing.values()))
    await stop(running)


async def test_a_part_that_is_stopped_finishes_what_it_has_begun_and_is_not_started_again(log: io.StringIO) -> None:
    done, starts = [], []

    async def careful(ready: Ready) -> None:
        starts.append(1)
        ready()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            done.append(1)

    async def clumsy(ready: Ready) -> None:
        starts.append(1)
        ready()
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while it was stopped")

    supervisor = Supervisor([Part("careful", careful), Part("clumsy", clumsy)], lambda: None, first_pause=0.001)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(starts) == 2)
    running.cancel()
    await asyncio.wait({running}, timeout=30)
    assert running.done()
    assert (done, starts) == ([1], [1, 1])
    assert "while it was stopped" in log.getvalue()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9090", ("127.0.0.1", 9090)),
        (" localhost:1 ", ("localhost", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("[fe80::1%eth0]:80", ("fe80::1%eth0", 80)),
        ("ops.example:9090", ("ops.example", 9090)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    parsed = parse_address(text, "SHIPDATE_OPS")
    assert parsed == address
    assert str(parsed) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        *("9090", ":9090", "localhost", "localhost:", "localhost:http", "localhost:0", "localhost:65536", "localhost:-1", "localhost:1.5"),
        *("::1:9090", "[::1]", "[::1]9090", "[1.2.3.4]:80", "[]:80", "http://localhost:80", "a b:80", "localhost:" + "9" * 5000, "a:१"),
    ],
)
def test_what_is_no_address_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(AddressError, match=r"^SHIPDATE_OPS .*\.$"):
        parse_address(text, "SHIPDATE_OPS")


async def test_a_part_that_lost_its_connection_is_unready_until_it_has_it_again(log: io.StringIO) -> None:
    told, states, lost, back = [], [], asyncio.Event(), asyncio.Event()

    async def connected(ready: Ready) -> None:
        ready()
        await lost.wait()
        ready("The connection is lost.")
        ready("The connection is lost.")
        await back.wait()
        ready()
        await asyncio.Event().wait()

    supervisor = Supervisor([Part("chat", connected)], lambda: told.append(1))
    running = asyncio.create_task(supervisor.run())
    for event, state in ((lost, State.READY), (back, State.FAILING), (asyncio.Event(), State.READY)):
        await until(lambda state=state: supervisor.standing["chat"].state is state)  # type: ignore[misc]
        states.append(supervisor.standing["chat"].problem)
        event.set()
    await stop(running)
    assert states == [None, "The connection is lost.", None]
    assert told == [1]
    assert log.getvalue().count("The connection is lost.") == 1
