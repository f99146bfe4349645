"""What chats need beside the answer: each event once, threads that go on, votes, answers that are found again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.platforms import Person, Workspace
from bot.service.conversations import EDITABLE, KEPT, GoneError, Place, Votes
from bot.service.permissions import Caller, PermissionDeniedError
from bot.service.service import Service
from bot.settings import Settings
from index import Exchange, open_index
from index.api import Index
from tests.bot.on_terminal.test_cli import shipdate
from tests.support.articles import SAMPLES, write

ASKER = Caller("discord", "1", "10")
OTHER = Caller("discord", "1", "11")
ADMIN = Caller("discord", "1", "12", admin=True)
ELSEWHERE = Caller("discord", "2", "10")
OPERATOR = Caller("terminal", user="root")

WHEN = "When will Sora ship?"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def nanoseconds(self) -> int:
        return round(self.at.timestamp() * 10**9)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(scope="module")
async def kept(model: bool, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Index]:
    """The sample articles, for all tests here."""
    async with open_index(Settings(data=tmp_path_factory.mktemp("conversing"))) as made:
        await made.add([str(SAMPLES)])
        yield made


@pytest.fixture
def restarted(kept: Index, clock: Clock) -> Callable[[], Service]:
    """The service as a new process has it."""
    return lambda: Service(kept, Settings(), now=clock, clock=clock.nanoseconds)


@pytest.fixture
def service(restarted: Callable[[], Service]) -> Service:
    return restarted()


def place(asked: str, thread: str | None = None, channel: str = "general") -> Place:
    return Place(channel, asked, thread or asked)


# Events


async def test_an_event_is_handled_once_however_often_it_comes(service: Service, restarted: Callable[[], Service]) -> None:
    told = []
    for _ in range(5):
        async with service.conversations.once("slack", "E1") as first:
            told.append(first)
    async with restarted().conversations.once("slack", "E1") as first:
        told.append(first)
    assert told == [True, False, False, False, False, False]


async def test_an_event_that_comes_again_while_it_is_handled_is_not_handled_twice(service: Service) -> None:
    async with service.conversations.once("slack", "E2") as first, service.conversations.once("slack", "E2") as second:
        assert (first, second) == (True, False)


async def test_an_event_that_failed_may_be_tried_again(service: Service) -> None:
    with pytest.raises(RuntimeError):
        async with service.conversations.once("slack", "E3"):
            raise RuntimeError
    async with service.conversations.once("slack", "E3") as first:
        assert first


async def test_what_a_killed_process_was_at_is_taken_up_again(service: Service, restarted: Callable[[], Service]) -> None:
    begun = service.conversations.once("slack", "E4")
    await begun.__aenter__()  # and then nothing: the power went
    async with restarted().conversations.once("slack", "E4") as first:
        assert first


async def test_events_of_two_platforms_are_two_and_old_ones_are_forgotten(service: Service, clock: Clock, kept: Index) -> None:
    for platform in ("slack", "discord"):
        async with service.conversations.once(platform, "E5") as first:
            assert first
    clock.at += timedelta(hours=2)
    async with service.conversations.once("slack", "E5") as first:
        assert first
    database = sqlite3.connect(kept._settings.data / "shipdate.sqlite")
    with closing(database):
        assert database.execute("SELECT platform FROM events WHERE key = 'E5'").fetchall() == [("slack",)]


# Conversations


async def test_a_thread_goes_on_about_what_was_asked(service: Service) -> None:
    await service.conversations.ask(ASKER, place("1"), WHEN)
    _, answer = await service.conversations.ask(ASKER, place("2", "1"), "and Veo?")
    assert answer.products == ("veo",)
    assert answer.topic
    assert "ship" in answer.topic.question
    _, other = await service.conversations.ask(ASKER, place("3"), "and the price?")
    assert other.products == ()  # in another thread it is about nothing


async def test_a_thread_goes_on_after_a_restart_if_the_platform_says_again_what_was_asked(
    service: Service, restarted: Callable[[], Service]
) -> None:
    await service.conversations.ask(ASKER, place("4"), WHEN)

    async def recall(exchange: Exchange) -> str | None:
        assert exchange.asked == "4"
        return WHEN

    _, answer = await restarted().conversations.ask(ASKER, place("5", "4"), "and Veo?", recall=recall)
    assert answer.topic
    assert answer.topic.question == "When will Veo ship?"


async def test_a_thread_goes_on_about_its_product_where_nobody_can_say_what_was_asked(
    service: Service, restarted: Callable[[], Service]
) -> None:
    await service.conversations.ask(ASKER, place("6"), WHEN)
    _, answer = await restarted().conversations.ask(ASKER, place("7", "6"), "why?")
    assert answer.topic
    assert answer.topic.question == "Sora: why?"


async def test_a_thread_of_yesterday_is_about_nothing(service: Service, clock: Clock) -> None:
    await service.conversations.ask(ASKER, place("8"), WHEN)
    clock.at += timedelta(days=1)
    _, answer = await service.conversations.ask(ASKER, place("9", "8"), "why?")
    assert answer.products == ()


async def test_no_word_of_a_question_is_kept(service: Service, kept: Index) -> None:
    await service.conversations.ask(ASKER, place("10"), "When will Sora be out in Xanadu?")
    await kept._context.database.empty_log()
    assert not any(b"Xanadu" in path.read_bytes() for path in kept._settings.data.glob("shipdate.sqlite*"))


async def test_asking_again_at_the_same_place_replaces_the_answer_and_its_votes(service: Service) -> None:
    first, _ = await service.conversations.ask(ASKER, place("11"), WHEN)
    first = await service.conversations.replied(first, "111")
    assert await service.conversations.vote(OTHER, first.id, good=True) == Votes(1, 0)
    again, answer = await service.conversations.ask(ASKER, place("11"), "When will Veo ship?")
    assert (again.id, again.reply, again.products) == (first.id, "111", ("veo",))
    assert answer.products == ("veo",)
    assert await service.conversations.vote(ASKER, first.id, good=None) == Votes(0, 0)
    assert await service.conversations.of_reply("discord", "general", "111") == again


async def test_an_edit_is_followed_for_five_minutes(service: Service, clock: Clock) -> None:
    exchange, _ = await service.conversations.ask(ASKER, place("12"), WHEN)
    clock.at += EDITABLE - timedelta(seconds=1)
    assert await service.conversations.editable("discord", "general", "12") == exchange
    clock.at += timedelta(seconds=1)
    assert await service.conversations.editable("discord", "general", "12") is None


async def test_a_withdrawn_question_takes_its_answer_along(service: Service) -> None:
    exchange, _ = await service.conversations.ask(ASKER, place("13"), WHEN)
    exchange = await service.conversations.replied(exchange, "131")
    assert await service.conversations.withdrawn("discord", "general", "13") == exchange
    assert await service.conversations.withdrawn("discord", "general", "13") is None
    assert await service.conversations.of_reply("discord", "general", "131") is None
    assert not await service.conversations.goes_on("discord", "general", "13")


# What stands below an answer


async def test_everybody_has_one_vote_and_may_change_it(service: Service) -> None:
    exchange, _ = await service.conversations.ask(ASKER, place("14"), WHEN)
    vote = service.conversations.vote
    assert await vote(ASKER, exchange.id, good=True) == Votes(1, 0)
    assert await vote(ASKER, exchange.id, good=True) == Votes(1, 0)
    assert await vote(OTHER, exchange.id, good=True) == Votes(2, 0)
    assert await vote(OTHER, exchange.id, good=False) == Votes(1, 1)
    assert await vote(OTHER, exchange.id, good=None) == Votes(1, 0)


@pytest.mark.model
async def test_all_quotes_are_shown_again_as_long_as_their_articles_say_so(index: Index, data: Path, tmp_path: Path) -> None:
    service = Service(index, Settings(data=data))
    paths = [
        write(tmp_path / "one.md", "Zilt ships on 4 May 2026.", title="Zilt", published="2026-03-01"),
        write(tmp_path / "two.md", "Zilt ships on 5 May 2026 at the latest.", title="Zilt again", published="2026-03-02"),
    ]
    await service.add(OPERATOR, [str(path) for path in paths])
    exchange, answer = await service.conversations.ask(ASKER, place("15"), "When does Zilt ship?")
    _, quotes = await service.conversations.quotes(OTHER, exchange.id)
    assert [(quote.text, quote.article) for quote in quotes] == [(quote.text, quote.article) for quote in answer.quotes]
    assert len(quotes) == 2
    write(paths[1], "Zelt is something else now, dear reader.", title="Zelt", published="2026-03-02")
    await service.add(OPERATOR, [str(paths[1])])
    _, quotes = await service.conversations.quotes(OTHER, exchange.id)
    assert [quote.text for quote in quotes] == ["Zilt ships on 4 May 2026."]


@pytest.mark.parametrize("act", ["quotes", "vote", "remove"])
async def test_an_answer_of_another_workspace_is_as_good_as_not_there(service: Service, act: str) -> None:
    exchange, _ = await service.conversations.ask(ASKER, place(f"16{act}"), WHEN)
    acts = {
        "quotes": lambda caller: service.conversations.quotes(caller, exchange.id),
        "vote": lambda caller: service.conversations.vote(caller, exchange.id, good=True),
        "remove": lambda caller: service.conversations.remove(caller, exchange.id),
    }
    for caller in (ELSEWHERE, replace(ASKER, platform="slack"), replace(ASKER, workspace=None)):
        with pytest.raises(GoneError):
            await acts[act](caller)


async def test_whoever_asked_and_admins_remove_an_answer_and_nobody_else(service: Service) -> None:
    for number, caller in enumerate((ASKER, ADMIN)):
        exchange, _ = await service.conversations.ask(ASKER, place(f"17{number}"), WHEN)
        with pytest.raises(PermissionDeniedError, match="admins"):
            await service.conversations.remove(OTHER, exchange.id)
        assert await service.conversations.remove(caller, exchange.id) == exchange
        with pytest.raises(GoneError):
            await service.conversations.remove(caller, exchange.id)


async def test_answers_are_kept_for_a_time(service: Service, clock: Clock) -> None:
    exchange, _ = await service.conversations.ask(ASKER, place("18"), WHEN)
    await service.expire()
    clock.at += KEPT - timedelta(seconds=1)
    await service.expire()
    await service.conversations.quotes(ASKER, exchange.id)
    clock.at += timedelta(seconds=2)
    await service.expire()
    with pytest.raises(GoneError):
        await service.conversations.quotes(ASKER, exchange.id)


@pytest.mark.model
async def test_the_operator_sees_what_people_found_good_and_bad(index: Index, data: Path, tmp_path: Path) -> None:
    service = Service(index, Settings(data=data))
    await service.add(OPERATOR, [str(write(tmp_path / "zilt.md", "Zilt ships on 4 May 2026.", title="Zilt", published="2026-03-01"))])
    good, _ = await service.conversations.ask(ASKER, place("1"), "When does Zilt ship?")
    none, _ = await service.conversations.ask(ELSEWHERE, place("2"), "What is the price of tea?")
    await service.conversations.ask(ASKER, place("3"), "When does Zilt ship?")
    for caller, exchange, up in ((ASKER, good, True), (OTHER, good, False), (ADMIN, good, True), (ELSEWHERE, none, False)):
        await service.conversations.vote(caller, exchange.id, good=up)
    with pytest.raises(PermissionDeniedError):
        await service.conversations.judged(ASKER)
    assert [one.exchange.id for one in await service.conversations.judged(ADMIN)] == [good.id]
    done = shipdate("votes", "--json", data=data)
    first, second = json.loads(done.stdout)
    assert (first["workspace"], first["good"], first["bad"], first["quote"]) == ("2", 0, 1, None)
    assert (second["workspace"], second["good"], second["bad"]) == ("1", 2, 1)
    assert second["quote"]["text"] == "Zilt ships on 4 May 2026."
    assert "Zilt ships on 4 May 2026." in shipdate("votes", data=data).stdout


# Unprompted answers


async def test_what_nobody_asked_shipdate_is_answered_where_admins_want_it_and_only_when_it_is_sure(service: Service) -> None:
    overhear = service.conversations.overhear
    assert await overhear(ASKER, place("20"), WHEN) is None
    await service.change_settings(ADMIN, {"unprompted_channels": ["general"]})
    found = await overhear(ASKER, place("21"), WHEN)
    assert found
    assert found[1].products == ("sora",)
    assert await service.conversations.editable("discord", "general", "21") == found[0]
    for text in ("Sora ships soon, they say.", "lunch?", "anyone up for a game?", "did you see what Sora did at the party? " * 10):
        assert await overhear(ASKER, place("22"), text) is None
    assert await overhear(ASKER, place("23", channel="random"), WHEN) is None
    await service.change_settings(ADMIN, {"unprompted_channels": []})


async def test_talk_among_people_does_not_use_up_what_they_may_ask(kept: Index, clock: Clock) -> None:
    service = Service(kept, Settings(user_rate=2), now=clock, clock=lambda: 0)
    await service.change_settings(ADMIN, {"unprompted_channels": ["talk"]})
    found = [await service.conversations.overhear(ASKER, place(str(at), channel="talk"), WHEN) for at in range(4)]
    assert [one is not None for one in found] == [True, True, False, False]
    await service.conversations.ask(ASKER, place("30", channel="talk"), WHEN)
    await service.change_settings(ADMIN, {"unprompted_channels": []})


# Forgetting


async def test_a_person_and_a_workspace_leave_no_answers_and_no_votes(index: Index, data: Path) -> None:
    service = Service(index, Settings(data=data))
    mine, _ = await service.conversations.ask(ASKER, place("40"), WHEN)
    theirs, _ = await service.conversations.ask(OTHER, place("41"), WHEN)
    far, _ = await service.conversations.ask(ELSEWHERE, place("42"), WHEN)
    for exchange in (mine, theirs):
        await service.conversations.vote(ASKER, exchange.id, good=True)
        await service.conversations.vote(OTHER, exchange.id, good=False)
    forgotten = await service.forget(OPERATOR, Person("discord", None, "10"))
    assert (forgotten.deleted["exchanges"], forgotten.deleted["votes"], forgotten.complete) == (2, 2, True)
    assert await service.conversations.vote(ADMIN, theirs.id, good=None) == Votes(0, 1)
    forgotten = await service.forget(OPERATOR, Workspace("discord", "1"))
    assert (forgotten.deleted["exchanges"], forgotten.complete) == (1, True)
    with pytest.raises(GoneError):
        await service.conversations.quotes(ELSEWHERE, far.id)


# The board, and names as one types


@pytest.mark.model
async def test_the_board_shows_what_is_asked_about_first_and_then_what_changed_last(kept: Index, clock: Clock) -> None:
    service = Service(kept, Settings(), now=clock)
    team = Caller("slack", "T9", "U1")
    board = await service.board(team, 6)
    since = [status.history[-1].since for status in board]
    assert since == sorted(since, reverse=True)
    assert len(board) == 6
    last = board[-1].product
    for at in range(2):
        await service.conversations.ask(team, place(f"5{at}"), f"When will {board[-1].name} ship?")
    assert (await service.board(team, 6))[0].product == last
    assert (await service.board(replace(team, workspace="T8"), 6)) == board


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sor", "sora"),
        ("Sora", "sora"),
        ("SORAA", "sora"),
        ("veo", "veo"),
        ("klling", "kling"),
        ("可灵", "kling"),
        ("recal", "windows-recall"),
    ],
)
async def test_names_are_suggested_while_they_are_typed(samples: Index, typed: str, expected: str) -> None:
    assert expected in [id_ for id_, _ in await samples.suggested(typed, 5)][:3]


@pytest.mark.model
async def test_nothing_typed_suggests_what_the_articles_tell_of(samples: Index) -> None:
    suggested = await samples.suggested("", 25)
    assert 0 < len(suggested) <= 25
    for id_, name in suggested[:5]:
        assert (await samples.status(name)).product == id_


async def test_nothing_like_it_suggests_nothing(samples: Index) -> None:
    assert await samples.suggested("zzqxv", 25) == []


@pytest.mark.model
async def test_a_name_that_only_another_workspace_reads_of_is_not_suggested(index: Index, tmp_path: Path) -> None:
    text = "Quibbleflux ships today. Anyone can sign up for Quibbleflux now. Quibbleflux costs 5 dollars."
    await index.add([str(write(tmp_path / "q.md", text, title="Quibbleflux is released", published="2026-03-01"))], scope="discord:1")
    assert ("quibbleflux", "Quibbleflux") in await index.suggested("quibble", 5, scopes=("", "discord:1"))
    assert await index.suggested("quibble", 5, scopes=("", "discord:2")) == []


# Files that somebody sent


@pytest.mark.model
async def test_files_that_somebody_sent_are_added_and_replaced_by_their_name(index: Index, data: Path) -> None:
    service = Service(index, Settings(data=data))
    sent = {"zilt.md": b"---\ntitle: Zilt\npublished: 2026-03-01\n---\n\nZilt ships on 4 May 2026.", "photo.png": b"\x89PNG"}
    outcomes = await service.add(ADMIN, [], uploads=sent)
    assert [outcome.change for outcome in outcomes] == ["added", "failed"]
    assert outcomes[1].detail
    assert outcomes[1].detail.startswith("photo.png is no article")
    _, answer = await service.conversations.ask(ASKER, place("60"), "When does Zilt ship?")
    assert answer.quotes[0].text == "Zilt ships on 4 May 2026."
    sent["zilt.md"] = b"---\ntitle: Zilt\npublished: 2026-03-01\n---\n\nZilt ships on 6 June 2026."
    del sent["photo.png"]
    assert [outcome.change for outcome in await service.add(ADMIN, [], uploads=sent)] == ["updated"]
    assert [one.source for one in await service.articles(ASKER)] == ["upload:zilt.md"]
    assert await service.articles(ELSEWHERE) == []
    assert [line.subject for line in await service.audit(ADMIN)] == ["zilt.md, photo.png", "zilt.md"]
    with pytest.raises(PermissionDeniedError):
        await service.add(ASKER, [], uploads=sent)


async def test_a_day_asked_about_is_kept_with_the_answer(service: Service) -> None:
    exchange, _ = await service.conversations.ask(ASKER, place("70"), WHEN, as_of=date(2024, 3, 1))
    assert exchange.as_of == date(2024, 3, 1)
