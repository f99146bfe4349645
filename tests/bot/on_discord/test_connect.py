"""Discord over real sockets: connecting, losing the connection, stopping; and how people invite Shipdate."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot.on_discord import create_bot
from bot.on_discord.connect import part
from bot.on_discord.errors import DiscordError
from bot.on_discord.invite import invite
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from tests.bot.on_discord.conftest import Start
from tests.bot.on_terminal.test_cli import check_told, shipdate
from tests.bot.server.test_run import Server
from tests.support.discord import World
from tests.support.discord_server import TOKEN, Gateway, serving

pytestmark = pytest.mark.model

KUTCHER = "Who in Hollywood is testing Sora?"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with serving() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, gateway: Gateway) -> Settings:
    """An installation that is on that server."""
    return settings.model_copy(update={"discord_token": TOKEN, "discord_api_url": gateway.base, "discord_shard_count": None})


class Standing:
    """How a part says that it stands."""

    def __init__(self) -> None:
        self.said: list[str | None] = []
        self._changed = asyncio.Event()

    def __call__(self, problem: str | None = None) -> None:
        self.said.append(problem)
        self._changed.set()

    async def until(self, *said: str | None) -> None:
        """Wait until it has said this, one after another."""
        while not (self.said and list(said) == [one if one is None else "lost" for one in self.said]):
            self._changed.clear()
            await self._changed.wait()


@asynccontextmanager
async def running(settings: Settings, service: Service) -> AsyncIterator[tuple[asyncio.Task[None], Standing]]:
    """The part, until the end of the block."""
    standing = Standing()
    task = asyncio.create_task(part(settings, service).run(standing))
    try:
        yield task, standing
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, DiscordError):
            await task


async def within(work: Awaitable[object]) -> None:
    """Nothing here takes minutes."""
    await asyncio.wait_for(work, 20)


async def test_it_connects_and_answers_over_sockets(settings: Settings, service: Service, gateway: Gateway) -> None:
    async with running(settings, service) as (_, standing):
        await within(standing.until(None))
        await gateway.ask(KUTCHER)
        await within(gateway.until(lambda: bool(gateway.sent)))
    assert "Kutcher" in str(gateway.sent[0]["components"])
    assert gateway.sent[0]["allowed_mentions"]["parse"] == []
    (identified,) = gateway.identified
    intents = discord.Intents._from_value(identified["intents"])
    assert {name for name, on in intents if on} == {"guilds", "guild_messages", "dm_messages"}


async def test_a_connection_that_is_lost_is_taken_up_again(settings: Settings, service: Service, gateway: Gateway) -> None:
    async with running(settings, service) as (_, standing):
        await within(standing.until(None))
        await gateway.drop()
        await within(standing.until(None, "lost", None))
        await gateway.ask(KUTCHER)
        await within(gateway.until(lambda: bool(gateway.sent)))
    assert len(gateway.identified) == 1
    assert len(gateway.resumed) == 1


async def test_a_token_that_is_refused_is_told_in_a_sentence(settings: Settings, service: Service) -> None:
    task, _ = await failing(settings.model_copy(update={"discord_token": "MTAw.wrong.token"}), service)
    with pytest.raises(DiscordError, match="Discord refuses DISCORD_TOKEN"):
        await task


async def test_a_discord_that_cannot_be_reached_is_told_in_a_sentence(settings: Settings, service: Service) -> None:
    task, _ = await failing(settings.model_copy(update={"discord_api_url": "http://127.0.0.1:9/api"}), service)
    with pytest.raises(DiscordError, match="Discord cannot be reached"):
        await task


async def test_shards_need_their_count(settings: Settings, service: Service) -> None:
    task, _ = await failing(settings.model_copy(update={"discord_shard_ids": (0, 1)}), service)
    with pytest.raises(DiscordError, match="DISCORD_SHARD_COUNT"):
        await task


async def failing(settings: Settings, service: Service) -> tuple[asyncio.Task[None], Standing]:
    """The part, as it ends by itself."""
    standing = Standing()
    task = asyncio.create_task(part(settings, service).run(standing))
    await asyncio.wait({task}, timeout=20)
    return task, standing


async def test_it_runs_without_the_content_that_discord_does_not_allow(settings: Settings, service: Service, gateway: Gateway) -> None:
    await service.change_settings(Caller("discord", workspace="1", user="7", admin=True), {"unprompted_channels": ["5"]})
    gateway.refuses = lambda intents: bool(intents & discord.Intents(message_content=True).value)
    async with running(settings, service) as (_, standing):
        await within(standing.until(None))
        await gateway.ask(KUTCHER)
        await within(gateway.until(lambda: bool(gateway.sent)))
    wanted, less = (discord.Intents._from_value(one["intents"]) for one in gateway.identified)
    assert wanted.message_content
    assert not less.message_content


async def test_some_shards_run_here(settings: Settings, service: Service, gateway: Gateway) -> None:
    some = settings.model_copy(update={"discord_shard_ids": (1, 3), "discord_shard_count": 4})
    async with running(some, service):
        await within(gateway.until(lambda: len(gateway.identified) == 2))
    assert sorted(one["shard"] for one in gateway.identified) == [[1, 4], [3, 4]]


async def test_what_was_begun_is_finished_when_it_is_stopped_and_nothing_new_is(
    settings: Settings, service: Service, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    real = service.ask

    async def slow(*args: object, **how: object) -> object:
        begun.set()
        await go.wait()
        return await real(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "ask", slow)
    async with running(settings, service) as (task, standing):
        await within(standing.until(None))
        await gateway.ask(KUTCHER)
        await within(begun.wait())
        task.cancel()
        await asyncio.sleep(0)
        await gateway.ask("When was Sora released?")
        go.set()
        await asyncio.wait({task}, timeout=20)
    assert len(gateway.sent) == 1
    assert "Kutcher" in str(gateway.sent[0]["components"])


async def test_commands_are_told_to_discord_only_when_they_have_changed(
    settings: Settings, service: Service, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def once() -> None:
        async with running(settings, service) as (_, standing):
            await within(standing.until(None))

    await once()
    await once()
    assert gateway.told == 1
    (settings.data / "discord-commands.json").write_text("torn", encoding="utf-8")
    await once()
    assert gateway.told == 2
    gateway.commands.pop()  # somebody else has told it otherwise
    await once()
    assert gateway.told == 3


async def test_commands_have_names_and_descriptions_in_french(settings: Settings, service: Service, gateway: Gateway) -> None:
    async with running(settings, service) as (_, standing):
        await within(standing.until(None))
    by_name = {command["name"]: command for command in gateway.commands}
    assert by_name["ask"]["name_localizations"] == {"fr": "demander"}
    assert by_name["ask"]["options"][0]["description_localizations"] == {"fr": "Votre question, dans n'importe quelle langue"}
    assert by_name["Ask Shipdate about this"]["name_localizations"] == {"fr": "Interroger Shipdate"}
    assert by_name["articles"]["options"][0]["name_localizations"] == {"fr": "ajouter"}
    assert discord.Permissions(int(by_name["settings"]["default_member_permissions"])) == discord.Permissions(manage_guild=True)
    assert by_name["settings"]["contexts"] == [0]


async def test_a_bot_opens_and_closes_the_index_by_itself(settings: Settings, gateway: Gateway) -> None:
    bot = create_bot(settings)
    task = asyncio.create_task(bot.start(TOKEN))
    await within(gateway.until(lambda: bool(gateway.identified)))
    await bot.wait_until_ready()
    await gateway.ask(KUTCHER)
    await within(gateway.until(lambda: bool(gateway.sent)))
    await bot.close()
    await within(task)
    assert isinstance(bot, discord.ext.commands.Bot)


async def test_shards_share_the_servers_of_a_bot(settings: Settings, start: Start) -> None:
    plain = settings.model_copy(update={"discord_shard_count": 2, "discord_api_url": ""})
    async with World.around(start(plain)) as world:
        for shard in range(2):
            guild = world.env.create_guild(shard_id=shard)
            channel, member = guild.create_text_channel("here"), guild.add_member(world.env.create_user(f"member{shard}"))
            await member.send(channel, f"<@{world.bot.id}> {KUTCHER}")
            assert len(world.answers(channel)) == 1


# As one process


async def test_serve_is_ready_when_discord_is_and_stops_with_exit_status_0(settings: Settings, gateway: Gateway) -> None:
    server = await asyncio.to_thread(Server, settings.data, DISCORD_TOKEN=TOKEN, DISCORD_API_URL=gateway.base)
    await asyncio.to_thread(server.wait_for, lambda line: line == "ready")
    assert gateway.identified
    assert await asyncio.to_thread(server.stop, signal.SIGTERM) == 0
    assert not any(TOKEN in line or "Traceback" in line for line in server.said)


# The invitation


def test_the_invitation_asks_for_what_is_used_and_no_more() -> None:
    link = urlsplit(invite(TOKEN))
    asked = parse_qs(link.query)
    assert asked["client_id"] == ["100"]
    assert asked["scope"] == ["bot applications.commands"]
    permissions = discord.Permissions(int(asked["permissions"][0]))
    assert {name for name, on in permissions if on} == {
        *("view_channel", "read_messages", "send_messages", "send_messages_in_threads", "read_message_history", "add_reactions"),
    } & {name for name, _ in permissions}


def test_the_command_prints_it_or_says_what_it_needs(data: Path) -> None:
    assert shipdate("discord-invite", data=data, env={"DISCORD_TOKEN": TOKEN}).stdout.strip() == invite(TOKEN)
    check_told(shipdate("discord-invite", data=data, env={"DISCORD_TOKEN": ""}), "DISCORD_TOKEN")


@pytest.mark.parametrize("token", ["", "nonsense", "bm9uc2Vuc2U.x.y", "é.x.y"])
def test_what_is_no_token_is_told(token: str) -> None:
    with pytest.raises(DiscordError, match="is no token"):
        invite(token)
