"""What people are told when something goes wrong: one sentence; the log has the rest."""

from __future__ import annotations

import discord
import structlog
from discord import app_commands

from bot.on_discord.callers import caller_of, words_of
from bot.on_discord.escape import escape
from bot.on_discord.send import say_privately
from bot.server import logs
from bot.service.service import Service
from bot.wording import Wording, wording
from index import ShipdateError

_TOO_LATE = frozenset({10008, 10015, 10062, 40060})  # the message or the interaction is gone, or was answered already

log = structlog.get_logger(__name__)


class DiscordError(ShipdateError):
    """Discord cannot be used: it refuses the token, or cannot be reached."""


class UsageError(ShipdateError):
    """A command was not given what it needs."""


def sentence(error: BaseException, words: Wording) -> str:
    """What a person is told, as Markdown; what nobody foresaw is logged under the reference that they are given."""
    if isinstance(error, ShipdateError):
        return escape(words.error(error))
    return words.say("Something went wrong, which is a mistake of ours; tell an admin this reference: {reference}", reference=report(error))


def report(error: BaseException) -> str:
    """Log what nobody foresaw; returns the reference."""
    return logs.report("an act on Discord failed", error)


async def tell(interaction: discord.Interaction, error: BaseException, service: Service) -> None:
    """Tell whoever used a command or a control, and nobody else, that it failed."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, discord.HTTPException) and error.code in _TOO_LATE:
        log.info("an answer on Discord came too late", code=error.code)
        return
    try:
        caller = caller_of(interaction)
        try:
            words = await words_of(service, caller)
        except Exception:  # whatever is broken, the first error is the one to tell
            words = wording(*caller.languages)
        await say_privately(interaction, sentence(error, words))
    except discord.HTTPException as unsaid:
        log.warning("an error could not be told", problem=str(unsaid))
