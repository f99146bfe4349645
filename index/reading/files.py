"""Articles from files and folders: Markdown, plain text, HTML, PDF."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.errors import ArticleError
from index.reading.draft import Draft, from_html, from_text
from index.reading.pdf import from_pdf

SUFFIXES = {".md", ".markdown", ".txt", ".html", ".htm", ".pdf"}
_HTML = {".html", ".htm"}

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


async def read_again(path: Path, _known: object = None) -> Draft:
    """The article in a file, whatever is kept of it: a file is as quickly read as asked whether it has changed."""
    return await asyncio.to_thread(read, path)


def read(path: Path) -> Draft:
    """The article in a file.

    Raises:
        ArticleError: one sentence on what is wrong with the file.
    """
    try:
        if not path.exists():
            raise ArticleError(f"{path} does not exist; check the path.")
    except OSError as error:
        raise ArticleError(f"{path} cannot be read: {error.strerror}.") from None
    if path.suffix.lower() not in SUFFIXES:
        raise ArticleError(f"{path} is no article: only Markdown (.md), text (.txt), HTML (.html) and PDF (.pdf) files can be added.")
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ArticleError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > SIZE_LIMIT:
        size = path.stat().st_size / 1024 / 1024
        raise ArticleError(f"{path} has {size:.1f} MB; the limit is {SIZE_LIMIT // 1024 // 1024} MB an article, so split it.")
    try:
        if path.suffix.lower() in _HTML:
            return from_html(content, source_of(path))
        if path.suffix.lower() == ".pdf":
            return from_pdf(content, source_of(path))
        return from_text(content, source_of(path))
    except ArticleError as error:
        raise ArticleError(f"{path}: {error}") from None
