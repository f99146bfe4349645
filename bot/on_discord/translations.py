"""The names and descriptions of commands in all languages that there are words for."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.on_discord.callers import language_of
from bot.wording import LANGUAGES, wording


class Catalogues(app_commands.Translator):
    """Takes them from the project's catalogues."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in a language; None where it is the same, or there are no words for it."""
        language = language_of(locale)
        text = wording(language).say(string.message) if language in LANGUAGES else string.message
        return text if text != string.message else None
