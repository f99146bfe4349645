"""Text as a string of kinds (:mod:`.kinds`), one letter a word, with the numbers that the words stand for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from babel.dates import get_date_format, get_day_names, get_month_names

from index.text.dates.kinds import Kind
from index.text.dates.lexicon import Value, Words, listed_words
from index.text.languages import LANGUAGES, DateGrammar
from index.text.words import unmarked

FIRST_YEAR, LAST_YEAR = 1990, 2100

# One code point for one, so that places in the text stay what they are: curly to straight, wide to narrow.
_PLAIN = {0x2019: "'", 0x02BC: "'", 0x2010: "-", 0x2011: "-", 0x2013: "-", 0x2212: "-", 0xA0: " ", 0x202F: " ", 0x2009: " ", 0x3000: " "}
_PLAIN |= {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)} | {ord("、"): ",", ord("〜"): "~"}

_ODD = re.compile("[" + "".join(map(chr, _PLAIN)) + "]")
_LETTER = "a-zªº°\u00c0-\u036f"
_DATE = (
    r"(?<![a-z\d_./-])(?:(?P<Y>\d{4})(?P<p>[-/.])(?P<M>\d\d?)(?P=p)(?P<D>\d\d?)|"
    r"(?P<a>\d\d?)(?P<q>[-/.])(?P<b>\d\d?)(?P=q)(?P<c>\d{4})|(?P<d>\d\d?)/(?P<e>\d\d?)/(?P<f>\d\d))"
    r"(?=t\d\d:|(?![\d/%-]|[.,]\d|[a-z]))"
)
_NUMBER = rf"[$€£¥]\s?\d[\d.,]*|\d+(?:[.,:/]\d+)*(?:[{_LETTER}]+|\.?[ºª]|\s?[%€£$¥])?"
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|re|e|è?me|\.?º|\.?ª|°)")
_HAN_DIGITS = "〇一二三四五六七八九"
_HAN_NUMBER = r"(?:\d+|[一二两兩三四五六七八九]?十[一二三四五六七八九]?|[一二两兩三四五六七八九])"
_QUARTER = re.compile("[qt]([1-4])|h([12])")
_LETTERS = re.compile(f"[{_LETTER}]+")
_DIGIT = re.compile(r"\d")
_COUNTED = {
    "year": (Kind.RELATIVE_YEAR, 9999),
    "month": (Kind.MONTH, 12),
    "day": (Kind.DAY, 31),
    "quarter": (Kind.QUARTER, 4),
    "number": (Kind.NUMBER_WORD, 999),
}
_FORMS: tuple[tuple[Literal["wide", "abbreviated"], Literal["format", "stand-alone"]], ...] = (
    ("wide", "format"),
    ("wide", "stand-alone"),
    ("abbreviated", "format"),
    ("abbreviated", "stand-alone"),
)
_ANCHORS = frozenset(  # an expression without digits has a word of one of these kinds
    (
        Kind.MONTH,
        Kind.MAYBE_MONTH,
        Kind.MONTH_IF_YEAR,
        Kind.WEEKDAY,
        Kind.MAYBE_WEEKDAY,
        Kind.RELATIVE_DAY,
        Kind.ONE_DAY,
        Kind.UNIT,
        Kind.UNITS,
        Kind.SHARE,
        Kind.SEASON,
        Kind.QUARTER,
        Kind.PART_OF_YEAR,
        Kind.PART_OF_MONTH,
    )
)


NOTHING = Value()


class Reading(NamedTuple):
    """A text: the kind of each word, where it stands, and what it stands for."""

    kinds: str
    spans: list[tuple[int, int]]
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known of one language.

    Attributes:
        words: kind and value of each word or phrase.
        hints: words of which one is in every expression that has no digits.
        pattern: finds the words one by one; its groups tell dates in digits, phrases, words, and numbers apart.
        month_first: whether 9/12 is in September.
        grammar: what the language's file says of its dates; None for languages without one.
    """

    language: str
    words: Words
    hints: frozenset[str]
    pattern: re.Pattern[str]
    spaced: bool
    month_first: bool
    grammar: DateGrammar | None

    @property
    def last_stands_behind(self) -> bool:
        """Whether "last" and "next" may stand behind their noun."""
        return self.grammar is not None and self.grammar.last_stands_behind

    @property
    def bare_years(self) -> bool:
        """Whether a year may stand without a preposition before it."""
        return self.grammar is not None and self.grammar.bare_years


def primary(language: str) -> str:
    """The language of a tag such as pt-BR, or "" if it has no file."""
    code = language.replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else ""


@cache
def vocabulary(language: str) -> Vocabulary:
    """Of a language that :func:`primary` returned; compiled at its first use."""
    if not language:
        pattern = re.compile(rf"(?P<date>{_DATE})|(?P<number>{_NUMBER})|(?P<word>[^\W\d_]\w*)|(?P<mark>[^\s\w])")
        return Vocabulary("", {}, frozenset(), pattern, True, False, None)
    grammar, spaced = LANGUAGES[language].dates, LANGUAGES[language].words_stand_apart
    words = listed_words(grammar, spaced)
    _add_names(words, language, grammar, spaced)
    if spaced:
        for word, meaning in list(words.items()):
            for variant in (bare := unmarked(word), unicodedata.normalize("NFD", word), bare.replace("-", " ")):
                if len(variant) > 2:  # short words mean something else without their accents: à and a
                    words.setdefault(variant, meaning)
        pattern = _spaced_pattern(words)
    else:
        pattern = _unspaced_pattern(words)
    hints = frozenset(_LETTERS.findall(word)[-1] for word, meaning in words.items() if spaced and meaning[0] in _ANCHORS)
    layout = str(get_date_format("short", language).pattern)
    return Vocabulary(language, words, hints, pattern, spaced, layout.index("M") < layout.index("d"), grammar)


def _add_names(words: Words, language: str, grammar: DateGrammar, spaced: bool) -> None:
    """The months and weekdays as Unicode's CLDR has them."""
    doubtful = {word: kind for word, (kind, _) in words.items() if kind in (Kind.MAYBE_MONTH, Kind.MONTH_IF_YEAR)}
    for kind, names in ((Kind.MONTH, get_month_names), (Kind.WEEKDAY, get_day_names)):
        for width, context in _FORMS:
            if kind is Kind.MONTH and not spaced:
                continue  # months are a number and 月 there
            if kind is Kind.WEEKDAY and width == "abbreviated" and not grammar.has_short_weekdays:
                continue
            for number, name in names(width, context, language).items():
                word = name.lower().rstrip(".")
                shape = doubtful.get(word, kind) if kind is Kind.MONTH else kind if width == "wide" or not spaced else Kind.SHORT_WEEKDAY
                if words.get(word, shape)[0] in (Kind.NUMBER_WORD, Kind.MAYBE_WEEKDAY):  # French sept is a number as well, and sept. is not
                    word += "."
                if word not in words or (word in doubtful and not words[word][1].number):
                    words[word] = (shape, Value(number))
    for day, name in get_day_names("wide", "format", language).items() if grammar.weekday_parts else ():
        words |= {name.lower() + part: (Kind.WEEKDAY, Value(day)) for part in grammar.weekday_parts}


def _spaced_pattern(words: Words) -> re.Pattern[str]:
    phrases = sorted((word for word in words if not word.rstrip("'").isalpha()), key=len, reverse=True)
    listed = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in phrases)
    return re.compile(
        rf"(?P<date>{_DATE})|(?P<number>{_NUMBER})|(?P<phrase>(?<![{_LETTER}\d])(?:{listed})(?![{_LETTER}\d]))|"
        rf"(?P<word>[{_LETTER}][{_LETTER}\d]*'?|\w+)|(?P<mark>\n\s*\n|[^\s\w])"
    )


def _unspaced_pattern(words: Words) -> re.Pattern[str]:
    unless: dict[str, str] = {  # 一周一次 is once a week, 天后 is days later
        Kind.WEEKDAY: "(?<![一二三四五六七八九十两\\d])",
        Kind.RELATIVE_YEAR: "(?<![天周週月年日])",
    }
    listed = "|".join(
        (unless.get(words[word][0], "") if word[0] in "周週后後" else "") + word for word in sorted(words, key=len, reverse=True)
    )
    number = _HAN_NUMBER
    starts = "".join(sorted({re.escape(word[0]) for word in words})) + "第零〇十两兩日天"
    return re.compile(
        rf"(?=[-\dq~(),/{_HAN_DIGITS}{starts}])(?:(?P<date>{_DATE})|"
        rf"(?P<bracket>\((?:周|週|星期)?[日月火水木金土一二三四五六](?:曜日?)?\))|"
        rf"(?<![\d.])(?P<year>\d{{4}}|[{_HAN_DIGITS}零]{{4}})\s?年(?![度代间間后]|[前後](?!半))|"
        rf"(?<![\d.第])(?P<month>{number})\s?月(?![间間])|"
        rf"(?<![\d.第])(?P<day>{number})\s?[日号號](?![间間前后後内內以])|"
        rf"(?<=[周週期拜])(?P<weekday>[一二三四五六天]|日(?!本))|"
        rf"第?(?P<quarter>[一二三四1-4])\s?(?:季度|四半期)|(?P<short>q[1-4](?!\d))|"
        rf"(?P<words>{listed})|(?<![\d.])(?P<number>{number})(?![\d.])|(?P<mark>[-~(),/]))"
    )


def plain(text: str) -> str:
    """``text`` in lower case and with plain marks, each code point at its place."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return lower.translate(_PLAIN) if _ODD.search(lower) else lower


def read(text: str, known: Vocabulary) -> Reading | None:
    """The words of ``text``, or None if there can be no date."""
    simple = plain(text)
    if not known.spaced:
        return _unspaced(simple, known)
    if known.hints.isdisjoint(_LETTERS.findall(simple)) and not _DIGIT.search(simple):
        return None
    return _spaced(text, simple, known)


def _spaced(text: str, simple: str, known: Vocabulary) -> Reading:
    kinds: list[str] = []
    spans: list[tuple[int, int]] = []
    values: list[Value] = []
    words = known.words
    for match in known.pattern.finditer(simple):
        group, word, span, value = match.lastgroup, match.group(), match.span(), NOTHING
        if group == "word":
            meaning = words.get(word)
            if meaning is None and word[-1] == "'":
                word, span = word[:-1], (span[0], span[1] - 1)
                meaning = words.get(word)
            if meaning is None:
                kind, value = _unknown(text, word, span[0], known)
            else:
                kind, value = meaning
                if kind in (Kind.MAYBE_MONTH, Kind.RELATIVE_DAY) and text[span[0]].isupper():
                    kind = _capital(text, word, span[0], kind, known)
        elif group == "mark":
            kind = word if word in ".,-()/" else " "
        elif group == "phrase":
            kind, value = words[" ".join(word.split())]
        elif group == "number":
            kind, value = _number(word)
        else:
            kind, value = Kind.DATE, Value(_day(match, known.month_first))
        kinds.append(kind)
        spans.append(span)
        values.append(value)
    return Reading("".join(kinds), spans, values)


def _unknown(text: str, word: str, start: int, known: Vocabulary) -> tuple[str, Value]:
    if quarter := _QUARTER.fullmatch(word):
        return Kind.QUARTER, Value(int(quarter[1] or quarter[2]), 4 if quarter[1] else 2)
    if text[start].isupper():
        return Kind.NAME, NOTHING
    is_plural = len(word) > 3 and known.grammar is not None and word.endswith(known.grammar.plural_endings)
    return (Kind.PLURAL if is_plural else Kind.WORD), NOTHING


def _capital(text: str, word: str, start: int, kind: str, known: Vocabulary) -> str:
    if kind == Kind.MAYBE_MONTH:
        return Kind.MONTH
    may_be_noun = known.grammar is not None and word in known.grammar.nouns_if_capital
    return Kind.NAME if may_be_noun and text[max(0, start - 9) : start].rstrip(' "„«»(')[-1:] not in (*".!?:;", "") else kind


def _number(word: str) -> tuple[str, Value]:
    if not word.isdecimal():
        ordinal = _ORDINAL.fullmatch(word)
        return (Kind.DAY, Value(int(ordinal[1]))) if ordinal and 1 <= int(ordinal[1]) <= 31 else (" ", NOTHING)
    if len(word) > 4:
        return " ", NOTHING
    number = int(word)
    if len(word) < 4:
        return (Kind.DAY if 1 <= number <= 31 and len(word) < 3 else Kind.NUMBER), Value(number)
    if not 1000 <= number <= 2199:
        return " ", NOTHING
    return (Kind.YEAR if FIRST_YEAR <= number <= LAST_YEAR else Kind.FAR_YEAR), Value(number)


def _day(match: re.Match[str], month_first: bool) -> int:
    """The ordinal of a date in digits, or 0 if there is no such day."""
    parts = match.groupdict()
    if parts["Y"]:
        year, month, day = (int(parts[name]) for name in "YMD")
    else:
        one, other, year = (int(parts[name]) for name in ("abc" if parts["a"] else "def"))
        year += 2000 if year < 100 else 0
        swapped = month_first and parts["q"] != "." and one <= 12
        month, day = (one, other) if swapped or other > 12 else (other, one)
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        return 0


def _unspaced(simple: str, known: Vocabulary) -> Reading:
    kinds: list[str] = []
    spans: list[tuple[int, int]] = []
    values: list[Value] = []
    before = 0
    for match in known.pattern.finditer(simple):
        group, word, span, value = match.lastgroup, match.group(), match.span(), NOTHING
        if before != span[0] and not simple[before : span[0]].isspace():
            kinds.append(" ")
            spans.append((before, span[0]))
            values.append(NOTHING)
        before = span[1]
        if group == "words":
            kind, value = known.words[word]
        elif group == "date":
            kind, value = Kind.DATE, Value(_day(match, known.month_first))
        elif group == "mark":
            kind = word
        elif group == "bracket":
            kind = Kind.SHORT_WEEKDAY
        else:
            kind, value = _counted(group or "", match.group(group or 0))
        kinds.append(kind)
        spans.append(span)
        values.append(value)
    return Reading("".join(kinds), spans, values)


def _counted(group: str, word: str) -> tuple[str, Value]:
    if group == "weekday":
        return Kind.REST_OF_WEEKDAY, Value(min("一二三四五六日天".index(word), 6))
    if group == "short":
        return Kind.QUARTER, Value(int(word[1]), 4)
    number = _han(word) if len(word) <= 4 else 10_000
    kind, most = _COUNTED[group]
    return (kind if number <= most else " "), Value(number, 4 if kind is Kind.QUARTER else 0)


def _han(number: str) -> int:
    """The value of a number in digits or in Chinese characters up to 99; four of these are a year."""
    if number.isdecimal():
        return int(number)
    digits = number.replace("零", "〇").replace("两", "二").replace("兩", "二")
    if "十" not in digits:
        return int("".join(str(_HAN_DIGITS.index(digit)) for digit in digits))
    tens, ones = digits.split("十")
    return (_HAN_DIGITS.index(tens) if tens else 1) * 10 + (_HAN_DIGITS.index(ones) if ones else 0)
