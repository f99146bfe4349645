"""Asking on Discord by writing, in each way in which people do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.service import conversations
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from tests.bot.on_discord.conftest import Start
from tests.support.discord import World, ids_of, text_of

pytestmark = pytest.mark.model

KUTCHER = "Who in Hollywood is testing Sora?"


async def test_a_mention_is_answered_in_place(world: World) -> None:
    asked = await world.mention(world.ann, KUTCHER)
    (answer,) = world.answers()
    assert "Kutcher" in text_of(answer)
    assert answer.reference is not None
    assert answer.reference.message_id == asked.id
    assert not answer.mentions
    assert [id_.split(":")[1] for id_ in ids_of(answer)] == ["good", "bad", "more", "remove"]
    assert ("POST", f"/channels/{world.channel.id}/typing") in world.requests()


async def test_a_direct_message_needs_no_mention(world: World) -> None:
    await world.ann.send_dm(KUTCHER)
    (answer,) = world.answers(world.ann.user.dm_channel)
    assert "Kutcher" in text_of(answer)


async def test_a_mention_alone_is_told_what_can_be_asked(world: World) -> None:
    await world.mention(world.ann, "")
    assert "When will Sora ship?" in text_of(world.answers()[0])


async def test_nothing_found_is_said_plainly(world: World) -> None:
    await world.mention(world.ann, "How tall is the Eiffel Tower?")
    (answer,) = world.answers()
    assert "Nothing found" in text_of(answer)
    assert [id_.split(":")[1] for id_ in ids_of(answer)] == ["remove"]


async def test_what_addresses_nobody_is_left_alone(world: World) -> None:
    await world.ann.send(world.channel, KUTCHER)
    await world.ann.send(world.channel, f"@everyone {KUTCHER}")
    await world.ann.send(world.channel, f"{world.bob.mention} {KUTCHER}")
    assert not world.answers()


async def test_bots_and_webhooks_are_ignored(world: World) -> None:
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, f"<@{world.bot.id}> {KUTCHER}")
    await world.guild.create_webhook(world.channel).send(f"<@{world.bot.id}> {KUTCHER}")
    assert not world.answers()


async def test_a_reply_to_an_answer_goes_on_about_what_was_asked(world: World) -> None:
    await world.mention(world.ann, "When was Sora released?")
    first = world.answers()[-1]
    await world.bob.send(world.channel, "and Kling?", reply_to=first)
    second = world.answers()[-1]
    assert second.id != first.id
    assert "Kling" in text_of(second)
    await world.bob.send(world.channel, "and Vidu?", reply_to=second)
    assert "Vidu" in text_of(world.answers()[-1])


async def test_a_direct_conversation_goes_on(world: World) -> None:
    await world.ann.send_dm("When was Sora released?")
    await world.ann.send_dm("and Kling?")
    assert "**Kling**" in text_of(world.answers(world.ann.user.dm_channel)[-1])


async def test_a_conversation_goes_on_after_a_restart(world: World, settings: Settings, start: Start) -> None:
    await world.mention(world.ann, "When was Sora released?")
    await world.restart(start(settings))
    await world.ann.send(world.channel, f"<@{world.bot.id}> and Kling?", reply_to=world.answers()[-1])
    assert "**Kling**" in text_of(world.answers()[-1])


async def test_a_thread_that_was_answered_in_goes_on_without_a_mention(settings: Settings, start: Start) -> None:
    bot = start(settings, message_content=True)
    async with World.around(bot) as world:
        thread = await world.thread()
        await world.ann.send(thread, "Nobody is asked: when was Sora released?")
        assert not world.answers(thread)
        await world.mention(world.ann, "When was Sora released?", thread)
        await world.bob.send(thread, "and Kling?")
        assert "**Kling**" in text_of(world.answers(thread)[-1])
        before = len(world.answers(thread))
        await world.bob.send(thread, f"{world.ann.mention} is that right?")
        assert len(world.answers(thread)) == before


async def test_a_thread_that_is_opened_at_an_answer_goes_on_about_it(settings: Settings, start: Start) -> None:
    async with World.around(start(settings, message_content=True)) as world:
        await world.mention(world.ann, "When was Sora released?")
        first = world.answers()[-1]
        await world.mention(world.bob, "and Vidu?")  # another conversation of the channel
        thread = await world.thread(first)
        await world.bob.send(thread, "and Kling?")
        (second,) = world.answers(thread)
        assert "**Kling**" in text_of(second)
        await world.bob.send(thread, "and Vidu?")
        assert "**Vidu**" in text_of(world.answers(thread)[-1])


async def test_a_thread_at_an_answer_to_a_command_goes_on_about_it(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question="When was Sora released?")
    thread = await world.thread(result.response)
    await world.mention(world.bob, "and Kling?", thread)
    assert "**Kling**" in text_of(world.answers(thread)[-1])


async def test_a_thread_is_opened_at_an_answer_after_a_restart(world: World, settings: Settings, start: Start) -> None:
    await world.mention(world.ann, "When was Sora released?")
    await world.restart(start(settings))
    thread = await world.thread(world.answers()[-1])
    await world.mention(world.bob, "and Kling?", thread)
    assert "**Kling**" in text_of(world.answers(thread)[-1])


# One answer to one question


async def test_an_event_that_is_repeated_is_answered_once(world: World, settings: Settings, start: Start) -> None:
    asked = await world.mention(world.ann, KUTCHER)
    await world.repeat(asked)
    assert len(world.answers()) == 1
    await world.restart(start(settings))
    await world.repeat(asked)
    assert len(world.answers()) == 1


async def test_two_copies_of_an_event_at_once_are_answered_once(world: World) -> None:
    world.twice()
    await world.mention(world.ann, KUTCHER)
    assert len(world.answers()) == 1


async def test_an_edited_question_gets_its_answer_edited(world: World) -> None:
    asked = await world.mention(world.ann, "When was Sora released?")
    (before,) = world.answers()
    await world.ann.edit(asked, f"<@{world.bot.id}> {KUTCHER}")
    (after,) = world.answers()
    assert after.id == before.id
    assert "Kutcher" in text_of(after)
    assert "Kutcher" not in text_of(before)


async def test_an_edit_after_a_restart_is_followed_too(world: World, settings: Settings, start: Start) -> None:
    asked = await world.mention(world.ann, "When was Sora released?")
    await world.restart(start(settings))
    await world.ann.edit(asked, f"<@{world.bot.id}> {KUTCHER}")
    (answer,) = world.answers()
    assert "Kutcher" in text_of(answer)


async def test_a_change_of_anything_but_the_words_asks_nothing_again(settings: Settings, start: Start) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 2}))) as world:
        asked = await world.mention(world.ann, "When was Sora released?")
        await world.ann.edit(asked, f"<@{world.bot.id}> {KUTCHER}")
        await world.repeat(asked, times=3, event="MESSAGE_UPDATE")
        assert "Kutcher" in text_of(world.answers()[0])
        assert not world.answers(world.ann.user.dm_channel)  # where somebody is told that they ask too much


async def test_a_late_edit_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await world.mention(world.ann, "When was Sora released?")
    monkeypatch.setattr(conversations, "EDITABLE", timedelta(0))
    await world.ann.edit(asked, f"<@{world.bot.id}> {KUTCHER}")
    (answer,) = world.answers()
    assert "Kutcher" not in text_of(answer)


async def test_an_answer_that_somebody_deleted_is_given_anew_after_an_edit(world: World) -> None:
    asked = await world.mention(world.ann, "When was Sora released?")
    await world.guild_owner().delete(world.answers()[0])
    await world.ann.edit(asked, f"<@{world.bot.id}> {KUTCHER}")
    (answer,) = world.answers()
    assert "Kutcher" in text_of(answer)


async def test_a_deleted_question_takes_its_answer_along(world: World) -> None:
    asked = await world.mention(world.ann, KUTCHER)
    kept = await world.mention(world.ann, "When was Sora released?")
    await world.ann.delete(asked)
    (answer,) = world.answers()
    assert answer.reference is not None
    assert answer.reference.message_id == kept.id


async def test_questions_that_are_deleted_together_take_their_answers_along(world: World) -> None:
    asked = [await world.mention(world.ann, question) for question in (KUTCHER, "When was Sora released?")]
    await world.deleted_together(asked)
    assert not world.answers()


# Unprompted answers


async def test_chosen_channels_are_answered_in_unprompted_when_it_is_sure(settings: Settings, start: Start, service: Service) -> None:
    async with World.around(start(settings, service=service, message_content=True)) as world:
        await world.choose(service, unprompted_channels=[str(world.channel.id)])
        other = world.guild.create_text_channel("other")
        await world.ann.send(world.channel, "When was Sora released?")
        await world.ann.send(other, "When was Sora released?")
        await world.ann.send(world.channel, "Has anybody seen my keys?")
        await world.ann.send(world.channel, "Sora was released, I hear.")
        await world.ann.send(world.channel, f"{world.bob.mention} when was Sora released?")
        (answer,) = world.answers()
        assert "**Sora**" in text_of(answer)
        assert not world.answers(other)


async def test_content_is_asked_for_only_where_a_server_has_chosen_channels(settings: Settings, start: Start, service: Service) -> None:
    async with World.around(start(settings)) as world:
        assert not world.env.bot.intents.message_content
        guild = str(world.guild.id)
    await service.change_settings(Caller("discord", workspace=guild, user="1", admin=True), {"unprompted_channels": ["5"]})
    async with World.around(start(settings)) as world:
        assert world.env.bot.intents.message_content
    await service.change_settings(Caller("discord", workspace=guild, user="1", admin=True), {"unprompted_channels": []})
    async with World.around(start(settings)) as world:
        assert not world.env.bot.intents.message_content


# In which words


async def test_a_french_question_is_answered_in_french_words(world: World) -> None:
    await world.mention(world.ann, "Quand Sora est-il sorti ?")
    assert "**Sora**: arrêt annoncé depuis le <t:" in text_of(world.answers()[0])


async def test_the_language_that_the_server_has_chosen_goes_first(settings: Settings, start: Start, service: Service) -> None:
    async with World.around(start(settings, service=service)) as world:
        await world.choose(service, language="fr")
        await world.mention(world.ann, "When was Sora released?")
        assert "arrêt annoncé" in text_of(world.answers()[0])


# What is too much


async def test_somebody_who_asks_too_much_is_told_once_and_privately(settings: Settings, start: Start) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 2}))) as world:
        for _ in range(5):
            await world.mention(world.ann, "When was Sora released?")
        assert len(world.answers()) == 2
        (told,) = world.answers(world.ann.user.dm_channel)
        assert "You ask faster than 2 a minute" in text_of(told)
        await world.mention(world.bob, "When was Sora released?")
        assert len(world.answers()) == 3


async def test_who_cannot_be_told_privately_sees_a_sign(settings: Settings, start: Start) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 1}))) as world:
        world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await world.mention(world.ann, "When was Sora released?")
        asked = await world.mention(world.ann, "When was Sora released?")
        assert world.reactions(asked) == ["⏳"]
