"""What others wrote is taken apart where it can do no harm: hostile calls are ended, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from index.system import sandbox as sandboxes
from index.system.sandbox import Sandbox, SandboxError
from tests.support import greedy
from tests.support.articles import ROOT
from tests.support.loop import watched


@pytest_asyncio.fixture
async def one() -> AsyncIterator[Sandbox]:
    """A sandbox with one worker."""
    made = Sandbox(workers=1)
    yield made
    await made.close()


async def lives(sandbox: Sandbox) -> bool:
    """Whether the next call is answered."""
    return await sandbox.run(greedy.double, 21) == 42


@pytest.mark.slow
async def test_what_never_ends_is_ended_and_the_loop_goes_on(one: Sandbox) -> None:
    async with watched() as standstill:
        with pytest.raises(SandboxError, match="more than 3 seconds"):
            await one.run_within(3.0, greedy.hang)
    assert standstill.longest < 1.5  # half of the time for which the call hung: the loop did not wait for it
    assert await lives(one)


@pytest.mark.slow
@pytest.mark.parametrize("hostile", [greedy.eat, greedy.die, greedy.rubbish])
async def test_what_eats_memory_crashes_or_answers_rubbish_harms_nobody_else(one: Sandbox, hostile: object) -> None:
    with pytest.raises(SandboxError, match="too complicated"):
        await one.run(hostile)  # type: ignore[arg-type]
    assert await lives(one)


async def test_a_parser_cannot_write_a_file(one: Sandbox, tmp_path: Path) -> None:
    assert await one.run(greedy.write, str(tmp_path / "taken")) == 0


async def test_a_parser_knows_no_token(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("SHIPDATE_KEY", "secret")
    assert not [said for said in await one.run(greedy.environment) if "secret" in said]


async def test_what_a_library_prints_is_no_reply(one: Sandbox) -> None:
    assert await one.run(greedy.chatter) == 1
    assert await lives(one)


@pytest.mark.slow
async def test_more_than_can_wait_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(workers=1, waiting=1000)
    first = asyncio.create_task(sandbox.run_within(1.0, greedy.hang))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(sandbox.run(greedy.double, 1))
    await asyncio.sleep(0)
    with pytest.raises(SandboxError, match="try again in a minute"):
        await sandbox.run(greedy.write, "x" * 2000)
    assert await waiting == 2
    with pytest.raises(SandboxError):
        await first
    await sandbox.close()


@pytest.mark.slow
async def test_a_caller_who_leaves_takes_the_work_along(one: Sandbox) -> None:
    call = asyncio.create_task(one.run_within(60.0, greedy.hang))
    await asyncio.sleep(0.5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(30):
        assert await lives(one)


async def test_workers_that_have_nothing_to_do_end(one: Sandbox) -> None:
    one._idle_seconds = 0.0
    assert await lives(one)
    await asyncio.sleep(0.1)
    assert not one._idle
    assert await lives(one)


@pytest.mark.slow
def test_a_worker_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Killed amid a call that never ends, the parent can end nobody; the system ends the worker after its deadline."""
    script = (
        "import asyncio, pathlib, sys\n"
        "from index.system.sandbox import Sandbox\n"
        "from tests.support import greedy\n"
        "async def main():\n"
        "    sandbox = Sandbox(workers=1)\n"
        "    await sandbox.run(greedy.double, 1)\n"
        "    pathlib.Path(sys.argv[1]).write_text(str(sandbox._idle[0]._process.pid))\n"
        "    await sandbox.run_within(1.0, greedy.hang)\n"
        "asyncio.run(main())\n"
    )
    told = tmp_path / "worker"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", script, str(told)], env=environment, cwd=tmp_path)

    def until(condition: object, seconds: float) -> None:
        assert callable(condition)
        for _ in range(int(seconds * 20)):
            if condition():
                return
            signal.sigtimedwait([], 0.05)
        raise AssertionError("it did not come about")

    until(lambda: told.is_file() and told.read_text(), 60)
    worker = int(told.read_text())
    parent.kill()
    parent.wait()
    until(lambda: not _runs(worker), 30)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_deadline_of_ordinary_pages_is_one_that_a_person_would_wait_for() -> None:
    assert sandboxes.DEADLINE <= 30
