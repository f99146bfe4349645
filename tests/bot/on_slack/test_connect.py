"""How it connects, stays connected, and stops."""

from __future__ import annotations

import asyncio
import signal
import stat
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.on_slack.connect import part
from bot.server import run
from bot.service.service import Service
from bot.settings import Settings
from index import ShipdateError, open_index
from index.api import Index
from tests.bot.on_slack.conftest import Standing, running, settings_for
from tests.bot.server.test_run import Server
from tests.support.slack import BOT, LocalSlack, eventually, fronted, local_slack, texts

pytestmark = pytest.mark.model

WHO = f"<@{BOT}> Who in Hollywood is testing Sora?"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"slack_bot_token": "x"}, "SLACK_APP_TOKEN is missing"),
        ({"slack_app_token": "x"}, "SLACK_BOT_TOKEN is missing"),
        ({"slack_bot_token": "x", "slack_signing_secret": "x"}, "SLACK_HTTP is missing"),
        ({"slack_bot_token": "x", "slack_http": "127.0.0.1:1"}, "SLACK_SIGNING_SECRET is missing"),
        ({"slack_http": "127.0.0.1:1", "slack_signing_secret": "x"}, "SLACK_BOT_TOKEN is missing"),
        ({"slack_client_id": "x"}, "SLACK_CLIENT_SECRET is missing"),
        ({"slack_client_secret": "x", "slack_http": "127.0.0.1:1"}, "SLACK_CLIENT_ID is missing"),
        ({"slack_client_id": "x", "slack_client_secret": "x", "slack_app_token": "x"}, "need HTTP mode"),
        ({"slack_bot_token": "x", "slack_signing_secret": "x", "slack_http": "here"}, "SLACK_HTTP is set to 'here'"),
    ],
)
def test_what_is_missing_is_one_sentence(samples: Index, given: dict[str, str], missing: str) -> None:
    settings = Settings(**given)
    with pytest.raises(ShipdateError, match=missing):
        run._surfaces(settings, Service(samples, settings))


def test_without_a_token_there_is_no_slack(samples: Index) -> None:
    assert run._surfaces(Settings(), Service(samples, Settings())) == []


@pytest.mark.parametrize(("method", "setting"), [("auth.test", "SLACK_BOT_TOKEN"), ("apps.connections.open", "SLACK_APP_TOKEN")])
async def test_a_wrong_token_is_one_sentence(slack: LocalSlack, slack_index: Index, method: str, setting: str) -> None:
    async with fronted(slack) as front:
        front.answers[method] = {"ok": False, "error": "invalid_auth"}
        settings = settings_for(slack, front, slack_index._context.settings.data)
        with pytest.raises(ShipdateError, match=rf"Slack refuses {setting} \(invalid_auth\)"):
            await part(settings, Service(slack_index, settings)).run(Standing(asyncio.Event()))  # type: ignore[arg-type]


async def test_a_slack_that_cannot_be_reached_is_one_sentence(slack: LocalSlack, slack_index: Index) -> None:
    async with fronted(slack) as front:
        settings = settings_for(slack, front, slack_index._context.settings.data)
    with pytest.raises(ShipdateError, match="Slack cannot be reached"):
        await part(settings, Service(slack_index, settings)).run(Standing(asyncio.Event()))  # type: ignore[arg-type]


async def test_answers_in_flight_are_finished_when_it_is_told_to_stop(slack_index: Index, tmp_path: Path) -> None:
    async with local_slack(tmp_path) as slack, fronted(slack) as front:
        settings = settings_for(slack, front, slack_index._context.settings.data)
        service, go, begun = Service(slack_index, settings), asyncio.Event(), asyncio.Event()
        real = service.ask

        async def slow(*args: Any, **said: Any) -> Any:
            begun.set()
            await go.wait()
            return await real(*args, **said)

        service.ask = slow  # type: ignore[method-assign]
        async with running(slack, front, service, settings) as bot:
            await slack.write("C0000", WHO)
            await begun.wait()
            bot.task.cancel()
            await asyncio.sleep(0.1)
            assert not bot.task.done()
            go.set()
            await asyncio.gather(bot.task, return_exceptions=True)
            (said,) = await slack.said("C0000")
            assert "Kutcher" in texts(said)


async def test_a_lost_connection_is_told_and_made_again(slack_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.on_slack.connect._LOOK", 0.05)
    monkeypatch.setattr("bot.on_slack.connect._PING", 0.3)
    sockets = Sockets(monkeypatch)
    async with local_slack(tmp_path) as slack, fronted(slack) as front:
        settings = settings_for(slack, front, slack_index._context.settings.data)
        async with running(slack, front, Service(slack_index, settings), settings) as bot:
            front.answers["apps.connections.open"] = {"ok": False, "error": "internal_error"}
            await sockets.cut()

            async def told() -> bool:
                return bool(bot.standing.problem)

            await eventually(told)
            assert bot.standing.problem == "the connection to Slack is lost; it is being made again"
            del front.answers["apps.connections.open"]
            await asyncio.wait_for(bot.standing.ready.wait(), 60)
            await slack.write("C0001", WHO)
            (said,) = await slack.said("C0001")
            assert "Kutcher" in texts(said)


class Sockets:
    """The connections that are made, so that a test can cut them as a network does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[AsyncSocketModeHandler] = []

        def make(*args: Any, **said: Any) -> AsyncSocketModeHandler:
            self.made.append(AsyncSocketModeHandler(*args, **said))
            return self.made[-1]

        monkeypatch.setattr("bot.on_slack.connect.AsyncSocketModeHandler", make)

    async def cut(self) -> None:
        session = self.made[-1].client.current_session  # type: ignore[attr-defined]
        await session.close()


async def test_a_connection_that_does_not_come_back_is_begun_anew(
    slack_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_LOOK", 0.05), ("_PING", 0.3), ("_PATIENCE", 1.0)):
        monkeypatch.setattr(f"bot.on_slack.connect.{name}", seconds)
    sockets = Sockets(monkeypatch)
    async with local_slack(tmp_path) as slack, fronted(slack) as front:
        settings = settings_for(slack, front, slack_index._context.settings.data)
        async with running(slack, front, Service(slack_index, settings), settings) as bot:
            front.answers["apps.connections.open"] = {"ok": False, "error": "internal_error"}
            await sockets.cut()
            with pytest.raises(ShipdateError, match="does not come back"):
                await asyncio.wait_for(bot.task, 60)


@pytest.mark.slow
async def test_shipdate_serve_answers_in_slack_and_stops_with_exit_status_0(samples_data: Path, samples: Index, tmp_path: Path) -> None:
    data = tmp_path / "data"
    await asyncio.to_thread(copytree, samples_data, data)
    async with local_slack(tmp_path) as slack:
        tokens = {"SLACK_BOT_TOKEN": f"xoxb-{slack.team}", "SLACK_APP_TOKEN": f"xapp-{slack.team}", "SLACK_API_URL": f"{slack.base}/api"}
        server = Server(data, **tokens)
        await asyncio.to_thread(server.wait_for, lambda line: line == "ready")
        await slack.write("C0000", WHO)
        (said,) = await slack.said("C0000")
        assert "Kutcher" in texts(said)
        assert await asyncio.to_thread(server.stop, signal.SIGTERM) == 0
    assert not any("xoxb" in line or "Traceback" in line for line in server.said)


async def test_nobody_else_can_open_the_data_folder(tmp_path: Path) -> None:
    async with open_index(Settings(data=tmp_path / "a" / "data")):
        assert stat.S_IMODE((tmp_path / "a" / "data").stat().st_mode) == 0o700
