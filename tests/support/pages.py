"""The project's pages, taken apart: commands with what they print, code, links, headings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.articles import ROOT

PAGES = (*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")), *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Command:
    """A line that somebody is to type.

    Attributes:
        line: as it stands on the page, without its comment.
        words: as a shell would hand them over; of a pipe, those of its last part.
        stdin: what the part of the pipe before echoes.
        printed: the lines that the page shows below it.
    """

    line: str
    words: Sequence[str]
    stdin: str = ""
    printed: Sequence[str] = ()


def named(page: Path) -> str:
    """A page's name for people."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language, in order."""
    return [content for kind, content in _BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def spans(page: Path) -> list[str]:
    """What stands as code amid the prose of a page."""
    return _SPAN.findall(prose(page))


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead, but for other sites."""
    return [target for target in _LINK.findall(_SPAN.sub("", prose(page))) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """By what the headings of a page can be linked to, as GitHub makes it."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose(page))}


def commands(page: Path) -> list[Command]:
    """All commands of a page's ``sh`` and ``console`` blocks, in order."""
    return [
        command
        for kind, content in _BLOCK.findall(page.read_text(encoding="utf-8"))
        if kind in ("sh", "console")
        for command in (_typed(content) if kind == "sh" else _shown(content))
    ]


def _typed(block: str) -> Iterator[Command]:
    yield from (_command(line) for line in block.splitlines() if line.strip())


def _shown(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *printed = part.splitlines()
        yield _command(line, printed)


def _command(line: str, printed: Sequence[str] = ()) -> Command:
    words = shlex.split(line, comments=True)
    text = re.sub(r"\s+#.*", "", line)
    if "|" not in words:
        return Command(text, words, printed=printed)
    at = words.index("|")
    assert words[0] == "echo", f"{line}: what is piped into a command is echoed"
    return Command(text, words[at + 1 :], f"{' '.join(words[1:at])}\n", printed)
