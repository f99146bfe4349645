"""The database is somebody else's for a while: questions are answered all the same, and nobody in a chat learns where it lies."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree

import pytest

from bot.on_slack import create_app
from bot.presentation import admin_reports
from bot.service.conversations import Place
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from bot.wording import LANGUAGES, wording
from index import JobState, open_index
from index.api import Index
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.model.errors import BusyError, CatalogueError, DataError, ModelError, ShipdateError
from index.storage.store import database
from index.storage.store.database import explain
from tests.bot.on_discord.conftest import settings, start, world  # noqa: F401
from tests.support.discord import World, ids_of, press, text_of, told
from tests.support.slack import ALICE, BOT, SECRET, TEAM, deliver, event_body, fronted, message_event

pytestmark = pytest.mark.model

KUTCHER = "Who in Hollywood is testing Sora?"
ASKER = Caller("discord", "1", "10")
ADMIN = Caller("discord", "1", "12", admin=True)


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Another one has begun to write, and does not end."""
    with closing(sqlite3.connect(data / "shipdate.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


@pytest.fixture
def data(samples: Index, samples_data: Path, tmp_path: Path) -> Path:
    """The sample articles, for a test alone."""
    return copytree(samples_data, tmp_path / "own")


@pytest.fixture
async def service(data: Path) -> AsyncIterator[Service]:
    own = Settings(data=data, user_rate=1000, workspace_rate=1000)
    async with open_index(own) as index:
        made = Service(index, own)
        await made.prepare()
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes gives up soon, not after half a minute."""
    monkeypatch.setattr(database, "_PATIENCE", 0.2)


async def noted(service: Service) -> None:
    """Wait for what nobody waits for."""
    while service.database._notes:
        await asyncio.wait(service.database._notes)


# Asking


async def test_a_question_on_discord_is_answered_once_while_another_process_writes(
    impatient: None,
    world: World,  # noqa: F811
    settings: Settings,  # noqa: F811
) -> None:
    with held(settings.data):
        asked = await world.mention(world.ann, KUTCHER)
        await world.repeat(asked, 3)
        (answered,) = world.answers()  # though it could not be noted that it was answered
        assert "Kutcher" in text_of(answered)
        await world.ann.slash(world.channel, "ask", question=KUTCHER)
        assert "Kutcher" in text_of(world.answers()[-1])
    await world.repeat(asked)
    assert len(world.answers()) == 2


async def test_a_question_on_slack_is_answered_while_another_process_writes(data: Path, service: Service) -> None:
    async with fronted(None) as front:
        front.answers["auth.test"] = {"ok": True, "user_id": BOT, "bot_id": "B0BOT", "team_id": TEAM}
        front.answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": TEAM}}
        front.answers["chat.postMessage"] = {"ok": True, "channel": "C1", "ts": "1.2"}
        app = create_app(Settings(slack_bot_token="xoxb-1", slack_signing_secret=SECRET, slack_api_url=front.url), service)
        with held(data):
            for _ in range(3):  # Slack, too, repeats what it takes for lost
                await deliver(app, event_body(message_event("C1", f"<@{BOT}> {KUTCHER}", "9200000009.000001")))
            (call,) = front.called("chat.postMessage")
            assert "Kutcher" in json.dumps(call["blocks"])


async def test_only_the_first_of_many_questions_waits_and_only_shortly(data: Path, service: Service) -> None:
    await service.change_settings(ADMIN, {"log_questions": True})
    with held(data):
        begun = time.monotonic()
        for number in range(20):
            async with service.conversations.once("discord", str(number)) as new:
                assert new
                exchange, answer = await service.conversations.ask(ASKER, Place("c", str(number), "t"), KUTCHER)
                await service.conversations.replied(exchange, f"reply {number}")
                assert answer.answered
        assert time.monotonic() - begun < 5
    await noted(service)
    with closing(sqlite3.connect(data / "shipdate.sqlite")) as kept:
        assert kept.execute("SELECT count(*) FROM questions").fetchone() == (20,)
        assert kept.execute("SELECT count(*), count(DISTINCT id), count(reply) FROM exchanges").fetchone() == (20, 20, 20)
        assert kept.execute("SELECT count(*) FROM events WHERE holder IS NULL").fetchone() == (20,)


async def test_what_can_never_be_noted_is_one_line_of_the_log(impatient: None, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_index(Settings(data=data)) as index:
        service = Service(index, Settings(data=data))
        with held(data):
            for number in range(5):
                _, answer = await service.conversations.ask(ASKER, Place("c", str(number), "t"), KUTCHER)
                assert answer.answered
            await noted(service)
        assert len([line for line in caplog.messages if "lost for now" in line]) == 1
        exchange, _ = await service.conversations.ask(ASKER, Place("c", "9", "t"), KUTCHER)
        assert (await service.conversations.quotes(ASKER, exchange.id))[1]


async def test_what_waits_to_be_noted_has_a_limit(data: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_NOTES", 10)
    with held(data):
        for number in range(30):
            await service.conversations.ask(ASKER, Place("c", str(number), "t"), KUTCHER)
        assert len(service.database._notes) == 10
    await noted(service)


async def test_a_question_that_failed_may_be_asked_again_while_another_process_writes(data: Path, service: Service) -> None:
    with held(data):
        for _ in range(2):
            with pytest.raises(RuntimeError):
                async with service.conversations.once("slack", "E1") as new:
                    assert new
                    raise RuntimeError
    await noted(service)
    async with service.conversations.once("slack", "E1") as new:
        assert new


# What is said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("said", ["database is locked", "disk I/O error", "database or disk is full", "readonly", "malformed"])
def test_no_sentence_in_a_chat_shows_where_the_data_lies(language: str, said: str) -> None:
    place = Path("/var/lib/secret-place/shipdate.sqlite")
    for kind in (DataError, BusyError, ModelError, CatalogueError):
        assert "secret-place" not in wording(language).error(kind(explain(sqlite3.OperationalError(said), place)))


def test_every_error_that_names_a_file_has_another_sentence_for_chats() -> None:
    """Whoever adds an error of the data folder's gets this by inheriting."""

    def below(kind: type[ShipdateError]) -> Iterator[type[ShipdateError]]:
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    assert all(kind.in_public for base in (DataError, ModelError, CatalogueError) for kind in below(base))


async def test_an_act_that_cannot_be_done_while_another_process_writes_says_so_without_a_path(
    impatient: None,
    world: World,  # noqa: F811
    settings: Settings,  # noqa: F811
) -> None:
    await world.mention(world.ann, KUTCHER)
    (answered,) = world.answers()
    assert any("good" in id_ for id_ in ids_of(answered))
    with held(settings.data):
        said = [
            told(await press(world.bob, answered, "good")),
            told(await world.admin.slash(world.channel, "articles remove", article="https://shipdate.example/nothing")),
            told(await world.admin.slash(world.channel, "reindex")),
        ]
    for one in said:
        assert str(settings.data) not in one
        assert "/shipdate.sqlite" not in one
    assert "finds the reason in the log" in said[-1] or "try again in a minute" in said[-1]


async def test_a_rebuild_that_fails_tells_no_path_to_those_who_began_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> TextEncoder:
        raise ModelError("The model /srv/secret-place cannot be loaded.")

    monkeypatch.setattr(encoders, "load", load)
    async with open_index(Settings(data=data, embedding_model="other")) as index:
        started = await index.jobs.start()
        async for job in index.jobs.follow(started.id):
            for language in LANGUAGES:
                assert "secret-place" not in admin_reports.made(job, wording(language)).text
    assert (job.state, "secret-place" in (job.problem or "")) == (JobState.FAILED, True)  # the operator is told
