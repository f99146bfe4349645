"""Who may do what in Slack."""

from __future__ import annotations

import pytest

from tests.bot.on_slack.conftest import Bot
from tests.support.slack import ADMIN, ALICE, BOB, OWNER


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/articles", "add https://example.org/a"),
        ("/articles", "remove abc"),
        ("/feeds", "add https://example.org/feed"),
        ("/feeds", "list"),
        ("/feeds", "remove 1"),
        ("/reindex", ""),
        ("/audit", ""),
        ("/shipdate", "settings"),
    ],
)
async def test_who_is_no_admin_gets_one_private_sentence(bot: Bot, room: str, command: str, text: str) -> None:
    await bot.slack.command(room, command, text, user=ALICE)
    (said,) = await bot.slack.said(room)
    assert said["text"] == "Only the admins of this workspace may do this; ask one of them."
    assert said["ephemeral_to"] == ALICE


@pytest.mark.parametrize(("user", "allowed"), [(ALICE, False), (ADMIN, False), (OWNER, True)])
async def test_what_all_workspaces_share_is_for_owners_alone(bot: Bot, room: str, user: str, allowed: bool) -> None:
    await bot.slack.command(room, "/feeds", "list shared", user=user)
    (said,) = await bot.slack.said(room)
    assert ("No feeds" in said["text"]) is allowed
    assert ("Only the owners" in said["text"]) is not allowed


async def test_whom_the_settings_name_is_an_admin_too(bot: Bot, room: str) -> None:
    await bot.set(admins=(BOB,))
    await bot.slack.command(room, "/feeds", "list", user=BOB)
    (said,) = await bot.slack.said(room)
    assert "No feeds are followed." in said["text"]
