"""Telling Discord of the commands, but only when they have changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import discord
import structlog
from discord import app_commands

from index import write_whole

FILE = "discord-commands.json"
"""In the data folder: what Discord was told last."""

log = structlog.get_logger(__name__)


async def sync(tree: app_commands.CommandTree, data: Path) -> None:
    """Tell Discord of the commands, in all languages, unless it has them as they are. When it cannot be told, the old ones stay."""
    try:
        digest, place = await _digest(tree), data / FILE
        held = sorted(command.id for command in await tree.fetch_commands())
        if _told(place) == {"digest": digest, "commands": held}:
            return
        commands = sorted(command.id for command in await tree.sync())
        await asyncio.to_thread(write_whole, place, json.dumps({"digest": digest, "commands": commands}))
        log.info("Discord was told of the commands", commands=len(commands))
    except (discord.DiscordException, OSError) as error:
        log.warning("Discord could not be told of the commands", problem=str(error))


async def _digest(tree: app_commands.CommandTree) -> str:
    translator = tree.translator
    assert translator is not None
    payload = [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]
    return hashlib.sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _told(place: Path) -> object:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
