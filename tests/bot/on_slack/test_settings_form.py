"""A workspace's settings are changed in a modal."""

from __future__ import annotations

from typing import Any

from bot.on_slack import create_app
from bot.on_slack.settings_form import CALLBACK
from tests.bot.on_slack.conftest import Bot
from tests.support.slack import ADMIN, ALICE, BOB, TEAM, deliver, eventually


async def test_settings_are_changed_in_a_modal(bot: Bot, room: str) -> None:
    await bot.slack.command(room, "/shipdate", "settings", user=ADMIN)

    async def opened() -> Any:
        return [view for view in (await bot.slack.page())["modalStack"] if view["callback_id"] == CALLBACK]

    (view,) = await eventually(opened)
    assert view["title"]["text"] == "Settings"
    values = {
        "unprompted_channels": {"type": "multi_conversations_select", "selected_conversations": [room]},
        "private_replies": {"type": "radio_buttons", "selected_option": {"value": "private"}},
        "language": {"type": "static_select", "selected_option": {"value": "fr"}},
        "log_questions": {"type": "checkboxes", "selected_options": [{"value": "log"}]},
        "admins": {"type": "multi_users_select", "selected_users": [BOB]},
    }
    await bot.slack.act(t="view_submit", user=ADMIN, values={name: {name: value} for name, value in values.items()})

    async def changed() -> Any:
        now = await bot.service.settings(bot.admin)
        return now if now.private_replies else None

    now = await eventually(changed)
    assert (now.unprompted_channels, now.language, now.log_questions, now.admins) == ((room,), "fr", True, (BOB,))
    await bot.slack.command(room, "/shipdate", "settings", user=BOB)
    (again,) = await eventually(opened)
    shown = {block["block_id"]: block["element"] for block in again["blocks"]}
    assert shown["unprompted_channels"]["initial_conversations"] == [room]
    assert shown["language"]["initial_option"]["value"] == "fr"


async def test_a_modal_that_somebody_else_sends_changes_nothing(bot: Bot) -> None:
    app = create_app(bot.settings, bot.service)
    body = {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "test"},
        "user": {"id": ALICE, "team_id": TEAM},
        "view": {"id": "V1", "type": "modal", "callback_id": "settings", "state": {"values": {}}},
    }
    answered = await deliver(app, body)
    assert "Only the admins" in answered.body
    assert "errors" in answered.body
