"""From an article's text to sentences and passages, with offsets that are exact.

Each line of a text is a block: a paragraph, a heading ("# ..."), a list's item ("- ..."), a table's row ("Model: ...; Price: ...").
Sentences end within it (:mod:`index.text.sentences`); none goes on over a line's end. A passage is about a paragraph: what the
encoder can take in one go, and what a reader needs around a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, groupby

from index.model.articles import Article, Passage, Section, Span
from index.model.errors import ArticleError
from index.text.scripts import CJK, FULL_WIDTH
from index.text.sentences import ends, says_something

VERSION = 2
"""Raised whenever the same text would be cut differently: passages and vectors made by another version are not mixed."""

SENTENCE_LIMIT = 400
"""The longest sentence, in code points; a Chinese or Japanese character counts for two and a half of them."""

_ANYHOW_WEIGHT = 16_000  # of a text that says nothing: a list of names may be so long, what is longer was made to keep the reader busy
_PASSAGE_WEIGHT = 900  # about 250 tokens of multilingual-e5, half of what it reads
_PARAGRAPH_WEIGHT = 120  # a paragraph that is shorter (a heading, a dateline) joins the next one
_CJK_WEIGHT = 2.5  # one Chinese or Japanese character says as much as two or three letters
_CJK = re.compile(f"[{CJK}{FULL_WIDTH}]")

_HEADING = re.compile(r"#{1,6}\s+")
_BULLET = re.compile(r"(?:[-*+•‣▪·●◦–—|>]|\d{1,3}[.)]|\(?[a-z\d]\))\s+")
_LEAD_ENDS = ":："
_STRONG_CLAUSE_END = re.compile(r";(?=\s)|；")
_DASH = re.compile(r"\s[–—](?=\s)|——")
_CLAUSE_ENDS = (re.compile(r"[;；。:：](?=\s|\W|$)|[；。：]"), re.compile(r"[,，、](?=\s)|[，、]"), re.compile(r"\s"))


def head(title: str) -> str:
    """What stands before each sentence of an article when it is encoded: its title, which says what "it" and "the company" are."""
    return f"{title}: "


@dataclass(slots=True)
class _Piece:
    """What may become a sentence.

    Attributes:
        is_quotable: whether it says something by itself; what does not is context of the passage in which it stands.
        opens_paragraph: whether a passage may begin with it, however short it is.
    """

    start: int
    end: int
    weight: float
    is_quotable: bool
    opens_paragraph: bool


@dataclass(slots=True)
class _Block:
    """A line.

    Attributes:
        indent: of an item; None for whatever else.
        follows_blank: whether a blank line stands before it.
    """

    pieces: list[_Piece]
    indent: int | None
    follows_blank: bool


def split(text: str, language: str, limit: int | None = None) -> tuple[Passage, ...]:
    """Passages of ``text``, in order, none overlapping, each with one sentence at least.

    A sentence says something by itself, in one line and at most :data:`SENTENCE_LIMIT`, without white space, bullet or heading
    mark around it. What says nothing by itself is in none, but still in the span of the passage in which it stands, and is
    encoded with it as context:

    - headings that only name a subject, and fragments: one word, a name, a date, a label, numbers, a link;
    - a lead that ends in a colon. Where its whole list is short enough to be quoted, lead and list are one sentence, the only kind
      that has several lines; where it is not, each item is a sentence by itself;
    - what is too long. It is cut where both parts can stand alone, at semicolons or at its only dash, and if these parts are too
      long as well, it is left out: half a sentence is no quote.

    A stretch of such context of more than a passage's length, such as a menu, is in no passage. Where nothing in the text says
    anything by itself, all that has a letter or a digit is in a sentence, cut at clauses or words where it is too long, for some
    pages from its beginning; so a text with a letter or a digit always has a passage.

    Args:
        limit: the most sentences and fragments.

    Raises:
        ArticleError: there are more.
    """
    blocks, count = [], 0
    for block in _blocks(text, language):
        blocks.append(block)
        count += len(block.pieces)
        if limit is not None and count > limit:
            raise ArticleError(f"it has more than {limit:,} sentences, which is more than can be read, so split it.")
    pieces = list(_with_lists(blocks, text))
    if not any(piece.is_quotable for piece in pieces):
        parts = [part for piece in pieces for part in _anyhow(text, piece)]
        weights = accumulate(part.weight for part in parts)
        pieces = [part for part, weight in zip(parts, weights, strict=True) if weight <= _ANYHOW_WEIGHT]
    return tuple(_passages(pieces))


def _passages(pieces: Sequence[_Piece]) -> Iterator[Passage]:
    """Pieces put together, each passage with a sentence. Of context before the first, only the nearest is kept if it is long."""
    passage: deque[_Piece] = deque()
    weight = 0.0
    has_sentence = False
    for piece in pieces:
        if has_sentence and ((piece.opens_paragraph and weight >= _PARAGRAPH_WEIGHT) or weight + piece.weight > _PASSAGE_WEIGHT):
            yield _passage(passage)
            passage.clear()
            weight, has_sentence = 0.0, False
        while passage and weight + piece.weight > _PASSAGE_WEIGHT:
            weight -= passage.popleft().weight
        passage.append(piece)
        weight += piece.weight
        has_sentence = has_sentence or piece.is_quotable
    if has_sentence:
        yield _passage(passage)


def _passage(pieces: Sequence[_Piece] | deque[_Piece]) -> Passage:
    return Passage(pieces[0].start, pieces[-1].end, tuple(Span(one.start, one.end) for one in pieces if one.is_quotable))


def of_article(article: Article, limit: int | None = None) -> tuple[Passage, ...]:
    """The passages of an article: those of its text, none of which goes on from one of its sections into the next.

    Raises:
        ArticleError: see :func:`split`.
    """
    whole = split(article.text, article.language, limit)
    return tuple(chain.from_iterable(_apart(passage, article.sections) for passage in whole)) if article.sections else whole


def _apart(passage: Passage, sections: Sequence[Section]) -> Iterator[Passage]:
    """A passage cut where sections begin; a section's heading goes with its sentences."""
    starts = [section.start for section in sections]
    groups = [(number, tuple(group)) for number, group in groupby(passage.sentences, lambda span: bisect_right(starts, span.start))]
    for place, (number, sentences) in enumerate(groups):
        start = starts[number - 1] if place else passage.start
        yield Passage(start, passage.end if place == len(groups) - 1 else sentences[-1].end, sentences)


def _weight(text: str) -> float:
    return len(text) if text.isascii() else len(text) + (_CJK_WEIGHT - 1) * len(_CJK.findall(text))


def _blocks(text: str, language: str) -> Iterator[_Block]:
    start, follows_blank = 0, True
    for line in text.splitlines(keepends=True):
        first, end = start + len(line) - len(line.lstrip()), start + len(line.rstrip())
        if first >= end:
            follows_blank = True
        else:
            heading = _HEADING.match(text, first, end)
            bullet = None if heading else _BULLET.match(text, first, end)
            begin = _after(text, heading or bullet, first, end)
            is_heading = heading is not None
            pieces = _pieces(text, begin, end, language, is_heading)
            if pieces:
                yield _Block(pieces, first - start if bullet and begin > first else None, follows_blank)
                follows_blank = False
        start += len(line)


def _after(text: str, mark: re.Match[str] | None, first: int, end: int) -> int:
    """Where a line begins behind its bullet or heading mark, unless nothing else is in it."""
    return mark.end() if mark and any(map(str.isalnum, text[mark.end() : end])) else first


def _pieces(text: str, begin: int, end: int, language: str, is_heading: bool) -> list[_Piece]:
    line = text[begin:end]
    made: list[_Piece] = []
    start = 0
    for cut in ends(line, language):
        sentence = line[start:cut].strip()
        first = begin + start + (len(line[start:cut]) - len(line[start:cut].lstrip()))
        start = cut
        if not any(map(str.isalnum, sentence)):
            continue
        if made:  # a bullet within a line
            behind = _after(text, _BULLET.match(text, first, first + len(sentence)), first, first + len(sentence))
            sentence, first = sentence[behind - first :], behind
        made += _short_enough(sentence, first, language, is_heading)
    return made


def _short_enough(sentence: str, first: int, language: str, is_heading: bool) -> Iterator[_Piece]:
    """The sentence itself, or parts that can stand alone; what cannot be cut so is context."""
    weight = _weight(sentence)
    if weight <= SENTENCE_LIMIT:
        yield _Piece(first, first + len(sentence), weight, says_something(sentence, language, is_heading=is_heading), False)
        return
    parts = _clauses(sentence)
    if not all(_weight(sentence[start:end]) <= SENTENCE_LIMIT and says_something(sentence[start:end], language) for start, end in parts):
        yield _Piece(first, first + len(sentence), weight, False, False)
        return
    for start, end in parts:
        yield _Piece(first + start, first + end, _weight(sentence[start:end]), True, False)


def _clauses(sentence: str) -> list[tuple[int, int]]:
    """Parts between semicolons, as few as are short enough; else those before and behind the only dash."""
    cuts = [mark.end() for mark in _STRONG_CLAUSE_END.finditer(sentence)]
    if not cuts:
        dashes = [mark.start() for mark in _DASH.finditer(sentence)]
        cuts = dashes if len(dashes) == 1 else []
    parts: list[tuple[int, int]] = []
    start = last = 0
    for cut in [*cuts, len(sentence)]:
        if last > start and _weight(sentence[start:cut]) > SENTENCE_LIMIT:
            parts.append((start, last))
            start = last
        last = cut
    parts.append((start, len(sentence)))
    return [_trimmed(sentence, start, end) for start, end in parts]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in "–—"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _with_lists(blocks: Sequence[_Block], text: str) -> Iterator[_Piece]:
    """The pieces of all blocks; a lead that ends in a colon and its list are one where they are short enough together."""
    at = 0
    while at < len(blocks):
        block = blocks[at]
        is_item = block.indent is not None
        # The items of one list stay together, whatever their length, and with the line before them.
        block.pieces[0].opens_paragraph = block.follows_blank or not is_item
        after = _list_end(blocks, at) if text[block.pieces[-1].end - 1] in _LEAD_ENDS else at + 1
        if after > at + 1:
            block.pieces[-1].is_quotable = False
            start, end = block.pieces[-1].start, blocks[after - 1].pieces[-1].end
            weight = _weight(text[start : min(end, start + SENTENCE_LIMIT + 1)])
            if weight <= SENTENCE_LIMIT:
                block.pieces[-1] = _Piece(start, end, weight, True, block.pieces[-1].opens_paragraph)
                yield from block.pieces
                at = after
                continue
            blocks[at + 1].pieces[0].opens_paragraph = False
            blocks[at + 1].follows_blank = False
        yield from block.pieces
        at += 1


def _list_end(blocks: Sequence[_Block], lead: int) -> int:
    """Where the list ends whose lead this block is: behind the lead, if no list follows. Its length that matters is bounded."""
    outer = blocks[lead].indent
    start = blocks[lead].pieces[-1].start
    end = lead + 1
    while end < len(blocks):
        indent = blocks[end].indent
        if indent is None or (outer is not None and indent <= outer) or (end > lead + 1 and blocks[end].follows_blank):
            break
        end += 1
        if blocks[end - 1].pieces[-1].end - start > SENTENCE_LIMIT:
            break
    return end


def _anyhow(text: str, piece: _Piece) -> Iterator[_Piece]:
    """A piece as a sentence, whatever it says, cut where it breathes if it is too long."""
    start, opens = piece.start, piece.opens_paragraph
    while piece.end - start > SENTENCE_LIMIT:
        cut = _cut(text, start, start + SENTENCE_LIMIT)
        last = cut
        while text[last - 1].isspace():
            last -= 1
        if any(map(str.isalnum, text[start:last])):
            yield _Piece(start, last, _weight(text[start:last]), True, opens)
        start, opens = cut, False
        while start < piece.end and text[start].isspace():
            start += 1
    if any(map(str.isalnum, text[start : piece.end])):
        yield _Piece(start, piece.end, _weight(text[start : piece.end]), True, opens)


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut ``text[start:end]``: after the last strong clause end in its second half, else comma, else white space."""
    middle = start + (end - start) // 2
    for pattern in _CLAUSE_ENDS:
        ends = [match.end() for match in pattern.finditer(text, middle, end)]
        if ends:
            return ends[-1]
    cut = end
    while cut > middle and _continues(text[cut]):
        cut -= 1
    return cut


def _continues(character: str) -> bool:
    """Whether a character belongs to the one before it (combining marks, joiners, variation selectors, emoji modifiers)."""
    return (
        unicodedata.combining(character) != 0
        or unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
