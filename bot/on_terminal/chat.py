"""``shipdate chat``: a prompt with history; each answer a panel."""

from __future__ import annotations

import asyncio
import shlex
import signal
from collections.abc import Coroutine
from dataclasses import dataclass

from platformdirs import user_state_path
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.on_terminal.output import console, put, put_line, say
from bot.on_terminal.progress import follow, progress
from bot.on_terminal.render import article_table, render, render_status
from bot.presentation.replies import reply, status_reply
from bot.service.permissions import Caller
from bot.service.service import Service
from index import Change, JobState, ShipdateError, Topic

_HELP = """\
Ask anything, in any language: the answer is quoted from the articles, word for word.
A question may go on about the one before: "and Kling?", "why?"
  /status NAME       where a launch stands, and how it came there
  /articles          what is in
  /add PATH...       add files and folders
  /reindex           embed everything again
  /help              this
  /quit              leave (or Ctrl-D); Ctrl-C ends one answer"""


async def chat(service: Service, caller: Caller) -> None:
    """Read questions and commands until the reader leaves."""
    out = console()
    loading = asyncio.create_task(service.prepare())  # while the first question is being typed
    loading.add_done_callback(lambda task: task.cancelled() or task.exception())  # the first question tells what is wrong
    session: PromptSession[str] = PromptSession(history=_history())
    thread = _Thread()
    out.print("Ask about AI product launches; /help tells the rest.", style="dim")
    try:
        while True:
            try:
                with patch_stdout():
                    line = (await session.prompt_async("> ")).strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if line in ("/quit", "/exit"):
                return
            if line:
                await _interruptible(_act(service, caller, line, thread))
    finally:
        loading.cancel()


async def _interruptible(work: Coroutine[None, None, None]) -> None:
    """Run one act; Ctrl-C ends it and not the chat, and what goes wrong is told in its sentence."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        say("Stopped.")
    except ShipdateError as error:
        say(str(error))
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@dataclass
class _Thread:
    """What was asked last, so that "and Kling?" is understood."""

    topic: Topic | None = None


async def _act(service: Service, caller: Caller, line: str, thread: _Thread) -> None:
    out = console()
    command, _, rest = line.partition(" ")
    match command:
        case "/status":
            out.print(render_status(status_reply(await service.status(caller, rest))))
        case "/articles":
            out.print(article_table(await service.articles(caller)))
        case "/add":
            try:
                sources = shlex.split(rest)
            except ValueError:
                raise ShipdateError("A quotation mark is missing; write the path between two of them.") from None
            if not sources:
                raise ShipdateError("Name a file or a folder: /add PATH")
            with progress("Adding") as tell:
                outcomes = await service.add(caller, sources, tell=tell)
            for outcome in outcomes:
                put_line(f"{outcome.change}: {outcome.detail if outcome.change is Change.FAILED else outcome.source}")
        case "/reindex":
            job = await service.rebuild(caller)
            try:
                job = await follow(service.follow(caller, job.id))
            except asyncio.CancelledError:
                raise ShipdateError("The rebuild goes on beside the chat; /reindex shows it again.") from None
            put_line("Done." if job.state is JobState.DONE else "It was cancelled.")
        case "/help":
            put(_HELP)
        case _ if command.startswith("/"):
            raise ShipdateError(f"There is no command {command}; /help lists them.")
        case _:
            answer = await service.ask(caller, line, topic=thread.topic)
            thread.topic = answer.topic if answer.answered else thread.topic
            out.print(render(reply(answer)))


def _history() -> History:
    """What was typed before; only for this session where the state folder cannot be written."""
    try:
        place = user_state_path("shipdate", ensure_exists=True) / "history"
        place.touch(mode=0o600)
        return FileHistory(place)
    except OSError:
        return InMemoryHistory()
