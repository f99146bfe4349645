"""Office files, books, notes and light markup: whatever pandoc reads, turned into HTML by it.

Of the converters that are kept well, pandoc (its wheel holds the program: 34 MB packed, 160 unpacked, GPL, run as a process of its own)
reads seven of these kinds with their headings, lists and tables in a hundredth of a second and 25 MB, within the limits of a worker.
markitdown (MIT) reads two of them, and brings a neural network that guesses file types, with ONNX Runtime; docling-slim (MIT) brings
pandas and a dozen others; libraries for a single kind would be six, and six ways to walk a document. EbookLib is AGPL.

What an archive claims to hold is looked at before pandoc unpacks it; pandoc reads no other file and asks no server (``--sandbox``), has a
heap and a time of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import html

from index.ingestion.readers.decoding import decode
from index.ingestion.readers.documents import FORMATS, archives, blocks
from index.ingestion.readers.draft import TEXT_LIMIT, Draft
from index.ingestion.web.address import is_address, parse
from index.model.errors import ArticleError

_ARCHIVES = {"docx", "odt", "epub"}
_HEAP = "-M600m"
_SECONDS = 10  # of the processor
_PATIENCE = 40.0  # seconds by the clock: the machine may have much else to do
_HTML_LIMIT = 8 * TEXT_LIMIT  # bytes: no text has so many tags
_RTF_TITLE = re.compile(r"\{\\title\s([^{}]{1,500})\}")
_RTF_CREATED = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_RTF_HEAD = 100_000  # characters


def from_document(content: bytes, source: str, suffix: str) -> Draft:
    """An office file, a book, a notebook or light markup.

    Args:
        suffix: of :data:`index.ingestion.readers.documents.FORMATS`.

    Raises:
        ArticleError: broken, protected by a password, empty, or too much of it.
    """
    kind = FORMATS[suffix]
    stated: Mapping[str, str] = {}
    if kind in _ARCHIVES:
        with archives.opened(content, kind) as archive:
            stated = archives.stated(archive, kind)
    else:
        written = decode(content)
        content = written.encode()
        if kind == "rtf":
            if not written.lstrip().startswith("{\\rtf"):
                raise ArticleError("it is no .rtf file, or a broken one; open it and save it again.")
            stated = _of_rtf(written)
    tree = _tree(_converted(content, kind))
    head = {meta.get("name"): meta.get("content") or "" for meta in tree.iterfind("head/meta")}
    titled = _title_block(tree)
    for label in tree.iterfind(".//div[@class='title']"):  # "Note" above a note
        label.clear()
    body = tree.find("body")
    text = blocks.lines(body) if body is not None else ""
    if not any(map(str.isalnum, text)):
        raise ArticleError("there is no text in it.")
    day = archives.day({"date": head.get("dcterms.date", "")}) or archives.day(stated)
    address = stated.get("source", "")
    return Draft(
        source=source,
        text=text,
        title=titled or blocks.title(stated.get("title", ""), tree, text),
        url=str(parse(address)) if is_address(address) else None,
        publisher=stated.get("publisher") or None,
        published=day,
    )


def _converted(content: bytes, kind: str) -> bytes:
    """What pandoc makes of a file: a page of HTML."""
    command = [_program(), "--sandbox", "--from", kind, "--to", "html", "--standalone", "--wrap=none", "--quiet", "+RTS", _HEAP, "-RTS"]
    hurry = _hurry if os.name == "posix" else None
    try:
        ended = subprocess.run(command, input=content, capture_output=True, timeout=_PATIENCE, check=False, preexec_fn=hurry)
    except subprocess.TimeoutExpired:
        raise ArticleError("it is too complicated to be read; save it as PDF or text and add that.") from None
    except OSError:
        raise ArticleError("the program that reads files of this kind, pandoc, cannot be run here; save it as PDF or text.") from None
    if ended.returncode:
        raise ArticleError("it is broken or too complicated to be read; open it and save it again, or save it as PDF or text.")
    if len(ended.stdout) > _HTML_LIMIT:
        raise ArticleError(f"it has more than {TEXT_LIMIT:,} characters of text, so split it.")
    return ended.stdout


def _hurry() -> None:
    """Have the system end the program after so many seconds of the processor."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


@cache
def _program() -> str:
    """The pandoc of the wheel; where that has none, whichever the system has."""
    found = find_spec("pypandoc")
    own = (Path(place, "files", "pandoc") for place in (found.submodule_search_locations if found else None) or ())
    return next((str(path) for path in own if path.is_file()), "pandoc")


def _tree(page: bytes) -> html.HtmlElement:
    return html.document_fromstring(page, parser=html.HTMLParser(encoding="utf-8", no_network=True))


def _title_block(tree: html.HtmlElement) -> str:
    """The title that the text itself states, and take it out: a title stands before each sentence anyway."""
    block = tree.find(".//header[@id='title-block-header']")
    if block is None:
        return ""
    head = block.find("h1")
    title = " ".join(head.text_content().split()) if head is not None else ""
    block.drop_tree()
    return title


def _of_rtf(text: str) -> dict[str, str]:
    said: dict[str, str] = {}
    if (title := _RTF_TITLE.search(text, 0, _RTF_HEAD)) and "\\" not in title.group(1):
        said["title"] = title.group(1).strip()
    if created := _RTF_CREATED.search(text, 0, _RTF_HEAD):
        year, month, day = created.groups()
        said["created"] = f"{year}-{month:0>2}-{day:0>2}"
    return said
