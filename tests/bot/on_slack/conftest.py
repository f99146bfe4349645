"""A workspace in which Shipdate runs, for all tests of a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from bot.on_slack.connect import part
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index import open_index
from index.api import Index
from tests.support.slack import OWNER, TEAM, Front, LocalSlack, fronted, local_slack


@dataclass
class Standing:
    """How the part of Slack is: what it said last."""

    ready: asyncio.Event
    problem: str | None = None

    def __call__(self, problem: str | None = None) -> None:
        self.problem = problem
        (self.ready.clear if problem else self.ready.set)()


@dataclass
class Bot:
    """Shipdate in a workspace."""

    slack: LocalSlack
    front: Front
    service: Service
    settings: Settings
    standing: Standing
    task: asyncio.Task[None]

    @property
    def admin(self) -> Caller:
        """Somebody who may change its settings, for tests."""
        return Caller("slack", workspace=self.slack.team, user="U09SETUP", admin=True)

    async def front_post(self, room: str) -> dict[str, Any]:
        """A message of the bot's."""
        client = AsyncWebClient(token=self.settings.slack_bot_token, base_url=self.front.url)
        posted: dict[str, Any] = (await client.chat_postMessage(channel=room, text="…")).data  # type: ignore[assignment]
        return posted

    async def set(self, **changes: Any) -> None:
        await self.service.change_settings(self.admin, changes)


@asynccontextmanager
async def running(slack: LocalSlack, front: Front, service: Service, settings: Settings) -> AsyncIterator[Bot]:
    """Shipdate, connected, until this is left."""
    standing = Standing(asyncio.Event())
    task = asyncio.create_task(part(settings, service).run(standing))  # type: ignore[arg-type]
    waiting = asyncio.create_task(standing.ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    if task.done():
        waiting.cancel()
        task.result()
    try:
        yield Bot(slack, front, service, settings, standing, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def settings_for(slack: LocalSlack, front: Front, data: Path, **more: Any) -> Settings:
    """Socket Mode, with rates that no test meets by accident."""
    return Settings(
        **{
            "data": data,
            "slack_bot_token": f"xoxb-{slack.team}",
            "slack_app_token": f"xapp-{slack.team}",
            "slack_api_url": front.url,
            "owners": f"slack:{TEAM}:{OWNER}",
            "user_rate": 10_000,
            "workspace_rate": 10_000,
            "allow_private_network": True,
            **more,
        }
    )


@pytest_asyncio.fixture(scope="session")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalSlack]:
    async with local_slack(tmp_path_factory.mktemp("slack")) as made:
        yield made


@pytest_asyncio.fixture(scope="session")
async def slack_index(samples: Index, samples_data: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Index]:
    """The sample articles, which these tests may add to."""
    folder = tmp_path_factory.mktemp("slack-index") / "data"
    copytree(samples_data, folder)
    async with open_index(Settings(data=folder, allow_private_network=True)) as index:
        yield index


@pytest_asyncio.fixture(scope="session")
async def session_bot(slack: LocalSlack, slack_index: Index, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    async with fronted(slack) as front:
        settings = settings_for(slack, front, slack_index._context.settings.data)
        service = Service(slack_index, settings)
        await service.prepare()
        async with running(slack, front, service, settings) as made:
            yield made


@pytest_asyncio.fixture
async def bot(session_bot: Bot) -> AsyncIterator[Bot]:
    """Shipdate in its workspace; what a test sets there is as it was afterwards."""
    before = await session_bot.service.settings(session_bot.admin)
    session_bot.front.calls.clear()
    yield session_bot
    session_bot.front.once.clear()
    await session_bot.set(**before.model_dump())


@pytest.fixture
def room(slack: LocalSlack) -> str:
    """A channel of the test's own."""
    return slack.room()
