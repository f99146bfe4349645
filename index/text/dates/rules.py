"""What dates say: rules over the kinds of the words, and the days that they mean.

The rules are regular expressions over the letters of :mod:`.lexer`, as in Stanford's TokensRegex and SUTime (Chang and
Manning, "SUTime: a library for recognizing and normalizing time expressions", 2012), and serve all languages that write
spaces; Chinese and Japanese, which put the greater before the smaller, have their own.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import NamedTuple

from index.text.dates.lexer import FIRST_YEAR, LAST_YEAR, Reading, Vocabulary
from index.text.dates.lexicon import DAY, HALF_YEAR, MONTH, QUARTER, WEEK, WEEKEND, YEAR, Value

_FUTURE = 1.2  # of two years that are about as near, the past one is meant
_AROUND = (0, 3, 15, 90)  # "two weeks ago" is a day that many days sooner or later: for days, weeks, months and years
_COMING = ((1, 7), (7, 28), (30, 180), (365, 1095))  # "in the coming weeks", in days from today
_DIRECTIONS = {"L": -1, "l": -1, "H": 0, "X": 1}


class Lean(Enum):
    """Which year is meant when none is said."""

    NEAR = "near"
    """The nearest, rather in the past: how articles speak."""

    PAST = "past"
    """The latest that has begun: how people ask how things were."""


class Period(NamedTuple):
    """Days from the first to the last."""

    first: date
    last: date


@dataclass(slots=True)  # not frozen, which would take a good part of the time
class _Found:
    """What a rule matched.

    Attributes:
        after: the kind of the word that follows.
    """

    kinds: str
    values: list[Value]
    after: str
    today: date
    lean: Lean

    def __getitem__(self, kinds: str) -> Value:
        value = self.get(kinds)
        if value is None:
            raise KeyError(kinds)
        return value

    def get(self, kinds: str) -> Value | None:
        for kind, value in zip(self.kinds, self.values, strict=True):
            if kind in kinds:
                return value
        return None

    @property
    def direction(self) -> int | None:
        """-1 for last, 0 for this, 1 for next."""
        for kind in self.kinds:
            if kind in _DIRECTIONS:
                return _DIRECTIONS[kind]
        return None

    @property
    def year(self) -> int | None:
        """The year that is said.

        Raises:
            ValueError: it is out of range.
        """
        said = self.get("yzY")
        if said is None:
            return None
        year = self.today.year + said.number if said.more else said.number
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(year)
        return year

    def dated(self, of: Callable[[int], Period]) -> Period:
        """``of`` the year that is said, or that must be meant.

        Raises:
            ValueError: there is no such day.
        """
        year = self.year
        if year is not None:
            return of(year)
        present = self.today.year
        if self.direction == 0:
            return of(present)
        for reach in (1, 8):  # 29 February: eight years apart at most
            possible = []
            for each in range(max(1, present - reach), min(9999, present + reach) + 1):
                try:
                    possible.append(of(each))
                except ValueError:
                    continue
            if meant := self._meant(possible):
                return meant
        raise ValueError(self.kinds)

    def _meant(self, possible: list[Period]) -> Period | None:
        today = self.today
        if self.direction == -1:
            return max((one for one in possible if one.last < today), key=_first, default=None)
        if self.direction == 1:
            return min((one for one in possible if one.first > today), key=_first, default=None)
        if self.lean is Lean.PAST:
            return max((one for one in possible if one.first <= today), key=_first, default=None)
        return min(possible, key=lambda one: max((today - one.last).days, (one.first - today).days * _FUTURE, 0), default=None)


def _first(period: Period) -> date:
    return period.first


def _months(year: int, month: int, count: int = 1) -> Period:
    """``count`` months from a month on, which may be less than 1 or more than 12."""
    last = year * 12 + month - 2 + count
    first = year * 12 + month - 1
    return Period(date(first // 12, first % 12 + 1, 1), date(last // 12, last % 12 + 1, monthrange(last // 12, last % 12 + 1)[1]))


def _days(first: date, start: int, end: int) -> Period:
    return Period(first + timedelta(start), first + timedelta(end))


def _shifted(day: date, unit: int, count: int) -> date:
    if unit in (DAY, WEEK, WEEKEND):
        return day + timedelta(count * (1 if unit == DAY else 7))
    month = _months(day.year, day.month + count * (1 if unit == MONTH else 12))
    return min(month.last, month.first + timedelta(day.day - 1))


def _whole(unit: int, offset: int, today: date) -> Period:
    """This week, last month, next year."""
    monday = today - timedelta(today.weekday()) + timedelta(7 * offset)
    if unit == WEEK:
        return _days(monday, 0, 6)
    if unit == WEEKEND:
        return _days(monday, 5, 6)
    if unit == MONTH:
        return _months(today.year, today.month + offset)
    if unit == YEAR:
        return _months(today.year + offset, 1, 12)
    size = 3 if unit == QUARTER else 6
    return _months(today.year, (today.month - 1) // size * size + 1 + offset * size, size)


def _part(whole: Period, place: int, count: int) -> Period:
    """The start, middle or end of a period, or one of its halves. Years start and end with a quarter, all else with a third."""
    days = (whole.last - whole.first).days + 1
    if days > 31:
        months = (whole.last.year - whole.first.year) * 12 + whole.last.month - whole.first.month + 1
        if months == 12 and count == 3 and place != 2:
            place, count = (1 if place == 1 else 4), 4
        size = months // count
        return _months(whole.first.year, whole.first.month + (place - 1) * size, size)
    size = 10 if days > 27 and count == 3 else 15 if days > 27 else days // count
    return _days(whole.first, (place - 1) * size, days - 1 if place == count else place * size - 1)


def _date(found: _Found) -> Period:
    month, days = found["Mma"].number, [value.number for value, kind in zip(found.values, found.kinds, strict=True) if kind == "d"]
    weekday = found.get("Ww") if "w" not in found.kinds else None

    def of(year: int) -> Period:
        return Period(date(year, month, min(days)), date(year, month, max(days)))

    if weekday is None or len(days) > 1 or found.get("yzY"):
        return found.dated(of)

    def agreeing(year: int) -> Period:
        day = of(year)
        if day.first.weekday() != weekday.number:
            raise ValueError(day)
        return day

    near = found.dated(of)
    try:
        exact = found.dated(agreeing)
    except ValueError:
        return near
    return exact if abs(exact.first.year - near.first.year) <= 1 else near  # else the writer erred in the weekday


def _day_of_month(found: _Found) -> Period:
    month = _whole(MONTH, found["K"].number, found.today).first
    if found["K"].more != MONTH:
        raise ValueError(found.kinds)
    return _days(month.replace(day=found["d"].number), 0, 0)


def _digits(found: _Found) -> Period:
    return _days(date.fromordinal(found["D"].number), 0, 0)


def _period(found: _Found) -> Period:
    """A month, season, quarter or year, or a part of one."""
    whole = _whole_period(found)
    part = found.get("EeFJ")
    return _part(whole, part.number, part.more) if part else whole


def _whole_period(found: _Found) -> Period:
    today = found.today
    if named := _named(found):
        return found.dated(named)
    if year := found.year:
        return _months(year, 1, 12)
    if relative := found.get("K"):
        return _whole(relative.more, relative.number, today)
    if unit := found.get("U"):
        return _whole(unit.number, 0, today)
    return _whole(YEAR if found.get("F") else MONTH, 0, today)


def _named(found: _Found) -> Callable[[int], Period] | None:
    """The month, season or quarter of a year."""
    if month := found.get("Mma"):
        return lambda year: _months(year, month.number)
    if season := found.get("S"):
        return lambda year: _months(year, season.number, 3)
    if quarter := found.get("Q"):
        return lambda year: _part(_months(year, 1, 12), quarter.number, quarter.more)
    if (ordinal := found.get("Od")) and (size := found.get("B")):
        if ordinal.number > size.number:
            raise ValueError(ordinal)
        if found.get("U"):  # of the year: of this one
            return lambda _: _part(_whole(YEAR, 0, found.today), ordinal.number, size.number)
        return lambda year: _part(_months(year, 1, 12), ordinal.number, size.number)
    return None


def _bare_year(found: _Found) -> Period | None:
    year = found["yz"].number
    far = year % 50 == 0 or year > found.today.year + 15
    if not 2000 <= year <= 2099 or (far and found.after in ("s", "_")):  # in 2000 cities, of 2048 pixels
        return None
    return _months(year, 1, 12)


def _weekday(found: _Found) -> Period:
    today, direction, week = found.today, found.direction, found.get("K")
    day = found["Wvx"].number - today.weekday()
    if week:
        if week.more != WEEK:
            raise ValueError(found.kinds)
        day += 7 * week.number
    elif direction == 1:
        day = (day - 1) % 7 + 1
    elif direction == -1:
        day = day % 7 - 7
    elif direction is None:
        day = -(-day % 7)
    return _days(today, day, day)


def _counted(found: _Found) -> Period:
    """So many units ago or from now."""
    unit, ago = found["UVu"].number, "G" in found.kinds or "g" in found.kinds
    if unit > WEEKEND or (unit == DAY and found.kinds[0] == "i" and found["dnN"].number == 1):  # done in one day
        raise ValueError(found.kinds)
    day = _shifted(found.today, unit, found["dnN"].number * (-1 if ago else 1))
    around = _AROUND[unit] if unit < len(_AROUND) else 3
    return _days(day, -around, around)


def _coming(found: _Found) -> Period | None:
    unit, count = found["UVu"].number, found.get("dnN")
    if count:
        return Period(found.today, _shifted(found.today, unit, count.number))
    return _days(found.today, *_COMING[unit]) if unit < len(_COMING) else None


def _relative_day(found: _Found) -> Period:
    return _days(found.today, found["T"].number, found["T"].number)


_YR = "(?:,?c?t?U?[yzY])"
_WD = r"(?:[Ww][.,(]*t?)?"
_BEHIND = "(?:(?<=[PpicgI])|(?<=[PpicgI]t))"  # a preposition, or that and an article, comes before
_MONTH_NAME = rf"(?:[Mma]\.?{_YR}|M\.?(?!\.?d))"
_COUNT = "[dnN]"

_Rule = tuple[str, str, Callable[[_Found], Period | None]]

# Kinds of which one is in whatever the rule matches, the rule, and what it means. At {after} Romance languages may say "last"
# and "next".
_SPACED: tuple[_Rule, ...] = (
    (
        "Mma",
        rf"{_WD}[LX]?(?:(?<![-Z])d\.?[-&Pp]|(?<!-))d\.?c?(?:(?:Uc)?M\.?{_YR}?{{after}}|[ma]\.?{_YR}|(?<=[PpW]d)m){{single}}(?:\([Ww]\))?",
        _date,
    ),
    ("D", rf"{_WD}(?<!-)D(?!-)", _digits),
    ("Mma", rf"{_MONTH_NAME}(?<=[yzY])", _period),
    (
        "Mma",
        rf"(?:[LHX]|[KU]c)M{{after}}|{_BEHIND}(?:Uc)?M{{after}}(?!Z|c?U)|(?<=[PiI])M|(?<=[Ppic])m|(?<=M[&-])M(?!d)|M(?=[LX]){{after}}(?<=[LlX])",
        _period,
    ),
    ("E", rf"E-?[ciP]?t?(?:{_MONTH_NAME}{{after}}|U?y|z|Y|K|S{_YR}?|[LHX]S|Q{_YR}?)|(?:E-|(?<=[PpicI])E)m(?!d)", _period),
    ("EeFJ", rf"ect?(?:{_MONTH_NAME}|m|U?y|z|Y|K|[LHX]?S{_YR}?|Q{_YR}?)|(?:[Ee]ct?|Et)U|E[-ci]?t?U(?<=c.|t.)|F(?:{_YR})?|J", _period),
    ("BQ", rf"[Od]\.?B(?:{_YR}|ct?U)|{_BEHIND}[Od]\.?B|Q-?{_YR}|{_BEHIND}Q(?![-.])|y-?Q", _period),
    ("S", rf"[LHX]S|S{_YR}|S{{after}}(?<=[LlX])|(?:(?<=[Pip])|(?<=[Pip]t))S(?!c)", _period),
    ("yz", "Uy|(?<=[Pi])U?y(?!-?[dZ])|(?<=[pcg])y(?!-?[dsZ])|(?<=[Pi])y(?=Z)|(?<=[(])y(?=[)])|(?<=y[&,-])y|y(?=[&,-]y){bare}", _bare_year),
    ("YK", "[YK]", _period),
    ("Wv", "(?:[LHX]W|W{after}(?<=[LlX])|W,?c?t?K|(?<=[PpLHX])W|(?<=[Pp]t)W|{names})", _weekday),
    ("Wv", "(?<=P)v(?![-_sZ])|[LHX]v(?![_sZ])|v{after}(?<=[LlX])", _weekday),
    ("T", "T", _relative_day),
    ("UVu", f"{_COUNT}[UVu]G|g{_COUNT}[UVu]G?|[Ii]{_COUNT}[UVu](?!c)|{_COUNT}[UVu]A", _counted),
    ("UVu", f"Xf?V|Cf?[UV]|VC|UC|[XC]{_COUNT}[UV]", _coming),
)
_UNSPACED: tuple[_Rule, ...] = (
    ("Mma", "(?:Yc?)?Md(?:[-~&]d)?[wW]?", _date),
    ("K", "Kc?dw?", _day_of_month),
    ("D", "Dw?", _digits),
    ("MYKFJ", "(?:Yc?)?M(?:c?[EJ])?|Y(?:c?[EF])?|K(?:c?E)?|F|J", _period),
    ("QS", "(?:Yc?)?Q|[YH]c?S", _period),
    ("Wx", "(?:Kc?)?W|Kx", _weekday),
    ("T", "T", _relative_day),
    ("UVu", "nUG|nUA", _counted),
    ("UVu", "Xc?f?U|Xc?nU|[fn]Uh", _coming),
)


@cache
def _rules(
    spaced: bool, after: bool, month_first: bool, bare: bool
) -> list[tuple[str, re.Pattern[str], Callable[[_Found], Period | None]]]:
    if not spaced:
        return [(needed, re.compile(pattern), meaning) for needed, pattern, meaning in _UNSPACED]
    rules = [*_SPACED]
    if month_first:
        rules.append(("Mma", rf"{_WD}[LX]?[Mma]\.?t?d(?:-d)?{_YR}?(?:\([Ww]\))?", _date))
    parts = {
        "{after}": "[LlX]?" if after else "",
        "{single}": "(?!d)" if month_first else "",  # Gen 4 March 31
        "{bare}": r"|(?<![-ZNdy.])y(?![-ZsdNz])" if bare else "",  # German has no preposition before years, but capitals for nouns
        "{names}": "(?<![tk])W(?!Z)|(?<=t)W(?![Zs_])" if month_first else "(?<!k)W",  # the Sunday Times
    }
    return [
        (needed, re.compile(re.sub(r"\{[a-z]+\}", lambda name: parts[name[0]], pattern)), meaning) for needed, pattern, meaning in rules
    ]


_RELATIVE = re.compile("[LHX](?:[UB](?!c)|U(?=cM))")
_RELATIVE_AFTER = re.compile(_RELATIVE.pattern + "|(?<![dnN])[UB][LlX]")


def _joined(text: Reading, after: bool) -> Reading:
    """With "last" and its unit made one word."""
    kinds, spans, values, at = "", [], [], 0
    for match in (_RELATIVE_AFTER if after else _RELATIVE).finditer(text.kinds):
        start, end = match.span()
        unit = start if text.kinds[start] in "UB" else start + 1
        offset = _DIRECTIONS[text.kinds[start if unit != start else start + 1]]
        size = text.values[unit].number if text.kinds[unit] == "U" else QUARTER if text.values[unit].number == 4 else HALF_YEAR
        kinds += text.kinds[at:start] + ("Y" if size == YEAR else "K")
        spans += [*text.spans[at:start], (text.spans[start][0], text.spans[end - 1][1])]
        values += [*text.values[at:start], Value(offset, 1 if size == YEAR else size)]
        at = end
    return Reading(kinds + text.kinds[at:], spans + text.spans[at:], values + text.values[at:]) if at else text


def meanings(text: Reading, known: Vocabulary, today: date, lean: Lean) -> Iterator[tuple[int, int, Period | None]]:
    """Everything that looks like a date: its place in the text, and the days, or None if there are no such days."""
    kinds, spans, values = _joined(text, known.last_stands_behind)
    present = set(kinds)
    for needed, pattern, meaning in _rules(known.spaced, known.last_stands_behind, known.month_first, known.bare_years):
        if present.isdisjoint(needed):
            continue
        for match in pattern.finditer(kinds):
            start, end = match.span()
            while end > start and kinds[end - 1] in ".,":
                end -= 1
            if end == start:
                continue
            if kinds[start:end].count("(") > kinds[start:end].count(")") and kinds[end : end + 1] == ")":  # Tuesday (9 December)
                end += 1
            found = _Found(kinds[start:end], values[start:end], kinds[match.end() : match.end() + 1], today, lean)
            try:
                period = meaning(found)
            except (ValueError, OverflowError):  # 31 February
                period = None
            if period and not (period.first.year >= FIRST_YEAR and period.last.year <= LAST_YEAR):
                period = None
            yield spans[start][0], spans[end - 1][1], period
