"""Asking on Discord by commands, and judging what was answered."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from bot.service import conversations
from bot.service.service import Service
from bot.settings import Settings
from index.embedding.encoders import load as encoders
from index.embedding.encoders.base import TextEncoder
from index.retrieval.pipeline import QUESTION_LIMIT
from tests.bot.on_discord.conftest import Start
from tests.support.discord import World, press, text_of, told

pytestmark = pytest.mark.model

KUTCHER = "Who in Hollywood is testing Sora?"


async def test_a_command_is_answered_and_shows_what_was_asked(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question=KUTCHER)
    assert not result.ephemeral
    assert "Kutcher" in text_of(result.response)
    assert f"-# “{KUTCHER}”" in text_of(result.response)


async def test_a_reply_to_a_commands_answer_goes_on(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question="When was Sora released?")
    assert result.response
    await world.bob.send(world.channel, f"<@{world.bot.id}> and Kling?", reply_to=result.response)
    assert "**Kling**" in text_of(world.answers()[-1])
    await world.bob.send(world.channel, "and Vidu?", reply_to=result.response)
    assert "please mention me in it" in text_of(world.answers()[-1])


async def test_commands_answer_as_of_a_day(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question="When will Sora ship?", as_of="2024-03-01")
    assert "announced since" in text_of(result.response)
    assert "As of 1 March 2024." in text_of(result.response)
    result = await world.ann.slash(world.channel, "sora-status", as_of="2024-12-31")
    assert "**Sora**: released since <t:1733745600:D>" in text_of(result.response)


async def test_a_day_that_is_none_is_told_privately(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question=KUTCHER, as_of="tomorrow")
    assert "“tomorrow” is not a date; write it as 2024-12-09." in told(result)
    assert not world.answers()


async def test_a_question_of_4000_characters_is_refused_in_one_sentence(world: World) -> None:
    result = await world.ann.slash(world.channel, "ask", question=("When will Sora ship? " * 200)[:4000])
    assert f"This question has 4,000 characters; please ask in at most {QUESTION_LIMIT:,}." in told(result)
    assert not world.answers()


async def test_the_menu_of_a_message_asks_what_it_says(world: World) -> None:
    message = await world.bob.send(world.channel, KUTCHER)
    result = await world.ann.context_menu(world.channel, "Ask Shipdate about this", message)
    assert "Kutcher" in text_of(result.response)


async def test_sora_status_tells_where_it_stands_and_how_it_came_there(world: World) -> None:
    result = await world.ann.slash(world.channel, "sora-status")
    said = text_of(result.response)
    assert "**Sora**: discontinued since <t:" in said
    assert said.index("discontinued") < said.index("released since") < said.index("announced since")
    assert "> OpenAI announced on Tuesday, 24 March 2026, that it is shutting down Sora." in said


async def test_any_product_has_a_status_also_one_that_nobody_knows(world: World) -> None:
    assert "**Kling**" in text_of((await world.ann.slash(world.channel, "launch-status", product="klling")).response)
    assert "none of my articles tells" in text_of((await world.ann.slash(world.channel, "launch-status", product="Zzyzx")).response)


async def test_products_are_suggested_with_typing_errors_and_without_the_model(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise AssertionError("the model is not needed for this")

    monkeypatch.setattr(encoders, "load", fail)
    for typed in ("klin", "klign", "KLING"):
        assert "Kling" in [choice["name"] for choice in await world.ann.autocomplete(world.channel, "launch-status", "product", typed)]
    everything = await world.ann.autocomplete(world.channel, "launch-status", "product", "")
    assert 0 < len(everything) <= 25


async def test_a_server_may_have_its_commands_answered_privately(settings: Settings, start: Start, service: Service) -> None:
    async with World.around(start(settings, service=service)) as world:
        await world.choose(service, private_replies=True)
        for result in (
            await world.ann.slash(world.channel, "ask", question=KUTCHER),
            await world.ann.slash(world.channel, "sora-status"),
        ):
            assert result.ephemeral
        assert "Kutcher" in text_of((await world.ann.slash(world.channel, "ask", question=KUTCHER)).response)


async def test_discord_hears_from_it_before_any_work_begins(world: World, encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bool] = []
    real = type(encoder).queries_with_tokens

    def slow(self: TextEncoder, *args: object, **how: object) -> object:
        heard.append(any(path.endswith("/callback") for _, path in world.requests()))
        time.sleep(0.5)
        return real(self, *args, **how)

    monkeypatch.setattr(type(encoder), "queries_with_tokens", slow)
    result = await world.ann.slash(world.channel, "ask", question="Where was Kling opened in the middle of last summer?")
    assert heard and all(heard)
    assert result.response


async def test_who_asks_too_much_by_commands_is_told_when_to_come_back(settings: Settings, start: Start) -> None:
    async with World.around(start(settings.model_copy(update={"user_rate": 1}))) as world:
        await world.ann.slash(world.channel, "sora-status")
        result = await world.ann.slash(world.channel, "sora-status")
        assert "You ask faster than 1 a minute" in told(result)
        assert len(world.answers()) == 1


async def test_short_questions_are_answered_in_the_askers_own_language(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.speak("fr", monkeypatch)
    assert "Le même article" in text_of((await world.ann.slash(world.channel, "ask", question="Sora status")).response)
    assert "arrêt annoncé" in text_of((await world.ann.slash(world.channel, "sora-status")).response)
    assert "discontinued" in text_of((await world.ann.slash(world.channel, "ask", question="When was Sora released?")).response)


# Judging


async def test_a_vote_can_be_changed_but_counts_once(world: World) -> None:
    await world.mention(world.ann, KUTCHER)
    (answer,) = world.answers()
    assert "👍 1, 👎 0" in text_of((await press(world.ann, answer, "good")).response)
    assert "👍 0, 👎 1" in text_of((await press(world.ann, answer, "bad")).response)
    voted = await press(world.bob, answer, "bad")
    assert "👍 0, 👎 2" in text_of(voted.response)
    assert voted.response and voted.response.ephemeral


async def test_more_quotes_are_shown_to_whoever_asks_for_them(world: World) -> None:
    await world.mention(world.ann, KUTCHER)
    (answer,) = world.answers()
    more = (await press(world.bob, answer, "more")).response
    assert more and more.ephemeral
    quotes = [line for line in text_of(more).splitlines() if line.startswith("> ")]
    assert quotes
    assert not any(quote in text_of(answer) for quote in quotes)


async def test_buttons_work_after_a_restart(world: World, settings: Settings, start: Start) -> None:
    await world.mention(world.ann, KUTCHER)
    (answer,) = world.answers()
    await world.restart(start(settings))
    assert "👍 1" in text_of((await press(world.bob, answer, "good")).response)
    assert "> " in text_of((await press(world.bob, answer, "more")).response)
    await press(world.ann, answer, "remove")
    assert not world.answers()


async def test_an_answer_is_removed_by_whoever_asked_and_by_admins_alone(world: World) -> None:
    await world.mention(world.ann, KUTCHER)
    refused = await press(world.bob, world.answers()[0], "remove")
    assert "Only the admins" in told(refused)
    assert len(world.answers()) == 1
    await press(world.ann, world.answers()[0], "remove")
    assert not world.answers()
    await world.mention(world.ann, KUTCHER)
    await press(world.admin, world.answers()[0], "remove")
    assert not world.answers()


async def test_an_answer_that_is_not_kept_any_more_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.mention(world.ann, KUTCHER)
    monkeypatch.setattr(conversations, "KEPT", timedelta(0))
    await world.service.expire()
    result = await press(world.ann, world.answers()[0], "good")
    assert "too old" in told(result)
