"""Articles from files and folders: Markdown, plain text, HTML, PDF."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.ingestion.readers import markdown, page, pdf, plain_text
from index.ingestion.readers.draft import Draft
from index.model.errors import ArticleError
from index.system import sandbox
from index.system.sandbox import Sandbox, SandboxError
from index.text.sanitize import storable

SUFFIXES = {".md", ".markdown", ".mdx", ".txt", ".html", ".htm", ".pdf"}
_HTML = {".html", ".htm"}
_MARKDOWN = {".md", ".markdown", ".mdx"}

_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # no file's name: the other halves of characters stand for bytes

UPLOAD = "upload:"
"""What the source of an article begins with that somebody sent as a file."""

SIZE_LIMIT = 5 * 1024 * 1024
"""The largest file that is read, in bytes."""


def find(sources: Iterable[str]) -> Iterator[Path]:
    """The files that are meant: each file as it is, each folder's articles, recursively and in order, hidden ones left out."""
    for path in map(home, sources):
        if not os.path.isdir(path):  # noqa: PTH112 (whatever cannot be one is none)
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES)


def home(source: str | Path) -> Path:
    """The path, with ``~`` as the home folder where there is one."""
    try:
        return Path(source).expanduser()
    except RuntimeError:
        return Path(source)


def source_of(path: Path) -> str:
    """The name under which a file's article is kept."""
    try:
        resolved = os.path.realpath(path)
    except (OSError, ValueError):  # no folder to go on from, or no path at all
        resolved = str(path)
    # A name that is not UTF-8 has no text of its own; this one stands for it, always the same.
    return "file:" + storable(_NO_BYTES.sub("\ufffd", resolved).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


async def read(path: Path, workers: Sandbox, _known: object = None) -> Draft:
    """The article in a file, whatever is kept of it: a file is as quickly read as asked whether it has changed.

    Raises:
        ArticleError: one sentence on what is wrong with the file.
    """
    return await _parsed(workers, path.name, await asyncio.to_thread(load, path), source_of(path), str(path))


def load(path: Path) -> bytes:
    """The content of a file that can be an article.

    Raises:
        ArticleError: one sentence on why it cannot.
    """
    if os.path.exists(path):  # noqa: PTH110 (whatever cannot be there is not)
        _check_kind(path.name, str(path))
    return content(path)


def content(path: Path) -> bytes:
    """What stands in a file. This never waits, whatever stands at the path.

    Raises:
        ArticleError: one sentence on why it cannot be had.
    """
    try:
        _check_regular(path, path.stat())
        # Something else may stand there by now, and opening a pipe would wait for whoever writes to it.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            status = os.fstat(file.fileno())
            _check_regular(path, status)
            read = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise ArticleError(f"{path} does not exist; check the path.") from None
    except (OSError, ValueError) as error:  # the second: it is no path
        raise ArticleError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if read is None:
        raise ArticleError(f"{path} cannot be read: nothing stands in it yet.")
    if len(read) > SIZE_LIMIT:
        size = max(status.st_size, len(read)) / 1024 / 1024
        raise ArticleError(f"{path} has {size:.1f} MB; the limit is {SIZE_LIMIT // 1024 // 1024} MB a file, so split it.")
    return read


def _check_regular(path: Path, status: os.stat_result) -> None:
    """Pipes, sockets and devices may have nothing to read for ever, or never an end."""
    if not stat.S_ISREG(status.st_mode):
        raise ArticleError(f"{path} is no file, but a folder, a pipe, a device or the like; name a file.")


def source_of_upload(name: str) -> str:
    """The name under which the article in a file is kept that somebody sent: another one of the same name takes its place."""
    return f"{UPLOAD}{name}"


def parse(name: str, content: bytes, source: str, *, shown: str | None = None) -> Draft:
    """The article in a file's content. CPU-bound.

    Args:
        name: the file's; its suffix says what it is.
        source: under which the article is kept.
        shown: what people call the file.

    Raises:
        ArticleError: one sentence on what is wrong with it.
    """
    shown = shown or name
    _check_kind(name, shown)
    if len(content) > SIZE_LIMIT:
        raise ArticleError(f"{shown} has more than {SIZE_LIMIT // 1024 // 1024} MB, the limit for an article, so split it.")
    suffix = Path(name).suffix.lower()
    try:
        if suffix in _HTML:
            return page.from_html(content, source)
        if suffix == ".pdf":
            return pdf.from_pdf(content, source)
        if suffix in _MARKDOWN:
            return markdown.from_markdown(content, source)
        return plain_text.from_text(content, source)
    except ArticleError as error:
        raise ArticleError(f"{shown}: {error}") from None


async def read_upload(name: str, content: bytes, workers: Sandbox, _known: object = None) -> Draft:
    """The article in a file that somebody sent.

    Raises:
        ArticleError: one sentence on what is wrong with the file.
    """
    return await _parsed(workers, name, content, source_of_upload(name), name)


async def _parsed(workers: Sandbox, name: str, content: bytes, source: str, shown: str) -> Draft:
    deadline = pdf.DEADLINE if Path(name).suffix.lower() == ".pdf" else sandbox.DEADLINE
    try:
        return await workers.run_within(deadline, parse, name, content, source, shown=shown)
    except SandboxError as error:
        raise ArticleError(f"{shown}: {error}") from None


def _check_kind(name: str, shown: str) -> None:
    if Path(name).suffix.lower() not in SUFFIXES:
        raise ArticleError(f"{shown} is no article: only Markdown (.md), text (.txt), HTML (.html) and PDF (.pdf) files can be added.")
