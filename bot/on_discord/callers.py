"""Who asks, as Discord tells it, and in which words they are told."""

from __future__ import annotations

import discord

from bot.presentation.replies import words_for
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.wording import Wording

_SERVER = 0  # the kind of installation by which a server has the app, among those that let an interaction happen


def caller_of(interaction: discord.Interaction) -> Caller:
    """Whoever used a command, a button or a menu."""
    member = interaction.user
    admin = isinstance(member, discord.Member) and interaction.permissions.manage_guild
    # An app that somebody has installed for themselves comes along to servers that have not.
    installers = interaction._integration_owners
    foreign = bool(installers) and installers.get(_SERVER) != interaction.guild_id
    return _caller(member, interaction.guild_id, admin, foreign, interaction.locale, interaction.guild_locale)


def author_of(message: discord.Message) -> Caller:
    """Whoever wrote a message; their own language is not told."""
    member, guild = message.author, message.guild
    admin = isinstance(member, discord.Member) and member.guild_permissions.manage_guild
    # Whoever can write in a server is one of its members.
    return _caller(member, guild.id if guild else None, admin, False, guild.preferred_locale if guild else None)


def _caller(member: discord.abc.User, guild: int | None, admin: bool, foreign: bool, *locales: discord.Locale | None) -> Caller:
    roles = [role for role in member.roles if not role.is_default()] if isinstance(member, discord.Member) else []
    return Caller(
        "discord",
        workspace=str(guild) if guild else None,
        user=str(member.id),
        admin=admin,
        guest=foreign or (isinstance(member, discord.Member) and member.flags.guest),
        roles=frozenset(str(role.id) for role in roles),
        languages=tuple(language_of(locale) for locale in locales if locale),
    )


def language_of(locale: discord.Locale) -> str:
    """ISO 639-1."""
    return locale.value.partition("-")[0]


async def words_of(service: Service, caller: Caller) -> Wording:
    """In which somebody is told what no question's language decides."""
    return words_for(caller, await service.settings(caller))
