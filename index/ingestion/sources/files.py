"""Articles from files and folders: text, pages, PDF, office files, mails and more."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from index.ingestion.readers.documents import FORMATS, rows
from index.ingestion.readers.documents.rows import Row
from index.ingestion.readers.draft import Draft
from index.model.errors import ArticleError
from index.system import sandbox
from index.system.sandbox import Sandbox, SandboxError
from index.text.sanitize import storable

_MARKDOWN = {".md", ".markdown", ".mdx"}
_PAGES = {".html", ".htm"}
_SAVED_PAGES = {".mhtml", ".mht"}
_SUBTITLES = {".vtt", ".srt"}
_ROWS = {".csv", ".tsv", ".jsonl"}
SUFFIXES = {".txt", ".pdf", ".pptx", ".eml", *_MARKDOWN, *_PAGES, *_SAVED_PAGES, *_SUBTITLES, *_ROWS, *FORMATS}

_INSTEAD = {
    **dict.fromkeys([".doc", ".dot", ".docm", ".dotx", ".pages", ".wpd"], ".docx"),
    **dict.fromkeys([".ppt", ".pps", ".ppsx", ".pptm", ".key", ".odp"], ".pptx"),
    **dict.fromkeys([".xls", ".xlsx", ".ods", ".numbers"], ".csv"),
    **dict.fromkeys([".mobi", ".azw", ".azw3"], ".epub"),
    ".msg": ".eml",
}  # what can be saved as a kind that is read

_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # no file's name: the other halves of characters stand for bytes

Read = Callable[[object], Awaitable[Draft]]
"""Reads an article, given what is kept of it, which makes no difference to a file."""

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
        yield from (file for file in _below(path) if file.suffix.lower() in SUFFIXES)


def left_out(sources: Iterable[str]) -> Mapping[str, int]:
    """How many files of these folders are of no kind that is read, by suffix, the most first; hidden ones are not counted."""
    folders = [path for path in map(home, sources) if os.path.isdir(path)]  # noqa: PTH112
    kinds = Counter(file.suffix.lower() for path in folders for file in _below(path))
    return {suffix: count for suffix, count in kinds.most_common() if suffix not in SUFFIXES}


def _below(path: Path) -> Iterator[Path]:
    """The files of a folder, and of all folders below it, in order, without hidden ones."""
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


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


async def readers(path: Path, workers: Sandbox) -> Mapping[str, Read]:
    """How to read each article in a file, by the name under which it is kept: one, or one for each row of a table of articles."""
    if path.suffix.lower() not in _ROWS:
        return {source_of(path): partial(read, path, workers)}
    try:
        content = await asyncio.to_thread(load, path)
    except ArticleError as error:
        return {source_of(path): partial(_refused, str(error))}
    return await _rows(path.name, content, source_of(path), str(path), workers)


async def upload_readers(name: str, content: bytes, workers: Sandbox) -> Mapping[str, Read]:
    """The same for a file that somebody sent."""
    source = source_of_upload(name)
    if Path(name).suffix.lower() not in _ROWS:
        return {source: partial(read_upload, name, content, workers)}
    return await _rows(name, content, source, name, workers)


async def _rows(name: str, content: bytes, source: str, shown: str, workers: Sandbox) -> Mapping[str, Read]:
    try:
        found = await workers.run(parse_rows, name, content, source, shown=shown)
    except SandboxError as error:
        return {source: partial(_refused, f"{shown}: {error}")}
    except ArticleError as error:
        return {source: partial(_refused, str(error))}
    return {row.source: partial(_row, row, shown) for row in found}


async def _refused(problem: str, _known: object = None) -> Draft:
    raise ArticleError(problem)


async def _row(row: Row, shown: str, _known: object = None) -> Draft:
    if row.draft is None:
        raise ArticleError(f"{shown}: {row.problem}")
    return row.draft


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
    _check(name, content, shown)
    try:
        return _read(Path(name).suffix.lower(), Path(name).stem, content, source)
    except ArticleError as error:
        raise ArticleError(f"{shown}: {error}") from None


def parse_rows(name: str, content: bytes, source: str, *, shown: str) -> list[Row]:
    """The articles in a table of them. CPU-bound.

    Raises:
        ArticleError: one sentence on what is wrong with it.
    """
    _check(name, content, shown)
    try:
        return rows.from_rows(content, source, Path(name).suffix.lower())
    except ArticleError as error:
        raise ArticleError(f"{shown}: {error}") from None


def _check(name: str, content: bytes, shown: str) -> None:
    _check_kind(name, shown)
    if len(content) > SIZE_LIMIT:
        raise ArticleError(f"{shown} has more than {SIZE_LIMIT // 1024 // 1024} MB, the limit for an article, so split it.")


def _read(suffix: str, stem: str, content: bytes, source: str) -> Draft:
    """The article in a file of a kind that is read. A reader is imported where it is called, which is in a worker."""
    if suffix in FORMATS:
        from index.ingestion.readers.documents.pandoc import from_document

        return from_document(content, source, suffix)
    if suffix in _SUBTITLES:
        from index.ingestion.readers.documents.subtitles import from_subtitles

        return from_subtitles(content, source, " ".join(storable(stem).replace("_", " ").split()))
    return _reader(suffix)(content, source)


def _reader(suffix: str) -> Callable[[bytes, str], Draft]:
    from index.ingestion.readers import markdown, page, pdf, plain_text
    from index.ingestion.readers.documents import mail, slides

    readers: Mapping[str, Callable[[bytes, str], Draft]] = {
        **dict.fromkeys(_MARKDOWN, markdown.from_markdown),
        **dict.fromkeys(_PAGES, page.from_html),
        **dict.fromkeys(_SAVED_PAGES, mail.from_saved_page),
        ".pdf": pdf.from_pdf,
        ".pptx": slides.from_slides,
        ".eml": mail.from_mail,
        ".txt": plain_text.from_text,
    }
    return readers[suffix]


async def read_upload(name: str, content: bytes, workers: Sandbox, _known: object = None) -> Draft:
    """The article in a file that somebody sent.

    Raises:
        ArticleError: one sentence on what is wrong with the file.
    """
    return await _parsed(workers, name, content, source_of_upload(name), name)


async def _parsed(workers: Sandbox, name: str, content: bytes, source: str, shown: str) -> Draft:
    deadline = pdf_deadline() if Path(name).suffix.lower() == ".pdf" else sandbox.DEADLINE
    try:
        return await workers.run_within(deadline, parse, name, content, source, shown=shown)
    except SandboxError as error:
        raise ArticleError(f"{shown}: {error}") from None


def pdf_deadline() -> float:
    """Seconds that a PDF may take."""
    from index.ingestion.readers import pdf

    return pdf.DEADLINE


def _check_kind(name: str, shown: str) -> None:
    suffix = Path(name).suffix.lower()
    if suffix in _INSTEAD:
        raise ArticleError(f"{shown} cannot be read as {suffix}; save it as {_INSTEAD[suffix]}, and add that.")
    if suffix not in SUFFIXES:
        raise ArticleError(
            f"{shown} is no article: only text (.md, .txt, .rst, .adoc), HTML (.html, .mhtml), PDF (.pdf), office files (.docx, .pptx, "
            ".odt, .rtf), books (.epub), notebooks (.ipynb), mails (.eml), subtitles (.vtt, .srt) and tables of articles (.csv, .jsonl) "
            "can be added."
        )
