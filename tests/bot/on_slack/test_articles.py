"""Articles are added, listed, answered from and removed in Slack."""

from __future__ import annotations

from tests.bot.on_slack.conftest import Bot
from tests.support.site import serving
from tests.support.slack import ADMIN, ALICE, texts

STORY = (
    "<html><head><title>Zephyrine ships</title></head><body><article><h1>Zephyrine ships</h1>"
    + "".join(
        f"<p>{sentence}</p>" for sentence in ("Zephyrine 1 will ship on 4 May 2026, says its maker.", "Testers liked it a lot. " * 20)
    )
    + "</article></body></html>"
)


async def test_articles_are_added_listed_answered_from_and_removed(bot: Bot, room: str) -> None:
    async with serving() as site:
        address = site.put("/zephyrine", STORY)
        await bot.slack.command(room, "/articles", f"add <{address}> {site.address}/missing", user=ADMIN)
        (added,) = await bot.slack.said(room)
        assert "1 added, 1 failed" in added["text"]
        await bot.slack.command(room, "/ask", "When will Zephyrine ship?")
        _, answered = await bot.slack.said(room, 2)
        assert "4 May 2026" in texts(answered)
        await bot.slack.command(room, "/articles", "list", user=ALICE)
        *_, listed = await bot.slack.said(room, 3)
        assert f"<{address}|Zephyrine ships>" in texts(listed)
        assert "and " in texts(listed) or "15 articles" in texts(listed)
        await bot.slack.command(room, "/articles", f"remove {address} nothing", user=ADMIN)
        *_, removed = await bot.slack.said(room, 4)
        assert "Removed: Zephyrine ships" in texts(removed)
        assert "There is no article “nothing” here." in texts(removed)
    assert "audit" not in texts(removed)
    await bot.slack.command(room, "/audit", user=ADMIN)
    *_, audit = await bot.slack.said(room, 5)
    assert f"<@{ADMIN}> · remove articles" in texts(audit)
    assert "done: 1 removed" in texts(audit)
