"""The names and descriptions of commands in all languages that there are words for."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.on_discord.callers import language_of
from bot.wording import wording


class Catalogues(app_commands.Translator):
    """Takes them from the project's catalogues."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in a language; None where it is the same."""
        said = wording(language_of(locale)).say(string.message)
        return said if said != string.message else None
