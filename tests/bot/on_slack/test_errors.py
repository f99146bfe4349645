"""What people in Slack are told when something goes wrong."""

from __future__ import annotations

import pytest

from tests.bot.on_slack.conftest import Bot
from tests.support.slack import ADMIN


@pytest.mark.parametrize(
    "line", ["/articles", "/articles add", "/articles list all", "/feeds remove", "/feeds shout", "/shipdate", "/shipdate help"]
)
async def test_how_a_command_is_written_is_told(bot: Bot, room: str, line: str) -> None:
    command, _, text = line.partition(" ")
    await bot.slack.command(room, command, text, user=ADMIN)
    (said,) = await bot.slack.said(room)
    assert said["text"].startswith(f"Write: {command} ")
