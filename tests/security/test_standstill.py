"""Nobody stops the process by what they write: whatever the text, the event loop goes on for everybody else.

A standstill is the time in which the loop's turn does not come. It is counted by the clock, but only as far as the process computed
meanwhile (``process_time``): what other processes of a loaded machine take is not ours. A thread that has a core of its own while the
loop waits for one is counted, though it holds nobody up; so a text that seems to take too long gets further tries, each with a text
that differs a little, since what was asked before is remembered.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncApp

from bot.on_discord import create_bot
from bot.on_slack import create_app
from bot.server.run import _parts
from bot.service.service import Service
from bot.settings import Settings
from index import QuestionError, open_index
from index.api import Index
from index.model.answers import Topic
from index.retrieval.pipeline import QUESTION_LIMIT
from index.storage import catalogue
from tests.bot.on_slack.test_commands import command_body
from tests.support.discord import World
from tests.support.slack import ALICE, BOT, TEAM, deliver, event_body, fronted, message_event

pytestmark = [pytest.mark.model, pytest.mark.slow]

LONGEST = 0.05
"""Seconds that the loop may stand still."""

_TRIES = 5
_TICK = 0.001  # seconds

_RANDOM = random.Random(7)
_NAMES = [product.name for product in catalogue.load().products.values()]


def _filled(text: str) -> str:
    """As often as it fits into a question."""
    return text * (QUESTION_LIMIT // len(text))


def _words(length: int, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    """Different words, as many as fit."""
    return " ".join("".join(_RANDOM.choices(letters, k=length)) for _ in range(QUESTION_LIMIT // (length + 1)))


NASTY = {
    "one letter": _filled("a"),
    "one letter, again and again": _filled("a "),
    "one Chinese character": _filled("世"),
    "many Chinese characters": "".join(chr(0x4E00 + 7 * at) for at in range(QUESTION_LIMIT)),
    "kana": _filled("かがソラ"),
    "hangul": _filled("한국어"),
    "Thai": _filled("โซรา"),
    "Cyrillic": _words(5, "абвгдежзиклмнопрст"),
    "right to left": _filled("متى يصدر سورا؟ "),
    "turned round": _filled("\u202eسورا\u2066"),
    "combining marks": "a" + "\u0301\u0323" * (QUESTION_LIMIT // 2 - 1),
    "one sign of eighteen letters": "\ufdfa" * (QUESTION_LIMIT // 18),
    "letters that grow": _filled("İßŉ")[: QUESTION_LIMIT // 2],
    "full width": _filled("Ｓｏｒａ　２"),
    "halves of surrogates": _filled("\ud800\0"),
    "emoji": _filled("👩‍👩‍👧🎉"),
    "punctuation": _filled(".!?,;:"),
    "brackets": _filled("("),
    "quotes": _filled("\"'"),
    "apostrophes": _filled("l'"),
    "hyphens": _filled("-"),
    "hyphenated": _filled("a-"),
    "underscores": _filled("_"),
    "plus": _filled("a+"),
    "markup": _filled("<@1|a> *_`~"),
    "addresses": _filled("http://a.b?c "),
    "abbreviations": _filled("U.S. "),
    "spaces": "a" + " " * (QUESTION_LIMIT - 2) + "b",
    "lines": _filled("a\n"),
    "digits": _filled("1"),
    "digits and commas": _filled("1,"),
    "numbers": _filled("1 2 3 4 "),
    "days": _filled("2024-03-05 "),
    "days in words": _filled("on 12 May 2024, last week "),
    "months": _filled("may "),
    "days in French": _filled("le 3 mars, la semaine dernière "),
    "days in Chinese": _filled("去年三月五日上周二"),
    "days in Japanese": _filled("昨年3月5日(火)先週"),
    "long words": _words(19),
    "short words": _words(4),
    "capitals": _words(4).title(),
    "names": " ".join(_NAMES)[:QUESTION_LIMIT],
    "few names": _filled("Sora Kling Veo "),
    "versions": _filled("sora 2.0 kling 1.6 "),
    "mistyped names": " ".join(f"{name}{name[-1]}" for name in _NAMES).lower()[:QUESTION_LIMIT],
    "shortened names": _filled("ai pin opus 4 "),
    "all together": _filled("Sora 世界 1,1 U.S. متى 👩‍👩‍👧 2024-03-05 a-b l'été klling "),
}

CHATTED = ("one letter, again and again", "many Chinese characters", "combining marks", "right to left", "versions", "all together")
"""What goes the whole way of a chat: the rest of it does not look at words."""

Work = Callable[[str], Awaitable[object]]


async def standstill(work: Callable[[], Awaitable[object]]) -> float:
    """How long the loop stands still while something is done, in seconds; that the text is refused is as good an end as any."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        clock, computed = time.perf_counter(), time.process_time()
        while True:
            await asyncio.sleep(_TICK)
            before = clock, computed
            clock, computed = time.perf_counter(), time.process_time()
            longest = max(longest, min(clock - before[0], computed - before[1]) - _TICK)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    try:
        with suppress(QuestionError):
            await work()
        await asyncio.sleep(2 * _TICK)
    finally:
        ticking.cancel()
    return longest


async def shortest(text: str, work: Work) -> float:
    """The least of some tries, as far as they are needed."""
    least = float("inf")
    for number in range(_TRIES):
        tried = f"{text[:-1]}{number}" if number else text
        least = min(least, await standstill(lambda tried=tried: work(tried)))  # type: ignore[misc]
        if least <= LONGEST:
            break
    return least


async def check(text: str, **ways: Work) -> None:
    took = {way: await shortest(text, work) for way, work in ways.items()}
    assert {way: f"{seconds * 1000:.0f} ms" for way, seconds in took.items() if seconds > LONGEST} == {}


@pytest_asyncio.fixture(scope="module")
async def warm(samples: Index) -> AsyncIterator[Index]:
    """The sample articles, with all loaded that is loaded once: the model, and what is read of each language; as it is when served."""
    for text in ("When will Sora ship?", "Quand sortira Kling le 3 mars ?", "Sora什么时候发布?", "Soraはいつ出ますか?", "mistyped Klling"):
        await samples.ask(text)
        await samples.ask(text * 20)
    await samples.status("Sora" * 100)
    await samples.suggested("so", 5)
    gc.collect()
    gc.freeze()
    yield samples
    gc.unfreeze()


def test_the_texts_are_as_long_as_a_question_may_be() -> None:
    for kind, text in NASTY.items():
        assert QUESTION_LIMIT / 2 < len(unicodedata.normalize("NFKC", text)) <= QUESTION_LIMIT, kind
        assert len(text) <= QUESTION_LIMIT, kind


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
async def test_no_question_and_no_name_stops_the_others(warm: Index, text: str) -> None:
    await check(text, ask=warm.ask, status=warm.status, suggest=lambda typed: warm.suggested(typed, 25))


@pytest.mark.parametrize("kind", CHATTED)
async def test_no_follow_up_stops_the_others(warm: Index, kind: str) -> None:
    about = Topic("When will Sora ship?", ("sora",))
    many = Topic("", tuple(catalogue.load().products))
    await check(
        NASTY[kind],
        follow=lambda text: warm.ask(text, topic=about),
        after=lambda text: warm.ask("and Kling?", topic=Topic(text, ("sora",))),
        many=lambda text: warm.ask(f"why {text[:100]}", topic=many),
        day=lambda text: warm.ask(text, as_of=date(2025, 1, 1)),
        find=lambda text: warm.list(matching=text, limit=25),
    )


@pytest.mark.parametrize("text", ["\ufdfa" * QUESTION_LIMIT, "x" * 1_000_000, "㌖" * 500])
async def test_the_limit_holds_for_the_text_as_it_is_read_not_only_as_it_is_written(warm: Index, text: str) -> None:
    """Some characters stand for up to eighteen, which appear only once compatibility forms are unified."""
    with pytest.raises(QuestionError, match="characters; please ask in at most 2,000"):
        await warm.ask(text)
    await check(text, ask=warm.ask, status=warm.status, suggest=lambda typed: warm.suggested(typed, 25))
    assert len((await warm.status(text)).name) <= QUESTION_LIMIT


async def test_a_follow_up_grows_no_question_beyond_the_limit(warm: Index) -> None:
    topic = Topic("When will Sora ship?", tuple(catalogue.load().products) * 10)
    answer = await warm.ask("why?", topic=topic)
    assert answer.topic is not None
    assert len(answer.topic.question) <= QUESTION_LIMIT


async def test_the_search_for_rubbish_does_not_go_through_all_that_is_loaded(warm: Index) -> None:
    """Python looks through everything now and again, and nothing else happens meanwhile."""
    gc.unfreeze()
    (model,) = (part for part in _parts(warm, Service(warm, Settings())) if part.name == "model")
    await model.run(lambda _problem=None: None)
    assert gc.get_freeze_count() > 50_000
    started = time.process_time()
    gc.collect()
    assert time.process_time() - started < LONGEST


# In chats


@pytest_asyncio.fixture(scope="module")
async def settings(warm: Index, samples_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation of these tests' own, with the sample articles."""
    data = tmp_path_factory.mktemp("standstill") / "data"
    copytree(samples_data, data)
    rates = {"user_rate": 10_000, "workspace_rate": 10_000}
    return Settings(data=data, discord_shard_count=1, slack_bot_token="xoxb-1", slack_signing_secret="secret", **rates)


@pytest_asyncio.fixture(scope="module")
async def service(settings: Settings) -> AsyncIterator[Service]:
    """It is warm, too."""
    async with open_index(settings) as index:
        await index.ask("When will Sora ship?" * 20)
        await index.suggested("so", 5)
        yield Service(index, settings)


async def test_nothing_written_on_discord_stops_the_others(settings: Settings, service: Service) -> None:
    bot = create_bot(settings, service=service)
    async with World.around(bot) as world:
        ann, channel = world.ann, world.channel
        await ann.slash(channel, "ask", question="When will Kling ship?")
        message = await ann.send(channel, "…")
        for kind in CHATTED:
            await check(
                NASTY[kind],
                ask=lambda text: ann.slash(channel, "ask", question=text),
                status=lambda text: ann.slash(channel, "launch-status", product=text),
                day=lambda text: ann.slash(channel, "sora-status", as_of=text),
                mention=lambda text: world.mention(ann, text[: QUESTION_LIMIT - 50]),
                complete=lambda text: ann.autocomplete(channel, "launch-status", "product", text),
                articles=lambda text: world.admin.autocomplete(channel, "articles remove", "article", text),
                menu=lambda text: ann.context_menu(channel, "Ask Shipdate about this", message),
            )
    await bot.close()


@pytest_asyncio.fixture
async def slack(service: Service, settings: Settings) -> AsyncIterator[AsyncApp]:
    """The app for a Slack that says yes to everything."""
    async with fronted(None) as front:
        front.answers["auth.test"] = {"ok": True, "user_id": BOT, "bot_id": "B0BOT", "team_id": TEAM}
        front.answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": TEAM}}
        front.answers |= {f"chat.{method}": {"ok": True, "channel": "C1", "ts": "1.2"} for method in ("postMessage", "postEphemeral")}
        front.answers["views.open"] = {"ok": True, "view": {"id": "V1"}}
        app = create_app(settings, service)
        app.client.base_url = front.url
        yield app


async def test_nothing_written_on_slack_stops_the_others(slack: AsyncApp) -> None:
    numbers = count()

    def command(name: str) -> Work:
        return lambda text: deliver(slack, command_body("C1", name, text, trigger=f"standstill.{next(numbers)}"))

    async def write(text: str) -> None:
        number = next(numbers)
        await deliver(slack, event_body(message_event("C1", f"<@{BOT}> {text}", f"1.{number:06}"), id_=f"Ev{number}"))

    async def search(text: str) -> None:
        """In the home tab; what is found opens as a modal."""
        action: dict[str, Any] = {"type": "plain_text_input", "action_id": "search", "value": text, "block_id": "b", "action_ts": "1.1"}
        person = {"id": ALICE, "team_id": TEAM}
        body = {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "t"},
            "user": person,
            "container": {"type": "view", "view_id": "V0"},
        }
        await deliver(slack, body | {"trigger_id": f"search.{next(numbers)}", "view": {"id": "V0", "type": "home"}, "actions": [action]})

    await write("When will Sora ship?")
    for kind in CHATTED:
        ways = {name.removeprefix("/"): command(name) for name in ("/ask", "/launch-status", "/sora-status", "/articles")}
        await check(NASTY[kind], write=write, search=search, **ways)
