"""From lines that a right margin has broken to one block a line, as :class:`index.ingestion.readers.draft.Draft` has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.text.scripts import COMPATIBLE_HAN, FULL_WIDTH, HAN, KANA

_NARROWEST, _WIDEST = 30, 120  # columns: what is narrower is a list of short lines, what is wider was not broken by a margin
_LONG_SHARE = 0.1  # of the lines, from which on a text has a paragraph on each line
_FULL_SHARE = 0.75  # of the lines of a paragraph, which reach the right margin
_REACHES = 0.6  # of the margin: as far as a line reaches that goes on in lower case on the next

_UNSPACED = f"[{KANA}{HAN}{COMPATIBLE_HAN}{FULL_WIDTH}\u3000-\u303f“”‘’…—]"
_WIDE = re.compile(f"[{KANA}{HAN}{COMPATIBLE_HAN}{FULL_WIDTH}\u3000-\u303f\uac00-\ud7af]")
_ENDS_UNSPACED = re.compile(f"{_UNSPACED}\\Z")
_BEGINS_UNSPACED = re.compile(_UNSPACED)
_IDEOGRAPH = re.compile(f"[{KANA}{HAN}{COMPATIBLE_HAN}]")
_FIRST_WORD = re.compile(f"[{KANA}{HAN}{COMPATIBLE_HAN}]|[^\\s{KANA}{HAN}{COMPATIBLE_HAN}]+")

_BULLET = re.compile(r"(?:[-*+•‣▪●◦·–—])\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_APART = re.compile(r"#{1,6}\s|\||```|\[?\d{1,2}:\d\d\b|<?https?://")  # headings, tables, logs: begin a block of their own
_RULE = re.compile(r"[-=*_~]{3,}\Z|<?https?://\S+\Z")  # says nothing
_FACT = re.compile(r"[^\W\d_][\w ()/-]{0,30}[:：]\s*\S|.{1,60}?(?:\t| {3})\s*\S")
_SENTENCE_END = re.compile(r"[.!?:;…。！？：；][\"'”»’)\]】」』]*\Z")
_BROKEN_WORD = re.compile(r"[^\W\d_]{1,60}[-\u2010]\Z")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_LONGEST_WORD = 60  # characters, of a word that a line end breaks


def reflow(text: str) -> str:
    """The text with a block (a paragraph, a heading, an item) on each line, and nothing lost but white space, hyphens and rules.

    Lines are joined where the first word of the next one had no place before the right margin that the text shows, or where a sentence
    goes on in lower case. Words that were broken are put together; lines of Chinese and Japanese are joined without a space.
    """
    lines = [line.rstrip() for line in text.replace("\u00ad\n", "-\n").split("\n")]
    widths = [_width(line.strip()) for line in lines if line]
    wrapped = sum(width > _WIDEST for width in widths) <= _LONG_SHARE * len(widths)
    margin = max((width for width in widths if width <= _WIDEST), default=0) if wrapped else 0
    blocks: list[list[str]] = []
    for group in _groups(lines):
        for line, goes_on in zip(group, [False, *_joints(group, margin)], strict=True):
            if goes_on:
                blocks[-1].append(line.strip())
            else:
                blocks.append([line.strip()])
    words = words_of(text) if any(map(breaks_word, lines)) else frozenset()
    return laid_out([joined(block, words) for block in blocks])


def joined(lines: Sequence[str], words: frozenset[str]) -> str:
    """The block that stands on these lines.

    Args:
        words: of the whole text (:func:`words_of`), which tell compounds from words that a line's end has broken.
    """
    parts: list[str] = []
    for line in lines:
        if parts and breaks_word(parts[-1]) and line[:1].isalnum():
            parts[-1] = _mended(parts[-1], line, words)
        elif parts and not (_ENDS_UNSPACED.search(parts[-1][-1:]) and _BEGINS_UNSPACED.match(line)):
            parts.append(" ")
        parts.append(line)
    block = "".join(parts)
    return _BULLET.sub("- ", block, count=1) if _BULLET.match(block) else block


def laid_out(blocks: Sequence[str]) -> str:
    """Blocks on lines of their own, with blank lines between all but the items of a list."""
    pieces: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            pieces.append("\n" if block.startswith("- ") and blocks[number - 1].startswith("- ") else "\n\n")
        pieces.append(block)
    return "".join(pieces)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, and its compounds with a hyphen, in lower case."""
    return frozenset(map(str.lower, _WORDS.findall(text)))


def breaks_word(line: str) -> bool:
    """Whether a line ends in a hyphen behind letters."""
    return line.endswith(("-", "\u2010")) and line[-2:-1].isalpha()


def begins_item(line: str) -> bool:
    """Whether a line begins an item of a list, with a bullet or a number."""
    return bool(_BULLET.match(line) or _NUMBERED.match(line))


def ends_sentence(line: str) -> bool:
    """Whether a line ends in a mark that ends a sentence, perhaps in quotation marks."""
    return bool(_SENTENCE_END.search(line[-8:]))


def _groups(lines: Sequence[str]) -> Iterator[list[str]]:
    """What stands between blank lines, and lines that say nothing."""
    group: list[str] = []
    for line in lines:
        if line and not _RULE.match(line.strip()):
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _joints(group: Sequence[str], margin: int) -> list[bool]:
    """For each line but the first, whether it goes on with what the line before it began."""
    stripped = [line.strip() for line in group]
    pairs = list(pairwise(stripped))
    if margin < _NARROWEST or sum(map(bool, map(_FACT.match, stripped))) > len(group) / 2:
        return [False] * len(pairs)
    full = [_is_full(line, following, margin) for line, following in pairs]
    even = sum(full) >= _FULL_SHARE * len(full)
    joints: list[bool] = []
    item = begins_item(stripped[0])
    for number, (line, following) in enumerate(pairs):
        indented = len(group[number + 1]) - len(following) >= len(group[number]) - len(line) + 2
        apart = begins_item(following) or _APART.match(following) or line.startswith(("#", "|", "```"))
        if apart or (indented and not item):
            joints.append(False)
        elif following[:1].islower() and not ends_sentence(line):
            joints.append(full[number] or _width(line) >= _REACHES * margin)
        elif breaks_word(line) and full[number]:
            joints.append(True)
        else:
            open_ended = not ends_sentence(line)
            joints.append(full[number] and (even or (open_ended and _width(line) >= _REACHES * margin)))
        item = begins_item(following) or (item and (joints[-1] or indented))
    return joints


def _is_full(line: str, following: str, margin: int) -> bool:
    """Whether the first word of the next line had no place on this one."""
    if line.endswith(("-", "\u2010")):
        return _width(line) >= _REACHES * margin
    first = _FIRST_WORD.match(following)
    word = first.group() if first else ""
    slack = 3 if _IDEOGRAPH.match(word) else 1  # marks may not begin a line, so a character moves with them
    return _width(line) + slack + _width(word) > margin


def _mended(before: str, after: str, words: frozenset[str]) -> str:
    """What a broken word stands in, without the hyphen if the line's end has put it there."""
    first, second = _BROKEN_WORD.search(before[-_LONGEST_WORD:]), _WORDS.match(after[:_LONGEST_WORD])
    if first is None or second is None or not after[:1].islower():
        return before
    head, tail = first.group()[:-1].lower(), second.group().split("-")[0].lower()
    return before if f"{head}-{tail}" in words and head + tail not in words else before[:-1]


def _width(text: str) -> int:
    """In columns: an ideograph takes two."""
    return len(text) + len(_WIDE.findall(text))
