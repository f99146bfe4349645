"""One question, or a stream of them, asked in a terminal or by a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, BinaryIO, TextIO, TypeAlias

from bot.on_terminal.output import console
from bot.on_terminal.render import render, render_status
from bot.presentation.json_api import RequestError, answer_object, parse_line, parse_request, status_object
from bot.presentation.replies import reply, status_reply
from bot.presentation.sanitize import escaped
from index import Answer, Index, QuestionError, Reason, ShipdateError, Status

Answering: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]

_LINE_LIMIT = 4 * 1024 * 1024  # bytes; a longer line is skipped to its end and told


def show(answer: Answer) -> None:
    """Print one answer.

    Raises:
        QuestionError: there was no question.
    """
    shown = reply(answer)
    if answer.reason is Reason.EMPTY_QUESTION:
        raise QuestionError(shown.note or "")
    console().print(render(shown))


def show_status(status: Status) -> None:
    """Print where a launch stands."""
    console().print(render_status(status_reply(status)))


async def answer_lines(index: Index, lines: BinaryIO, out: TextIO) -> None:
    """Answer each JSON object of ``lines`` by one line in ``out``, in the same order, flushed as each is ready.

    A line that cannot be understood, or a question that cannot be taken, gets an object with ``"error"`` in its place.
    """

    async def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        question, as_of = parse_request(request, "question")
        return answer_object(await index.ask(question, as_of=as_of), request.get("id"))

    await _each_line(lines, out, answer)


async def status_lines(index: Index, lines: BinaryIO, out: TextIO) -> None:
    """The same for the statuses of products."""

    async def status(request: Mapping[str, Any]) -> dict[str, Any]:
        name, as_of = parse_request(request, "name")
        return status_object(await index.status(name, as_of=as_of), request.get("id"))

    await _each_line(lines, out, status)


async def _each_line(lines: BinaryIO, out: TextIO, answer: Answering) -> None:
    while line := await asyncio.to_thread(lines.readline, _LINE_LIMIT):
        rest = line
        while len(rest) == _LINE_LIMIT and not rest.endswith(b"\n"):  # skip to the line's end
            rest = await asyncio.to_thread(lines.readline, _LINE_LIMIT)
        if line.strip():
            out.write(f"{escaped(await _answer_line(line, answer))}\n")
            out.flush()


async def _answer_line(line: bytes, answer: Answering) -> str:
    answered = await _answered(line, answer)
    try:
        return json.dumps(answered, ensure_ascii=False, allow_nan=False)
    except (RecursionError, ValueError):
        return json.dumps({"error": 'The "id" of this line cannot be handed back; make it a text or a whole number.'})


async def _answered(line: bytes, answer: Answering) -> dict[str, Any]:
    id_: object = None
    try:
        if len(line) == _LINE_LIMIT:
            raise RequestError(f"This line has more than {_LINE_LIMIT // 1024 // 1024} MB; ask something shorter.")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise RequestError("This line is not UTF-8.") from None
        request = parse_line(text)
        id_ = request.get("id")
        return await answer(request)
    except ShipdateError as error:
        return {**({} if id_ is None else {"id": id_}), "error": str(error)}
