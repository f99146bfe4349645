"""Articles from Markdown: CommonMark with tables, as whoever reads the rendered page sees it. markdown-it-py takes it apart."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from index.ingestion.readers import front_matter
from index.ingestion.readers.decoding import decode
from index.ingestion.readers.draft import Draft
from index.text.scripts import CJK, FULL_WIDTH

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

_TEMPLATE_TAG = re.compile(r"\{%[^{}\n]{0,500}%\}|\{\{[^{}\n]{0,500}\}\}")
_MODULE_LINE = re.compile(
    r"^(?:import\s[^\n]{0,300}['\"][^\n'\"]{1,300}['\"];?|export\s+(?:const|let|var|default|function)\s[^\n]*)$", re.MULTILINE
)
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*(?:-->|\Z)")
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<\s*(script|style|svg|iframe|template)\b", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_TASK = re.compile(r"\[[ xX]\]\s+")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>]+")
_LEADING = "([<:：>→-"  # marks that lead to an address
_AROUND_ADDRESS = f"{_LEADING})]."
_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")  # which CommonMark does not see between letters and full-width marks
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
_SPACES = re.compile(r"\s+")
_CLOSED = re.compile(r"[.!?:;…。！？：；\"'”»’)\]】」』|]\s*$")
_CJK = re.compile(f"[{CJK}{FULL_WIDTH}]")
_SHORT = 40  # characters: a line that is shorter was not broken at a right margin, so its end means something
_NESTING = 12  # lists and quotes in one another that are taken apart: people write three


def from_markdown(content: bytes, source: str, *, charset: str | None = None) -> Draft:
    """A Markdown file, with or without front matter. Mark-up, pictures, code, comments and template tags are no text.

    Args:
        charset: its encoding, as its server names it.

    Raises:
        ArticleError: binary, empty, or with front matter that cannot be understood (the line is named, or what cannot be).
    """
    matter, text = front_matter.take(decode(content, charset))
    return matter.draft(source, rendered(text))


def rendered(text: str) -> str:
    """What a reader sees of Markdown, a block a line (see :class:`~index.ingestion.readers.draft.Draft`)."""
    from markdown_it.tree import SyntaxTreeNode

    tree = SyntaxTreeNode(_parser().parse(_MODULE_LINE.sub("", _TEMPLATE_TAG.sub("", text))))
    groups = (filter(None, map(_tidied, "\n".join(group).split("\n"))) for group in _groups(tree))
    return "\n\n".join(filter(None, map("\n".join, groups)))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["table", "strikethrough"])


def _groups(node: SyntaxTreeNode) -> Iterator[list[str]]:
    """The blocks below a node; those that belong together, such as the items of a list, in one group."""
    for child in node.children:
        match child.type:
            case "heading":
                yield [f"{'#' * int(child.tag[1:])} {' '.join(_inline(child).split())}"]
            case "paragraph":
                yield from ([line] for line in _inline(child).split("\n"))
            case "bullet_list" | "ordered_list":
                yield [*_items(child)]
            case "table":
                yield _rows(child)
            case "html_block":
                yield from ([line] for line in _visible(child.content).split("\n"))
            case "blockquote":
                yield from _groups(child)
            case _:
                pass  # code, and lines across the page


def _items(node: SyntaxTreeNode) -> Iterator[str]:
    """The items of a list and of those in it, each with its further paragraphs below it."""
    for item in node.children:
        for number, block in enumerate(block for group in _groups(item) for block in group):
            yield block if number or block.startswith("- ") else f"- {_TASK.sub('', block, count=1)}"


def _rows(node: SyntaxTreeNode) -> list[str]:
    """The rows of a table, each cell after the head of its column."""
    cells = [[" ".join(_inline(cell).split()) for cell in row.children] for part in node.children for row in part.children]
    return ["; ".join(f"{head}: {cell}" if head else cell for head, cell in zip(cells[0], row, strict=False) if cell) for row in cells[1:]]


def _inline(node: SyntaxTreeNode) -> str:
    """The words of a paragraph or the like, with line ends where lines end that were not broken at a right margin."""
    return _reflowed("".join(_words(node)))


def _words(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        match child.type:
            case "text" | "code_inline":
                yield child.content
            case "softbreak" | "hardbreak":
                yield "\n"
            case "html_inline":
                yield "\n" if _BREAK.match(child.content) else ""
            case "link":
                words = "".join(_words(child))
                yield "" if _ADDRESS.fullmatch(words.strip()) else words
            case "image":
                pass
            case _:
                yield from _words(child)


def _reflowed(text: str) -> str:
    """Lines that go on joined, those that end something apart. What ends a line as a bare address is no part of its sentence."""
    parts: list[str] = []
    length, last = 0, ""  # of the line that is being put together, and the source line that ends it
    for line in filter(None, map(_without_last_addresses, text.split("\n"))):
        if parts:
            ends = _CLOSED.search(last) or (length < _SHORT and not line[0].islower() and not _CJK.match(line))
            between = "\n" if ends else "" if _CJK.match(last[-1]) and _CJK.match(line) else " "
            parts.append(between)
            length = 0 if ends else length + len(between)
        parts.append(line)
        length, last = length + len(line), line
    return "".join(parts)


def _without_last_addresses(line: str) -> str:
    """A line without the addresses that end it, and the marks that lead to them."""
    words = line.split()
    kept = len(words)
    while kept and _ADDRESS.fullmatch(words[kept - 1].strip(_AROUND_ADDRESS)):
        kept -= 1
    return line.strip() if kept == len(words) else " ".join(words[:kept]).rstrip(f"{_LEADING} ")


def _visible(text: str) -> str:
    """The words of a block of HTML."""
    if _UNSEEN.match(text.lstrip()):
        return ""
    return _reflowed(html.unescape(_TAG.sub("", _BREAK.sub("\n", _COMMENT.sub("", text)))))


def _tidied(line: str) -> str:
    """A block on one line, without marks of footnotes and what is empty where something was."""
    return _SPACES.sub(" ", _EMPTY_BRACKETS.sub("", _FOOTNOTE.sub("", _STRONG.sub(r"\1", line)))).strip()
