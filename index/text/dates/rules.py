"""What dates say: rules over the kinds of the words, and the days that they mean.

The rules are regular expressions over the kinds of :mod:`.kinds`, as in Stanford's TokensRegex and SUTime (Chang and
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

from index.text.dates.kinds import Kind, pattern_of
from index.text.dates.lexer import FIRST_YEAR, LAST_YEAR, Reading, Vocabulary
from index.text.dates.lexicon import DAY, HALF_YEAR, MONTH, QUARTER, WEEK, WEEKEND, YEAR, Value

_FUTURE = 1.2  # of two years that are about as near, the past one is meant
_AROUND = (0, 3, 15, 90)  # "two weeks ago" is a day that many days sooner or later: for days, weeks, months and years
_COMING = ((1, 7), (7, 28), (30, 180), (365, 1095))  # "in the coming weeks", in days from today
_DIRECTIONS: dict[str, int] = {Kind.LAST: -1, Kind.LAST_BEHIND: -1, Kind.THIS: 0, Kind.NEXT: 1}
_MONTHS = Kind.MONTH + Kind.MAYBE_MONTH + Kind.MONTH_IF_YEAR
_BARE_YEARS = Kind.YEAR + Kind.FAR_YEAR
_YEARS = _BARE_YEARS + Kind.RELATIVE_YEAR
_WEEKDAYS = Kind.WEEKDAY + Kind.SHORT_WEEKDAY
_NAMED_WEEKDAYS = Kind.WEEKDAY + Kind.MAYBE_WEEKDAY + Kind.REST_OF_WEEKDAY
_PARTS = Kind.PART + Kind.PART_OF + Kind.PART_OF_YEAR + Kind.PART_OF_MONTH
_ORDINALS = Kind.ORDINAL + Kind.DAY
_UNITS = Kind.UNIT + Kind.UNITS + Kind.ONE_DAY
_UNIT_OR_SHARE = Kind.UNIT + Kind.SHARE
_COUNTS = Kind.DAY + Kind.NUMBER_WORD + Kind.NUMBER


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
        said = self.get(_YEARS)
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
    month, days = found[_MONTHS].number, [value.number for value, kind in zip(found.values, found.kinds, strict=True) if kind == Kind.DAY]
    weekday = found.get(_WEEKDAYS) if Kind.SHORT_WEEKDAY not in found.kinds else None

    def of(year: int) -> Period:
        return Period(date(year, month, min(days)), date(year, month, max(days)))

    if weekday is None or len(days) > 1 or found.get(_YEARS):
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
    month = _whole(MONTH, found[Kind.RELATIVE_PERIOD].number, found.today).first
    if found[Kind.RELATIVE_PERIOD].more != MONTH:
        raise ValueError(found.kinds)
    return _days(month.replace(day=found[Kind.DAY].number), 0, 0)


def _digits(found: _Found) -> Period:
    return _days(date.fromordinal(found[Kind.DATE].number), 0, 0)


def _period(found: _Found) -> Period:
    """A month, season, quarter or year, or a part of one."""
    whole = _whole_period(found)
    part = found.get(_PARTS)
    return _part(whole, part.number, part.more) if part else whole


def _whole_period(found: _Found) -> Period:
    today = found.today
    if named := _named(found):
        return found.dated(named)
    if year := found.year:
        return _months(year, 1, 12)
    if relative := found.get(Kind.RELATIVE_PERIOD):
        return _whole(relative.more, relative.number, today)
    if unit := found.get(Kind.UNIT):
        return _whole(unit.number, 0, today)
    return _whole(YEAR if found.get(Kind.PART_OF_YEAR) else MONTH, 0, today)


def _named(found: _Found) -> Callable[[int], Period] | None:
    """The month, season or quarter of a year."""
    if month := found.get(_MONTHS):
        return lambda year: _months(year, month.number)
    if season := found.get(Kind.SEASON):
        return lambda year: _months(year, season.number, 3)
    if quarter := found.get(Kind.QUARTER):
        return lambda year: _part(_months(year, 1, 12), quarter.number, quarter.more)
    if (ordinal := found.get(_ORDINALS)) and (size := found.get(Kind.SHARE)):
        if ordinal.number > size.number:
            raise ValueError(ordinal)
        if found.get(Kind.UNIT):  # of the year: of this one
            return lambda _: _part(_whole(YEAR, 0, found.today), ordinal.number, size.number)
        return lambda year: _part(_months(year, 1, 12), ordinal.number, size.number)
    return None


def _bare_year(found: _Found) -> Period | None:
    year = found[_BARE_YEARS].number
    far = year % 50 == 0 or year > found.today.year + 15
    if not 2000 <= year <= 2099 or (far and found.after in (Kind.PLURAL, Kind.WORD)):  # in 2000 cities, of 2048 pixels
        return None
    return _months(year, 1, 12)


def _weekday(found: _Found) -> Period:
    today, direction, week = found.today, found.direction, found.get(Kind.RELATIVE_PERIOD)
    day = found[_NAMED_WEEKDAYS].number - today.weekday()
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
    unit, ago = found[_UNITS].number, Kind.AGO in found.kinds or Kind.AGO_BEFORE in found.kinds
    if unit > WEEKEND or (unit == DAY and found.kinds[0] == Kind.IN and found[_COUNTS].number == 1):  # done in one day
        raise ValueError(found.kinds)
    day = _shifted(found.today, unit, found[_COUNTS].number * (-1 if ago else 1))
    around = _AROUND[unit] if unit < len(_AROUND) else 3
    return _days(day, -around, around)


def _coming(found: _Found) -> Period | None:
    unit, count = found[_UNITS].number, found.get(_COUNTS)
    if count:
        return Period(found.today, _shifted(found.today, unit, count.number))
    return _days(found.today, *_COMING[unit]) if unit < len(_COMING) else None


def _relative_day(found: _Found) -> Period:
    return _days(found.today, found[Kind.RELATIVE_DAY].number, found[Kind.RELATIVE_DAY].number)


_A_YEAR = "(?:,?<of>?<the>?<unit>?[<year><far_year><relative_year>])"
_MAYBE_WEEKDAY = "(?:[<weekday><short_weekday>][.,(]*<the>?)?"
_BEHIND = (
    "(?:(?<=[<preposition><common_preposition><in><of><ago_before><from_now_before>])"
    "|(?<=[<preposition><common_preposition><in><of><ago_before><from_now_before>]<the>))"
)  # a preposition, or that and an article, comes before
_MONTH_NAME = rf"(?:[<month><maybe_month><month_if_year>]\.?{_A_YEAR}|<month>\.?(?!\.?<day>))"
_COUNT = "[<day><number_word><number>]"

_Rule = tuple[str, str, Callable[[_Found], Period | None]]

# Kinds of which one is in whatever the rule matches, the rule, and what it means. At {after} Romance languages may say "last"
# and "next".
_SPACED: tuple[_Rule, ...] = (
    (
        "<month><maybe_month><month_if_year>",
        rf"{_MAYBE_WEEKDAY}[<last><next>]?(?:(?<![-<name>])<day>\.?[-<and><preposition><common_preposition>]"
        rf"|(?<!-))<day>\.?<of>?(?:(?:<unit><of>)?<month>\.?{_A_YEAR}?{{after}}"
        rf"|[<maybe_month><month_if_year>]\.?{_A_YEAR}"
        rf"|(?<=[<preposition><common_preposition><weekday>]<day>)<maybe_month>){{single}}(?:\([<weekday><short_weekday>]\))?",
        _date,
    ),
    ("<date>", f"{_MAYBE_WEEKDAY}(?<!-)<date>(?!-)", _digits),
    ("<month><maybe_month><month_if_year>", f"{_MONTH_NAME}(?<=[<year><far_year><relative_year>])", _period),
    (
        "<month><maybe_month><month_if_year>",
        f"(?:[<last><this><next>]|[<relative_period><unit>]<of>)<month>{{after}}"
        f"|{_BEHIND}(?:<unit><of>)?<month>{{after}}(?!<name>|<of>?<unit>)"
        "|(?<=[<preposition><in><from_now_before>])<month>"
        "|(?<=[<preposition><common_preposition><in><of>])<maybe_month>|(?<=<month>[<and>-])<month>(?!<day>)"
        f"|<month>(?=[<last><next>]){{after}}(?<=[<last><last_behind><next>])",
        _period,
    ),
    (
        "<part>",
        f"<part>-?[<of><in><preposition>]?<the>?(?:{_MONTH_NAME}{{after}}|<unit>?<year>|<far_year>"
        f"|<relative_year>|<relative_period>|<season>{_A_YEAR}?|[<last><this><next>]<season>|<quarter>{_A_YEAR}?)"
        "|(?:<part>-"
        "|(?<=[<preposition><common_preposition><in><of><from_now_before>])<part>)<maybe_month>(?!<day>)",
        _period,
    ),
    (
        "<part><part_of><part_of_year><part_of_month>",
        f"<part_of><of><the>?(?:{_MONTH_NAME}|<maybe_month>|<unit>?<year>|<far_year>|<relative_year>"
        f"|<relative_period>|[<last><this><next>]?<season>{_A_YEAR}?|<quarter>{_A_YEAR}?)"
        "|(?:[<part><part_of>]<of><the>?|<part><the>)<unit>|<part>[-<of><in>]?<the>?<unit>(?<=<of>.|<the>.)"
        f"|<part_of_year>(?:{_A_YEAR})?|<part_of_month>",
        _period,
    ),
    (
        "<share><quarter>",
        rf"[<ordinal><day>]\.?<share>(?:{_A_YEAR}|<of><the>?<unit>)|{_BEHIND}[<ordinal><day>]\.?<share>"
        f"|<quarter>-?{_A_YEAR}|{_BEHIND}<quarter>(?![-.])|<year>-?<quarter>",
        _period,
    ),
    (
        "<season>",
        f"[<last><this><next>]<season>|<season>{_A_YEAR}|<season>{{after}}(?<=[<last><last_behind><next>])"
        "|(?:(?<=[<preposition><in><common_preposition>])"
        "|(?<=[<preposition><in><common_preposition>]<the>))<season>(?!<of>)",
        _period,
    ),
    (
        "<year><far_year>",
        "<unit><year>|(?<=[<preposition><in>])<unit>?<year>(?!-?[<day><name>])"
        "|(?<=[<common_preposition><of><ago_before>])<year>(?!-?[<day><plural><name>])"
        "|(?<=[<preposition><in>])<year>(?=<name>)|(?<=[(])<year>(?=[)])|(?<=<year>[<and>,-])<year>"
        "|<year>(?=[<and>,-]<year>){bare}",
        _bare_year,
    ),
    ("<relative_year><relative_period>", "[<relative_year><relative_period>]", _period),
    (
        "<weekday><maybe_weekday>",
        "(?:[<last><this><next>]<weekday>|<weekday>{after}(?<=[<last><last_behind><next>])"
        "|<weekday>,?<of>?<the>?<relative_period>"
        "|(?<=[<preposition><common_preposition><last><this><next>])<weekday>"
        "|(?<=[<preposition><common_preposition>]<the>)<weekday>|{names})",
        _weekday,
    ),
    (
        "<weekday><maybe_weekday>",
        "(?<=<preposition>)<maybe_weekday>(?![-<word><plural><name>])"
        "|[<last><this><next>]<maybe_weekday>(?![<word><plural><name>])"
        "|<maybe_weekday>{after}(?<=[<last><last_behind><next>])",
        _weekday,
    ),
    ("<relative_day>", "<relative_day>", _relative_day),
    (
        "<unit><units><one_day>",
        f"{_COUNT}[<unit><units><one_day>]<ago>|<ago_before>{_COUNT}[<unit><units><one_day>]<ago>?"
        f"|[<from_now_before><in>]{_COUNT}[<unit><units><one_day>](?!<of>)"
        f"|{_COUNT}[<unit><units><one_day>]<from_now>",
        _counted,
    ),
    (
        "<unit><units><one_day>",
        f"<next><few>?<units>|<coming><few>?[<unit><units>]|<units><coming>|<unit><coming>|[<next><coming>]{_COUNT}[<unit><units>]",
        _coming,
    ),
)
_UNSPACED: tuple[_Rule, ...] = (
    ("<month><maybe_month><month_if_year>", "(?:<relative_year><of>?)?<month><day>(?:[-~<and>]<day>)?[<short_weekday><weekday>]?", _date),
    ("<relative_period>", "<relative_period><of>?<day><short_weekday>?", _day_of_month),
    ("<date>", "<date><short_weekday>?", _digits),
    (
        "<month><relative_year><relative_period><part_of_year><part_of_month>",
        "(?:<relative_year><of>?)?<month>(?:<of>?[<part><part_of_month>])?"
        "|<relative_year>(?:<of>?[<part><part_of_year>])?|<relative_period>(?:<of>?<part>)?|<part_of_year>"
        "|<part_of_month>",
        _period,
    ),
    ("<quarter><season>", "(?:<relative_year><of>?)?<quarter>|[<relative_year><this>]<of>?<season>", _period),
    ("<weekday><rest_of_weekday>", "(?:<relative_period><of>?)?<weekday>|<relative_period><rest_of_weekday>", _weekday),
    ("<relative_day>", "<relative_day>", _relative_day),
    ("<unit><units><one_day>", "<number_word><unit><ago>|<number_word><unit><from_now>", _counted),
    ("<unit><units><one_day>", "<next><of>?<few>?<unit>|<next><of>?<number_word><unit>|[<few><number_word>]<unit><within>", _coming),
)


@cache
def _rules(
    spaced: bool, after: bool, month_first: bool, bare: bool
) -> list[tuple[str, re.Pattern[str], Callable[[_Found], Period | None]]]:
    if not spaced:
        return [(pattern_of(needed), re.compile(pattern_of(pattern)), meaning) for needed, pattern, meaning in _UNSPACED]
    rules = [*_SPACED]
    if month_first:
        month_and_day = (
            rf"{_MAYBE_WEEKDAY}[<last><next>]?[<month><maybe_month><month_if_year>]\.?<the>?<day>(?:-<day>)?{_A_YEAR}?"
            r"(?:\([<weekday><short_weekday>]\))?"
        )
        rules.append(("<month><maybe_month><month_if_year>", month_and_day, _date))
    bare_year = "|(?<![-<name><number><day><year>.])<year>(?![-<name><plural><day><number><far_year>])"
    no_paper = "(?<![<the><every>])<weekday>(?!<name>)|(?<=<the>)<weekday>(?![<name><plural><word>])"  # the Sunday Times
    parts = {
        "{after}": "[<last><last_behind><next>]?" if after else "",
        "{single}": "(?!<day>)" if month_first else "",  # Gen 4 March 31
        "{bare}": bare_year if bare else "",  # German has no preposition before years, but capitals for nouns
        "{names}": no_paper if month_first else "(?<!<every>)<weekday>",
    }
    return [
        (pattern_of(needed), re.compile(pattern_of(re.sub(r"\{[a-z]+\}", lambda name: parts[name[0]], pattern))), meaning)
        for needed, pattern, meaning in rules
    ]


_RELATIVE_IN_FRONT = "[<last><this><next>](?:[<unit><share>](?!<of>)|<unit>(?=<of><month>))"
_RELATIVE_BEHIND = f"{_RELATIVE_IN_FRONT}|(?<![<day><number_word><number>])[<unit><share>][<last><last_behind><next>]"
_RELATIVE = re.compile(pattern_of(_RELATIVE_IN_FRONT))
_RELATIVE_AFTER = re.compile(pattern_of(_RELATIVE_BEHIND))


def _joined(text: Reading, after: bool) -> Reading:
    """With "last" and its unit made one word."""
    kinds, spans, values, at = "", [], [], 0
    for match in (_RELATIVE_AFTER if after else _RELATIVE).finditer(text.kinds):
        start, end = match.span()
        unit = start if text.kinds[start] in _UNIT_OR_SHARE else start + 1
        offset = _DIRECTIONS[text.kinds[start if unit != start else start + 1]]
        size = text.values[unit].number if text.kinds[unit] == Kind.UNIT else QUARTER if text.values[unit].number == 4 else HALF_YEAR
        kinds += text.kinds[at:start] + (Kind.RELATIVE_YEAR if size == YEAR else Kind.RELATIVE_PERIOD)
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
