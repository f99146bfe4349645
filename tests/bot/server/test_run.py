"""``shipdate serve``, as an operator meets it: one process, its signals, its ports, what it says of itself."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.platforms import Part
from bot.server import run
from bot.server.health import ops_server
from bot.server.listen_address import Address
from bot.server.supervisor import Supervisor
from bot.service.metrics import Metrics
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index import ShipdateError, open_index
from index.api import Index
from index.retrieval.pipeline import QUESTION_LIMIT
from index.storage.maintenance.backup import back_up, restore
from index.system.telemetry import observed
from tests.support.articles import ROOT, news
from tests.support.feeds import rss
from tests.support.site import serving as serving_site

pytestmark = pytest.mark.model

PATIENCE = 120  # seconds, on the slowest machine


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Server:
    """A ``shipdate serve`` of its own process."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "--data", str(data), "serve"],
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            env={**os.environ, **settings},
        )
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self._lines.put(line.rstrip("\n"))

    def wait_for(self, wanted: Callable[[str], bool]) -> str:
        """The first line on stderr that is wanted."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                assert time.monotonic() < until, self.said
                assert self.process.poll() is None, self.said
                continue
            self.said.append(line)
            if wanted(line):
                return line

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status after a signal."""
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._listener.join()
        while not self._lines.empty():
            self.said.append(self._lines.get())
        return status


@pytest.fixture(scope="module")
def data(samples: Index, samples_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample articles."""
    folder = tmp_path_factory.mktemp("served") / "data"
    copytree(samples_data, folder)
    return folder


@pytest.fixture(scope="module")
def base() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def server(data: Path, base: str) -> Iterator[Server]:
    """One for all tests of this module, since its start takes seconds; the last one stops it."""
    made = Server(data, SHIPDATE_OPS=base.removeprefix("http://"), SHIPDATE_LOG_FORMAT="json")
    made.wait_for(lambda line: line == "ready")
    yield made
    if made.process.poll() is None:
        made.stop(signal.SIGKILL)


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples_of(text: str) -> dict[str, float]:
    """Every sample of a page of metrics, by its name and labels as Prometheus writes them."""
    return {
        sample.name + (json.dumps(sample.labels, sort_keys=True) if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# One that serves


@pytest.mark.slow
def test_it_is_alive_and_ready(server: Server, base: str) -> None:
    assert get(f"{base}/healthz")[0] == 200
    status, body = get(f"{base}/readyz")
    assert status == 200
    told = json.loads(body)
    assert told["ready"] is True
    assert set(told["parts"]) == {"model", "feeds", "jobs", "expiry"}
    assert all(part == {"state": "ready"} for part in told["parts"].values())
    assert get(f"{base}/elsewhere")[0] == 404


@pytest.mark.slow
def test_it_says_that_nobody_can_ask_yet(server: Server) -> None:
    assert any("No chat surface has a token" in line for line in server.said)


@pytest.mark.slow
def test_its_lines_are_json_but_for_what_people_are_told(server: Server) -> None:
    lines = [json.loads(line) for line in server.said if line.startswith("{")]
    assert {"event", "level", "timestamp", "logger"} <= lines[0].keys()
    assert [line for line in server.said if not line.startswith("{")][-1] == "ready"


@pytest.mark.slow
def test_its_metrics_are_counted(server: Server, base: str, data: Path) -> None:
    status, text = get(f"{base}/metrics")
    assert status == 200
    found = samples_of(text)
    assert found['shipdate_index_items{"kind": "articles"}'] == 14
    assert found['shipdate_index_items{"kind": "vectors"}'] > found['shipdate_index_items{"kind": "passages"}'] > 14
    assert found["shipdate_data_bytes"] > 500_000
    assert found['shipdate_part_ready{"part": "model"}'] == 1
    assert found['shipdate_feeds{"state": "failing"}'] == 0
    assert found["process_resident_memory_bytes"] > 0


@pytest.mark.slow
def test_another_one_on_the_same_folder_is_refused(server: Server, data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--data", str(data), "serve"], capture_output=True, text=True, cwd=ROOT, check=False, timeout=PATIENCE
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "Another `shipdate serve`" in line
    assert str(data) in line


@pytest.mark.slow
def test_a_port_that_is_taken_is_told(server: Server, base: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--data", str(tmp_path / "other"), "serve"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "SHIPDATE_OPS": base.removeprefix("http://")},
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "SHIPDATE_OPS" in line
    assert "another program listens there" in line


@pytest.mark.slow
async def test_it_can_be_backed_up_and_restored_while_it_serves(server: Server, base: str, data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "kept.zip")
    async with open_index(Settings(data=data)) as index:
        await index.add([str(path) for path in news(tmp_path / "news", 2)])
        assert (await index.counts()).articles == 16
        await restore(data, tmp_path / "kept.zip")
        assert (await index.counts()).articles == 14
        assert (await index.ask("Who in Hollywood is testing Sora?")).answered
    assert get(f"{base}/readyz")[0] == 200


@pytest.mark.slow
def test_it_stops_with_exit_status_0_when_it_is_told_to(server: Server) -> None:
    asked = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - asked < run.GRACE + 5
    assert not any("Traceback" in line for line in server.said)


# One that does not


@pytest.mark.slow
def test_it_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.wait_for(lambda line: "No chat surface" in line)
    assert server.stop(signal.SIGINT) == 0
    assert not any("Traceback" in line for line in server.said)


async def test_it_is_not_ready_while_a_part_starts_and_names_one_that_fails(tmp_path: Path) -> None:
    async def failing(_ready: object) -> None:
        raise ShipdateError("The model cannot be reached.")

    async def uncountable() -> None:
        raise ShipdateError("The database is gone.")

    supervisor = Supervisor([Part("model", failing)], lambda: None)
    address = Address("127.0.0.1", free_port())
    async with ops_server(address, supervisor, Metrics(), uncountable):
        status, body = await asyncio.to_thread(get, f"http://{address}/readyz")
        assert (status, json.loads(body)) == (503, {"ready": False, "parts": {"model": {"state": "starting"}}})
        running = asyncio.create_task(supervisor.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        status, body = await asyncio.to_thread(get, f"http://{address}/readyz")
        assert status == 503
        assert json.loads(body)["parts"] == {"model": {"state": "failing", "problem": "The model cannot be reached."}}
        assert (await asyncio.to_thread(get, f"http://{address}/healthz"))[0] == 200
        assert (await asyncio.to_thread(get, f"http://{address}/metrics"))[0] == 200
        running.cancel()


@pytest.mark.usefixtures("samples")
async def test_questions_are_counted_by_platform_and_outcome_and_their_steps_timed(samples_data: Path) -> None:
    metrics = Metrics()
    async with open_index(Settings(data=samples_data)) as index:  # to which nobody has put that question before
        service = Service(index, Settings(data=samples_data), metrics=metrics)
        with observed(metrics):
            assert (await service.ask(Caller.operator(), "Who in Hollywood is testing Sora?")).answered
            assert not (await service.ask(Caller.operator(), "")).answered
            with pytest.raises(ShipdateError):
                await service.ask(Caller.operator(), "x" * (QUESTION_LIMIT + 1))
    found = samples_of(metrics.text().decode())
    platform = Caller.operator().platform
    for outcome in ("answered", "abstained", "failed"):
        assert found[f"shipdate_questions_total{json.dumps({'outcome': outcome, 'platform': platform})}"] == 1
    assert found["shipdate_question_seconds_count"] == 3
    steps = {step: found[f'shipdate_question_step_seconds_count{{"step": "{step}"}}'] for step in ("encode", "search", "judge")}
    assert steps == {"encode": 1, "search": 1, "judge": 1}
    spent = sum(found[f'shipdate_question_step_seconds_sum{{"step": "{step}"}}'] for step in steps)
    assert 0 < spent <= found["shipdate_question_seconds_sum"]
    assert "Hollywood" not in metrics.text().decode()


async def test_looks_at_feeds_are_counted(tmp_path: Path) -> None:
    metrics = Metrics()
    async with serving_site() as site, open_index(Settings(data=tmp_path / "data", allow_private_network=True)) as index:
        url = site.put("/feed", rss(), "application/rss+xml")
        with observed(metrics):
            await index.feeds.add(url)
            await index.feeds.refresh()
            site.remove("/feed")
            await index.feeds.refresh()
    found = samples_of(metrics.text().decode())
    assert found['shipdate_feed_looks_total{"outcome": "worked"}'] == 1
    assert found['shipdate_feed_looks_total{"outcome": "failed"}'] == 1


async def test_nothing_is_timed_when_nobody_listens(samples: Index) -> None:
    metrics = Metrics()
    await samples.ask("Who in Hollywood is testing Sora?")
    assert "step=" not in metrics.text().decode()
