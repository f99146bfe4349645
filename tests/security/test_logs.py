"""Whatever is logged, a line of the log is one line: JSON where that is asked for, and nothing in it steers whoever looks at it."""

from __future__ import annotations

import io
import json
import logging
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st

from bot.server import logs
from bot.settings import Settings
from index.system import telemetry
from tests.support.logs import logging_put_back

BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NASTY = st.one_of(
    st.sampled_from(
        ['"', "\\", ",", "{", "}", ": ", "level", "event", "e", "info", "null", "\\u", "\n", "\x1b[2J", "\x9b", "\u2028", "\ud800"]
    ),
    st.text(st.one_of(st.characters(), st.sampled_from('"\\{}[]:,\n\r\x1b\x85\u2028\u202e')), max_size=20),
)
VALUES = st.recursive(
    st.one_of(NASTY, st.none(), st.booleans(), st.floats(), st.integers(), st.binary(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NASTY, inner, max_size=3), st.tuples(inner)),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    with logging_put_back():
        yield


def logged(log_format: str, text: str, value: object, *, question: str = "") -> list[str]:
    """The lines of two events, ours and a library's."""
    stream = io.StringIO()
    logs.configure(Settings(log_format=log_format), stream)
    token = telemetry.question.set(question)
    try:
        structlog.get_logger("ours").info(text, value=value)
        logging.getLogger("library").warning("%s: %r", text, value, extra={"more": value})
    finally:
        telemetry.question.reset(token)
    assert stream.getvalue().endswith("\n")
    return stream.getvalue()[:-1].split("\n")


def check_harmless(line: str) -> None:
    """Assert that no terminal obeys anything in it."""
    assert not {one for one in line if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") or one in BIDI}, line


def parsed(line: str) -> dict[str, Any]:
    """The object that a line is, by the letter of the specification."""
    made = json.loads(line, parse_constant=pytest.fail)
    assert isinstance(made, dict)
    return made


@given(NASTY, VALUES, NASTY)
@example('cannot read "a"', ['"'], '"')
@example("cannot read \\", "\\", "\\")
@example("level: info", "info", "info")
@example("https://a.example/?a\\", 'https://a.example/?a"b', "")
@example("a", float("nan"), "")
def test_a_line_of_json_is_json_whatever_was_asked_and_whatever_is_logged(text: str, value: object, question: str) -> None:
    """A question of one quotation mark once took these out of every line."""
    lines = logged("json", text, value, question=question)
    assert len(lines) == 2
    for line, logger in zip(lines, ("ours", "library"), strict=True):
        check_harmless(line)
        made = parsed(line)
        assert (made["level"], made["logger"]) == ("info" if logger == "ours" else "warning", logger)


@given(NASTY, VALUES, NASTY)
@example("it failed\n2026-01-01T00:00:00Z [info     ] all is well", "a\nb", "")
def test_an_event_is_one_line_that_cannot_steer_a_terminal(text: str, value: object, question: str) -> None:
    lines = logged("console", text, value, question=question)
    assert len(lines) == 2
    for line in lines:
        check_harmless(line)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_an_error_says_cannot_look_like_another_event(log_format: str) -> None:
    stream = io.StringIO()
    logs.configure(Settings(log_format=log_format), stream)
    forged = "2026-01-01T00:00:00Z [info     ] all is well"
    try:
        raise ValueError(f"cannot read\n{forged}\x1b[2J\r{forged}\u2028{forged}")
    except ValueError as error:
        logs.report("it failed", error)
    lines = stream.getvalue().splitlines()
    for line in lines:
        check_harmless(line)
    if log_format == "json":
        assert "ValueError: cannot read\n" in parsed(*lines)["exception"]
    else:
        assert all(line.startswith("    ") for line in lines[1:])
        assert any("ValueError: cannot read" in line for line in lines)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_question_is_in_no_line_however_it_is_written_there(log_format: str) -> None:
    for question in ('Who in "Hollywood" tests?', "Hollywood\\Sora", "Hollywood\n\x1b[2J", "Hollywood \u202eé"):
        lines = logged(log_format, f"asked {question!r}: {question}", [question, {question: json.dumps(question)}], question=question)
        assert "Hollywood" not in "".join(lines)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_cannot_be_written_down_does_not_cost_the_line(log_format: str) -> None:
    """Values that refer to themselves, that are nested without end, or that fail when they are shown."""

    class Broken:
        def __repr__(self) -> str:
            raise ZeroDivisionError

    endless: list[object] = []
    endless.append(endless)
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep, Broken(), [Broken()], {Broken(): 1}, 10**5000, {1, "a"}):
        stream = io.StringIO()
        logs.configure(Settings(log_format=log_format), stream)
        structlog.get_logger().info("it happened", value=value)
        assert stream.getvalue().count("it happened") == 1
        assert stream.getvalue().count("\n") == 1
