"""Who asks, as Discord tells it, and in which words they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.permissions import Caller
from bot.replies import words_for
from bot.service import Service
from bot.wording import Wording

if TYPE_CHECKING:
    from bot.on_discord.client import ShipdateBot


def caller_of(interaction: discord.Interaction[ShipdateBot]) -> Caller:
    """Whoever used a command, a button or a menu."""
    member = interaction.user
    admin = isinstance(member, discord.Member) and interaction.permissions.manage_guild
    return _caller(member, interaction.guild_id, admin, interaction.locale, interaction.guild_locale)


def author_of(message: discord.Message) -> Caller:
    """Whoever wrote a message; their own language is not told."""
    member, guild = message.author, message.guild
    admin = isinstance(member, discord.Member) and member.guild_permissions.manage_guild
    return _caller(member, guild.id if guild else None, admin, guild.preferred_locale if guild else None)


def _caller(member: discord.abc.User, guild: int | None, admin: bool, *locales: discord.Locale | None) -> Caller:
    roles = [role for role in member.roles if not role.is_default()] if isinstance(member, discord.Member) else []
    return Caller(
        "discord",
        workspace=str(guild) if guild else None,
        user=str(member.id),
        admin=admin,
        roles=frozenset(str(role.id) for role in roles),
        languages=tuple(language_of(locale) for locale in locales if locale),
    )


def language_of(locale: discord.Locale) -> str:
    """ISO 639-1."""
    return locale.value.partition("-")[0]


async def words_of(service: Service, caller: Caller) -> Wording:
    """In which somebody is told what no question's language decides."""
    return words_for(caller, await service.settings(caller))
