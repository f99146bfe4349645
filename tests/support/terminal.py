"""The ``shipdate`` command, run as somebody at a terminal or a script runs it."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from bot.on_terminal import cli
from index.storage.context import IndexContext
from index.system.sandbox import Sandbox
from tests.support.articles import ROOT

P = ParamSpec("P")
T = TypeVar("T")

SCRIPT = Path(sys.executable).parent / "shipdate"
SHIPDATE = [str(SCRIPT)] if SCRIPT.is_file() else [sys.executable, "-m", "bot"]
"""How a process of it is started."""

Done = subprocess.CompletedProcess[str]


class Unguarded(Sandbox):
    """A sandbox without workers, which would take longer to start than all the rest takes."""

    async def run_within(self, seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(function, *args, **kwargs)


def shipdate(*arguments: object, data: Path | None = None, stdin: str | bytes = "", env: dict[str, str] | None = None) -> Done:
    """Run it to its end, in this process: with the model that is loaded, and on a thread, where it may have an event loop of its own."""
    command = ["shipdate", *_said(arguments, data)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    ended: list[object] = []

    def run() -> None:
        try:
            cli.main()
            ended.append(0)
        except SystemExit as end:
            ended.append(end.code or 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for name, value in {"COLUMNS": "200", **(env or {})}.items():
            patch.setenv(name, value)
        patch.setattr(IndexContext, "sandbox", property(lambda _: Unguarded()))
        patch.setattr(sys, "argv", command)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(_typed(stdin)), encoding="utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    (status,) = ended
    assert isinstance(status, int), status
    return subprocess.CompletedProcess(command, status, *texts)


def shipdate_process(
    *arguments: object,
    data: Path | None = None,
    stdin: str | bytes = "",
    env: dict[str, str] | None = None,
    prepare: Callable[[], None] | None = None,
) -> Done:
    """Run it to its end as a process of its own, which takes seconds: for what depends on being one.

    Args:
        prepare: called in that process before it starts.
    """
    done = subprocess.run(
        [*SHIPDATE, *_said(arguments, data)],
        input=_typed(stdin),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
        preexec_fn=prepare,
        check=False,
        timeout=120,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def _said(arguments: tuple[object, ...], data: Path | None) -> list[str]:
    return [*(["--data", str(data)] if data else []), *map(str, arguments)]


def _typed(stdin: str | bytes) -> bytes:
    return stdin if isinstance(stdin, bytes) else stdin.encode("utf-8", "surrogatepass")
