"""``shipdate chat``: a real prompt, with the keys typed by the test."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.on_terminal.chat import chat
from bot.service.permissions import Caller
from bot.service.service import Service
from bot.settings import Settings
from index.api import Index
from index.ingestion import embed
from tests.support.articles import news, write

pytestmark = pytest.mark.model

CTRL_C, CTRL_D = "\x03", "\x04"

Type = Callable[..., Awaitable[tuple[str, str]]]


@pytest.fixture
async def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PipeInput]:
    """What is sent to it is typed into the next prompt; the history goes to a folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    with create_pipe_input() as made:
        yield made


async def chatting(index: Index) -> None:
    """Chat as the operator."""
    await chat(Service(index, Settings()), Caller.operator())


async def typed(index: Index, keyboard: PipeInput, *lines: str, end: str = "/quit\r") -> None:
    """Chat, with these lines typed."""
    with create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text("".join(f"{line}\r" for line in lines) + end)
        await asyncio.wait_for(chatting(index), 60)


async def test_a_question_is_answered_with_its_source(samples: Index, keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    await typed(samples, keyboard, "Who in Hollywood is testing Sora?")
    out = capsys.readouterr().out
    assert "Kutcher" in out
    assert "10 June 2024" in out
    assert "https://shipdate.example/samples/2024-06-10-sora-hollywood" in out


async def test_many_questions_are_answered_one_after_another(
    samples: Index, keyboard: PipeInput, capsys: pytest.CaptureFixture[str]
) -> None:
    await typed(samples, keyboard, "Who in Hollywood is testing Sora?", "", "   ", "Qui teste Sora à Hollywood ?")
    out = capsys.readouterr().out
    assert out.index("10 June 2024") < out.index("10 juin 2024")


async def test_articles_are_listed(samples: Index, keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    await typed(samples, keyboard, "/articles")
    out = capsys.readouterr().out
    assert all(listed.article.id[:12] in out for listed in await samples.list())


async def test_articles_are_added_and_then_answer(
    index: Index, keyboard: PipeInput, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "my news" / "a.md", "Aurora ships on 4 May.")
    await typed(index, keyboard, "When does Aurora ship?", f"/add '{path}' {tmp_path}/missing.md", "When does Aurora ship?", "/reindex")
    out = capsys.readouterr().out
    assert "no articles yet" in out
    assert f"added: file:{path}" in out
    assert "failed: " in out
    assert "does not exist" in out
    assert out.index("added:") < out.index("“Aurora ships on 4 May.”") < out.index("Done.")


async def test_help_lists_every_command(samples: Index, keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    await typed(samples, keyboard, "/help")
    out = capsys.readouterr().out
    assert all(command in out for command in ("/articles", "/add", "/reindex", "/help", "/quit"))


@pytest.mark.parametrize("line", ["/nonsense", "/add", "/add 'never closed", "/ articles", "x" * 3000])
async def test_what_cannot_be_done_is_told_in_one_sentence_and_the_chat_goes_on(
    samples: Index, keyboard: PipeInput, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    await typed(samples, keyboard, line, "/help")
    said = capsys.readouterr()
    assert len(said.err.strip().splitlines()) == 1
    assert "Traceback" not in said.err
    assert "/articles" in said.out


async def test_ctrl_d_ends_the_chat(samples: Index, keyboard: PipeInput) -> None:
    await typed(samples, keyboard, end=CTRL_D)


@pytest.mark.parametrize("word", ["/quit", "/exit", "  /quit  "])
async def test_quit_ends_the_chat(samples: Index, keyboard: PipeInput, word: str) -> None:
    await typed(samples, keyboard, end=f"{word}\r")


async def test_ctrl_c_empties_the_line_and_keeps_the_chat(samples: Index, keyboard: PipeInput, capsys: pytest.CaptureFixture[str]) -> None:
    with create_app_session(input=keyboard, output=DummyOutput()):
        task = asyncio.create_task(chatting(samples))
        for keys in ("half a quest", CTRL_C, CTRL_C, "/help\r"):
            keyboard.send_text(keys)
            await asyncio.sleep(0.3)
        keyboard.send_text("/quit\r")
        await asyncio.wait_for(task, 20)
    assert "/articles" in capsys.readouterr().out


async def test_ctrl_c_ends_what_is_being_done_and_keeps_the_chat(
    index: Index, keyboard: PipeInput, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "BATCH_TEXTS", 6)
    news(tmp_path / "news", 60)
    with create_app_session(input=keyboard, output=DummyOutput()):
        task = asyncio.create_task(chatting(index))
        keyboard.send_text(f"/add {tmp_path / 'news'}\r")
        kept = await first_articles(index)
        os.kill(os.getpid(), signal.SIGINT)
        keyboard.send_text("When will Aurora ship?\r/quit\r")
        await asyncio.wait_for(task, 60)
    said = capsys.readouterr()
    assert said.err.strip().endswith("Stopped.")
    assert "Aurora" in said.out
    assert kept <= len(await index.list()) < 60


async def first_articles(index: Index) -> int:
    """How many articles are in as soon as any is."""
    while True:
        if listed := await index.list():
            return len(listed)
        await asyncio.sleep(0.01)


async def test_what_was_typed_is_remembered_for_its_owner_only(samples: Index, keyboard: PipeInput, tmp_path: Path) -> None:
    await typed(samples, keyboard, "Who in Hollywood is testing Sora?")
    (history,) = (tmp_path / "state").rglob("history")
    assert "Hollywood" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0


async def test_a_history_that_cannot_be_kept_costs_nothing(
    samples: Index, keyboard: PipeInput, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text("a file in the folder's place", encoding="utf-8")
    await typed(samples, keyboard, "/help")
    assert "/articles" in capsys.readouterr().out
