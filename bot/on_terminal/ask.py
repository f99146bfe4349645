"""One question, or a stream of them, asked in a terminal or by a script."""

from __future__ import annotations

import asyncio
import json
from typing import BinaryIO, TextIO

from bot.machine import RequestError, answer_object, parse_line, parse_request
from bot.on_terminal.render import console, render
from bot.replies import reply
from index import Answer, QuestionError, Reason
from index.core import Index
from index.errors import ShipdateError

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


async def answer_lines(index: Index, lines: BinaryIO, out: TextIO) -> None:
    """Answer each JSON object of ``lines`` by one line in ``out``, in the same order, flushed as each is ready.

    A line that cannot be understood, or a question that cannot be taken, gets an object with ``"error"`` in its place.
    """
    while line := await asyncio.to_thread(lines.readline, _LINE_LIMIT):
        rest = line
        while len(rest) == _LINE_LIMIT and not rest.endswith(b"\n"):  # skip to the line's end
            rest = await asyncio.to_thread(lines.readline, _LINE_LIMIT)
        if line.strip():
            print(json.dumps(await _answer_line(index, line), ensure_ascii=False), file=out, flush=True)


async def _answer_line(index: Index, line: bytes) -> dict[str, object]:
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
        question, as_of = parse_request(request)
        return answer_object(await index.ask(question, as_of=as_of), id_)
    except ShipdateError as error:
        return {**({} if id_ is None else {"id": id_}), "error": str(error)}
