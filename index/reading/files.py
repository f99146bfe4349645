"""Articles from files and folders: Markdown, plain text, HTML, PDF."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.errors import ArticleError
from index.reading import pdf, sandbox
from index.reading.draft import Draft, from_html, from_text
from index.reading.sandbox import Sandbox, SandboxError

SUFFIXES = {".md", ".markdown", ".txt", ".html", ".htm", ".pdf"}
_HTML = {".html", ".htm"}

UPLOAD = "upload:"
"""What the source of an article begins with that somebody sent as a file."""

SIZE_LIMIT = 5 * 1024 * 1024
"""The largest file that is read, in bytes."""


def find(sources: Iterable[str]) -> Iterator[Path]:
    """The files that are meant: each file as it is, each folder's articles, recursively and in order, hidden ones left out."""
    for path in map(_home, sources):
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES)


def _home(source: str) -> Path:
    """The path, with ``~`` as the home folder where there is one."""
    try:
        return Path(source).expanduser()
    except RuntimeError:
        return Path(source)


def source_of(path: Path) -> str:
    """The name under which a file's article is kept."""
    # A name that is not UTF-8 has no text of its own; this one stands for it, always the same.
    return "file:" + os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")


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
    try:
        if not path.exists():
            raise ArticleError(f"{path} does not exist; check the path.")
    except OSError as error:
        raise ArticleError(f"{path} cannot be read: {error.strerror}.") from None
    _check_kind(path.name, str(path))
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ArticleError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > SIZE_LIMIT:
        size = path.stat().st_size / 1024 / 1024
        raise ArticleError(f"{path} has {size:.1f} MB; the limit is {SIZE_LIMIT // 1024 // 1024} MB an article, so split it.")
    return content


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
            return from_html(content, source)
        if suffix == ".pdf":
            return pdf.from_pdf(content, source)
        return from_text(content, source)
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
