"""How ``shipdate serve`` logs: one line an event, for people or as JSON, with no secret in it and no question.

Whatever a library logs takes the same way. Secrets are taken out of the finished line, so that neither an exception's text nor
a library's own words can carry one past; likewise what follows the path of a web address, and the question that is being
answered, unless the line is one for debugging.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import sys
import threading
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from bot.settings import Settings
from index import observing

HIDDEN = "[hidden]"
"""What stands in a line where a secret would have stood."""

_IN_USER = re.compile(r"(https?://)[^\s/?#@\"'<>]*@")
_IN_ADDRESS = re.compile(r"(https?://(?:(?!https?://)[^\s?#\"'<>])*+)([?#])[^\s\"'<>]*")  # a feed's address may hold its reader's key

_SLACK_TOKEN = re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]+")  # those of several workspaces stand in the database, not in the settings

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
    renderer: Processor
    if settings.log_format == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        # A plain traceback: the pretty ones show what the variables held.
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        _Discreet(
            settings.secrets,
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, renderer],
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


class _Discreet(ProcessorFormatter):
    """Takes secrets and questions out of finished lines."""

    def __init__(self, hidden: Iterable[str], **how: Any) -> None:
        super().__init__(**how)
        self._hidden = _spellings(hidden)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        asked = [observing.question.get()] if record.levelno > logging.DEBUG else []
        for spelling in (*self._hidden, *_spellings(asked)):
            line = line.replace(spelling, HIDDEN)
        line = _SLACK_TOKEN.sub(HIDDEN, line)
        return _IN_ADDRESS.sub(rf"\1\2{HIDDEN}", _IN_USER.sub(rf"\1{HIDDEN}@", line))


def _spellings(texts: Iterable[str]) -> list[str]:
    """All the ways in which a line may write these texts, longest first: as they are, quoted by Python or JSON, in an address."""
    spelled: set[str] = set()
    for text in filter(None, texts):
        for written in (text, text.strip(), repr(text)[1:-1]):
            spelled |= {written, *(json.dumps(written, ensure_ascii=plain)[1:-1] for plain in (True, False))}
        spelled |= {quote(text, safe=""), quote(text)}
    return sorted(filter(None, spelled), key=len, reverse=True)
