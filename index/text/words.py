"""Terms: the words of a text as the word index and the ranking compare them, and which of them are names.

Words are folded to lower case without accents and cut after six letters, a light stemming that serves all European
languages at once (McNamee and Mayfield, "Character n-gram tokenization for European language text retrieval", 2004).
Chinese and Japanese are written without spaces, so their runs become overlapping pairs of characters, as Lucene's
CJKBigramFilter does. Numbers keep their points: 2.0 is one term.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from index.text.languages import NOUN_CAPITALS, WITHOUT_CAPITALS
from index.text.scripts import CJK_LETTERS

_MARKS = "\u19b0-\u19c9\u1cf2\u1cf3"  # letters since Unicode 8 or 12; FTS5, which knows Unicode 6.1, would end a term there
_WORD = re.compile(rf"(?P<cjk>[{CJK_LETTERS}]+)|(?P<number>\d+(?:[.,]\d+)*)|[^\W\d_{CJK_LETTERS}{_MARKS}]+")
_STEM = 6
_OPENING = '.:!?»“"•-–(…'  # after one of these a capital may just open a sentence


class Case(Enum):
    """What the way a word is written says about whether it is a name."""

    NAME = "name"
    COMMON = "common"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text.

    Attributes:
        term: folded and stemmed.
        full: folded only.
        start, end: where it stands, in code points of the text with compatibility forms unified (NFKC).
        alphabetic: False for numbers and for Chinese and Japanese.
    """

    term: str
    full: str
    raw: str
    start: int
    end: int
    alphabetic: bool


def words(text: str) -> list[Word]:
    """All words in order."""
    found = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text)):
        raw, start = match.group(), match.start()
        if match.lastgroup == "cjk":
            for at in range(max(1, len(raw) - 1)):
                pair = raw[at : at + 2]
                found.append(Word(pair, pair, pair, start + at, start + at + len(pair), False))
        elif match.lastgroup == "number":
            found.append(Word(raw, raw, raw, start, match.end(), False))
        else:
            full = fold(raw)
            found.append(Word(stem(full), full, raw, start, match.end(), True))
    return found


def stem(word: str) -> str:
    """The term of a folded word."""
    return word[:_STEM]


def fold(text: str) -> str:
    """Lower case, without accents and other marks."""
    if text.isascii():
        return text.lower()
    return unmarked(text.lower()).lower()  # a mathematical 𝑨 is a capital only once it is an A


def unmarked(text: str) -> str:
    """Without accents and other marks, in compatibility forms."""
    return unicodedata.normalize("NFKD", text).translate(_UNMARKED)


class _Unmarked(dict[int, int | None]):
    """For ``str.translate``: nothing for an accent or another mark, anything else as it is. It fills as characters come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)).startswith("M") else code
        return self[code]


_UNMARKED = _Unmarked()


def case(found: Sequence[Word], at: int, text: str, language: str) -> Case:
    """What the spelling of word ``at`` of a sentence says. ``text`` is the sentence in NFKC, as :func:`words` saw it.

    Latin letters amid Chinese or Japanese are a name, and so is a capital inside a word (ChatGPT) or at its head within a
    sentence. Sentence heads say nothing, nor does German, which capitalises every noun.
    """
    word = found[at]
    if not word.alphabetic:
        return Case.SILENT
    if language in WITHOUT_CAPITALS or any(letter.isupper() for letter in word.raw[1:]):
        return Case.NAME
    if not word.raw[0].isupper():
        return Case.COMMON
    if at == 0 or language in NOUN_CAPITALS or text[max(0, word.start - 2) : max(0, word.start - 1)] in _OPENING:
        return Case.SILENT
    return Case.NAME


@dataclass(frozen=True, slots=True)
class Profile:
    """The terms of one passage.

    Attributes:
        lines: the title's terms, then each sentence's.
        names, common: words in full that are written like names, or like ordinary words; once for each time.
        capitals: every different word in full that could be a name here: with a capital anywhere, or in Latin amid Chinese.
    """

    lines: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]
    common: tuple[str, ...]
    capitals: tuple[str, ...]


def profile(title: str, sentences: Iterable[str], language: str) -> Profile:
    """The terms of a passage: of its article's title and of each of its sentences."""
    found = words(title)
    lines = [tuple(word.term for word in found)]
    capitals = {word.full for word in found if _capital(word, language)}
    names: list[str] = []
    common: list[str] = []
    for sentence in sentences:
        plain = unicodedata.normalize("NFKC", sentence)
        found = words(plain)
        lines.append(tuple(word.term for word in found))
        capitals |= {word.full for word in found if _capital(word, language)}
        for at, word in enumerate(found):
            written = case(found, at, plain, language)
            if written is Case.NAME:
                names.append(word.full)
            elif written is Case.COMMON:
                common.append(word.full)
    return Profile(tuple(lines), tuple(names), tuple(common), tuple(sorted(capitals)))


def _capital(word: Word, language: str) -> bool:
    return word.alphabetic and (language in WITHOUT_CAPITALS or any(letter.isupper() for letter in word.raw))
