"""What every command shares: settings, an open index, and how things are said."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot.on_terminal.output import say
from index import ShipdateError

if TYPE_CHECKING:
    from bot.service.permissions import Caller
    from bot.service.service import Service
    from bot.settings import Settings
    from index import Index

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Answer as on that day (ISO 8601).")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object, for scripts.")]


def fail(sentence: str) -> NoReturn:
    """End the command: it failed."""
    say(sentence)
    raise SystemExit(1)


def unforeseen(error: Exception) -> str:
    """What a person is told of a mistake of ours; the traceback goes to a file that they can send."""
    import secrets
    import traceback
    from datetime import UTC, datetime

    from platformdirs import user_log_path

    from bot.presentation.sanitize import escaped

    reference = secrets.token_hex(4)
    place = user_log_path("shipdate") / "errors.log"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {reference}\n{escaped(''.join(traceback.format_exception(error)))}")
    except OSError:
        return f"Something went wrong inside Shipdate ({type(error).__name__}), which is a mistake of ours; please report it."
    return f"Something went wrong inside Shipdate, which is a mistake of ours; please report it with what {place} says of {reference}."


def settings_of(context: typer.Context, **overrides: Any) -> Settings:
    """The settings, with ``--data`` where it was given.

    Raises:
        ShipdateError: one of them cannot be what it is set to, or ``.env`` cannot be read.
    """
    from pydantic import ValidationError

    from bot.settings import Settings, is_secret

    if context.obj is not None:
        overrides.setdefault("data", context.obj)
    _check_env_file()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        value = "something" if is_secret(name) else repr(first["input"])
        raise ShipdateError(f"{name} is set to {value}, which it cannot be; see .env.example.") from None


def _check_env_file() -> None:
    """Settings in another encoding than UTF-8 would be taken for none, or for others.

    Raises:
        ShipdateError: ``.env`` is there and cannot be read.
    """
    place = Path(".env")
    if not os.path.isfile(place):  # noqa: PTH113 (a folder that may not be searched has none)
        return
    try:
        readable = "\0" not in place.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        readable = False
    except OSError as error:
        raise ShipdateError(f"{place.absolute()} cannot be read ({error.strerror}); check its permissions.") from None
    if not readable:
        raise ShipdateError(f"{place.absolute()} is not text in UTF-8; save it as UTF-8.")


def with_index(settings: Settings, work: Callable[[Index], Awaitable[None]]) -> None:
    """Do the work on the index in the data folder; Ctrl-C keeps what was done."""
    from index import open_index

    async def run() -> None:
        async with open_index(settings) as index:
            await work(index)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        say("Stopped. What was done so far is kept; run the same command again to go on.")
        # A batch may still be in the encoder's thread, and nobody waits for it any more. SQLite needs no goodbye.
        os._exit(1)
    except BrokenPipeError:
        os._exit(0)  # whoever read has gone; that is no error


def with_service(settings: Settings, work: Callable[[Service, Caller], Awaitable[None]]) -> None:
    """The same through the service, which writes down every change, with the operator as the caller."""

    async def through(index: Index) -> None:
        from bot.service.permissions import Caller
        from bot.service.service import Service

        await work(Service(index, settings), Caller.operator())

    with_index(settings, through)
