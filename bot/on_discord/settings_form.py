"""``/settings``: a panel on which an admin chooses how Shipdate behaves on the server."""

from __future__ import annotations

from typing import Any

import discord
from discord import ButtonStyle, SelectOption, app_commands, ui
from discord.ext import commands

from bot.on_discord.callers import caller_of, words_of
from bot.on_discord.lasting_buttons import Control, Handlers, Item, button, custom_id
from bot.on_discord.render import Layout, lines
from bot.on_discord.send import acknowledge, answer
from bot.service.permissions import Act
from bot.service.service import Service
from bot.service.workspace_settings import WorkspaceSettings
from bot.wording import LANGUAGES, Wording, later

_CHANNELS = 25  # Discord's limit of a menu
_NONE = "none"  # the choice of no language


async def setup(bot: commands.Bot, service: Service, handlers: Handlers) -> None:
    """Take the command, and what the panel is made of."""
    await bot.add_cog(SettingsForm(bot, service, handlers))


class SettingsForm(commands.Cog):
    """The panel of a server's settings, and what its menus and buttons change."""

    def __init__(self, bot: commands.Bot, service: Service, handlers: Handlers) -> None:
        self._bot = bot
        self._service = service
        handlers |= {"set": self._set}

    @app_commands.command(name=later("settings"), description=later("How Shipdate behaves on this server"))
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.default_permissions(manage_guild=True)
    async def settings(self, interaction: discord.Interaction) -> None:
        """Show the panel."""
        await acknowledge(interaction, private=True)
        service, caller = self._service, caller_of(interaction)
        await service.check(caller, Act.CHANGE_SETTINGS)
        await answer(interaction, self._panel(await service.settings(caller), await words_of(service, caller)))

    async def _set(self, interaction: discord.Interaction, value: str, item: Item) -> None:
        await interaction.response.defer()
        service, caller = self._service, caller_of(interaction)
        name, _, wanted = value.partition(":")
        settings = await service.change_settings(caller, {name: _chosen(wanted, item)})
        await answer(interaction, self._panel(settings, await words_of(service, caller)))

    def _panel(self, settings: WorkspaceSettings, words: Wording) -> Layout:
        texts = [words.say("**How Shipdate behaves here**"), words.say("Answers without being asked, when it is sure, in these channels:")]
        if settings.unprompted_channels and not self._bot.intents.message_content:
            texts.append(f"-# {words.say(_NEXT_START)}")
        channels = ui.ChannelSelect[Any](
            custom_id=custom_id("set", "unprompted_channels:"),
            channel_types=[discord.ChannelType.text, discord.ChannelType.news],
            placeholder=words.say("No channels"),
            min_values=0,
            max_values=_CHANNELS,
            default_values=[
                discord.SelectDefaultValue(id=int(id_), type=discord.SelectDefaultValueType.channel)
                for id_ in settings.unprompted_channels[:_CHANNELS]
            ],
        )
        role = ui.RoleSelect[Any](
            custom_id=custom_id("set", "admin_role:"),
            placeholder=words.say("No role"),
            min_values=0,
            max_values=1,
            default_values=[discord.SelectDefaultValue(id=int(settings.admin_role), type=discord.SelectDefaultValueType.role)]
            if settings.admin_role
            else [],
        )
        language = ui.Select[Any](
            custom_id=custom_id("set", "language:"),
            options=[
                SelectOption(label=words.say("Each question's own language"), value=_NONE, default=settings.language is None),
                *(SelectOption(label=words.language_name(code), value=code, default=settings.language == code) for code in LANGUAGES),
            ],
        )
        switches = [
            _switch("private_replies", settings.private_replies, words.say("Commands are answered privately"), words),
            _switch("log_questions", settings.log_questions, words.say("Questions are logged"), words),
            _switch("guests_see_private", settings.guests_see_private, words.say("Guests see the server's own articles"), words),
        ]
        box: ui.Container[Any] = ui.Container(
            ui.TextDisplay(lines(texts)),
            ui.ActionRow(Control(channels)),
            ui.TextDisplay(lines([words.say("Who may manage Shipdate, beside those with Manage Server:"), f"-# {words.say(_COMMANDS)}"])),
            ui.ActionRow(Control(role)),
            ui.TextDisplay(words.say("Its own words are in:")),
            ui.ActionRow(Control(language)),
            ui.ActionRow(*switches),
        )
        return Layout(box)


_NEXT_START = later(
    "This begins with Shipdate's next start, and needs the Message Content intent, which is switched on in Discord's developer portal."
)
_COMMANDS = later("Commands are shown to a role where Server Settings → Integrations allows it.")


def _switch(name: str, on: bool, label: str, words: Wording) -> Control:
    """A button that says how a setting stands, and changes it."""
    stands = words.say("yes") if on else words.say("no")
    return button("set", f"{name}:{int(not on)}", label=f"{label}: {stands}", style=ButtonStyle.success if on else ButtonStyle.secondary)


def _chosen(wanted: str, item: Item) -> object:
    """What a setting is to be, as the control says that was used."""
    match item:
        case ui.ChannelSelect():
            return [str(channel.id) for channel in item.values]
        case ui.RoleSelect():
            return next((str(role.id) for role in item.values), None)
        case ui.Select():
            return next((code for code in item.values if code != _NONE), None)
        case _:
            return wanted == "1"
