"""The link by which Shipdate is invited to a server, with what it uses and no more."""

from __future__ import annotations

import base64
import binascii

import discord

from bot.on_discord.errors import DiscordError

PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, send_messages_in_threads=True, read_message_history=True, add_reactions=True
)
"""Answer where it is asked, as a reply, and put a sign on a message where it may not write."""

SCOPES = ("bot", "applications.commands")


def invite(token: str) -> str:
    """The link. A token begins with the id of its bot, which is its application's, so nobody has to be asked.

    Raises:
        DiscordError: that is no token.
    """
    encoded = token.partition(".")[0]
    try:
        id_ = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        id_ = ""
    if not id_.isdecimal():
        raise DiscordError("DISCORD_TOKEN is no token of a Discord bot; copy it from the Bot page of https://discord.com/developers.")
    return discord.utils.oauth_url(int(id_), permissions=PERMISSIONS, scopes=SCOPES)
