"""Days of publication as machines and people write them, each standing alone: "Oct 20, 2025", "12. Mai 2026", 2026年3月2日."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

from index.model.articles import Precision
from index.text.languages import LANGUAGES

LIMIT = 120
"""The longest statement of a day that is read, in characters: JavaScript's, with the name of its time zone, has 70."""


class Stated(NamedTuple):
    """A day that is written down.

    Attributes:
        moment: with its offset, UTC where it names none; the first moment of its month or year where no day is named.
    """

    moment: datetime
    precision: Precision


_FIRST, _LAST = 1900, 2100  # years; other numbers of four digits are none
_EPOCH = re.compile(r"(\d{10})(?:\.\d+|\d{3})?")  # of seconds, or of milliseconds
_COMPACT = re.compile(r"((?:19|20)\d\d)([01]\d)([0-3]\d)(?:t?([0-2]\d)(?:([0-5]\d)([0-5]\d)?)?)?(z|[+-]\d\d:?\d\d)?")
_ISO = re.compile(r"\s{0,9}\d{4}-\d\d-\d\d")
_WEEK = re.compile(r"\d{4}-?w\d\d-?\d(?:[t ].{1,30})?")  # ISO 8601's 2026-W10-1: a week without its day is none
_BRACKET = re.compile(r"\([^()]{0,60}\)")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>\d{4})\s?(?:(?P<mark>[-/._])\s?(?P<month>\d\d?)\s?(?P=mark)\s?(?P<day>\d\d?)"
    r"|年\s?(?P<han_month>\d\d?)\s?月\s?(?P<han_day>\d\d?)\s?[日号號]"
    r"|년\s?(?P<ko_month>\d\d?)\s?월\s?(?P<ko_day>\d\d?)\s?일)(?:t(?=\d)|(?!\d))"
)
_DAY_FIRST = re.compile(r"(?<!\d)(\d\d?)\s?([-/.])\s?(\d\d?)\s?\2\s?(\d{4}|\d\d(?![\d:]))(?!\d)")
_MONTH_ALONE = re.compile(r"(?:(\d{4})[-/.](\d\d?)|(\d\d?)[-/.](\d{4})|(\d{4})\s?年\s?(\d\d?)\s?月|(\d{4})\s?년\s?(\d\d?)\s?월)")
_YEAR_ALONE = re.compile(r"((?:19|20)\d\d)\s?[年년]?")
_ERA = re.compile(r"(令和|平成)\s?(\d\d?|元)\s?年")
_ERAS = {"令和": 2018, "平成": 1988}
_TIME = re.compile(
    r"(?P<noon>上午|下午|晚上|午前|午後)?\s?(?<!\d)(?P<hour>\d\d?)\s?"
    r"(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"|h\s?(?P<h_minute>\d\d)?(?:min)?(?![a-z\d])"
    r"|[時时点點]\s?(?:(?P<han_minute>\d\d?)分)?(?:\d\d?秒)?"
    r"|(?:[.:](?P<dot_minute>\d\d))?(?=\s?(?:uhr|[ap]\.?m(?![a-z]))))"
    r"(?:\s?(?P<half>[ap])\.?m\.?(?![a-z]))?(?:\s?(?:uhr|hrs?|h)(?![a-z]))?"
)
_CLOCK = re.compile(r"(?<![a-z])(ore|alle|um)\s(?:ore\s)?(\d\d?)\.(\d\d)(?![.\d])")  # Italian and German times with a full stop
_OFFSET = re.compile(r"(?:(?:utc|gmt)\s?)?([+-])\s?(\d\d?)(?::?(\d\d))?(?![\d:])|(?<![a-z])z(?![a-z])")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_HAN_WEEKDAY = re.compile(r"(?:星期|礼拜|周|週)[一二三四五六日天]|[月火水木金土日]曜日?")
_MARKS = frozenset(",.;:/|-–—·•@'’|")
_ORDINAL_ENDINGS = frozenset("st nd rd th er re e º ª °".split())
_FILLERS = frozenset(
    "the of on at le la les du de del den der dem am um à a au as às las el il lo alle ore ora em en os o al dal h hrs uhr da do".split()
)
_AMERICAN = {"et": -5, "ct": -6, "mt": -7, "pt": -8}
_HOURS: dict[str, float] = {
    **dict.fromkeys(("utc", "gmt", "z", "ut", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "bst", "west"), 1),
    **dict.fromkeys(("cest", "mesz", "eet", "sast"), 2),
    **dict.fromkeys(("eest", "msk"), 3),
    **dict.fromkeys(("jst", "kst"), 9),
    **dict.fromkeys(("hkt", "sgt"), 8),
    **{"ist": 5.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3, "art": -3, "adt": -3, "ast": -4},
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
_DAY_BEFORE_MONTH = frozenset(("de", "fr", "es", "it", "pt", "en-gb", "en-au", "en-nz", "en-ie", "en-in", "en-za"))
_MONTH_BEFORE_DAY = frozenset(("en-us",))
_MORE_MONTHS = {"sept": 9, "mrz": 3, "maerz": 3, "jänner": 1, "feber": 2, "setiembre": 9, "fevr": 2, "avr": 4, "juil": 7, "aout": 8}


@cache
def _names() -> tuple[dict[str, int], frozenset[str]]:
    """The months, and the names of weekdays, of all languages at once: no two of them have one name for different months."""
    from babel.dates import get_day_names, get_month_names

    months, weekdays = dict(_MORE_MONTHS), set[str]()
    for language, known in LANGUAGES.items():
        if not known.words_stand_apart:
            continue
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, "format", language).items():
                months.setdefault(_bare(name), number)
            weekdays.update(part for name in get_day_names(width, "format", language).values() for part in _TOKEN.findall(_bare(name)))
        for number, names in known.dates.words.month_spellings.items():
            months.update((_bare(name), number) for name in names if _bare(name).isalpha())
    return months, frozenset(weekdays | set("tues thur thurs weds mer jeu ven sam dim lun dom seg ter qua qui sex sab gio".split()))


def _bare(text: str) -> str:
    """In small letters, without accents and the full stop of an abbreviation."""
    letters = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f")).rstrip(".")


def stated(text: str, language: str = "") -> Stated | None:
    """The day, month or year that a text is, in any common form and in the languages that are known; None if it is none or another text.

    Args:
        language: a code or tag; 03/04/2026 is read where it says which of the two is the month ("de", "en-US"), else not at all.
    """
    if len(text) > LIMIT or not any(map(str.isdigit, text)):
        return None
    try:
        if _ISO.match(text):
            with suppress(ValueError):
                moment = datetime.fromisoformat(text.strip())
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                moment.astimezone(UTC)  # the last hours of the year 9999 have no such time
                return Stated(moment, Precision.DAY)
        found = _read(
            " ".join(_bare(unicodedata.normalize("NFKC", text)).split()).strip(" .,;:|-–—·\"'"), language.replace("_", "-").lower()
        )
        if found:
            found.moment.astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February
        return None
    return found


def _read(text: str, language: str) -> Stated | None:
    if not text.isascii():
        text = _ERA.sub(lambda era: f"{_ERAS[era[1]] + (1 if era[2] == '元' else int(era[2]))}年", text)
    if epoch := _EPOCH.fullmatch(text):
        seconds = int(epoch[1])
        if seconds < 2_000_000_000:  # until May 2033; more than that is a year, a month, a day and an hour
            return Stated(datetime.fromtimestamp(seconds, UTC), Precision.DAY)
    if compact := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in compact.groups()[:6])
        return Stated(datetime(year, month, day, hour, minute, second, tzinfo=_zone_of(compact[7])), Precision.DAY)
    if _WEEK.fullmatch(text):
        moment = datetime.fromisoformat(text.upper())
        return Stated(moment if moment.tzinfo else moment.replace(tzinfo=UTC), Precision.DAY)
    if alone := _MONTH_ALONE.fullmatch(text):
        numbers = [int(part) for part in alone.groups() if part]
        return _period(max(numbers), min(numbers))
    if alone := _YEAR_ALONE.fullmatch(text):
        return _period(int(alone[1]))
    return _with_time(_BRACKET.sub(" ", text), language)


def _period(year: int, month: int = 0) -> Stated | None:
    if not _FIRST <= year <= _LAST:
        return None
    return Stated(datetime(year, month or 1, 1, tzinfo=UTC), Precision.MONTH if month else Precision.YEAR)


class _Day(NamedTuple):
    year: int
    month: int
    day: int  # 0 if only the month is named


def _with_time(text: str, language: str) -> Stated | None:
    """Of what has a date, perhaps a weekday and a time, and nothing else."""
    day, rest = _in_digits(text, language)
    hour = minute = second = 0
    has_time, zone = False, UTC
    rest = _CLOCK.sub(r" \2:\3", rest)
    if clock := _TIME.search(rest):
        has_time = True
        hour = int(clock["hour"])
        minute = int(clock["minute"] or clock["h_minute"] or clock["han_minute"] or clock["dot_minute"] or 0)
        second = int(clock["second"] or 0)
        if clock["half"] or clock["noon"]:
            if hour > 12 and clock["half"]:
                return None
            afternoon = clock["half"] == "p" or clock["noon"] in ("下午", "晚上", "午後")
            hour = hour % 12 + (12 if afternoon else 0) if hour <= 12 else hour
        before, after = rest[: clock.start()], rest[clock.end() :]
        if (offset := _OFFSET.search(after)) and not _TOKEN.match(after[: offset.start()].strip()):
            zone = _zone_of(offset.group())
            after = after[offset.end() :]
        rest = f"{before.removesuffix('t') if day else before} {after}"
    named = _words(rest, day)
    if named is None:
        return None
    whole, code = named
    if not has_time and code:
        return None
    if not whole.day:
        return None if has_time else _period(whole.year, whole.month)
    if code:
        zone = _zone_named(code, whole.month, language)
    return Stated(datetime(*whole, hour, minute, second, tzinfo=zone), Precision.DAY)


def _in_digits(text: str, language: str) -> tuple[_Day | None, str]:
    """A date in digits, and the text without it."""
    if match := _YEAR_FIRST.search(text):
        year, month, day = (int(part) for part in match.groups() if part and part.isdecimal())
    elif match := _DAY_FIRST.search(text):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        day_first = not _DAY_BEFORE_MONTH.isdisjoint((language, language.split("-", maxsplit=1)[0]))
        if len(match[4]) == 2:
            if match[2] != "." or not day_first:  # 25.03.26 may begin with its year
                return None, text
            year += 2000
        elif match[2] != "." and day != month:
            if language in _MONTH_BEFORE_DAY or (month > 12 and not day_first):
                day, month = month, day
            elif day <= 12 and not day_first:
                return None, text
    else:
        return None, text
    return _Day(year, month, day), f"{text[: match.start()]} {text[match.end() :]}"


def _words(text: str, day: _Day | None) -> tuple[_Day, str] | None:
    """The day that a text's words and numbers are, if they are nothing else, and the abbreviation of its time zone."""
    months, weekdays = _names()
    numbers: list[str] = []
    named: list[tuple[int, bool, int]] = []  # month, whether it may be a weekday (mardi, marzo), numbers before it
    code, after_digit = "", False
    for token in _TOKEN.findall(_HAN_WEEKDAY.sub(" ", text)):
        if token.isdecimal():
            numbers.append(token)
        elif after_digit and token in _ORDINAL_ENDINGS:
            pass
        elif token in months:
            named.append((months[token], token in weekdays, len(numbers)))
        elif not code and (token in _HOURS or token in _AMERICAN):
            code = token
        elif token not in weekdays and token not in _MARKS and token not in _FILLERS:
            return None
        after_digit = token.isdecimal()
    if len(named) > 1 or (day and named):
        named = [name for name in named if not name[1]]
    if day:
        return None if numbers or named else (day, code)
    whole = _named_day(numbers, *named[0][::2]) if len(named) == 1 and 1 <= len(numbers) <= 2 else None
    return (whole, code) if whole else None


def _named_day(numbers: list[str], month: int, before: int) -> _Day | None:
    """Of a month that has a name, and the day and the year, of which so many stand before it."""
    *days, year = sorted(numbers, key=len) if len(numbers[-1]) == 4 or len(numbers[0]) == 4 else numbers
    if days and len(days[0]) > 2:
        return None
    if len(year) == 2 and days and before == 1:  # 20 Oct 25, as in e-mails
        return _Day(2000 + int(year), month, int(days[0]))
    if len(year) != 4 or not _FIRST <= int(year) <= _LAST:
        return None
    return _Day(int(year), month, int(days[0]) if days else 0)


def _zone_of(offset: str | None) -> timezone:
    """Of Z, +0100, UTC+2 and the like."""
    if not offset or not (match := _OFFSET.fullmatch(offset)) or not match[1]:
        return UTC
    away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-away if match[1] == "-" else away)


def _zone_named(code: str, month: int, language: str) -> timezone:
    """Of an abbreviation; Eastern Time and the like are summer time from April to October, which is right but for some days."""
    if code == "cst" and language.startswith("zh"):
        return timezone(timedelta(hours=8))
    hours = _AMERICAN[code] + (1 if 4 <= month <= 10 else 0) if code in _AMERICAN else _HOURS[code]
    return timezone(timedelta(hours=hours))
