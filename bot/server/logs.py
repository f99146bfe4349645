"""How ``shipdate serve`` logs: one line an event, for people or as JSON, with no secret in it and no question.

Whatever a library logs takes the same way. Secrets are taken out of every value before a line is made of them, so that neither an
exception's text nor a library's own words can carry one past, and the line keeps its form; likewise what follows the path of a web
address, and the question that is being answered, unless the line is one for debugging. No value can end a line or steer a terminal.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import sys
import threading
from collections.abc import Collection, Iterable, Mapping
from textwrap import indent
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from bot import platforms
from bot.presentation.sanitize import escaped, in_a_line
from bot.settings import Settings
from index import current_question

HIDDEN = "[hidden]"
"""What stands in a line where a secret would have stood."""

_IN_USER = re.compile(r"(https?://)[^\s/?#@\"'<>]*@")
_IN_ADDRESS = re.compile(r"(https?://(?:(?!https?://)[^\s?#\"'<>])*+)([?#])[^\s\"'<>]*")  # a feed's address may hold its reader's key

_OURS = {"level", "logger", "timestamp", "_record", "_from_structlog"}
"""What is said of every line: no value of these is anybody else's."""

_DEEPEST = 20
"""Values within so many others are shown as Python writes them."""

_LARGEST = 10**18
"""Numbers that are longer are shown as texts: not everybody who reads JSON can read them."""

_TALKATIVE = ("httpx", "httpcore", "aiosqlite", "aiohttp.access", "alembic")  # each request is news to them


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Let everything that is logged from now on go to ``stream`` (stderr by default), as the settings say."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[Processor]
    if settings.log_format == "json":
        renderers = [structlog.processors.JSONRenderer(ensure_ascii=False, allow_nan=False), _escaped_line]
    else:
        # A plain traceback: the pretty ones show what the variables held.
        plain = structlog.dev.plain_traceback
        renderers = [_in_lines, structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    handler = logging.StreamHandler(stream)
    discreet = _Discreet(settings.secrets)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.processors.format_exc_info, discreet, ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if settings.log_level == "debug" else logging.WARNING)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # its complaint would show the very values that a line may not have
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = lambda _type, error, _trace: _last_words(error)
    threading.excepthook = lambda thrown: _last_words(thrown.exc_value)


def report(event: str, error: BaseException, **said: Any) -> str:
    """Log an error that nobody foresaw, with its traceback.

    Returns:
        the reference under which it stands in the log: short enough to be told to whoever met it, and by them to an admin.
    """
    reference = secrets.token_hex(4)
    structlog.get_logger("shipdate").error(event, reference=reference, exc_info=error, **said)
    return reference


class Tally:
    """Tells what strangers can cause as often as they like: the first time at once, and from then on once in a while, counted.

    Args:
        event: what the line says.
        every: seconds from one line to the next, at least.
    """

    def __init__(self, logger: structlog.stdlib.BoundLogger, event: str, every: float = 60.0) -> None:
        self._logger = logger
        self._event = event
        self._every = every
        self._count = 0
        self._told: asyncio.TimerHandle | None = None

    def add(self) -> None:
        """It has happened once more. To be called in an event loop."""
        self._count += 1
        if self._told is None:
            self._tell()

    def _tell(self) -> None:
        self._told = None
        if self._count:
            self._logger.warning(self._event, count=self._count)
            self._count = 0
            self._told = asyncio.get_running_loop().call_later(self._every, self._tell)


def _last_words(error: BaseException | None) -> None:
    if error is not None:
        report("uncaught error", error)


class _Discreet:
    """Takes secrets and questions out of all that is logged, and makes JSON's types of it."""

    def __init__(self, hidden: Iterable[str]) -> None:
        self._hidden = _spellings(hidden)

    def __call__(self, _logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        record: logging.LogRecord = event["_record"]
        asked = [current_question.get()] if record.levelno > logging.DEBUG else []
        hidden = (*self._hidden, *_spellings(asked))
        return {key: value if key in _OURS else _discreet(value, hidden) for key, value in event.items()}


def _discreet(value: object, hidden: Collection[str], depth: int = 0) -> Any:
    match value:
        case None | bool():
            return value
        case int() | float() if abs(value) < _LARGEST:
            return value
        case Mapping() if depth < _DEEPEST:
            return {_without(_text(key), hidden): _discreet(one, hidden, depth + 1) for key, one in value.items()}
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [_discreet(one, hidden, depth + 1) for one in value]
    return _without(_text(value), hidden)


def _text(value: object) -> str:
    try:
        return value if isinstance(value, str) else repr(value)
    except Exception as error:  # whatever an object's own words may raise: the line is written
        return f"<{type(value).__name__}, which cannot be shown: {type(error).__name__}>"


def _without(text: str, hidden: Collection[str]) -> str:
    for spelling in hidden:
        text = text.replace(spelling, HIDDEN)
    for platform in platforms.registered():
        text = platform.secrets.sub(HIDDEN, text) if platform.secrets else text
    return _IN_ADDRESS.sub(rf"\1\2{HIDDEN}", _IN_USER.sub(rf"\1{HIDDEN}@", text))


def _in_lines(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """For people: each value on the one line, and a traceback below, indented, so that nothing in it looks like another line."""
    trace = {key: indent(escaped(event[key]), "    ") for key in ("exception", "stack") if isinstance(event.get(key), str)}
    return {in_a_line(key): in_a_line(value if isinstance(value, str) else repr(value)) for key, value in event.items()} | trace


def _escaped_line(_logger: WrappedLogger, _name: str, line: Any) -> Any:
    return escaped(line)


def _spellings(texts: Iterable[str]) -> list[str]:
    """All the ways in which a value may write these texts, longest first: as they are, quoted by Python or JSON, in an address."""
    spelled: set[str] = set()
    for text in filter(None, texts):
        written = {text, text.strip()}
        for _ in range(2):  # what is quoted is quoted again
            written |= {quoted(one)[1:-1] for one in written for quoted in (repr, json.dumps, _as_json)}
        spelled |= written | {quote(text, safe=safe, errors="replace") for safe in ("", "/")}
    return sorted(filter(None, spelled), key=len, reverse=True)


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
