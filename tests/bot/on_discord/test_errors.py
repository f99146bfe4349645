"""What happens when Discord refuses, fails or is slow, and when Shipdate does."""

from __future__ import annotations

import re

import discord
import pytest

from bot.service.service import Service
from bot.settings import Settings
from tests.bot.on_discord.conftest import Start
from tests.support.discord import World, press, text_of, told

pytestmark = pytest.mark.model

KUTCHER = "Who in Hollywood is testing Sora?"
REFERENCE = re.compile(r"this reference: ([0-9a-f]{8})$")


class MistakeError(Exception):
    """One of ours."""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered."""

    async def fail(*_args: object, **_how: object) -> None:
        raise MistakeError("with a secret in it")

    monkeypatch.setattr(Service, "ask", fail)


@pytest.mark.usefixtures("broken")
async def test_a_mistake_of_ours_is_told_by_its_reference_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.expected = (MistakeError,)
    await world.mention(world.ann, KUTCHER)
    mentioned = text_of(world.answers()[0])
    commanded = told(await world.ann.slash(world.channel, "ask", question=KUTCHER))
    logged = capsys.readouterr().out
    for said in (mentioned, commanded):
        found = REFERENCE.search(said)
        assert found
        assert found[1] in logged
        assert "secret" not in said
    assert len(world.answers()) == 1


@pytest.mark.usefixtures("broken")
async def test_a_question_that_failed_is_answered_when_the_gateway_repeats_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await world.mention(world.ann, KUTCHER)
    monkeypatch.undo()
    await world.repeat(asked)
    assert "Kutcher" in text_of(world.answers()[-1])


async def test_an_answer_is_sent_without_a_reply_where_history_may_not_be_read(world: World) -> None:
    channel = world.deaf_channel(read_message_history=False)
    await world.mention(world.ann, KUTCHER, channel)
    (answer,) = world.answers(channel)
    assert "Kutcher" in text_of(answer)


async def test_who_asks_where_it_may_not_write_is_told_privately(world: World) -> None:
    channel = world.deaf_channel(send_messages=False)
    await world.mention(world.ann, KUTCHER, channel)
    assert not world.answers(channel)
    (word,) = world.answers(world.ann.user.dm_channel)
    assert f"I may not write in <#{channel.id}>" in text_of(word)


async def test_who_cannot_be_told_either_sees_a_sign(world: World) -> None:
    channel = world.deaf_channel(send_messages=False)
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    asked = await world.mention(world.ann, KUTCHER, channel)
    assert world.reactions(asked) == ["🔇"]


async def test_where_nothing_at_all_is_allowed_nothing_breaks(world: World) -> None:
    channel = world.deaf_channel(send_messages=False, add_reactions=False)
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    asked = await world.mention(world.ann, KUTCHER, channel)
    assert not world.reactions(asked)


async def test_a_server_without_components_gets_plain_text(world: World) -> None:
    world.env.inject_error("POST", "/channels/*/messages", status=400, code=50035)
    await world.mention(world.ann, KUTCHER)
    (answer,) = world.answers()
    assert not answer.components
    assert "Kutcher" in answer.content
    assert len(answer.content) <= 2000


async def test_an_answer_that_discord_does_not_take_is_told_when_it_can_be(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for status in (404, 429, 500, 503):
        world.env.inject_error("POST", f"/channels/{world.channel.id}/messages", status=status)
        asked = await world.mention(world.ann, KUTCHER)
        found = REFERENCE.search(text_of(world.answers()[-1]))
        assert found
        assert found[1] in capsys.readouterr().out
        await world.repeat(asked)
        assert "Kutcher" in text_of(world.answers()[-1])


async def test_a_command_whose_answer_discord_does_not_take_breaks_nothing(world: World) -> None:
    world.expected = (discord.HTTPException,)
    for status, code in ((403, 50001), (404, 10008), (429, 0), (500, 0)):
        world.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=2)
        await world.ann.slash(world.channel, "ask", question=KUTCHER)
    await world.mention(world.ann, KUTCHER)
    assert "Kutcher" in text_of(world.answers()[-1])


async def test_a_command_that_is_acknowledged_too_late_does_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.expected = (discord.NotFound,)
    world.env.inject_error("POST", "/interactions/*", status=404, code=10062)
    await world.ann.slash(world.channel, "ask", question=KUTCHER)
    assert not world.answers()
    assert "came too late" in capsys.readouterr().out


async def test_typing_that_is_refused_hinders_no_answer(world: World) -> None:
    world.env.inject_error("POST", "/channels/*/typing", status=403, code=50013)
    await world.mention(world.ann, KUTCHER)
    assert len(world.answers()) == 1


async def test_an_answer_that_cannot_be_taken_back_breaks_nothing(world: World) -> None:
    asked = await world.mention(world.ann, KUTCHER)
    world.env.inject_error("DELETE", "/channels/*", status=500)
    await world.ann.delete(asked)
    await world.mention(world.ann, KUTCHER)
    assert "Kutcher" in text_of(world.answers()[-1])


async def test_a_button_below_an_answer_that_is_gone_says_so(world: World) -> None:
    asked = await world.mention(world.ann, KUTCHER)
    world.env.inject_error("DELETE", "/channels/*", status=500)
    await world.ann.delete(asked)
    assert "too old" in told(await press(world.ann, world.answers()[0], "good"))


async def test_commands_that_cannot_be_told_stop_nothing(settings: Settings, start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    bot = start(settings)
    async with World.around(bot, failing=("PUT", "/applications/*")) as world:
        await world.mention(world.ann, KUTCHER)
        assert len(world.answers()) == 1
    assert "could not be told of the commands" in capsys.readouterr().out


# What articles must not do


async def test_an_article_mentions_nobody_and_formats_nothing(world: World, settings: Settings) -> None:
    text = (
        "Hydra ships to @everyone on 4 May, says <@1>: **free [click](https://evil.example) ||hidden|| `code` <t:0:R> "
        "https://evil.example too"
    )
    await world.add(re.sub(r"([*\[\]`<>|])", r"\\\1", f"{text}."), title="Hydra [now](https://evil.example) @here")
    await world.mention(world.ann, "When does Hydra ship?")
    (answer,) = world.answers()
    said = text_of(answer)
    assert "on 4 May" in said
    assert not answer.mention_everyone
    assert "@everyone" not in said
    assert "@here" not in said
    for marked in (r"\<@1>", r"\*\*free", r"\[click\]", r"\|\|hidden\|\|", r"\`code\`", r"\<t:0:R>", r"https\://evil.example"):
        assert marked in said
    (sent,) = [request.json for request in world.env.http_requests if request.path == f"/channels/{world.channel.id}/messages"]
    assert sent["allowed_mentions"]["parse"] == []


async def test_writing_from_right_to_left_stands_by_itself(world: World) -> None:
    await world.add("أعلنت الشركة أن منتج زفير سيصدر يوم 4 مايو. السعر 12 دولارا.", title="موعد إصدار زفير \u202e", language="ar")
    await world.mention(world.ann, "متى يصدر زفير؟")
    said = text_of(world.answers()[0])
    assert "سيصدر يوم 4 مايو" in said
    assert "> \u2068" in said
    assert "\u202e" not in said
