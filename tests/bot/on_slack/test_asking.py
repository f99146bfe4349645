"""Questions in channels, direct messages and threads of a real Slack server, over Socket Mode."""

from __future__ import annotations

from tests.bot.on_slack.conftest import Bot
from tests.bot.on_slack.slack import BOT, texts

WHEN = f"<@{BOT}> When will Sora ship?"


async def test_a_mention_is_answered_in_its_thread_with_the_quote_and_its_source(bot: Bot, room: str) -> None:
    asked = await bot.slack.write(room, WHEN)
    (said,) = await bot.slack.said(room)
    assert said["thread_ts"] == asked
    assert "shut down" in said["text"]
    assert "Sora" in texts(said)
    assert "<https://shipdate.example/samples/2026-09-25-sora-api-off|" in texts(said)
    assert "<!date^" in texts(said)
    quote = next(block for block in said["blocks"] if block["type"] == "rich_text")
    assert quote["elements"][0]["type"] == "rich_text_quote"


async def test_ask_answers_in_the_channel(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/ask", "Who in Hollywood is testing Sora?")
    (said,) = await bot.slack.said(room)
    assert "Kutcher" in texts(said)


async def test_sora_status_tells_stage_and_proof(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/sora-status", "2024-12-31")
    (said,) = await bot.slack.said(room)
    assert "🟢 *Sora*: released since 9 December 2024" in texts(said)
    assert "announced since" in texts(said)
