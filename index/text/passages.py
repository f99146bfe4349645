"""From an article's text to sentences and passages, with offsets that are exact.

Sentences come from ``sentencex``, which knows the abbreviations and full stops of many languages and returns every code
point of its input, so that offsets are sums of lengths. A passage is about a paragraph: what the encoder can take in one
go, and what a reader needs around a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice

from index.model.articles import Article, Passage, Section, Span
from index.model.errors import ArticleError
from index.text.languages import LANGUAGES
from index.text.scripts import CJK, FULL_WIDTH

VERSION = 1
"""Raised whenever the same text would be cut differently: passages and vectors made by another version are not mixed."""

SENTENCE_LIMIT = 400
"""The longest sentence, in code points: a longer one is cut at its clauses, so that each can be quoted."""

_PASSAGE_WEIGHT = 900  # about 250 tokens of multilingual-e5, half of what it reads
_PARAGRAPH_WEIGHT = 120  # a paragraph that is shorter (a heading, a dateline) joins the next one
_CJK_WEIGHT = 2.5  # one Chinese or Japanese character says as much as two or three letters
_CJK = re.compile(f"[{CJK}{FULL_WIDTH}]")

_BULLET = re.compile(r"(?:[-*+•‣▪·–—]|#{1,6}|>|\d{1,2}[.)])\s+")
_CLAUSE_ENDS = (re.compile(r"[;；。:：](?=\s|\W|$)|[；。：]"), re.compile(r"[,，、](?=\s)|[，、]"), re.compile(r"\s"))
_TITLES = sorted({title for language in LANGUAGES.values() for title in language.titles})
_TITLED = re.compile(rf"(?:^|\W)(?:{'|'.join(map(re.escape, _TITLES))})\.\s\Z")
_LONGEST_TITLE = max(map(len, _TITLES)) + 3  # characters that it can match
_ITEM = re.compile(r"[^\S\n]*(?:" + _BULLET.pattern + r"|[^\w\s\"'“”«»‘’(\[¿¡])")
_CLOSED = re.compile(r"[.!?:;…。！？：；\"'”»’)\]】」』*|]\s*\Z")
_WRAPPED = 40  # a line that is shorter was not broken by a text editor's right margin, so its end means something
_STRETCH = 8000  # characters
_STRETCH_ENDS = ("\n\n", "\n", ". ", "。", " ")  # the best first
_LINE_END = re.compile(r"\n|\r")
_BLANK_LINE = re.compile(r"\r?\n[^\S\n]*\r?\n")


def head(title: str) -> str:
    """What stands before each sentence of an article when it is encoded: its title, which says what "it" and "the company" are."""
    return f"{title}: "


def split(text: str, language: str, limit: int | None = None) -> tuple[Passage, ...]:
    """Passages of ``text``, in order, none overlapping, each made of whole sentences.

    Everything that has a letter or a digit is in one sentence; white space, bullets and heading marks around a sentence
    are in none.

    Args:
        limit: the most sentences.

    Raises:
        ArticleError: there are more.
    """
    passages: list[Passage] = []
    current: list[Span] = []
    weight = 0.0

    def close() -> None:
        nonlocal weight
        if current:
            passages.append(Passage(current[0].start, current[-1].end, tuple(current)))
            current.clear()
            weight = 0.0

    sentences = list(islice(_sentences(text, language), None if limit is None else limit + 1))
    if limit is not None and len(sentences) > limit:
        raise ArticleError(f"it has more than {limit:,} sentences, which is more than can be read, so split it.")
    # Where no sentence goes on over a line's end, nobody broke lines at a right margin, and each line is a paragraph.
    wrapped = any("\n" in text[sentence.start : sentence.end] for sentence in sentences)
    paragraph_end = _BLANK_LINE if wrapped else _LINE_END
    for sentence in sentences:
        added = _weight(text[sentence.start : sentence.end])
        if current:
            gap = text[current[-1].end : sentence.start]
            paragraph_ends = weight >= _PARAGRAPH_WEIGHT and paragraph_end.search(gap) is not None
            if paragraph_ends or weight + added > _PASSAGE_WEIGHT:
                close()
        current.append(sentence)
        weight += added
    close()
    return tuple(passages)


def of_article(article: Article, limit: int | None = None) -> tuple[Passage, ...]:
    """The passages of an article: those of its text, none of which goes on from one of its sections into the next.

    Raises:
        ArticleError: see :func:`split`.
    """
    whole = split(article.text, article.language, limit)
    return tuple(chain.from_iterable(_apart(passage, article.sections) for passage in whole)) if article.sections else whole


def _apart(passage: Passage, sections: Sequence[Section]) -> Iterator[Passage]:
    starts = [section.start for section in sections]
    for _, group in groupby(passage.sentences, lambda sentence: bisect_right(starts, sentence.start)):
        sentences = tuple(group)
        yield Passage(sentences[0].start, sentences[-1].end, sentences)


def _weight(text: str) -> float:
    return len(text) + (_CJK_WEIGHT - 1) * len(_CJK.findall(text))


def _sentences(text: str, language: str) -> Iterator[Span]:
    from sentencex import segment

    start = 0
    segments = chain.from_iterable(segment(language, stretch) for stretch in _stretches(text))
    for line in chain.from_iterable(map(_lines, _joined(segments))):
        end = start + len(line)
        first, last = start, end
        while first < last and text[first].isspace():
            first += 1
        bullet = _BULLET.match(text, first, last)
        if bullet and any(map(str.isalnum, text[bullet.end() : last])):
            first = bullet.end()
        while last > first and text[last - 1].isspace():
            last -= 1
        for span in _clauses(text, first, last):
            if any(character.isalnum() for character in text[span.start : span.end]):
                yield span
        start = end


def _stretches(text: str) -> Iterator[str]:
    """A text in stretches that end, as far as they can, with a paragraph: sentencex takes quadratic time for what has no end."""
    start = 0
    while len(text) - start > _STRETCH:
        ends = (text.rfind(mark, start + _STRETCH // 2, start + _STRETCH) + len(mark) for mark in _STRETCH_ENDS)
        end = next((end for end in ends if end > start), start + _STRETCH)
        yield text[start:end]
        start = end
    yield text[start:]


def _joined(pieces: Iterable[str]) -> Iterator[str]:
    """The same pieces, without the ends that titles make: sentencex takes "M. Altman" at a sentence's head for two."""
    before = ""
    for piece in pieces:
        before += piece
        if not _TITLED.search(before[-_LONGEST_TITLE:]):
            yield before
            before = ""
    if before:
        yield before


def _lines(piece: str) -> Iterator[str]:
    """A piece cut at those line ends that end something: a heading, a list item, a short line. Joined again they are ``piece``."""
    lines = piece.splitlines(keepends=True)
    current = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        current += line
        if _CLOSED.search(line) or _ITEM.match(following) or line.lstrip().startswith("#") or len(line.strip()) < _WRAPPED:
            yield current
            current = ""
    if current:
        yield current


def _clauses(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentence itself, or pieces of at most :data:`SENTENCE_LIMIT` that end where it breathes."""
    while end - start > SENTENCE_LIMIT:
        cut = _cut(text, start, start + SENTENCE_LIMIT)
        last = cut
        while text[last - 1].isspace():
            last -= 1
        yield Span(start, last)
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield Span(start, end)


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
