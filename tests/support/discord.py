"""People and channels for tests, and what the bot's messages say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import discord
import pytest
from simcord import Env, interactions
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.builders import ChannelHandle
from simcord.interactions import base_payload
from simcord.results import InteractionResult

from bot.on_discord.app import ShipdateBot
from bot.service.permissions import Caller
from bot.service.service import Service
from index.model.errors import ShipdateError

OWNER = 4242
PATIENCE = 60.0  # seconds, on the slowest machine


class World:
    """One server: a channel, somebody who may manage it, and some who may not."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.expected: tuple[type[BaseException], ...] = ()  # what may be raised beside what is told to people
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("launches")
        manager = self.guild.create_role("Managers", permissions=discord.Permissions(manage_guild=True, manage_messages=True))
        self.admin = self.guild.add_member(env.create_user("ada"), roles=[manager])
        self.ann = self.guild.add_member(env.create_user("ann"))
        self.bob = self.guild.add_member(env.create_user("bob"))

    @classmethod
    @asynccontextmanager
    async def around(cls, bot: ShipdateBot, *, failing: tuple[str, str] | None = None) -> AsyncIterator[Self]:
        """One with this bot on it; no error of the bot's may have been lost.

        Args:
            failing: requests of the bot's that fail while it starts: method and path.
        """
        env = Env(bot, settle_timeout=PATIENCE)
        if failing:
            env.inject_error(*failing)
        await env.start()
        made = cls(env)
        try:
            yield made
        finally:
            await env.shutdown()
        for error in env.errors:
            if not isinstance(getattr(error, "original", error), (ShipdateError, *made.expected)):
                raise error

    @property
    def bot(self) -> discord.ClientUser:
        user = self.env.bot.user
        assert user is not None
        return user

    @property
    def service(self) -> Service:
        """What the bot asks."""
        bot = self.env.bot
        assert isinstance(bot, ShipdateBot)
        return bot.service

    def speak(self, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everybody's Discord is in this language."""

        def spoken(*args: Any, **how: Any) -> tuple[Any, dict[str, Any]]:
            record, payload = base_payload(*args, **how)
            return record, {**payload, "locale": locale}

        monkeypatch.setattr(interactions, "base_payload", spoken)

    async def restart(self, bot: ShipdateBot) -> None:
        """The old bot is gone, this one comes."""
        old = self.env.bot
        await self.env.restart_bot(bot)
        await old.close()

    async def mention(self, member: MemberActor, text: str, channel: ChannelHandle | None = None) -> discord.Message:
        return await member.send(channel or self.channel, f"<@{self.bot.id}> {text}")

    async def thread(self, at: discord.Message | None = None) -> ChannelHandle:
        """A new one in the channel, opened at a message or at none."""
        self.env.backend.create_thread(self.channel.id, "more", owner_id=self.ann.id, message_id=at.id if at else None)
        await self.env.settle()
        return self.channel.threads[-1]

    def deaf_channel(self, **allowed: bool) -> ChannelHandle:
        """A channel where the bot may not do something."""
        return self.guild.create_text_channel("quiet", overwrites={self.bot: discord.PermissionOverwrite(**allowed)})

    async def add(self, text: str, **said: str) -> None:
        """An article of the server's."""
        matter = "".join(f"{name}: {json.dumps(value)}\n" for name, value in said.items())
        caller = Caller("discord", workspace=str(self.guild.id), user=str(self.admin.id), admin=True)
        (outcome,) = await self.service.add(caller, [], uploads={"article.md": f"---\n{matter}---\n\n{text}".encode()})
        assert outcome.change == "added", outcome

    async def repeat(self, message: discord.Message, times: int = 1, event: str = "MESSAGE_CREATE") -> None:
        """The gateway says again what happened to a message."""
        for _ in range(times):
            stored = self.env.backend.get_message(message.channel.id, message.id)
            self.env.backend.emit(event, serializers.message_payload(self.env.backend, stored))
        await self.env.settle()

    def twice(self) -> None:
        """From now on, the gateway says everything twice."""
        emit = self.env.backend.emit

        def both(event: str, payload: Any) -> None:
            emit(event, payload)
            emit(event, payload)

        self.env.backend.emit = both  # type: ignore[method-assign]

    async def deleted_together(self, messages: Sequence[discord.Message]) -> None:
        self.env.backend.bulk_delete_messages(self.channel.id, [message.id for message in messages])
        await self.env.settle()

    async def choose(self, service: Service, **changes: Any) -> None:
        """The admin changes settings."""
        await service.change_settings(Caller("discord", workspace=str(self.guild.id), user=str(self.admin.id), admin=True), changes)

    async def everybody_sees_all_commands(self) -> None:
        """As an admin of the server may have it."""
        for command in self.env.backend.visible_commands(user_id=self.guild.owner.id, channel_id=self.channel.id):
            self.guild.set_command_permissions(int(command["id"]), {self.guild.default_role: True})

    def caller(self, member: MemberActor) -> Caller:
        return Caller("discord", workspace=str(self.guild.id), user=str(member.id))

    def edits(self) -> list[str]:
        """What the bot has sent to Discord in answer to commands, edit by edit."""
        return [str(request.json) for request in self.env.http_requests if request.path.endswith("/messages/@original") and request.json]

    def guild_owner(self) -> MemberActor:
        return MemberActor(self.env, self.guild, self.guild.owner)

    def answers(self, channel: ChannelHandle | None = None) -> list[discord.Message]:
        """What the bot has written in a channel."""
        return [message for message in (channel or self.channel).history() if message.author.id == self.bot.id]

    def requests(self) -> list[tuple[str, str]]:
        """What the bot has asked of Discord: method and path."""
        return [(request.method, request.path) for request in self.env.http_requests]

    def reactions(self, message: discord.Message) -> list[str]:
        stored = self.env.backend.get_message(message.channel.id, message.id)
        return [reaction.emoji for reaction in stored.reactions]


async def press(member: MemberActor, message: Any, act: str) -> InteractionResult:
    """Press the button of a message that does this."""
    (id_,) = [id_ for id_ in ids_of(message) if id_.split(":")[1] == act]
    return await member.click(message, custom_id=id_)


def told(result: InteractionResult) -> str:
    """What was said to one person alone."""
    messages = result.followups or [result.response] if result.response else result.followups
    assert messages
    assert all(message.ephemeral for message in messages)
    return "\n".join(map(text_of, messages))


def text_of(message: Any) -> str:
    """All that a message says."""
    assert message is not None
    return "\n".join(filter(None, [message.content, *(text for one in _components(message) for text in _values(one, "content"))]))


def ids_of(message: Any) -> list[str]:
    """The ids of all controls of a message."""
    return [id_ for one in _components(message) for id_ in _values(one, "custom_id")]


def _components(message: Any) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else one.to_dict() for one in message.components]


def _values(component: dict[str, Any], name: str) -> list[str]:
    own = [component[name]] if component.get(name) else []
    return own + [value for child in component.get("components", []) for value in _values(child, name)]
