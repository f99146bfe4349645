"""Lines that stand around an article and are none of its text: buttons, notices, teasers, credits, bylines, dates by themselves.

Nothing here looks at more than a line. A sentence that is dropped is worse than a button that is kept, so a line has to show what it
is by the words that the files of the languages have (``pages`` in :mod:`index.text.languages`), and be short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from index.text.languages import LANGUAGES, PageWords

_NOTICE_LIMIT = 300  # characters; a longer line is a paragraph, whatever words it has
_TEASER_LIMIT = 250
_CREDIT_LIMIT = 160
_LABEL_LIMIT = 60
_STAMP_LIMIT = 90
_LONG = 8  # words, with which a line that ends like a sentence is one

_MARK = re.compile(r"\s*(?:#{1,6}|-)\s+")
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”»’)\]」』]*$")
_ARROWS = r"[\s»›→▶►•·*|\[(（【「+–—-]*"
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_DAY = re.compile(r"\d{4}|\d{1,2}[./-]\d{1,2}|\d{1,2}[:：h]\d{2}|\d{1,2}[月日]")
_TIME = re.compile(r"\d{1,2}[:：]\d{2}")
_BETWEEN_NAMES = frozenset("and und et y e de la le van von der del di da du in & the".split())
_SEPARATOR = re.compile(r"[·•|–—]")
_AGENCY = re.compile(r"(?:/ ?)?getty images|shutterstock|istock|unsplash|^\(?©|©.{0,80}$", re.IGNORECASE)


def _any_of(kind: Callable[[PageWords], Iterable[str]]) -> str:
    """What any language has, the longest first, as alternatives of a pattern."""
    words = dict.fromkeys(word for language in LANGUAGES.values() for word in kind(language.pages))
    return "|".join(sorted(words, key=len, reverse=True))


_LABEL = re.compile(rf"{_ARROWS}(?:{_any_of(lambda words: words.labels)})\W*", re.IGNORECASE)
_TEASER = re.compile(rf"{_ARROWS}(?:{_any_of(lambda words: words.teasers)})\s*(?:[:：»›→▶►|>】」]|[–—-]\s)", re.IGNORECASE)
_CREDIT = re.compile(rf"{_ARROWS}(?:{_any_of(lambda words: words.credits)})(?: (?:by|via|courtesy))?\s*[:：/／©｜|]", re.IGNORECASE)
_NOTICE = re.compile(rf"\b(?:{_any_of(lambda words: words.notices)})", re.IGNORECASE)
_NOTICE_AMID = re.compile(
    "|".join(notice for language in LANGUAGES.values() if not language.words_stand_apart for notice in language.pages.notices),
    re.IGNORECASE,
)
_BY = re.compile(rf"(?:{_any_of(lambda words: words.by if words.by[0].isascii() else ())})\s*:?\s+", re.IGNORECASE)


@cache
def _stamp() -> re.Pattern[str]:
    """The words of a line that only says when: names of months and weekdays, and what stands with them."""
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(sorted(set(_stamp_words()), key=len, reverse=True))})(?![^\W\d_])\.?", re.IGNORECASE)


def _stamp_words() -> Iterator[str]:
    from babel import Locale

    for code, language in LANGUAGES.items():
        yield from language.pages.stamps
        locale = Locale.parse(code)
        kinds = [locale.months["format"], locale.days["format"]]
        if language.words_stand_apart:  # Japanese has none of its own, and Babel would give what it made for it to Portuguese, too
            kinds.append(locale.months["stand-alone"])
        for names in kinds:
            yield from (re.escape(name.rstrip(".")) for width in ("wide", "abbreviated") for name in names[width].values())
    yield from ("年", "月", "日", "时", "時", "分", "sept")


def is_furniture(line: str) -> bool:
    """Whether a line of a page, or of a file or feed made from one, is none of its text.

    Args:
        line: a block as it stands in :attr:`index.ingestion.readers.draft.Draft.text`. Only its first few hundred characters are
            looked at, so time is bounded however long it is.
    """
    if len(line) > _NOTICE_LIMIT:
        return False
    mark = _MARK.match(line)
    is_marked = mark is not None
    words = line[mark.end() if mark else 0 :].strip()
    if not any(map(str.isalnum, words)) or _NOTICE.search(words) or (not words.isascii() and _NOTICE_AMID.search(words)):
        return True
    if (len(words) <= _LABEL_LIMIT and _LABEL.fullmatch(words)) or (len(words) <= _TEASER_LIMIT and _TEASER.match(words)):
        return True
    return not is_marked and (_is_credit(words) or _is_byline(words) or is_stamp(words))


def is_stamp(line: str) -> bool:
    """Whether a line says nothing but when something was written, or who wrote it and when ("Ann Example · 3 March 2026")."""
    if len(line) > _STAMP_LIMIT or not _DAY.search(line):
        return False
    rest = _stamp().sub(" ", line)
    names = _WORD.findall(rest)
    if rest == line and not _TIME.search(line) and not re.fullmatch(r"[\d./\s-]{8,}", line):
        return False
    return not names or (len(names) <= 4 and bool(_SEPARATOR.search(rest)) and all(name[0].isupper() for name in names))


def _is_sentence(words: str) -> bool:
    return bool(_SENTENCE_END.search(words)) and (len(words.split()) >= _LONG or not words.isascii())


def _is_credit(words: str) -> bool:
    if len(words) > _CREDIT_LIMIT or _is_sentence(words):
        return False
    return bool(_CREDIT.match(words) or _AGENCY.search(words))


def _is_byline(words: str) -> bool:
    by = _BY.match(words) if len(words) <= _CREDIT_LIMIT and not _SENTENCE_END.search(words) else None
    if not by:
        return False
    names = _WORD.findall(_stamp().sub(" ", words[by.end() :]))
    return 2 <= len(names) <= 9 and words[by.end()].isupper() and all(name[0].isupper() or name in _BETWEEN_NAMES for name in names)
